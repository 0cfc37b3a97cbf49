"""Changes at short notice, from forms: close, open, say something first, cover a shift, be away.

Each is an override with an end in words. Before it is saved, the form shows what callers will meet; saving checks it
as an edit is checked. What would leave callers with nobody to ring has to be accepted by name.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from werkzeug.datastructures import MultiDict

from phonetree.config.override import (
    accepting,
    away_then,
    changes_something,
    check,
    left_alone,
    not_accepted,
    only_away,
    read_cover,
    read_override,
)
from phonetree.config.site import Loaded, overridden
from phonetree.console import simulated, times
from phonetree.console.announcements import Ready, ready
from phonetree.console.following import NONE_SILENT, Silence, last_seen
from phonetree.console.services import ConsoleServices
from phonetree.core.covers import rung_instead
from phonetree.core.rota import Gap, Stretch, rota
from phonetree.core.schedule import COVER_LEAD_SECONDS, Accepted, Kind, Override, first_name
from phonetree.core.tree import Language, NodeId, Site
from phonetree.errors import ChangedMeanwhileError, OverrideError
from phonetree.runtime.trials import Line
from phonetree.store.kept import Kept, in_a_line, part, replaced, shared, standing, together
from phonetree.store.servers import known, left_out

NOBODY = "nobody"

SAME_SECONDS = 120
"""An override like one that began so lately is the same one, sent twice."""


MOST_TRIES = 5
"""How often to check anew because something else was saved meanwhile."""


class NotChosenError(OverrideError):
    """Something has not been chosen yet: no mistake until somebody wants to save."""


class OnlyAwayError(OverrideError):
    """Only somebody who is away could be rung, and nobody accepted that."""


class Change(StrEnum):
    """What a form changes."""

    CLOSE = "close"
    OPEN = "open"
    SAY = "say"
    COVER = "cover"
    AWAY = "away"


KINDS = {Change.CLOSE: Kind.CLOSED, Change.OPEN: Kind.OPEN}

TITLES = {
    Change.CLOSE: "Close the line",
    Change.OPEN: "Open the line",
    Change.SAY: "Say something first",
    Change.COVER: "Cover a shift",
    Change.AWAY: "I am away",
}

COVERS = frozenset({Change.COVER, Change.AWAY})


def change_of(override: Override) -> Change:
    """The form in which an override is made."""
    if override.cover:
        return Change.COVER if override.cover.by else Change.AWAY
    return next((change for change, kind in KINDS.items() if kind is override.kind), Change.SAY)


@dataclass(frozen=True, slots=True)
class Form:
    """What is typed in a form: as text, so that nothing is lost when it cannot be taken. `instead` is the number of
    what stands and is replaced by it."""

    change: Change
    begins: str = times.NOW
    begins_at: str = ""
    until: str = ""
    until_at: str = ""
    words: Mapping[Language, str] = field(default_factory=dict)
    away: str = ""
    by: str = ""
    accepted: tuple[NodeId, ...] = ()
    although: str = ""
    instead: str = ""
    alone: tuple[str, ...] = ()
    keys: str = ""
    phones: str = "somebody"

    @classmethod
    def of(cls, change: Change, typed: MultiDict[str, str], site: Site) -> "Form":
        """What was sent."""
        plain = {name: typed[name].strip() for name in _FIELDS if name in typed}
        words = {language: typed.get(f"words-{language}", "") for language in site.languages}
        accepted, alone = (tuple(typed.getlist(name)) for name in ("accepted", "alone"))
        return cls(change, **plain, words=words, accepted=accepted, alone=alone)

    @property
    def offered(self) -> Iterator[Accepted]:
        """What was ticked: the nodes, for the gaps that the form showed."""
        for text in self.alone:
            with suppress(ValueError, OverflowError):  # it is none of ours
                team, begins, ends = text.split("/")
                for node in self.accepted:
                    yield Accepted(team, times.aware(begins), times.aware(ends), node)


_FIELDS = ("begins", "begins_at", "until", "until_at", "away", "by", "although", "instead", "keys", "phones")


@dataclass(frozen=True, slots=True)
class ShownGap:
    """A gap on the page, and as the form sends it, so that nothing is accepted but what was shown."""

    words: str
    value: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What an override will do: in a sentence, what it replaces, whether it changes anything, what callers hear first,
    who can be rung when, and what callers come to meanwhile if nobody can, which of it is accepted. `away` says that
    whoever takes the place is away then, and `only_away` when nobody else could be rung."""

    sentence: str
    replaces: tuple[str, ...]
    changes: bool
    heard: tuple[simulated.Heard, ...]
    rung: tuple[str, ...]
    alone: tuple[ShownGap, ...]
    come_to: Mapping[NodeId, str]
    accepted: frozenset[NodeId]
    away: str
    only_away: tuple[str, ...]


