"""Two sites compared as tables of turns: what each answers at the same kind of moment, in the same language, at the
same node, to the same event.

The tables are the proof's walks. For a row that only the old table has, at a node that calls reach on both sites, the
new site's engine is called as well.
"""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from difflib import SequenceMatcher
from itertools import takewhile

from phonetree.core.events import DialEnded, Event, LegPressed, Pressed
from phonetree.core.state import State, Step
from phonetree.core.tree import HoursNode, Language, Menu, Message, NodeId, Site
from phonetree.core.turn import Turn
from phonetree.core.verbs import Dial, Gather, Play, Record, Redirect, Say, Spoken, Verbs
from phonetree.diff.normalise import same
from phonetree.proof.moments import Moments
from phonetree.proof.search import Point, bits, lowest
from phonetree.proof.situations import Situation, pressed, take
from phonetree.proof.walk import Place, walk

LEAST_IN_COMMON = 0.5
"""The share of common sentences from which a node counts as the same one under a new name."""

MOST_KEPT = 100_000
"""Turns of a table that is kept: about 50 MB. The shipped site has some thousands."""

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
        return _leads_to(self.turn)

    @property
    def spots(self) -> Iterator[Spot]:
        """The spots that it reaches."""
        return ((self.place.moment, *spot) for spot in _spots(self.site, self.turn))


def _leads_to(turn: Turn) -> State | None:
    """The state in which a turn leaves the call; None: the call ends."""
    onward = (verb for verb in turn.verbs if isinstance(verb, Gather | Record | Redirect | Dial))
    verb = next(onward, None)
    return verb.then if verb else None


def _spots(site: Site, turn: Turn) -> Iterator[tuple[Language, NodeId]]:
    """The spots that a turn reaches: the messages that it says, and the node where it leaves the caller."""
    if next_state := _leads_to(turn):
        for node in (*turn.passed, next_state.node):
            if not isinstance(site.nodes[node], HoursNode):
                yield next_state.language, node


class Table:
    """Every turn of a site. `reached` are the spots that its calls reach."""

    def __init__(self, site: Site, moments: Moments) -> None:
        self.site, self.moments, self.walk = site, moments, walk(site, moments)
        self.spots = {answer: tuple(_spots(site, self.walk.answers[answer])) for answer in self.walk.follows}
        self.reached: set[Spot] = {
            (moment, *spot)
            for answer, spots in self.spots.items()
            for moment in bits(self.walk.given[answer])
            for spot in spots
        }

    def of(self, point: Point) -> Row:
        """The row of a turn of the walk."""
        return Row(self.site, self.moments.kinds[point.moment].at, self.walk.place(point), self.walk.turn(point))

    def at(self, place: Place) -> Row:
        """The row of a place, whether or not calls reach it."""
        now = self.moments.kinds[place.moment].at
        point = self.walk.find(place)
        turn = self.walk.turn(point) if point else take(self.site, now, (place.state, place.event, place.elapsed))
        return Row(self.site, now, place, turn)


class LastTable:
    """The table that was made last, for who compares the same site again and again: drafts with what is published."""

    def __init__(self) -> None:
        self._kept: list[Table] = []

    @contextmanager
    def of(self, site: Site, moments: Moments) -> Iterator[Table]:
        """The table of a site. Nobody else has it meanwhile: it remembers what it is asked."""
        try:
            table = self._kept.pop()
        except IndexError:
            table = None
        if table is None or table.moments != moments or not same(table.site, site):
            table = Table(site, moments)
        yield table
        if len(table.walk) <= MOST_KEPT:
            self._kept[:] = [table]


@dataclass(frozen=True, slots=True)
class Difference:
    """A row that differs between the tables; `elsewhere` says whether it leads to another node or language."""

    old: Row
    new: Row
    elsewhere: bool


