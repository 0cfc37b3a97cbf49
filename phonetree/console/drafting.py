"""Drafts of the files: what they begin from, and what is wrong with one and different for callers."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path, PurePath

from phonetree.config.advice import advice
from phonetree.config.keeping import with_promise
from phonetree.config.numbers import NumberRules
from phonetree.config.site import Contents, Loaded, made_of, overridden
from phonetree.core.schedule import Override
from phonetree.core.tree import OwnPromise
from phonetree.diff.changes import changes
from phonetree.errors import ConfigError, Problem, ProofError, Where
from phonetree.proof.budgets import TimeToHelp
from phonetree.proof.own import sentence
from phonetree.store.drafts import Draft, Drafts


@dataclass(frozen=True, slots=True)
class Broken:
    """A promise that a draft breaks: where to look first, and the shortest call that breaks it, if one can be played.
    `new` says that what callers hear does not break it."""

    problem: Problem
    new: bool


@dataclass(frozen=True, slots=True)
class Checked:
    """What a draft is. With `problems` it is no site, and nothing else is known. Otherwise `broken` are the promises
    that it breaks, `changes` what callers hear differently than now (None: that cannot be said), `times` how soon they
    reach somebody, and `advice` what somebody should look at. Files in places are named without their folder."""

    problems: tuple[Problem, ...] = ()
    broken: tuple[Broken, ...] = ()
    changes: tuple[str, ...] | None = None
    times: tuple[TimeToHelp, ...] = ()
    advice: tuple[str, ...] = ()

    @property
    def fit(self) -> bool:
        """Whether it can be published."""
        return not self.problems and not any(each.new for each in self.broken)


class Drafting:
    """What the screens of drafts need to know of files."""

    def __init__(
        self,
        folder: Path,
        rules: Callable[[], NumberRules],
        drafts: Drafts,
        files: Callable[[], Loaded],
        heard: Callable[[], Loaded],
        overrides: Callable[[datetime], tuple[Override, ...]],
        proof: Callable[..., tuple[Problem, ...]],
        now: Callable[[], datetime],
    ) -> None:
        """`files` are those that a publication replaces; `heard` is what callers hear, without `overrides`."""
        self.drafts = drafts
        self._folder, self._rules, self._files, self._heard = folder, rules, files, heard
        self._overrides, self._proof, self._now = overrides, proof, now

    def newest(self) -> str:
        """The revision that drafts begin from now. Raises ConfigError when its files have problems."""
        return self._files().site.revision

    def begin(self, title: str, by: str) -> Draft:
        """A new draft of the files as they are. Raises DraftError, StoreError, and what `newest` does."""
        files = self._files()
        return self.drafts.start(title, files.site.revision, files.contents, by, self._seconds())

    def keep(self, promise: OwnPromise, by: str, draft: tuple[Draft, Contents] | None) -> Draft:
        """A draft with one promise more, or else a new one of the files as they are with it. Raises EditError,
        DraftError, StoreError, and ConfigError when the files have problems."""
        if draft:
            kept, contents = draft
            files = made_of(contents, self._folder, self._rules(), patched=True)
            changed = with_promise(files, promise, self._folder, self._rules())
            return self.drafts.save(kept.id, kept.version, changed, by, self._seconds())
        files = self._files()
        changed = with_promise(files, promise, self._folder, self._rules())
        return self.drafts.start(sentence(files.site, promise), files.site.revision, changed, by, self._seconds())

    def check(self, files: Contents) -> Checked:
        """What files are, and what they change. Raises StoreError, and ProofBusyError."""
        try:
            wanted = made_of(files, self._folder, self._rules())
        except ConfigError as error:
            return Checked(problems=self._named(error.problems))
        now, heard = self._now(), self._heard()
        today = wanted.site.schedule.today(now)
        try:
            broken = self._broken(wanted, heard, self._overrides(now))
        except ConfigError as error:  # it cannot be proved
            return Checked(problems=self._named(error.problems))
        try:
            different: tuple[str, ...] | None = changes(heard.site, wanted.site, today)
        except ProofError:
            different = None
        told = (*wanted.warnings, *advice(wanted.site, self._folder, today))
        return Checked((), broken, different, (), tuple(dict.fromkeys(each.text for each in told)))

    def _broken(self, wanted: Loaded, heard: Loaded, overrides: tuple[Override, ...]) -> tuple[Broken, ...]:
        found = self._proof(overridden(wanted.site, overrides), wanted.contents)
        already = self._proof(overridden(heard.site, overrides), heard.contents) if found else ()
        known = {problem.text for problem in already}
        return tuple(Broken(each, each.text not in known) for each in self._named(found))

    def _named(self, problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
        """Problems whose places have no folder."""
        return tuple(replace(each, where=self._place(each.where)) for each in problems)

    def _place(self, where: Where) -> Where:
        path = PurePath(where.file)
        return replace(
            where, file=str(path.relative_to(self._folder)) if path.is_relative_to(self._folder) else path.name
        )

    def _seconds(self) -> int:
        return int(self._now().timestamp())
