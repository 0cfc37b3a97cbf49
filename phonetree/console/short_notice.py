"""Changes at short notice, from forms: close, open, say something first, cover a shift, be away.

Each is an override with an end in words. Before it is saved, the form shows what callers will meet; saving checks it
as an edit is checked. What would leave callers with nobody to ring has to be accepted by name.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from werkzeug.datastructures import MultiDict

from phonetree.config.override import (
    accepting,
    changes_something,
    check,
    left_alone,
    not_accepted,
    read_cover,
    read_override,
)
from phonetree.config.site import Loaded, overridden
from phonetree.console import simulated, times
from phonetree.console.services import ConsoleServices
from phonetree.core.rota import Gap, Stretch, rota
from phonetree.core.schedule import Accepted, Kind, Override, first_name
from phonetree.core.tree import Language, NodeId, Site
from phonetree.errors import ChangedMeanwhileError, OverrideError
from phonetree.store.kept import Kept, in_a_line, standing
from phonetree.store.servers import left_out, servers

NOBODY = "nobody"

SAME_SECONDS = 120
"""An override like one that began so lately is the same one, sent twice."""


MOST_TRIES = 5
"""How often to check anew because something else was saved meanwhile."""


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


@dataclass(frozen=True, slots=True)
class Form:
    """What is typed in a form: as text, so that nothing is lost when it cannot be taken."""

    change: Change
    begins: str = times.NOW
    begins_at: str = ""
    until: str = ""
    until_at: str = ""
    words: Mapping[Language, str] = field(default_factory=dict)
    away: str = ""
    by: str = ""
    accepted: tuple[NodeId, ...] = ()
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


_FIELDS = ("begins", "begins_at", "until", "until_at", "away", "by", "keys", "phones")


@dataclass(frozen=True, slots=True)
class ShownGap:
    """A gap on the page, and as the form sends it, so that nothing is accepted but what was shown."""

    words: str
    value: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What an override will do: in a sentence, whether it changes anything, what callers hear first, who can be rung
    when, and what callers come to meanwhile if nobody can, which of it is accepted."""

    sentence: str
    changes: bool
    heard: tuple[simulated.Heard, ...]
    rung: tuple[str, ...]
    alone: tuple[ShownGap, ...]
    come_to: Mapping[NodeId, str]
    accepted: frozenset[NodeId]


class ShortNotice:
    """The site that callers hear, what stands at short notice, and what a form would add to it."""

    def __init__(self, running: ConsoleServices) -> None:
        """Raises StoreError and ConfigError."""
        self._running = running
        self.loaded: Loaded = running.live.loaded()
        self.written = self.loaded.site
        self.zone = self.written.schedule.zone
        self.now = running.now().astimezone(self.zone).replace(microsecond=0)
        self.kept: tuple[Kept, ...] = running.overrides.kept(running.seconds())
        self.servers = servers(running.store, running.seconds())
        self.refused = left_out(self.servers)
        """Why servers do not answer with an override, by its number."""
        self.in_force = tuple(each for each in self.kept if each.number not in self.refused)
        self.others = standing(self.in_force)
        self.site = overridden(self.written, self.others)

    # -- a form

    def endings(self, change: Change) -> tuple[times.Ending, ...]:
        """The ends that a form proposes, the likeliest first."""
        found = {ending.name: ending for ending in times.endings(self.site.schedule, self.now)}
        first = {
            Change.CLOSE: ("opening", "hours", "today"),
            Change.OPEN: ("1h", "4h", "today", "opening"),
            Change.SAY: ("hours", "today", "opening"),
            Change.COVER: ("hours", "next", "1h", "4h", "today"),
            Change.AWAY: ("hours", "next", "1h", "4h", "today"),
        }[change]
        ordered = dict.fromkeys((*first, *found))
        usual = [found[name] for name in ordered if name in found]
        return tuple(one for one in usual if change not in COVERS or one.name != "opening")

    def members(self, *, with_phones: bool = False) -> tuple[str, ...]:
        """The names of all members, in the order of the teams, or of those who have a phone."""
        found = (member.name for member in self.written.members if member.number or not with_phones)
        return tuple(dict.fromkeys(found))

    def override(self, form: Form) -> Override:
        """What a form asks for. Raises OverrideError with every problem."""
        stretch = self._stretch(form)
        if form.change in COVERS:
            if not form.away or not form.by:
                raise OverrideError(
                    ["choose who is away" if not form.away else "choose who takes the place, or nobody"]
                )
            by = "" if form.by == NOBODY else form.by
            return self._accepting(read_cover(self.written, form.away, by, stretch, self.now), form.offered)
        words = {language: text for language, text in form.words.items() if text.strip()}
        if form.change is Change.SAY and not words:
            raise OverrideError(["write what callers hear first, in every language"])
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
            later = times.typed(form.begins_at, self.zone, "Begin")
        if form.until == times.OTHER:
            with_it, ends = None, times.typed(form.until_at, self.zone, "End")
        else:
            with_it, ends = times.chosen(form.until)
        return later or with_it or begins, ends

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

    def save(self, wanted: Override, by: str) -> int:
        """Checks an override and stores it; returns its number. Raises LeftAloneError, ChangedMeanwhileError,
        OverrideError, StoreError."""
        running = self._running
        check(
            self.written,
            wanted,
            self.others,
            lambda site: running.prover.broken_by_override(site, self.loaded.contents),
        )
        return running.overrides.add(wanted, by, in_a_line(wanted, self.zone), running.seconds(), self.kept)

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
        values = (f"{gap.team}/{gap.begins.isoformat()}/{gap.ends.isoformat()}" for gap in new)
        heard = () if wanted.cover else tuple(simulated.greetings(under, at))
        rung = tuple(map(self.rung, rota(under, at, wanted.ends))) if wanted.cover or wanted.kind is Kind.OPEN else ()
        return Preview(
            self.sentence(wanted),
            changes_something(self.written, wanted, self.others),
            heard,
            tuple(filter(None, rung)),
            tuple(map(ShownGap, self.gap_words(new), values)),
            {node: simulated.words_at(under, node, at) for node in sorted(come_to)},
            frozenset(come_to - {one.node for one in asked if one not in wanted.accepted}),
        )

    def call(self, wanted: Override, form: Form) -> list[simulated.Line]:
        """A call under an override, when it begins. Raises SimulationError."""
        under = overridden(self.written, (wanted, *self.others))
        return simulated.call(under, max(wanted.begins, self.now), form.keys, form.phones)

    def sentence(self, override: Override) -> str:
        """What an override does, and when."""
        begins, ends = self._local(override.begins, override.ends)
        words = f', saying "{first_name(override.words)}"' if override.words else ""
        return f"{override.what} {times.stretch_words(begins, ends, self.now)}{words}"

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


def saved(running: ConsoleServices, asked: Callable[[ShortNotice], Override], by: str) -> int:
    """Saves what is asked for, unless it stands already; returns its number. One after the other, so that each is
    checked with those before it. Raises LeftAloneError, OverrideError, StoreError, ConfigError."""
    with running.saving:
        for _ in range(MOST_TRIES):
            notice = ShortNotice(running)
            wanted = asked(notice)
            if same := notice.same(wanted):
                return same.number
            with suppress(ChangedMeanwhileError):  # on another console, or by command
                return notice.save(wanted, by)
        raise ChangedMeanwhileError
