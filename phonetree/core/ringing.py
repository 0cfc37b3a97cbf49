"""Ringing a team: whom, in which order, for how long. Pure arithmetic over the team and the clock.

The whole wait has one ceiling, `longest_wait`. A round is begun only when its ringing, the network's
delay and the question to whoever picks up still fit below it, so no caller ever waits longer.

Ringing together ends for everybody when one phone is picked up, even when that is a personal voicemail
that never accepts. So phones that rang together and ended early are rung again, each alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from phonetree.core.schedule import Schedule
from phonetree.core.tree import Member, Ring, Team

MOST_AT_ONCE = 10
"""How many phones one Dial can ring (Twilio, voice/twiml/dial)."""

LEAST_RING_SECONDS = 5
"""The shortest ringing the network accepts (Twilio, voice/twiml/dial, `timeout`)."""

NETWORK_SECONDS = 5
"""What the network may add to a ringing (Twilio, voice/twiml/dial, `timeout`)."""

SCREEN_WAIT_SECONDS = 5
"""How long the one who picked up may think before pressing 1."""

SCREEN_TRIES = 2
"""How often the one who picked up is asked."""

SCREEN_SECONDS = 20
"""The longest the questions to one who picked up can take: two of them, spoken, each with its wait."""

RESERVE_SECONDS = NETWORK_SECONDS + SCREEN_SECONDS
"""What a round may take on top of its ringing."""

SHORTEST_LONGEST_WAIT = LEAST_RING_SECONDS + RESERVE_SECONDS
"""A team with a lower ceiling could never be rung."""


@dataclass(frozen=True, slots=True)
class Round:
    """Phones (E.164) that ring at once, for `seconds`."""

    numbers: tuple[str, ...]
    seconds: int


def roster(team: Team, schedule: Schedule, now: datetime) -> tuple[Member, ...]:
    """The members whose shift it is. A team outside its hours has none."""
    if not team.hours.is_open(schedule, now):
        return ()
    return tuple(member for member in team.members if member.shifts.is_open(schedule, now))


def next_round(team: Team, members: tuple[Member, ...], number: int, began: int, now: datetime) -> Round | None:
    """Round `number` (from 0) of the ringing that began at `began` (seconds since 1970); None: there is no more.

    `members` are those on shift when the ringing began, so that a round is the same one on every server.
    """
    waited = max(0, int(now.timestamp()) - began)
    rounds = list(_rounds(team, members, began))
    together = [group for group in rounds if len(group) > 1]
    if number >= len(together) and together and waited >= team.seconds * len(together):
        return None
    seconds = min(team.seconds, team.longest_wait - RESERVE_SECONDS - waited)
    if number >= len(rounds) or seconds < LEAST_RING_SECONDS:
        return None
    return Round(tuple(dict.fromkeys(member.number for member in rounds[number])), seconds)


def _rounds(team: Team, members: tuple[Member, ...], began: int) -> Iterator[tuple[Member, ...]]:
    if team.ring is Ring.TOGETHER and len(members) > 1:
        for first in range(0, len(members), MOST_AT_ONCE):
            yield members[first : first + MOST_AT_ONCE]
    turn = began % len(members) if team.ring is Ring.ROTATE and members else 0
    for member in members[turn:] + members[:turn]:
        yield (member,)
