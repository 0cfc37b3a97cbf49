"""What a command works on: the helpline's store, or a demo's."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click
import pytz
from pytz.tzinfo import BaseTzInfo

from phonetree import settings
from phonetree.commands.place import Which
from phonetree.commands.work.demo import chosen_demo
from phonetree.commands.work.reading import helpline_zone
from phonetree.errors import PhonetreeError
from phonetree.store.database import Store


@dataclass(frozen=True, slots=True)
class Place:
    """What a command works on: the store, its public keys, the helpline's time zone, and a demo's console."""

    store: Store
    keys: Path
    zone: BaseTzInfo
    console: str | None = None


@contextmanager
def opened(which: Which, config: Path | None = None) -> Iterator[Place]:
    """Opens it while a command runs; `config` is the folder of the files, if the command has that option. Raises
    PhonetreeError when the store cannot be used."""
    if which.port and not which.demo:
        raise click.UsageError("--port names a demo; add --demo")
    demo = chosen_demo(which.port) if which.demo else None
    store = Store(settings.demo_database(demo.port) if demo else settings.database_url())
    try:
        if problem := store.problem():
            raise PhonetreeError(problem)
        keys = settings.demo_keys(demo.port) if demo else settings.keys_folder()
        zone = pytz.timezone(demo.timezone) if demo else helpline_zone(config)
        yield Place(store, keys, zone, demo.console if demo else None)
    finally:
        store.close()
