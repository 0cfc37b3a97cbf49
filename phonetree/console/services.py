"""What the screens share: settings, the store, the clock, the site that callers hear. One typed object."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from threading import Lock

from flask import Flask, current_app

from phonetree.config.numbers import NumberRules
from phonetree.config.site import Loaded, fingerprint, load, overridden
from phonetree.console.calling_back import CallBacks, Tickets
from phonetree.console.drafting import Drafting
from phonetree.console.edits import HoursEditor
from phonetree.console.feed import Calendars
from phonetree.console.proving import FewProofs
from phonetree.console.publishing import Publishing
from phonetree.console.simulated import FewTrials
from phonetree.console.trying import Lockout
from phonetree.core.schedule import Override
from phonetree.core.tree import Site
from phonetree.errors import ConfigError, PhonetreeError
from phonetree.mailbox.notices import Channel, channels
from phonetree.provider.rest import Provider
from phonetree.runtime.prover import prover_of
from phonetree.runtime.source import heard_names, published_in, revisions_in
from phonetree.runtime.trials import COMMAND, Trials
from phonetree.settings import STORE, ConsoleSettings
from phonetree.store.accounts import Accounts
from phonetree.store.database import Store
from phonetree.store.drafts import Drafts
from phonetree.store.feeds import Feeds
from phonetree.store.keys import SealingKeys
from phonetree.store.overrides import Overrides
from phonetree.store.phones import Phones
from phonetree.store.reminders import Reminders
from phonetree.store.revisions import Revisions
from phonetree.store.servers import met
from phonetree.store.voicemails import Voicemails

_NAME = "phonetree"

CALL_SECONDS = (5.0, 10.0)
"""To connect to the provider, and to wait for its answer: somebody looks at a page meanwhile."""


class LiveSite:
    """The site that callers hear: the newest revision in the store, under the overrides that stand there; where files
    are the source, the newest that a server answered with.

    Until a server has published one, it is the site of the folder. A revision is compiled once, and again when members'
    phones change.
    """

    def __init__(
        self, folder: Path, rules: NumberRules, store: Store, phones: Phones, revisions: Revisions, *, source: str
    ) -> None:
        self._source = source
        self._folder, self._rules, self._store = folder, rules, store
        self._revisions, self._phones = revisions, phones
        self._compiled: tuple[tuple[str, str], Loaded] | None = None
        self._lock = Lock()

    def site(self, now: datetime) -> Site:
        """What callers hear now. Raises StoreError when the store cannot be used, and ConfigError when no revision can
        be compiled here, nor the folder's files."""
        return overridden(self.loaded().site, self.overrides(now))

    def overrides(self, now: datetime) -> tuple[Override, ...]:
        """What callers meet at short notice, now or later, newest first. Raises StoreError."""
        return met(self._store, int(now.timestamp()))

    def loaded(self) -> Loaded:
        """The same without overrides, with its files and warnings."""
        followed = self._phones.followed()
        rules = replace(self._rules, phones=followed.numbers)
        for name in heard_names(self._revisions, source=self._source):
            with suppress(ConfigError):  # it is gone, or cannot be used here
                made = partial(published_in, name, self._revisions, self._folder, rules)
                return self._once((name, followed.digest), made)
        return self._once((fingerprint(self._folder), followed.digest), lambda: load(self._folder, rules))

    def rules(self) -> NumberRules:
        """The rules for numbers, with the phones that ring now. Raises StoreError."""
        return replace(self._rules, phones=self._phones.followed().numbers)

    def known(self) -> Loaded:
        """The one that was compiled last, without asking the store; the current one if there is none."""
        return self._compiled[1] if self._compiled else self.loaded()

    def _once(self, name: tuple[str, str], compiled: Callable[[], Loaded]) -> Loaded:
        """What was compiled last, if it has this name; otherwise compiles it."""
        with self._lock:
            if self._compiled is None or self._compiled[0] != name:
                self._compiled = name, compiled()
            return self._compiled[1]


@dataclass(frozen=True, slots=True)
class ConsoleServices:
    """What the screens share."""

    settings: ConsoleSettings
    now: Callable[[], datetime]
    store: Store
    accounts: Accounts
    live: LiveSite
    lockout: Lockout
    channels: tuple[Channel, ...]
    overrides: Overrides
    prover: FewProofs
    trials: FewTrials
    phones: Phones
    provider: Provider | None
    """None when the console has no account to call phones with."""
    publishing: Publishing
    hours: HoursEditor
    editor: Drafting
    revisions: Revisions
    feeds: Feeds
    calendars: Calendars
    reminders: Reminders
    voicemails: Voicemails
    keys: SealingKeys
    call_backs: CallBacks
    tickets: Tickets
    saving: Lock
    """Whoever saves a change at short notice has it: what is checked is stored before the next is checked."""

    def seconds(self) -> int:
        """The moment, in seconds since 1970."""
        return int(self.now().timestamp())

    def site(self) -> Site:
        """What callers hear now. Raises StoreError."""
        return self.live.site(self.now())


def console_services(settings: ConsoleSettings, now: Callable[[], datetime]) -> ConsoleServices:
    """Everything, from the settings. Raises SettingsError."""
    store = Store(settings.database)
    phones = Phones(store, settings.secrets, lambda name: _whose(live, name))
    rules = NumberRules(settings.names, fictional=settings.fictional, stand_in=settings.demo, phones={})
    trials = FewTrials(Trials((*COMMAND, str(settings.config))))
    prover = FewProofs(prover_of(settings.config, rules, now, store, settings.secrets, kept=True))
    revisions = revisions_in(store, settings.secrets, source=settings.source)
    live = LiveSite(settings.config, rules, store, phones, revisions, source=settings.source)
    stored = settings.source == STORE
    publishing = Publishing(
        settings.config, live.rules, store, prover.broken, now, live.loaded, revisions, stored=stored
    )
    return ConsoleServices(
        settings,
        now,
        store,
        Accounts(store),
        live,
        Lockout(lambda: now().timestamp()),
        channels(settings.notify),
        Overrides(store),
        prover,
        trials,
        phones,
        _provider(settings),
        publishing,
        HoursEditor(publishing),
        Drafting(publishing, Drafts(store), prover, trials, now),
        revisions,
        Feeds(store),
        Calendars(),
        Reminders(store, settings.secrets),
        Voicemails(store),
        SealingKeys(store, settings.secrets),
        CallBacks(),
        Tickets(settings.secrets),
        Lock(),
    )


def _whose(live: LiveSite, name: str) -> str:
    """The members whose phone has a name; "" when there are none, or the files cannot be read."""
    try:
        site = live.known().site
    except PhonetreeError:
        return ""
    return ", ".join(dict.fromkeys(each.name for each in site.members if each.phone == name))


def _provider(settings: ConsoleSettings) -> Provider | None:
    if not (settings.account_sid and settings.auth_token):
        return None
    return Provider(settings.provider_url, settings.account_sid, settings.auth_token, CALL_SECONDS)


def put(app: Flask, made: ConsoleServices) -> None:
    """Gives an application what its screens share."""
    app.extensions[_NAME] = made


def of(app: Flask) -> ConsoleServices:
    """What the screens of an application share."""
    found: ConsoleServices = app.extensions[_NAME]
    return found


def services() -> ConsoleServices:
    """What the screens share, for the current request."""
    return of(current_app)
