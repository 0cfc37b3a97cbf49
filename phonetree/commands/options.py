"""Options that several commands share, and how they are read."""

import getpass
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import click
import pytz
from pytz.tzinfo import BaseTzInfo

from phonetree import settings
from phonetree.config.numbers import NumberRules
from phonetree.config.site import Loaded, load
from phonetree.core.characters import named, unfit
from phonetree.core.schedule import dated
from phonetree.errors import PhonetreeError
from phonetree.store.database import Store

F = TypeVar("F", bound=Callable[..., object])


def config_option(function: F) -> F:
    """`--config DIR`: the folder with the two YAML files."""
    return click.option(
        "--config",
        type=click.Path(path_type=Path),
        default=settings.config_folder,
        show_default="$PHONETREE_CONFIG or config",
        help="The folder with hours.yaml and routing.yaml.",
    )(function)


def at_option(function: F) -> F:
    """`--at T`: a moment in the helpline's time."""
    return click.option(
        "--at", metavar="T", help='The moment, in the helpline\'s time: "2026-11-27 16:59". Without it: now.'
    )(function)


def who_option(function: F) -> F:
    """`--who NAME`: who does it."""
    return click.option(
        "--who", default=getpass.getuser, show_default="you", callback=_who, help="Who does it."
    )(function)  # fmt: skip


def _who(_context: click.Context, _option: click.Parameter, who: str) -> str:
    """A name that a line of a list can hold. Raises BadParameter."""
    if not who.strip():
        raise click.BadParameter("it is empty; write who does it")
    if bad := unfit(who):
        raise click.BadParameter(f"it holds a character that cannot be seen ({named(bad)}); remove it")
    return who.strip()


@contextmanager
def open_store(*, demo: bool = False) -> Iterator[Store]:
    """The store, or the demo's, for as long as a command runs. Raises PhonetreeError when it cannot be used."""
    store = Store(settings.DEMO_DATABASE_URL if demo else settings.database_url())
    try:
        if problem := store.problem():
            raise PhonetreeError(problem)
        yield store
    finally:
        store.close()


def load_for_reading(config: Path) -> Loaded:
    """The site as staff's machine can see it: numbers that are not set there are stood in for."""
    return load(config, NumberRules(settings.names(), fictional=False, stand_in=True))


def here(seconds: int) -> str:
    """A moment, in seconds since 1970, by this machine's clock."""
    return dated(datetime.fromtimestamp(seconds).astimezone())


def moment(text: str | None, zone: BaseTzInfo) -> datetime:
    """The moment that `--at` names. Raises PhonetreeError when it is none, or does not exist in the zone."""
    if text is None or text == "now":
        return datetime.now(UTC).astimezone(zone)
    try:
        wall = datetime.fromisoformat(text)
    except ValueError:
        raise PhonetreeError(f"'{text}' is no moment; write it like \"2026-11-27 16:59\"") from None
    if wall.tzinfo is not None:
        return wall.astimezone(zone)
    try:
        return zone.localize(wall, is_dst=None)
    except pytz.NonExistentTimeError:
        raise PhonetreeError(f"there is no {text} in {zone}: the clock is put forward then") from None
    except pytz.AmbiguousTimeError:
        return zone.localize(wall, is_dst=True)
