"""Ringing a team: whom, in which order, for how long. Pure arithmetic on the team and the clock.

The whole wait has one limit, `longest_wait`. A round begins only if its ringing, the network's delay and the
question to whoever picks up still fit into it, so no caller ever waits longer.

Phones that ring together all stop when one is picked up, even by a personal voicemail, which never accepts. So a
round that ended early is followed by others: of the phones that were not picked up, if those are known; otherwise of
each phone alone.

A phone may be added or removed while a caller waits. So what has been rung is counted in places, which stay the same
while a call is at a team: a member without a phone has one, and is passed over.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
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
    """Phones (E.164) that ring at once, for `seconds`, and their places: a bit for each."""

    numbers: tuple[str, ...]
    seconds: int
    places: int


def hours_of(team: Team) -> tuple[Hours, ...]:
    """The hours that decide who is on shift."""
    return team.hours, *(member.shifts for member in team.members)


def roster(team: Team, schedule: Schedule, now: datetime) -> tuple[Member, ...]:
    """The members on shift who can be rung, each phone once. A team outside its hours has none."""
    on_shift = places(team, schedule, now)
    return tuple(on_shift[place] for place in _phones(on_shift))


def places(team: Team, schedule: Schedule, now: datetime) -> tuple[Member, ...]:
    """The members on shift in the order of the team, those without a phone too. A team outside its hours has none."""
    if not team.hours.is_open(schedule, now):
        return ()
    return tuple(member for member in team.members if member.shifts.is_open(schedule, now))


def in_turn(team: Team, on_shift: tuple[Member, ...], began: int) -> tuple[Member, ...]:
    """The places in the order in which they ring, when the ringing began at `began` (seconds since 1970)."""
    turn = began % len(on_shift) if team.ring is Ring.ROTATE and on_shift else 0
    return on_shift[turn:] + on_shift[:turn]


def bits(found: Iterable[int]) -> int:
    """A bit for each of these places."""
    return sum(1 << place for place in found)


def first(team: Team, members: tuple[Member, ...], rounds: int) -> int:
    """The places that so many rounds rang in a call that an earlier version began, which kept their number alone."""
    return bits(_phones(members)[: rounds * (MOST_AT_ONCE if team.ring is Ring.TOGETHER else 1)])


@dataclass(frozen=True, slots=True)
class RingProgress:
    """The ringing so far: the number of `rounds` since `began` (seconds since 1970), the last of which began `rang`
    seconds later. The rest has a bit for each place: `rung`, those that were rung; `alone`, those that were rung alone;
    `picked`, those that were picked up, as far as known. Nobody was connected."""

    began: int
    rounds: int = 0
    rang: int = 0
    picked: int = 0
    rung: int = 0
    alone: int = 0

    def after(self, ringing: int, picked: int) -> "RingProgress":
        """The same after the places `ringing` were rung, of which some may have been picked up."""
        alone = ringing if ringing.bit_count() == 1 else 0
        return replace(
            self,
            rounds=self.rounds + 1,
            picked=self.picked | picked,
            rung=self.rung | ringing,
            alone=self.alone | alone,
        )

    def waited(self, now: datetime) -> int:
        """Seconds since the ringing began."""
        return max(0, int(now.timestamp()) - self.began)


def next_round(team: Team, members: tuple[Member, ...], past: RingProgress, now: datetime) -> Round | None:
    """The round after `past`; None when there are no more.

    `members` are those on shift when the ringing began, in the order in which they ring, so that every server computes
    the same round.
    """
    seconds = min(team.seconds, team.longest_wait - RESERVE_SECONDS - past.waited(now))
    group = _group(team, members, past, now)
    if not group or seconds < LEAST_RING_SECONDS:
        return None
    return Round(tuple(members[place].number for place in group), seconds, bits(group))


def _phones(members: tuple[Member, ...]) -> tuple[int, ...]:
    """The places that have a phone, for each phone the first."""
    first: dict[str, int] = {}
    for place, member in enumerate(members):
        if member.number:
            first.setdefault(member.number, place)
    return tuple(first.values())


def _group(team: Team, members: tuple[Member, ...], past: RingProgress, now: datetime) -> tuple[int, ...]:
    """The places to ring next; none when all have been rung."""
    phones = _phones(members)
    together = team.ring is Ring.TOGETHER
    if fresh := _without(phones, past.rung):
        return fresh[: MOST_AT_ONCE if together else 1]
    rang_out = past.waited(now) - past.rang >= team.seconds
    again = past.rounds - -(-len(phones) // MOST_AT_ONCE)
    if not together or rang_out or again >= len(phones):
        return ()
    if past.picked:
        return _without(phones, past.picked)[:MOST_AT_ONCE]
    return _without(phones, past.alone)[:1]


def _without(phones: tuple[int, ...], taken: int) -> tuple[int, ...]:
    return tuple(place for place in phones if not taken >> place & 1)
