"""Two sites compared as tables of turns: what each answers at the same kind of moment, in the same language, at the
same node, to the same event.

The tables are the proof's walks. For a row that only the old table has, at a node that calls reach on both sites, the
new site's engine is called as well.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from difflib import SequenceMatcher
from itertools import takewhile

from phonetree.core.events import DialEnded
from phonetree.core.state import State, Step
from phonetree.core.tree import HoursNode, Language, Menu, Message, NodeId, Site
from phonetree.core.turn import Turn
from phonetree.core.verbs import Dial, Gather, Play, Record, Redirect, Say, Spoken, Verbs
from phonetree.proof.moments import Moments
from phonetree.proof.walk import Place, take, walk

LEAST_IN_COMMON = 0.5
"""The share of common sentences from which a node counts as the same one under a new name."""

MOST_ROUNDS = 200
"""Rounds of one ringing: more than any team has."""

Spot = tuple[int, Language, NodeId]
"""What calls reach: a kind of moment, a language, a node."""


@dataclass(frozen=True, slots=True)
class Row:
    """One turn of a site: a moment such as `now`, where the call is and what happens there, and the answer."""

    site: Site
    now: datetime
    place: Place
    turn: Turn

    @property
    def leads_to(self) -> State | None:
        """The state in which it leaves the call; None: the call ends."""
        onward = (verb for verb in self.turn.verbs if isinstance(verb, Gather | Record | Redirect | Dial))
        verb = next(onward, None)
        return verb.then if verb else None

    @property
    def spots(self) -> Iterator[Spot]:
        """The spots that it reaches: the messages that it says, and the node where it leaves the caller."""
        if next_state := self.leads_to:
            for node in (*self.turn.passed, next_state.node):
                if not isinstance(self.site.nodes[node], HoursNode):
                    yield self.place.moment, next_state.language, node


class Table:
    """Every turn of a site. `reached` are the spots that its calls reach."""

    def __init__(self, site: Site, moments: Moments) -> None:
        self.site, self.moments, self.walk = site, moments, walk(site, moments)
        self.reached = {spot for turn in self.walk.distinct for spot in self.of(turn).spots}

    def of(self, turn: int) -> Row:
        """The row of a turn of the walk."""
        place = self.walk.places[turn]
        answer = Turn(self.walk.verbs[turn], self.walk.passed[turn])
        return Row(self.site, self.moments.kinds[place.moment].at, place, answer)

    def at(self, place: Place) -> Row:
        """The row of a place, whether or not calls reach it."""
        turn = self.walk.turn_at.get(place)
        if turn is not None:
            return self.of(turn)
        now = self.moments.kinds[place.moment].at
        return Row(self.site, now, place, take(self.site, now, (place.state, place.event, place.elapsed)))


@dataclass(frozen=True, slots=True)
class Difference:
    """A row that differs between the tables; `elsewhere` says whether it leads to another node or language."""

    old: Row
    new: Row
    elsewhere: bool


def differences(old: Table, new: Table) -> Iterator[Difference]:
    """Every row in which two tables differ, in the order in which a caller would encounter them; some differences are
    inaudible. Both tables have the same revision, schedule and moments."""
    comparison = _Comparison(old, new)
    seen: set[int] = set()
    for waiting in (deque(range(len(old.moments.kinds))), deque(range(len(old.walk.places)))):
        while waiting:
            turn = waiting.popleft()
            if turn not in seen:
                seen.add(turn)
                found = list(comparison.of(old.of(turn)))
                yield from found
                if not any(difference.elsewhere for difference in found):  # as long as calls take the same path
                    waiting.extend(old.walk.after[turn])


class _Comparison:
    """Compares row by row; remembers nodes that turned out to be renamed, and the spots that it compared."""

    def __init__(self, old: Table, new: Table) -> None:
        self._old, self._new = old, new
        self._names: dict[NodeId, NodeId] = {}
        self._compared: set[Spot] = set()

    def of(self, row: Row) -> Iterator[Difference]:
        """The differences of an old row that calls reach on both sites, and of the rows that belong to it."""
        state, moment = row.place.state, row.place.moment
        if state is None:
            yield from self._compare(row)
        elif self._shared((moment, state.language, state.node)):
            yield from self._compare(row)
            if state.step is Step.RING:  # phones and times may differ, but in the end all have rung
                began = int(row.now.timestamp())
                rung = state.at(Step.RUNG, round=MOST_ROUNDS, began=began)
                yield from self._compare(self._old.at(Place(moment, rung, DialEnded(connected=False))))
        if next_state := row.leads_to:
            for spot in row.spots:
                if spot not in self._compared and self._shared(spot):  # wherever calls come from
                    self._compared.add(spot)
                    coming = State(next_state.revision, next_state.language, spot[2], Step.ANNOUNCE, next_state.menu)
                    yield from self._compare(self._old.at(Place(moment, coming)))

    def _compare(self, old: Row) -> Iterator[Difference]:
        """An old row beside the new one; without the menu heard last if the new site does not have it."""
        place, state = old.place, old.place.state
        if state and (menu := self._name(state.menu)) and not isinstance(self._new.site.nodes.get(menu), Menu):
            state = replace(state, menu="")
            old = self._old.at(replace(place, state=state))
        if state and (state.node in self._names or state.menu in self._names):
            state = replace(state, node=self._name(state.node), menu=self._name(state.menu))
        new = self._new.at(place if state is place.state else replace(place, state=state))
        if old.turn.verbs != new.turn.verbs:
            old, new = self._cut(old), self._cut(new)
            yield Difference(old, new, elsewhere=not self._same_place(old, new))

    def _cut(self, row: Row) -> Row:
        """A row up to the first message that both sites have: the rest is a row of its own."""
        next_state, state = row.leads_to, row.place.state
        for name in row.turn.passed if next_state else ():
            both = all(isinstance(table.site.nodes.get(name), Message) for table in (self._old, self._new))
            if next_state and both and not (state and name == state.node):
                words = takewhile(lambda piece: piece.node != name, spoken_in(row.turn.verbs))  # noqa: B023
                then = State(next_state.revision, next_state.language, name, Step.ANNOUNCE)
                return replace(row, turn=Turn((Gather(tuple(words), 0, then),)))
        return row

    # -- the same place

    def _same_place(self, old: Row, new: Row) -> bool:
        one, two = old.leads_to, new.leads_to
        if one is None or two is None:
            return one is two
        if one.language != two.language and one.language in self._new.site.languages:
            return False
        if one.node not in self._new.site.nodes and two.node not in self._old.site.nodes:
            words = sentences(old.turn.verbs), sentences(new.turn.verbs)
            if self._same_type(one.node, two.node) and SequenceMatcher(None, *words).ratio() >= LEAST_IN_COMMON:
                self._names.setdefault(one.node, two.node)
        return self._name(one.node) == two.node and self._same_type(one.node, two.node)

    def _shared(self, spot: Spot) -> bool:
        """Whether calls of both sites reach a spot of the old one."""
        moment, language, node = spot
        now = self._name(node)
        return spot in self._old.reached and (moment, language, now) in self._new.reached and self._same_type(node, now)

    def _name(self, node: NodeId) -> NodeId:
        return self._names.get(node, node)

    def _same_type(self, old: NodeId, new: NodeId) -> bool:
        return type(self._old.site.nodes[old]) is type(self._new.site.nodes[new])


# -- what is heard


def spoken_in(verbs: Verbs) -> Iterator[Spoken]:
    """Everything that is spoken in a document."""
    for verb in verbs:
        if isinstance(verb, Gather):
            yield from verb.spoken
        elif isinstance(verb, Say | Play):
            yield verb


def words_of(piece: Spoken) -> str:
    """What is heard of a piece; for an audio file, with its name."""
    return piece.text if isinstance(piece, Say) else f"{piece.transcript} [{piece.file}]"


def sentences(verbs: Verbs) -> list[str]:
    """The words of everything that is spoken in a document."""
    return list(map(words_of, spoken_in(verbs)))
