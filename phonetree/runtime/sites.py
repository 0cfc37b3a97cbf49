"""The sites that a server holds: swapped atomically, or kept.

A reload does everything that can fail before it touches what callers use. A call in progress keeps its revision for as
long as a call can last.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from math import inf
from pathlib import Path
from threading import Lock
from time import monotonic

from phonetree.config.numbers import NumberRules
from phonetree.config.override import apart, leaving_alone, unproved
from phonetree.config.phones import filled
from phonetree.config.promises import broken_by, broken_under, newly_broken, not_late
from phonetree.config.site import Contents, Loaded, made_of, overridden, revision_of
from phonetree.core.schedule import Override
from phonetree.core.tree import Site
from phonetree.errors import ConfigError, Problem, Where, problems_of
from phonetree.runtime.considerate import considerate
from phonetree.runtime.half_saved import half_saved
from phonetree.runtime.prover import StoppedError, UnprovedError
from phonetree.runtime.source import FolderSource, Source

MOST_REVISIONS = 50
"""How many revisions a server keeps in memory: more than anyone publishes in the four hours of the longest call."""

AGAIN_SECONDS = 60.0
"""How soon to try again what could not be proved: whoever has to close the line cannot wait for long."""

SAVING_SECONDS = 10.0
"""How long a file whose end is missing has to stay so to be taken: it may be half saved."""

Proof = Callable[[Site, Contents], tuple[Problem, ...]]
"""Which promises a site breaks, and the files that it is made of."""


class Sites:
    """What a server holds: the site that new calls get, those of calls in progress, the last edit.

    `problems` are those of the last edit, empty when it was valid; otherwise `current` is older than the files, or the
    files break only promises that were broken before them. `refused` is what overrides would break that are left out,
    or why none could be checked. `unkept` is what is broken
    with the latest phones; `waiting` says that new ones do not ring for that reason. `fillings` counts how often other
    phones began to ring, or some stopped.
    """

    def __init__(
        self,
        folder: Path,
        rules: NumberRules,
        proof: Proof | None = None,
        published: Callable[[], Iterable[Contents]] = tuple,
        publish: Callable[[Loaded], None] = lambda _: None,
        override_proof: Proof | None = None,
        source: Source | None = None,
        at_start: Loaded | None = None,
    ) -> None:
        """The `source` has the files; without one they are those of the folder. `proof` says which promises an edit
        would break; without it promises are not checked. `override_proof` does for overrides, which then wait for no
        edit. `published` are the files of earlier revisions that callers heard, newest first. A starting server
        continues with these, as a running one would, when those of the source have a problem, or are not what callers
        heard last: `reload` proves them first. Without any it accepts the source's site even if that breaks a promise,
        or with English in place of phrases that a language lacks: it helps more callers than none. `at_start` is what
        the server's first process started with: one that it starts later continues with that when nothing is known to
        be published, whatever the files and their audio are then. `publish` makes a revision known to other servers,
        before callers hear it.

        Raises ConfigError when there is no site to start with.
        """
        self.folder = folder
        self.source = source or FolderSource(folder)
        self.rules = rules
        self._proof = proof
        self._override_proof = override_proof or proof
        self._publish = publish
        self.problems: tuple[Problem, ...] = ()
        self.refused: tuple[Problem, ...] = ()
        self.left_out: tuple[tuple[Override, tuple[Problem, ...]], ...] = ()
        """The latest overrides that are not in force, each with the promises that it would break."""
        self.unkept: tuple[Problem, ...] = ()
        self.waiting = False
        self.fillings = 0
        self.checking = False
        """Whether an edit is being checked: callers do not hear it yet."""
        self._overrides: tuple[Override, ...] = ()
        self.reloads = self.refusals = 0
        self._edits, self._changes, self._swap = Lock(), Lock(), Lock()
        self._revisions: OrderedDict[str, Site] = OrderedDict()
        self._seen = self._short = ""
        self._edit_due = self._whole_due = self._override_due = self._phones_due = inf
        loaded = self._first(list(published()), at_start)
        publish(loaded)
        self.current: Site = self._remember(loaded.site)
        self.started, self.contents = loaded, loaded.contents
        self.last_resort = loaded.last_resort
        """What callers hear when a turn fails: bytes, so nothing more can fail."""

    def _first(self, published: list[Contents], at_start: Loaded | None) -> Loaded:
        """The site to start with. Raises ConfigError when there is none."""
        try:
            self.source.look()
            loaded = self.source.load(self.rules)
        except Exception as error:
            started = self._newest(published) or at_start or self._patched()
            if started is None:
                raise
            self.problems = self._told(error)
            return started
        heard = [*map(revision_of, published[:1])] or ([at_start.site.revision] if at_start else [])
        if heard == [loaded.site.revision]:
            return loaded
        return self._newest(published) or at_start or loaded  # what callers did not hear last has to be proved first

    def _told(self, error: Exception) -> tuple[Problem, ...]:
        """An exception as problems for staff."""
        return self.source.placed(problems_of(error, self.folder))

    def _newest(self, published: list[Contents]) -> Loaded | None:
        """The newest published revision that is valid here."""
        return next(filter(None, map(self._made_of, published)), None)

    def recall(self, name: str, contents: Contents) -> Site | None:
        """The site of a revision that another server published, from its files; None when they do not match
        the name, or are not a valid site here."""
        made = self._made_of(contents) if revision_of(contents) == name else None
        return self._remember(made.site) if made else None

    def _made_of(self, contents: Contents) -> Loaded | None:
        """The site of these files, if they are valid here."""
        try:
            with considerate():
                return made_of(contents, self.folder, self.rules)
        except ConfigError:
            return None

    def _patched(self) -> Loaded | None:
        """The site with English in place of the phrases that a language lacks, such as those that are new in this
        version; None when there is more wrong."""
        try:
            return self.source.load(self.rules, patched=True)
        except ConfigError:
            return None

    def revision(self, name: str) -> Site | None:
        """The site of a revision, or None when this server does not know it."""
        return self._revisions.get(name)

    def reload(self) -> bool:
        """Loads the current files; True when callers hear something new. A bad edit changes nothing, nor does one on
        which we fail: any exception becomes a problem, and the files are tried again when they change."""
        with self._edits:
            try:
                return self._take()
            except StoppedError:
                return False
            except Exception as error:  # noqa: BLE001 -- see above
                self.problems = self._told(error)
                self.refusals += 1
                self._edit_due = _again(error)
                return False
            finally:
                self.checking = False

    def _take(self) -> bool:
        seen = self.source.look()
        if seen == self._seen and monotonic() < self._edit_due:
            return False
        self._seen, self._edit_due, self.checking = seen, inf, True
        with considerate():
            loaded = self.source.load(self.rules)
        published = loaded.site.revision == self.current.revision
        if self._half_saved(loaded, seen):
            return False
        while True:
            overrides, rules = self._overrides, self.rules
            loaded = replace(loaded, site=filled(loaded.site, rules))
            broken = self._prove(loaded, overrides)
            if self._overrides != overrides or self.rules is not rules:
                continue  # others came into force meanwhile
            if not published and not self.source.settled(seen):
                self._seen = ""  # somebody is still saving
                return False
            if not published:
                self._publish(loaded)
            with self._swap:
                if self._overrides == overrides and self.rules is rules:
                    self.problems = self.source.placed(broken)
                    if not self.waiting:
                        self.unkept = ()
                    if not published:
                        self.current = self._hold(loaded.site)
                        self.contents, self.last_resort = loaded.contents, loaded.last_resort
                        self.reloads += 1
                    return not published

    def _half_saved(self, loaded: Loaded, seen: str) -> bool:
        """Whether to wait for the rest of a file."""
        if not half_saved(loaded.contents, self.contents) or self.source.whole(loaded.site.revision):
            self._short = ""
            return False
        if seen != self._short:
            self._short, self._whole_due = seen, monotonic() + SAVING_SECONDS
        if monotonic() >= self._whole_due:
            return False
        self._edit_due = self._whole_due
        return True

    def override(self, overrides: tuple[Override, ...], ended: tuple[Override, ...] = ()) -> bool:
        """Replaces the overrides by these, newest first; True when all are in force. Those by which the site would
        break a promise that it keeps without them are left out (`left_out`), but none for seconds alone. If we fail on
        them nothing changes.

        Those that have `ended` are not proved: they only say who was on shift when a ringing began.
        """
        with self._changes:
            self._override_due = inf
            while True:
                with self._swap:
                    site, contents, rules = self.current, self.contents, self.rules
                current = tuple(each for each in overrides if each not in ended)
                try:
                    broken = partial(self._broken_by, site=site, contents=contents)
                    in_force, left_out = apart(current, broken, partial(_suspects, site, current))
                except StoppedError:
                    return False
                except Exception as error:  # noqa: BLE001 -- see above
                    self.refused = self._told(error)
                    self._override_due = _again(error)
                    return False
                with self._swap:
                    # else an edit or a phone went live meanwhile
                    if self.current.revision == site.revision and self.rules is rules:
                        self._change(tuple(each for each in overrides if each in in_force or each in ended))
                        self.left_out = tuple((each, self.source.placed(problems)) for each, problems in left_out)
                        self.refused = tuple(dict.fromkeys(one for _, problems in self.left_out for one in problems))
                        return not left_out

    @property
    def override_due(self) -> bool:
        """Whether overrides that could not be proved are worth another try."""
        return monotonic() >= self._override_due

    @property
    def overrides(self) -> tuple[Override, ...]:
        """Those in force or to come, newest first."""
        return self._overrides

    def take_over(self, overrides: tuple[Override, ...], refused: Mapping[Override, str], now: datetime) -> None:
        """The same without proving anything, for overrides that stand when this server starts: all but those that are
        `refused` by other servers, and why, and those that would leave callers with nobody to ring soon."""
        with self._swap:
            rest = tuple(each for each in overrides if each not in refused)
            in_force, alone = unproved(self.current, rest, now)
            self._change(in_force)
            where = Where(str(self.folder))
            self.left_out = tuple((each, (Problem(where, why),)) for each, why in (*refused.items(), *alone))

    def _change(self, overrides: tuple[Override, ...]) -> None:
        """Has these overrides in force. An edit that was refused is tried again: it may be right without the others."""
        if self.problems and overrides != self._overrides:
            self._seen = ""
        self._overrides = overrides
        self._rebuild()

    def _rebuild(self) -> None:
        """Every site anew, under the overrides and with the phones of now. Held by `_swap`."""
        sites = [self._as_of_now(site) for site in (*self._revisions.values(), self.current)]
        self._revisions = OrderedDict((site.revision, site) for site in sites)
        self.current = self._revisions[self.current.revision]

    def _as_of_now(self, site: Site) -> Site:
        return overridden(filled(site, self.rules), self._overrides)

    def follow(self, phones: Mapping[str, str]) -> bool:
        """Puts members' phones (E.164, or "", by name) in place of those there are; True when all of them ring.

        In two steps. A phone that is gone, or was replaced by another, stops ringing at once, in calls in progress too,
        whatever promise that breaks: to ring somebody who has left, or to tell a stranger that the helpline calls, is
        worse than a call that finds nobody and is led to help. A member who had no phone is rung once that is proved,
        as an edit is: if it breaks a promise and every promise is kept without, or if it cannot be proved, that member
        waits. Where promises are broken already, one more who is rung can only help. Whatever is broken, staff are
        told. An edit that was refused is tried again, since it may be right with other phones.
        """
        with self._swap:
            self._fill({name: number if self.rules.phone(name) else "" for name, number in phones.items()})
        with self._changes:
            self._phones_due = inf
            while True:
                with self._swap:
                    site, contents = self.current, self.contents
                wanted = filled(site, replace(self.rules, phones=phones))
                try:
                    broken, self.waiting = self._broken_with(wanted, site, contents)
                    self.unkept = self.source.placed(broken)
                except StoppedError:
                    return False
                except Exception as error:  # noqa: BLE001 -- see above
                    self.unkept, self.waiting = self._told(error), wanted is not site
                    self._phones_due = _again(error)
                with self._swap:
                    if self.current is site:  # else something else went live meanwhile
                        if not self.waiting:
                            self._fill(phones)
                        return not self.waiting

    def _broken_with(self, wanted: Site, site: Site, contents: Contents) -> tuple[tuple[Problem, ...], bool]:
        """The promises that are broken with other phones; and whether these are to wait, because the site keeps every
        promise without them."""
        if self._override_proof is None:
            return (), False
        broken = self._override_proof(wanted, contents)
        waits = bool(not_late(broken)) and wanted is not site and not not_late(self._override_proof(site, contents))
        return broken, waits

    def _fill(self, phones: Mapping[str, str]) -> None:
        """Has these phones ring, in every site. Held by `_swap`."""
        if phones != self.rules.phones:
            self.rules = replace(self.rules, phones=phones)
            self.fillings += 1
            self._seen = ""
            self._rebuild()

    @property
    def phones_due(self) -> bool:
        """Whether phones that could not be proved are worth another try."""
        return monotonic() >= self._phones_due

    def _prove(self, loaded: Loaded, overrides: tuple[Override, ...]) -> tuple[Problem, ...]:
        """Refuses a site that callers must not hear: one that breaks a promise which is kept now. Where callers live
        with broken promises already, an edit that leaves them broken, such as a closed day, makes nothing worse; those
        are returned, for staff to be told. One that was heard before is proved again: that was on another day, or on
        another server, or it was the first one."""
        if not (self._proof and (broken := broken_under(overrides, loaded.site, loaded.contents, self._proof))):
            return ()
        with self._swap:
            heard, contents = self.current, self.contents
        if heard.revision == loaded.site.revision or newly_broken(
            broken, broken_under(heard.schedule.overrides, heard, contents, self._proof)
        ):
            raise ConfigError(broken)
        return broken

    def _broken_by(self, overrides: tuple[Override, ...], site: Site, contents: Contents) -> tuple[Problem, ...]:
        """The promises that a site breaks under these overrides and not without them, apart from seconds."""
        proof = self._override_proof
        if proof is None or not overrides:
            return ()
        return broken_by(overrides, site, lambda changed: not_late(proof(changed, contents)))

    def _remember(self, site: Site) -> Site:
        with self._swap:
            return self._hold(site)

    def _hold(self, site: Site) -> Site:
        site = self._revisions[site.revision] = self._as_of_now(site)
        self._revisions.move_to_end(site.revision)
        while len(self._revisions) > MOST_REVISIONS:
            self._revisions.popitem(last=False)
        return site


def _suspects(site: Site, overrides: tuple[Override, ...]) -> tuple[Override, ...]:
    with considerate():
        return leaving_alone(site, overrides)


def _again(error: Exception) -> float:
    """When to try again what failed so: a moment of the monotonic clock."""
    return monotonic() + AGAIN_SECONDS if isinstance(error, UnprovedError) else inf
