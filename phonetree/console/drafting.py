"""Drafts of the files: what they begin from, and what is wrong with one and different for callers."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import takewhile
from math import inf
from pathlib import PurePath

from phonetree.config.advice import advice
from phonetree.config.joined_days import joined_days
from phonetree.config.keeping import with_promise
from phonetree.config.merging import Part, Text, clash, differing, merged, with_ends
from phonetree.config.promises import PROMISE, SHOWN, Call, by_promise, newly_broken
from phonetree.config.question import Answer
from phonetree.config.site import HOURS, ROUTING, Contents, Loaded, made_of, overridden, revision_of
from phonetree.config.slips import MARK
from phonetree.config.unstaffed import unstaffed
from phonetree.console.form_places import FormPlace, Told, places_of
from phonetree.console.form_words import in_form_words
from phonetree.console.forms import Forms
from phonetree.console.proving import FewProofs
from phonetree.console.publishing import Base, Publishing, private_numbers
from phonetree.console.simulated import FewTrials, steps_of, to
from phonetree.core.schedule import Override
from phonetree.core.tree import Connect, OwnPromise, Site
from phonetree.errors import ConfigError, ConfigWarning, DraftError, EditError, Problem, SimulationError, Where
from phonetree.proof.budgets import TimeToHelp
from phonetree.proof.own import sentence
from phonetree.runtime.comparing import Sentences, Unsaid, looked_at
from phonetree.runtime.publishing import broken
from phonetree.runtime.trials import Line, TrialError
from phonetree.store.drafts import BASE, Draft, Drafts, refuse_large
from phonetree.store.revisions import Publication


@dataclass(frozen=True, slots=True)
class Played:
    """A call as it is heard: when it comes in, and its lines."""

    at: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Broken:
    """A promise that a draft breaks: where to look first, and the simplest call that breaks it, if one can be played.
    `new` says that what callers hear does not break it; `others` are the other cases in which it is broken."""

    problem: Problem
    new: bool
    call: Played | None
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """What became of a draft's files since it began: `behind` says that another revision was published since, whose
    changes are none of its own; `published` that these files were, as this `number` of History, if it has them."""

    behind: bool = False
    published: bool = False
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """What a draft is. With `problems` it is no site, and nothing else is known. Otherwise `broken` are the promises
    that it breaks, `changes` what callers hear differently than before it, or why that cannot be said, `times` how soon
    they reach somebody, and `advice` what somebody should look at after the edit. `standing` says what was published
    since it began. Files in places are named without their folder; `forms` are those that belong to what is said of
    places, and `nodes` the names of nodes, which have forms as well. `withheld` says that servers take up no files for
    a promise that was broken before. `empty` are the teams without members that callers are sent to, and `unstaffed`
    those that are open while nobody is on shift, each with such a moment: both may be why promises are broken. `worded`
    are the sentences in the words of forms, and `warned` is what somebody should look at in the files. `languages` have
    their names."""

    problems: tuple[Problem, ...] = ()
    broken: tuple[Broken, ...] = ()
    changes: Sentences = ()
    times: tuple[TimeToHelp, ...] = ()
    advice: tuple[str, ...] = ()
    standing: Standing = Standing()
    forms: Mapping[Told, FormPlace] = field(default_factory=dict)
    nodes: frozenset[str] = frozenset()
    empty: tuple[str, ...] = ()
    unstaffed: Mapping[str, str] = field(default_factory=dict)
    warned: tuple[ConfigWarning, ...] = ()
    worded: Mapping[str, str] = field(default_factory=dict)
    languages: Mapping[str, str] = field(default_factory=dict)
    withheld: bool = False

    @property
    def summary(self) -> str:
        """The same in a sentence."""
        if self.problems:
            return f"{_several(len(self.problems), 'problem')}."
        if new := sum(each.new for each in self.broken):
            return f"{_several(new, 'promise')} to callers would be broken."
        if self.withheld:
            return "Callers will not hear this yet: a promise is broken already."
        if self.changes and not isinstance(self.changes, Unsaid):
            return f"No problems. {_several(len(self.changes), 'change')} for callers."
        return "No problems."

    @property
    def fit(self) -> bool:
        """Whether it can be published."""
        return not self.problems and not any(each.new for each in self.broken)


@dataclass(frozen=True, slots=True)
class Merged:
    """What two people made of the same files, and where marks of a merge begin: of each place that both changed, and
    those that stood there before."""

    files: Contents
    marks: tuple[Where, ...]


class Drafting:
    """What the screens of drafts need to know of files."""

    def __init__(
        self,
        publishing: Publishing,
        drafts: Drafts,
        prover: FewProofs,
        trials: FewTrials,
        now: Callable[[], datetime],
    ) -> None:
        self.drafts, self._publishing = drafts, publishing
        self._prover, self._trials, self._now = prover, trials, now

    def begin(self, title: str, by: str, id_: str | None = None) -> Draft:
        """A new draft of the files as they are, or the one that has this id. Raises DraftError, StoreError, and
        ConfigError when a file cannot be read."""
        base = self._publishing.base()
        _refuse_no_text(base.contents)
        return self.drafts.start(title, base.revision, base.contents, by, int(self._now().timestamp()), id_)

    def merged(self, base: Contents | None, mine: Contents, theirs: Contents, who: str) -> Merged:
        """Files that two changed, where places that both changed are marked: `who` is whose `theirs` are. Where it is
        not known any more from what `base` they began, every difference is. Raises DraftError when what was sent is too
        large to be a draft, or one cannot be shown as text, and ProofBusyError: few are merged at once, too."""
        refuse_large(mine)
        _refuse_no_text(theirs)
        files, marks = {}, list[Where]()
        with self._prover.draft():
            for name in sorted(mine.keys() | theirs.keys()):
                texts = [each.get(name, b"").decode() for each in (base or theirs, mine, theirs)]
                was, *both = map(Text.of, texts)
                lines, of_both = list[str](), [each.lines for each in both]
                joined = joined_days if name == HOURS else clash
                known = base and (name in base or not all(name in each for each in (mine, theirs)))
                for part in merged(was.lines, *of_both, joined=joined) if known else differing(*of_both):
                    lines += _marked(part, who) if part.clash else part.mine
                marks += (Where(name, number, 1) for number, line in enumerate(lines, 1) if line.startswith(MARK))
                if lines or name in (HOURS, ROUTING):
                    whole = was.merged(*both)
                    text = whole.with_lines(lines)
                    files[name] = (with_ends(text, texts[1]) if whole.end == both[0].end else text).encode()
        return Merged(files, tuple(marks))

    def keep(self, promise: OwnPromise, by: str, draft: tuple[Draft, Contents] | None, id_: str | None = None) -> Draft:
        """A draft with one promise more, if it does not have it; or else one of the files as they are with it, new or
        with this id. Raises EditError, DraftError, StoreError, and ConfigError when the files have problems."""
        folder, rules, now = self._publishing.folder, self._publishing.rules(), int(self._now().timestamp())
        if draft:
            kept, contents = draft
            files = made_of(self._publishing.completed(contents), folder, rules, patched=True)
            if promise in files.site.promises:
                return kept
            return self.drafts.save(kept.id, kept.version, with_promise(files, promise, folder, rules), by, now)
        files = self._publishing.files()
        changed = with_promise(files, promise, folder, rules)
        begun = self.drafts.start(sentence(files.site, promise), files.site.revision, files.contents, by, now, id_)
        if begun.version > 1:  # asked twice
            return begun
        return self.drafts.save(begun.id, begun.version, changed, by, now)

    def check(self, draft: Draft, files: Contents) -> Checked:
        """What files of a draft are, and what they change. Raises StoreError, ProofBusyError, and ConfigError when the
        published files cannot be read."""
        checked = self._checked(draft, files)
        problems = (*checked.problems, *(each.problem for each in checked.broken))
        placed = (
            *((each.where, each.text) for each in problems),
            *((each.problem.where, other) for each in checked.broken for other in each.others),
            *((each.where, each.text) for each in checked.warned),
        )
        try:
            forms = Forms(files, self._now().date())
        except EditError:  # a file cannot be read
            return checked
        places = places_of(forms, files, placed)
        return replace(checked, forms=places, worded=in_form_words(forms, places, placed, checked.languages))

    def _checked(self, draft: Draft, files: Contents) -> Checked:
        try:
            wanted = self._publishing.made(files)
        except ConfigError as error:
            return Checked(problems=self._named(error.problems))
        base = self._publishing.base()
        before, today, overrides = (
            self._publishing.replaced(base),
            self._publishing.today(wanted.site),
            self._publishing.overrides(),
        )
        if private := private_numbers(before.site, wanted.site):
            return Checked(problems=private)
        began: Loaded | None = before
        if draft.began != base.revision:
            began = self._publishing.once(self.drafts.files(draft.id, BASE))
        site = overridden(wanted.site, overrides)
        try:
            with self._prover.answering(site, wanted.contents) as answer:
                different = self._publishing.changes(began.site, wanted.site) if began else Unsaid.UNREADABLE
                found = self._of_the_files(answer(), wanted, overrides)
        except ConfigError as error:  # it cannot be proved
            return Checked(problems=self._named(error.problems))
        already = broken(before, overrides, self._prover.broken_for_draft) if found.problems else ()
        new = newly_broken(found.problems, already)
        old = tuple(each for each in found.problems if each not in new)
        withheld = self._publishing.withheld(old, overrides, self._prover.broken_for_draft)
        own = looked_at(began.site, wanted.site, today) if began else ()
        told = (*wanted.warnings, *advice(wanted.site, self._publishing.folder, today))
        return Checked(
            (),
            tuple(self._broken(wanted, overrides, found, new)),
            different,
            found.times,
            own,
            self._standing(draft, files, base),
            nodes=frozenset(wanted.site.nodes),
            empty=tuple(_empty(wanted.site)),
            unstaffed={team: str(first) for team, first in unstaffed(site, today).items()} if found.problems else {},
            languages={language: info.name for language, info in wanted.site.languages.items()},
            warned=tuple(dict.fromkeys(replace(each, where=self._place(each.where)) for each in told)),
            withheld=bool(withheld),
        )

    def _standing(self, draft: Draft, files: Contents, base: Base) -> Standing:
        history = self._publishing.revisions.history() if draft.began != base.revision else ()
        return standing_of(draft, self._publishing.completed(files, base), base.revision, history)

    def _of_the_files(self, found: Answer, wanted: Loaded, overrides: tuple[Override, ...]) -> Answer:
        """What was found under overrides, with the seconds of the files alone (`broken_under`). Raises ConfigError."""
        if not overrides or not any(problem.late for problem in found.problems):
            return found
        with self._prover.answering(overridden(wanted.site, ()), wanted.contents) as answer:
            files = answer()
        each = [(problem, call) for problem, call in zip(found.problems, found.calls, strict=True) if not problem.late]
        each += [(problem, call) for problem, call in zip(files.problems, files.calls, strict=True) if problem.late]
        return replace(found, problems=tuple(one for one, _ in each), calls=tuple(call for _, call in each))

    def _broken(
        self, wanted: Loaded, overrides: tuple[Override, ...], found: Answer, new: tuple[Problem, ...]
    ) -> Iterator[Broken]:
        """Every broken promise once, those that are new first."""
        calls = dict(zip(found.problems, found.calls, strict=True))
        for are_new in (True, False):
            for problems in by_promise(each for each in found.problems if (each in new) is are_new):
                first, *others = sorted(problems, key=lambda each: _length(calls[each]))
                (problem,) = self._named((first,))
                yield Broken(
                    replace(problem, text=problem.text.removesuffix(SHOWN)),
                    are_new,
                    self._played(wanted, overrides, calls[first]),
                    tuple(each.text.removesuffix(SHOWN).partition(PROMISE)[0] for each in others),
                )

    def _played(self, wanted: Loaded, overrides: tuple[Override, ...], call: Call | None) -> Played | None:
        """How a call is heard that breaks a promise; None if it cannot be played."""
        if call is None:
            return None
        try:
            at = wanted.site.schedule.zone.localize(datetime.fromisoformat(call.at))
            asked = to(wanted, self._publishing.folder, overrides, at)
            made = self._trials.play(replace(asked, steps=steps_of(call.keys), each=dict(call.world)))
        except (SimulationError, TrialError, ValueError):
            return None
        return Played(call.at, made.lines)

    def _named(self, problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
        """Problems whose places have no folder."""
        return tuple(replace(each, where=self._place(each.where)) for each in problems)

    def _place(self, where: Where) -> Where:
        path = PurePath(where.file)
        return replace(
            where,
            file=str(path.relative_to(self._publishing.folder))
            if path.is_relative_to(self._publishing.folder)
            else path.name,
        )


def standing_of(draft: Draft, files: Contents, newest: str, history: Iterable[Publication]) -> Standing:
    """What became of a draft that has these files (none: it is gone meanwhile), where callers are to hear the revision
    `newest`."""
    if draft.began == newest or not files:
        return Standing()
    mine = revision_of(files)
    since = takewhile(lambda each: each.revision != draft.began, history)
    known = (each for each in since if each.revision == mine and (mine == newest or not each.unfinished))
    number = next((each.number for each in known), None)
    published = mine == newest or number is not None
    return Standing(behind=not published, published=published, number=number)


def refuse_lost(files: Contents) -> None:
    """Raises DraftError for files of a folder of which one is empty, or gone: a draft would take that over."""
    for name in (HOURS, ROUTING):
        if not files.get(name, b"").strip():
            raise DraftError(
                f"{name} is empty or gone in the folder, so there is nothing of it that this draft could take over; "
                "bring an earlier revision back from History, or publish this draft"
            )


def _refuse_no_text(files: Contents) -> None:
    """Raises DraftError for a file that no draft can have: what is not UTF-8 would be lost when its text is saved."""
    for name, data in files.items():
        try:
            data.decode()
        except UnicodeDecodeError:
            raise DraftError(
                f"{name} is not UTF-8 text, so nothing of it can be edited here; bring an earlier revision back from "
                "History, or have the operator save the file as UTF-8"
            ) from None


def _length(call: Call | None) -> float:
    """How many keys a call takes, if there is one."""
    return len(steps_of(call.keys)) if call else inf


def _empty(site: Site) -> Iterator[str]:
    """The teams without members that callers are sent to."""
    rung = {node.team for node in site.nodes.values() if isinstance(node, Connect)}
    return (name for name, team in site.teams_written.items() if name in rung and not team.members)


def _marked(part: Part, who: str) -> tuple[str, ...]:
    """Both versions of a place, with the usual marks, with which no file is a site."""
    return f"{MARK}yours", *part.mine, "=======", *part.theirs, f">>>>>>> {who}"


def _several(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
