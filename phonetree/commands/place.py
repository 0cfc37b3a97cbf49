"""`--demo` and `--port`: whether a command works on the helpline's store, or on a demo's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

import click

if TYPE_CHECKING:  # with it comes the database
    from phonetree.commands.work.place import Place

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
class Which:
    """What `--demo` and `--port` chose. Opened only by the command that needs it, so that --help always works."""

    demo: bool
    port: int | None


def pass_place(function: Callable[Concatenate[Place, P], R]) -> Callable[P, R]:
    """Passes a command of a group what `--demo` and `--port` chose, opened. They may follow the group's name or
    the command's; a port after the command's takes precedence."""

    @wraps(function)
    def opened(*arguments: P.args, **options: P.kwargs) -> R:
        from phonetree.commands.work import place as work

        context = click.get_current_context()
        before: Which = context.obj
        demo, port = options.pop("demo"), options.pop("port")
        which = Which(before.demo or bool(demo), port if isinstance(port, int) else before.port)
        return function(context.with_resource(work.opened(which)), *arguments, **options)

    return demo_options("Use the demo instead of the helpline.")(opened)