class Saved(NamedTuple):
    """The number of an override that was saved, and what takes longer with it than is promised."""

    number: int
    late: tuple[str, ...] = ()


def gap_value(gap: Gap | Accepted) -> str:
    """A gap as a form has it."""
    return f"{gap.team}/{gap.begins.isoformat()}/{gap.ends.isoformat()}"


def with_stop(text: str) -> str:
    """A text with its full stop, unless it ends with a sentence that somebody says."""
    return text if text.rstrip("”")[-1:] in (".", "!", "?", "…") else f"{text}."


def as_sentence(text: str) -> str:
    """A text as a sentence of its own."""
    return f"{text[:1].upper()}{with_stop(text[1:])}"


class ShortNotice:
    """The site that callers hear, what stands at short notice, and what a form would add to it."""

    def __init__(self, running: ConsoleServices, instead: int = 0) -> None:
        """As if the one with the number `instead` did not stand. Raises StoreError and ConfigError."""
        self._running = running
        self.loaded: Loaded = running.live.loaded()
        self.written = self.loaded.site
        self.zone = self.written.schedule.zone
        self.now = running.now().astimezone(self.zone).replace(microsecond=0)
        self._every = running.overrides.kept(running.seconds())
        self.instead = next((each for each in self._every if each.number == instead), None)
        self.kept: tuple[Kept, ...] = tuple(each for each in self._every if each.number != instead)
        every, seconds = known(running.store), running.seconds()
        self.servers = tuple(each for each in every if not each.silent(seconds))
        self.silent = tuple(each for each in every if each.silent(seconds))
        """Servers that were there and do not report any more."""
        self.refused = left_out(self.servers)
        """Why servers do not answer with an override, by its number."""
        self.in_force = tuple(each for each in self.kept if each.number not in self.refused)
        self.others = standing(self.in_force)
        self.site = overridden(self.written, self.others)

    def filled_in(self, kept: Kept) -> Form:
        """The form of what stands, to change it."""
        override, cover = kept.override, kept.override.cover
        begins, ends = map(times.for_a_field, self._local(override.begins, override.ends))
        return Form(
            change_of(override),
            begins=times.NOW if override.begins <= self.now + timedelta(seconds=COVER_LEAD_SECONDS) else "at",
            begins_at=begins,
            until=times.OTHER,
            until_at=ends,
            words=override.words,
            away=cover.away if cover else "",
            by=(cover.by or NOBODY) if cover else "",
            accepted=tuple(dict.fromkeys(each.node for each in override.accepted)),
            alone=tuple(dict.fromkeys(map(gap_value, override.accepted))),
            instead=str(kept.number),
        )

    @property
    def silence(self) -> Silence:
        """The servers that do not report any more, in words."""
        if not self.silent:
            return NONE_SILENT
        since = datetime.fromtimestamp(last_seen(self.silent), self.zone)
        return Silence(len(self.silent), len(self.silent) + len(self.servers), times.when(since, self.now))

    # -- a form

    def endings(self, change: Change) -> tuple[times.Ending, ...]:
        """The ends that a form proposes, the likeliest first; of two at the same moment the likelier one."""
        found = {ending.name: ending for ending in times.endings(self.site.schedule, self.now)}
        first = {
            Change.CLOSE: ("opening", "hours", "today"),
            Change.OPEN: ("1h", "4h", "today", "opening"),
            Change.SAY: ("hours", "today", "opening"),
            Change.COVER: ("hours", "next", "1h", "4h", "today"),
            Change.AWAY: ("hours", "next", "1h", "4h", "today"),
        }[change]
        ordered = dict.fromkeys((*first, *found))
        usual = [found[name] for name in ordered if name in found and not (change in COVERS and name == "opening")]
        once: dict[object, times.Ending] = {}
        for each in usual:
            once.setdefault((each.begins, each.moment), each)
        return tuple(once.values())

    def ready(self, form: Form) -> tuple[Ready, ...]:
        """The announcements that a form offers: those that fit what the line is when it begins."""
        kind = KINDS.get(form.change)
        if kind is None:
            with suppress(OverrideError):
                begins, _ = self._stretch(form)
                kind = self.site.schedule.kind(max(begins, self.now))
        return ready(self.written, is_open=(kind or self.site.schedule.kind(self.now)) is Kind.OPEN)

    def members(self, *, with_phones: bool = False) -> tuple[str, ...]:
        """The names of all members, in the order of the teams, or of those who have a phone."""
        found = (member.name for member in self.written.members if member.number or not with_phones)
        return tuple(dict.fromkeys(found))

    def override(self, form: Form) -> Override:
        """What a form asks for. Raises OverrideError with every problem."""
        stretch = self._stretch(form)
        if form.change in COVERS:
            if not form.away or not form.by:
                raise NotChosenError(
                    ["choose who is away" if not form.away else "choose who takes the place, or nobody"]
                )
            by = "" if form.by == NOBODY else form.by
            return self._accepting(read_cover(self.written, form.away, by, stretch, self.now), form.offered)
        words = {language: text for language, text in form.words.items() if text.strip()}
        if form.change is Change.SAY and not words:
            raise NotChosenError(["write what callers hear first, in every language"])
        kind, begin = KINDS.get(form.change), self.now.replace(second=0)  # hours change on whole minutes
        return self._accepting(read_override(self.written, kind, stretch, words, begin), form.offered)

    def resumed(self, override: Override) -> Override:
        """An override that was ended, from now on. Raises OverrideError."""
        if cover := override.cover:
            stretch = max(override.begins, self.now), override.ends
            wanted = read_cover(self.written, cover.away, cover.by, stretch, self.now)
            return self._accepting(wanted, override.accepted)
        begin = self.now.replace(second=0)
        stretch = max(override.begins, begin), override.ends
        wanted = read_override(self.written, override.kind, stretch, override.words, begin)
        return self._accepting(wanted, override.accepted)

    def _accepting(self, wanted: Override, offered: Iterable[Accepted]) -> Override:
        return accepting(self.written, wanted, self.others, offered)

    def _stretch(self, form: Form) -> tuple[datetime, datetime]:
        begins = self.now if form.change in COVERS else self.now.replace(second=0)
        later = None
        if form.begins != times.NOW:
            later = self._typed(form.begins_at, "Begin")
        if form.until == times.OTHER:
            return later or begins, self._typed(form.until_at, "End")
        with_it, ends = times.chosen(form.until)
        if later and ends <= later:
            when = times.when(later, self.now)
            raise NotChosenError([f'it begins {when}; choose a later end, such as a day and a time under "until ..."'])
        return later or with_it or begins, ends

    def _typed(self, text: str, what: str) -> datetime:
        if not text:
            raise NotChosenError([f"{what}: choose a day and a time"])
        return times.typed(text, self.zone, what)

    def same(self, wanted: Override) -> Kept | None:
        """The override that stands already if the form was sent twice, and decides still: with this one callers would
        meet nothing else."""
        if changes_something(self.written, wanted, self.others):
            return None
        for each in self.in_force:
            there = each.override
            alike = (there.kind, there.words, there.cover, there.ends) == (
                wanted.kind,
                wanted.words,
                wanted.cover,
                wanted.ends,
            )
            if alike and abs((there.begins - wanted.begins).total_seconds()) <= SAME_SECONDS:
                return each
        return None

    def save(self, wanted: Override, by: str) -> Saved:
        """Checks an override and stores it. Raises LeftAloneError, ChangedMeanwhileError, OverrideError, StoreError."""
        running = self._running
        late = check(
            self.written,
            wanted,
            self.others,
            lambda site: running.prover.broken_by_override(site, self.loaded.contents),
        )
        number = running.overrides.add(wanted, by, in_a_line(wanted, self.zone), running.seconds(), self._every)
        return Saved(number, late)

    # -- in words

    def why_not(self, kept: Kept) -> str:
        """Why an override is not in force; "" if it is."""
        if kept.number not in self.refused:
            return ""
        new = not_accepted(self.written, kept.override, self.others)
        return f"nobody could be rung in {self.gap_words(new)[0]}" if new else self.refused[kept.number]

    def gap_words(self, found: Iterable[Gap | Accepted]) -> tuple[str, ...]:
        """In which team nobody can be rung, and when."""
        return tuple(f"{gap.team}: {times.stretch_words(gap.begins, gap.ends, self.now)}" for gap in found)

    def preview(self, wanted: Override) -> Preview:
        """What an override will do."""
        at = max(wanted.begins, self.now)
        under = overridden(self.written, (wanted, *self.others))
        new, asked = left_alone(self.written, wanted, self.others)
        come_to = {one.node for one in asked}
        heard = () if wanted.cover else tuple(simulated.greetings(under, at))
        rung = tuple(map(self.rung, rota(under, at, wanted.ends))) if wanted.cover or wanted.kind is Kind.OPEN else ()
        return Preview(
            as_sentence(self.sentence(wanted)),
            tuple(self._replacing(wanted)),
            changes_something(self.written, wanted, self.others),
            heard,
            tuple(filter(None, rung)),
            tuple(map(ShownGap, self.gap_words(new), map(gap_value, new))),
            {node: simulated.words_at(under, node, at) for node in sorted(come_to)},
            frozenset(come_to - {one.node for one in asked if one not in wanted.accepted}),
            self._away(wanted),
            self.gap_words(only_away(self.written, wanted, self.others)),
        )

    def accepts_absence(self, wanted: Override, form: Form) -> bool:
        """Whether it is accepted by name, if it has to be, that only somebody can be rung who is away."""
        by = wanted.cover.by if wanted.cover else ""
        return form.although == by or not only_away(self.written, wanted, self.others)

    def _away(self, wanted: Override) -> str:
        stretches = [self._local(*each) for each in away_then(wanted, self.others)]
        if not stretches or not wanted.cover:
            return ""
        when = " and ".join(times.stretch_words(begins, ends, self.now) for begins, ends in stretches)
        return f"{wanted.cover.by} is away {when}, and would be rung all the same."

    def call(self, wanted: Override, form: Form) -> tuple[Line, ...]:
        """A call under an override, when it begins. Raises SimulationError and TrialError."""
        running, begins = self._running, max(wanted.begins, self.now)
        call = replace(
            simulated.to(self.loaded, running.settings.config, (wanted, *self.others), begins),
            steps=simulated.steps_of(form.keys),
            phones=simulated.answer_of(form.phones),
        )
        return running.trials.play(call).lines

    def sentence(self, override: Override) -> str:
        """What an override does, and when. The words of staff come last."""
        when = times.stretch_words(*self._local(override.begins, override.ends), self.now)
        words = f"“{first_name(override.words)}”" if override.words else ""
        if override.kind is None and words:
            return f"callers hear first {when}: {words}"
        return f"{override.what} {when}{', saying ' if words else ''}{words}"

    def replaced(self, kept: Kept) -> list[str]:
        """What newer ones decide in place of one that stands, and when; of a cover, who is rung in that place then."""
        said = []
        for each in replaced(kept, self.in_force, self.now):
            when = times.stretch_words(*self._local(each.begins, each.ends), self.now)
            newer = each.newer
            said.append(as_sentence(f"{each.what} {when}, by {newer.by}: {self.sentence(newer.override)}"))
        for held in rung_instead(kept.override, self.others, self.now):
            when = times.stretch_words(*self._local(held.begins, held.ends), self.now)
            said.append(as_sentence(f"{when} {held.words}"))
        return said

    def alike(self, kept: Kept) -> list[Kept]:
        """Those that go on deciding what one that was ended decided."""
        return [
            each
            for each in self.in_force
            if each.number != kept.number
            and shared(each.override, kept.override)
            and self._both(each.override, kept.override)
        ]

    def _replacing(self, wanted: Override) -> Iterator[str]:
        for older in self.in_force:
            both, stretch = shared(older.override, wanted), self._both(older.override, wanted)
            if both and stretch:
                which, when = part(older.override, both), times.stretch_words(*stretch, self.now)
                counts = f"its {which} count" if which else "this counts"
                yield as_sentence(f"{when} {counts} in place of: {self.sentence(older.override)}")

    def _both(self, one: Override, other: Override) -> tuple[datetime, datetime] | None:
        """While two overrides last together, from now on."""
        found = together(one, other, self.now)
        return self._local(*found) if found else None

    def rung(self, stretch: Stretch) -> str:
        """Who can be rung in a stretch; "" while the line is closed."""
        if stretch.kind is not Kind.OPEN:
            return ""
        words = times.stretch_words(stretch.begins, stretch.ends, self.now)
        teams = [
            f"{team}: {', '.join(member.name for member in members) or 'nobody'}"
            for team, members in stretch.on_shift.items()
        ]
        return f"{words}: {'; '.join(teams)}" if teams else ""

    def _local(self, *moments: datetime) -> tuple[datetime, datetime]:
        begins, ends = (moment.astimezone(self.zone) for moment in moments)
        return begins, ends


def saved(running: ConsoleServices, asked: Callable[[ShortNotice], Override], by: str, *, instead: int = 0) -> Saved:
    """Saves what is asked for, unless it stands already. One after the other, so that each is checked with those before
    it, but for the one that it stands `instead` of. Raises LeftAloneError, OverrideError, StoreError, ConfigError,
    ProofBusyError."""
    with running.prover.notice(), running.saving:
        for _ in range(MOST_TRIES):
            notice = ShortNotice(running, instead)
            wanted = asked(notice)
            if same := notice.same(wanted):
                return Saved(same.number)
            with suppress(ChangedMeanwhileError):  # on another console, or by command
                return notice.save(wanted, by)
        raise ChangedMeanwhileError
