"""The sites that a server holds: swapped atomically, or kept.

A reload does everything that can fail before it touches what callers use. A call in progress keeps its revision for as
long as a call can last.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from math import inf
from pathlib import Path
from threading import Lock
from time import monotonic

from phonetree.config.numbers import NumberRules
from phonetree.config.site import Contents, Loaded, broken_by, fingerprint, load, made_of, overridden, revision_of
from phonetree.core.schedule import Override
from phonetree.core.tree import Site
from phonetree.errors import ConfigError, Problem, problems_of
from phonetree.runtime.considerate import considerate
from phonetree.runtime.prover import StoppedError, UnprovedError

MOST_REVISIONS = 50
"""How many revisions a server keeps in memory: more than anyone publishes in the four hours of the longest call."""

AGAIN_SECONDS = 60.0
"""How soon to try again what could not be proved: whoever has to close the line cannot wait for long."""

Proof = Callable[[Site, Contents], tuple[Problem, ...]]
"""Which promises a site breaks, and the files that it is made of."""


class Sites:
    """What a server holds: the site that new calls get, those of calls in progress, the last edit.

    `problems` are those of the last edit, empty when it was valid; otherwise `current` is older than the files.
    `refused` is what the latest overrides would break; then the previous ones stay in force.
    """

    def __init__(
        self,
        folder: Path,
        rules: NumberRules,
        proof: Proof | None = None,
        published: Callable[[], Iterable[Contents]] = tuple,
        publish: Callable[[Loaded], None] = lambda _: None,
    ) -> None:
        """`proof` says which promises an edit would break; without it promises are not checked. `published` are the
        files of earlier revisions, newest first: when those in the folder have a problem, a starting server continues
        with these, as a running one would; and without any, with English in place of phrases that a language lacks.
        `publish` makes a revision known to other servers, before callers hear it.

        Raises ConfigError when there is no site to start with. The first site is accepted even if it breaks a promise:
        it helps more callers than none. `reload` proves it anyway, and `problems` says what it breaks.
        """
        self.folder = folder
        self.rules = rules
        self._proof = proof
        self._publish = publish
        self.problems: tuple[Problem, ...] = ()
        self.refused: tuple[Problem, ...] = ()
        self._overrides: tuple[Override, ...] = ()
        self.reloads = self.refusals = 0
        self._lock, self._swap = Lock(), Lock()
        self._revisions: OrderedDict[str, Site] = OrderedDict()
        self._seen = ""
        self._edit_due = self._override_due = inf
        try:
            loaded = load(folder, rules)
        except Exception as error:
            earlier = next(filter(None, map(self._made_of, published())), None)
            started = earlier or self._patched()
            if started is None:
                raise
            loaded, self.problems = started, problems_of(error, folder)
        publish(loaded)
        self.current: Site = self._remember(loaded.site)
        self.contents = loaded.contents
        self.last_resort = loaded.last_resort
        """What callers hear when a turn fails: bytes, so nothing more can fail."""

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
            return load(self.folder, self.rules, patched=True)
        except ConfigError:
            return None

    def revision(self, name: str) -> Site | None:
        """The site of a revision, or None when this server does not know it."""
        return self._revisions.get(name)

    def reload(self) -> bool:
        """Loads the current files; True when callers hear something new. A bad edit changes nothing, nor does one on
        which we fail: any exception becomes a problem, and the files are tried again when they change."""
        with self._lock:
            try:
                return self._take()
            except StoppedError:
                return False
            except Exception as error:  # noqa: BLE001 -- see above
                self.problems = problems_of(error, self.folder)
                self.refusals += 1
                self._edit_due = _again(error)
                return False

    def _take(self) -> bool:
        seen = fingerprint(self.folder)
        if seen == self._seen and monotonic() < self._edit_due:
            return False
        again = not self._seen or self._edit_due < inf
        self._seen, self._edit_due = seen, inf
        with considerate():
            loaded = load(self.folder, self.rules)
        self._prove(loaded, again=again)
        self.problems = ()
        if loaded.site.revision == self.current.revision:
            return False
        self._publish(loaded)
        self._remember(loaded.site, current=True)
        self.contents, self.last_resort = loaded.contents, loaded.last_resort
        self.reloads += 1
        return True

    def override(self, overrides: tuple[Override, ...]) -> bool:
        """Replaces the overrides by these, newest first; True when they are in force. If the site would break a promise
        that it keeps without them, nothing changes, nor if we fail on them."""
        with self._lock:
            self._override_due = inf
            try:
                self.refused = broken_by(overrides, self.current, self._broken) if overrides else ()
            except StoppedError:
                return False
            except Exception as error:  # noqa: BLE001 -- see above
                self.refused = problems_of(error, self.folder)
                self._override_due = _again(error)
            if not self.refused:
                self.take_over(overrides)
            return not self.refused

    @property
    def override_due(self) -> bool:
        """Whether overrides that could not be proved are worth another try."""
        return monotonic() >= self._override_due

    def take_over(self, overrides: tuple[Override, ...]) -> None:
        """The same without checking promises, for overrides that were in force before this server started."""
        with self._swap:
            self._overrides = overrides
            sites = [overridden(site, overrides) for site in (*self._revisions.values(), self.current)]
            self._revisions = OrderedDict((site.revision, site) for site in sites)
            self.current = self._revisions[self.current.revision]

    def _prove(self, loaded: Loaded, *, again: bool) -> None:
        """Refuses a site that callers must not hear. The one they hear already is proven `again` only at the first
        load, after an attempt that failed, and under overrides."""
        site = overridden(loaded.site, self._overrides)
        known = site.revision in self._revisions and not again and not self._overrides
        if self._proof and not known and (broken := self._proof(site, loaded.contents)):
            raise ConfigError(broken)

    def _broken(self, site: Site) -> tuple[Problem, ...]:
        """The promises that the current site breaks under other overrides."""
        return self._proof(site, self.contents) if self._proof else ()

    def _remember(self, site: Site, *, current: bool = False) -> Site:
        with self._swap:
            site = self._revisions[site.revision] = overridden(site, self._overrides)
            self._revisions.move_to_end(site.revision)
            if current:
                self.current = site
            while len(self._revisions) > MOST_REVISIONS:
                self._revisions.popitem(last=False)
            return site


def _again(error: Exception) -> float:
    """When to try again what failed so: a moment of the monotonic clock."""
    return monotonic() + AGAIN_SECONDS if isinstance(error, UnprovedError) else inf
