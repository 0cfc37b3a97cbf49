"""What a command works on: the helpline's store, or a demo's."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import click
import pytz
from pytz.tzinfo import BaseTzInfo

from phonetree import settings
from phonetree.commands.place import Which
from phonetree.commands.work.demo import Demo, chosen_demo
from phonetree.commands.work.reading import (
    helpline_zone,
    is_the_servers,
    load_answered,
    load_heard,
    with_phones_of,
)
from phonetree.config.numbers import NumberRules
from phonetree.config.site import Loaded
from phonetree.errors import StoreError
from phonetree.store.database import Store

NOT_HEARD = (
    "Callers do not hear the files in {} as they are now: they have a problem, which `check` tells, or were saved a "
    "moment ago. What follows is about what callers hear."
)

NOT_THE_DEMOS = "The demo follows the files in {}, and not those in {}. What follows is about what its callers hear."


@dataclass(frozen=True)
class Place:
    """What a command works on: the store, its public keys, the folder of the files, if the command has that option, and
    the demo, if it is one's."""

    store: Store
    keys: Path
    config: Path | None
    demo: Demo | None = None

    @cached_property
    def zone(self) -> BaseTzInfo:
        """The helpline's time zone."""
        return pytz.timezone(self.demo.timezone) if self.demo else helpline_zone(self.config)

    @property
    def secrets(self) -> tuple[str, ...]:
        """The key of what must not be forged in the store, and the previous one. Raises SettingsError."""
        if self.demo:
            return tuple(filter(None, [self.demo.secret]))
        return settings.secret_keys()

    def heard(self, config: Path) -> Loaded:
        """The site that callers hear; says so if the folder has an edit that they do not hear. Raises ConfigError and
        StoreError."""
        if not (self.demo or is_the_servers(config)):
            return load_heard(config, self.rules()).loaded  # a folder that no server follows
        source, folder = settings.FILES if self.demo else settings.source(), self.folder(config)
        if config not in (folder, settings.config_folder()) and config.resolve() != folder.resolve():
            click.echo(NOT_THE_DEMOS.format(folder, config), err=True)
        loaded, others = load_answered(self.store, self.secrets, source, folder, self.rules())
        if others:
            click.echo(NOT_HEARD.format(folder), err=True)
        return loaded

    def folder(self, config: Path) -> Path:
        """The folder of the files that callers hear: a demo's is its own, whatever the settings of the command say."""
        if not (self.demo and self.demo.folder):
            return config
        folder = Path(self.demo.folder)
        here = Path.cwd().resolve()
        return folder.relative_to(here) if folder.is_relative_to(here) else folder

    def rules(self) -> NumberRules:
        """The rules for numbers by which the files are read: a demo's are those of its servers."""
        rules = NumberRules(settings.names(), fictional=self.demo is not None, stand_in=True)
        return with_phones_of(self.store, self.secrets, rules) if self.secrets else rules


@contextmanager
def opened(which: Which, config: Path | None = None) -> Iterator[Place]:
    """Opens it while a command runs; `config` is the folder of the files, if the command has that option. Raises
    StoreError when the store cannot be used."""
    if which.port and not which.demo:
        raise click.UsageError("--port names a demo; add --demo")
    demo = chosen_demo(which.port) if which.demo else None
    store = Store(settings.demo_database(demo.port) if demo else settings.database_url())
    try:
        if problem := store.problem():
            raise StoreError(problem)
        keys = settings.demo_keys(demo.port) if demo else settings.keys_folder()
        yield Place(store, keys, config, demo)
    finally:
        store.close()
