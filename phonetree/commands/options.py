"""Options shared by several commands, and their parsing."""

import getpass
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import click
import pytz
from pytz.tzinfo import BaseTzInfo

from phonetree import settings
from phonetree.commands.demo import chosen_demo
from phonetree.commands.files import PATH
from phonetree.config.hours import YEARS
from phonetree.config.numbers import NumberRules
from phonetree.config.site import Loaded, load
from phonetree.core.characters import named, unfit
from phonetree.core.schedule import dated
from phonetree.errors import PhonetreeError
from phonetree.store.database import Store

F = TypeVar("F", bound=Callable[..., object])
P = ParamSpec("P")
R = TypeVar("R")


def config_option(function: F) -> F:
    """`--config DIR`: the folder with the two YAML files."""
    return click.option(
        "--config",
        type=PATH,
        default=settings.config_folder,
        show_default="$PHONETREE_CONFIG or config",
        help="The folder with hours.yaml and routing.yaml.",
    )(function)


def at_option(function: F) -> F:
    """`--at T`: a moment in the helpline's time."""
    return click.option(
        "--at", metavar="T", help='The moment, in the helpline\'s time: "2026-11-27 16:59". Default: now.'
    )(function)


def who_option(function: F) -> F:
    """`--who NAME`: who does it."""
    return click.option(
        "--who", default=getpass.getuser, show_default="you", callback=_who, help="Who does it."
    )(function)  # fmt: skip


def _who(_context: click.Context, _option: click.Parameter, who: str) -> str:
    """A name that fits into a line of a list. Raises BadParameter."""
    if not who.strip():
        raise click.BadParameter("it is empty; write who does it")
    if bad := unfit(who):
        raise click.BadParameter(f"it holds a character that cannot be seen ({named(bad)}); remove it")
    return who.strip()


def demo_options(whose: str) -> Callable[[F], F]:
    """`--demo` and `--port N`: a demo's store instead of the helpline's."""

    def decorate(function: F) -> F:
        port = click.option(
            "--port", type=click.IntRange(1, 65535), help="The demo at that port. Default: the running one."
        )
        return click.option("--demo", is_flag=True, help=whose)(port(function))

    return decorate


@dataclass(frozen=True, slots=True)
class Place:
    """What a command works on: the store, its public keys, and the helpline's time zone."""

    store: Store
    keys: Path
    zone: BaseTzInfo


@dataclass(frozen=True, slots=True)
class Which:
    """What `--demo` and `--port` chose. Opened only by the command that needs it, so that --help always works."""

    demo: bool
    port: int | None

    @contextmanager
    def opened(self, config: Path | None = None) -> Iterator[Place]:
        """Opens it while a command runs; `config` is the folder of the files, if the command has that option. Raises
        PhonetreeError when the store cannot be used."""
        if self.port and not self.demo:
            raise click.UsageError("--port names a demo; add --demo")
        demo = chosen_demo(self.port) if self.demo else None
        store = Store(settings.demo_database(demo.port) if demo else settings.database_url())
        try:
            if problem := store.problem():
                raise PhonetreeError(problem)
            keys = settings.demo_keys(demo.port) if demo else settings.keys_folder()
            yield Place(store, keys, pytz.timezone(demo.timezone) if demo else helpline_zone(config))
        finally:
            store.close()


def pass_place(function: Callable[Concatenate[Place, P], R]) -> Callable[P, R]:
    """Passes a command of a group what `--demo` and `--port` chose, opened. They may follow the group's name or
    the command's; a port after the command's takes precedence."""

    @wraps(function)
    def opened(*arguments: P.args, **options: P.kwargs) -> R:
        context = click.get_current_context()
        before: Which = context.obj
        demo, port = options.pop("demo"), options.pop("port")
        which = Which(before.demo or bool(demo), port if isinstance(port, int) else before.port)
        return function(context.with_resource(which.opened()), *arguments, **options)

    return demo_options("Use the demo instead of the helpline.")(opened)


def helpline_zone(config: Path | None = None) -> BaseTzInfo:
    """The helpline's time zone; UTC if its files cannot be read."""
    try:
        return load_for_reading(config or settings.config_folder()).site.schedule.zone
    except PhonetreeError:
        return pytz.utc


def load_for_reading(config: Path) -> Loaded:
    """The site as on a staff machine: numbers that are not set there get placeholders."""
    return load(config, NumberRules(settings.names(), fictional=False, stand_in=True))


def stamp(seconds: int, zone: BaseTzInfo) -> str:
    """A moment, in seconds since 1970, as local time with the name of the zone."""
    return f"{dated(datetime.fromtimestamp(seconds, zone))} ({zone})"


def moment(text: str | None, zone: BaseTzInfo) -> datetime:
    """The moment in `--at`. Raises PhonetreeError when it is malformed, or does not exist in the zone."""
    if text is None or text == "now":
        return datetime.now(UTC).astimezone(zone)
    try:
        wall = datetime.fromisoformat(text)
    except ValueError:
        raise PhonetreeError(f"'{text}' is not a date and time; write it like \"2026-11-27 16:59\"") from None
    if not YEARS[0] <= wall.year <= YEARS[1]:
        raise PhonetreeError(f"'{text}' is outside the years {YEARS[0]} to {YEARS[1]}; check the year")
    if wall.tzinfo is not None:
        return wall.astimezone(zone)
    try:
        return zone.localize(wall, is_dst=None)
    except pytz.NonExistentTimeError:
        raise PhonetreeError(f"{text} does not exist in {zone}: the clock is set forward then") from None
    except pytz.AmbiguousTimeError:
        return zone.localize(wall, is_dst=True)