def differences(old: Table, new: Table) -> Iterator[Difference]:
    """Every row in which two tables differ, in the order in which a caller would encounter them; some differences are
    inaudible. Both tables are of sites without revisions, and have the same schedule and moments."""
    comparison = _Comparison(old, new)
    begins = old.walk.points_in(old.walk.begin, old.walk.reached[old.walk.begin])
    seen: set[Point] = set()
    followed: set[tuple[int, int]] = set()
    for waiting in (deque(begins), deque(old.walk.in_order())):
        while waiting:
            point = waiting.popleft()
            if point in seen:
                continue
            seen.add(point)
            same_path = True
            for row in comparison.rows(point):
                found = list(comparison.of(row))
                yield from found
                same_path = same_path and not any(difference.elsewhere for difference in found)
            answer = old.walk.answer_of[point.case], point.moment
            if same_path and answer not in followed:  # as long as calls take the same path
                followed.add(answer)
                waiting.extend(old.walk.after(point))


class _Comparison:
    """Compares row by row; remembers nodes that turned out to be renamed, and the spots that it compared."""

    def __init__(self, old: Table, new: Table) -> None:
        self._old, self._new = old, new
        self._names: dict[NodeId, NodeId] = {}
        self._compared: set[Spot] = set()
        self._same: dict[int, int] = {}
        self._equal: dict[tuple[int, int], bool] = {}
        self._settled: set[tuple[int, int]] = set()

    def rows(self, point: Point) -> Iterator[Row]:
        """The old rows of a turn that have to be compared: none if both sites answer the same and lead to what was
        compared; else one for it, and if it stands for keys that make no difference, one for each that now does."""
        if self._is_the_same(point):
            return
        row = self._old.of(point)
        yield row
        state = row.place.state
        if state and self._shared((point.moment, state.language, state.node)):
            for event in self._more_keys(self._old.walk.situation(point), point.moment):
                yield replace(row, place=replace(row.place, event=event))

    def _is_the_same(self, point: Point) -> bool:
        case, moment = point
        if case not in self._same:
            self._same[case] = self._moments_of_the_same(case)
        if not self._same[case] >> moment & 1:
            return False
        answer = self._old.walk.answer_of[case]
        if (answer, moment) not in self._settled:
            spots = ((moment, *spot) for spot in self._old.spots[answer])
            if not all(spot in self._compared or not self._shared(spot) for spot in spots):
                return False
            self._settled.add((answer, moment))
        return True

    def _moments_of_the_same(self, case: int) -> int:
        """The moments of an old case at which the new site answers the same, to every key for which it stands."""
        old, new = self._old.walk, self._new.walk
        moments, answer = old.moments_of[case], old.answer_of[case]
        situation = old.situations[old.situation_of[case]]
        number = new.number(situation)
        if number is None or (situation[0] and situation[0].step is Step.RING):
            return 0
        if self._more_keys(situation, lowest(moments)):
            return 0
        same = 0
        for other, at in new.parts(number, moments):
            if (answer, other) not in self._equal:
                self._equal[answer, other] = old.answers[answer].verbs == new.answers[other].verbs
            same |= at if self._equal[answer, other] else 0
        return same

    def _more_keys(self, situation: Situation, moment: int) -> list[Event]:
        """The keys for which a situation that both sites have stands, because they make no difference there, but do on
        the new site."""
        state, event, _ = situation
        if state is None or not isinstance(event, Pressed | LegPressed):
            return []
        known = self._old.walk.keys(state, moment)
        if event.keys in known:
            return []
        now = self._new.walk.keys(self._renamed(self._without_lost_menu(state)), moment)
        return [pressed(state, key) for key in sorted(now - known - {event.keys})]

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
        if state and (known := self._without_lost_menu(state)) is not state:
            state = known
            old = self._old.at(replace(place, state=state))
        if state:
            state = self._renamed(state)
        new = self._new.at(place if state is place.state else replace(place, state=state))
        if old.turn.verbs != new.turn.verbs:
            old, new = self._cut(old), self._cut(new)
            yield Difference(old, new, elsewhere=not self._same_place(old, new))

    def _without_lost_menu(self, state: State) -> State:
        """A state without the menu heard last, if the new site does not have that."""
        menu = self._name(state.menu)
        return state._replace(menu="") if menu and not isinstance(self._new.site.nodes.get(menu), Menu) else state

    def _renamed(self, state: State) -> State:
        """The same state in the new site."""
        if state.node in self._names or state.menu in self._names:
            return state._replace(node=self._name(state.node), menu=self._name(state.menu))
        return state

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
