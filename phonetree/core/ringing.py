"""Ringing a team: whom, in which order, for how long. Pure arithmetic on the team and the clock.

The whole wait has one limit, `longest_wait`. A round begins only if its ringing, the network's delay and the
question to whoever picks up still fit into it, so no caller ever waits longer.

Phones that ring together all stop when one is picked up, even by a personal voicemail, which never accepts. So a
round that ended early is followed by others: of the phones that were not picked up, if those are known; otherwise of
each phone alone.
"""

from dataclasses import dataclass
from datetime import datetime

from phonetree.core.schedule import Schedule
from phonetree.core.tree import Hours, Member, Ring, Team

MOST_AT_ONCE = 10
"""How many phones one Dial can ring (Twilio, voice/twiml/dial)."""

LEAST_RING_SECONDS = 5
"""The shortest ringing the network accepts (Twilio, voice/twiml/dial, `timeout`)."""

NETWORK_SECONDS = 5
"""What the network may add to a ringing (Twilio, voice/twiml/dial, `timeout`)."""

ACCEPT_KEY = "1"
"""Connects whoever picked up with the caller."""

SCREEN_WAIT_SECONDS = 5
"""How long whoever picked up may take to press 1."""

SCREEN_TRIES = 2
"""How often whoever picked up is asked."""

SCREEN_SECONDS = 20
"""The longest that these questions can take: two of them, spoken, each with its wait."""

RESERVE_SECONDS = NETWORK_SECONDS + SCREEN_SECONDS
"""What a round may take in addition to its ringing."""

SHORTEST_LONGEST_WAIT = LEAST_RING_SECONDS + RESERVE_SECONDS
"""A team with a lower limit could never be rung."""


@dataclass(frozen=True, slots=True)
class Round:
    """Phones (E.164) that ring at once, for `seconds`."""

    numbers: tuple[str, ...]
    seconds: int


def hours_of(team: Team) -> tuple[Hours, ...]:
    """The hours that decide who is on shift."""
    return team.hours, *(member.shifts for member in team.members)


def roster(team: Team, schedule: Schedule, now: datetime) -> tuple[Member, ...]:
    """The members on shift, each once. A team outside its hours has none, and a member without a phone is never on
    shift."""
    if not team.hours.is_open(schedule, now):
        return ()
    on_shift: dict[str, Member] = {}
    for member in team.members:
        if member.number and member.shifts.is_open(schedule, now):
            on_shift.setdefault(member.number, member)
    return tuple(on_shift.values())


def next_round(team: Team, members: tuple[Member, ...], past: "RingProgress", now: datetime) -> Round | None:
    """The round after `past`; None when there are no more.

    `members` are those on shift when the ringing began, so that every server computes the same round.
    """
    seconds = min(team.seconds, team.longest_wait - RESERVE_SECONDS - past.waited(now))
    group = _group(team, members, past, now)
    if not group or seconds < LEAST_RING_SECONDS:
        return None
    return Round(tuple(member.number for member in group), seconds)


@dataclass(frozen=True, slots=True)
class RingProgress:
    """The ringing so far: the number of `rounds` since `began` (seconds since 1970), the last of which began `rang`
    seconds later. `picked_up` are the phones that were picked up, as far as known; nobody was connected."""

    began: int
    rounds: int = 0
    rang: int = 0
    picked_up: frozenset[str] = frozenset()

    def waited(self, now: datetime) -> int:
        """Seconds since the ringing began."""
        return max(0, int(now.timestamp()) - self.began)


def _group(team: Team, members: tuple[Member, ...], past: RingProgress, now: datetime) -> tuple[Member, ...]:
    """Whom to ring next; nobody when all have been rung."""
    if team.ring is not Ring.TOGETHER:
        turn = past.began % len(members) if team.ring is Ring.ROTATE and members else 0
        return (members[turn:] + members[:turn])[past.rounds : past.rounds + 1]
    groups = [members[first : first + MOST_AT_ONCE] for first in range(0, len(members), MOST_AT_ONCE)]
    if past.rounds < len(groups):
        return groups[past.rounds]
    again = past.rounds - len(groups)
    rang_out = past.waited(now) - past.rang >= team.seconds
    if rang_out or len(members) == 1 or again >= len(members):
        return ()
    if past.picked_up:
        return tuple(member for member in members if member.number not in past.picked_up)[:MOST_AT_ONCE]
    return (members[again],)
