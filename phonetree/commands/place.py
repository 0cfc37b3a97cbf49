"""What a command works on: the helpline's store, or a demo's."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import click
import pytz
from pytz.tzinfo import BaseTzInfo

from phonetree import settings
from phonetree.commands.demo import chosen_demo
from phonetree.commands.options import helpline_zone
from phonetree.errors import PhonetreeError
from phonetree.store.database import Store

F = TypeVar("F", bound=Callable[..., object])
P = ParamSpec("P")
R = TypeVar("R")


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
