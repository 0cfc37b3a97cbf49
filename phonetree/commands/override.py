"""`override`: changes at short notice."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from phonetree.commands.options import config_option, who_option
from phonetree.commands.place import Which, demo_options, pass_place
from phonetree.core.schedule import Kind

if TYPE_CHECKING:
    from phonetree.commands.work.place import Place

AS_USUAL = "as-usual"


@click.group()
@demo_options("The overrides of the demo.")
@click.pass_context
def override(context: click.Context, *, demo: bool, port: int | None) -> None:
    """Open or close the helpline at short notice, or add an announcement before the menu, without an edit.

    Example: python -m phonetree override list
    """
    context.obj = Which(demo, port)


@override.command()
@click.argument("kind", type=click.Choice([Kind.OPEN.value, Kind.CLOSED.value, AS_USUAL]))
@click.option("--until", required=True, metavar="T", help='"14:00", "today" (to midnight), or "2026-11-27 14:00".')
@click.option("--from", "begin", default="now", metavar="T", help="The same; default now.")
@click.option("--say", "said", multiple=True, metavar="LANGUAGE=WORDS", help="Said before the menu; in each language.")
@who_option
@config_option
@pass_place
def add(
    place: Place, kind: str, until: str, begin: str, said: tuple[str, ...], who: str, config: Path
) -> None:  # fmt: skip
    """Make the helpline open, closed or as-usual until a time. Servers follow within seconds.

    It is checked like an edit: one that would break a promise to callers is refused.

    Example: python -m phonetree override add closed --until 14:00 --say "en=Back at 2 PM." --say "es=Volvemos a las 2."
    """
    from phonetree.commands.work import override as work

    work.add(place, kind, until, begin, said, who, config)


@override.command("list")
@config_option
@pass_place
def list_(place: Place, config: Path) -> None:
    """List current and coming overrides, newest first.

    Example: python -m phonetree override list
    """
    from phonetree.commands.work import override as work

    work.list_(place, config)


@override.command()
@click.argument("number", type=int)
@who_option
@pass_place
def withdraw(place: Place, number: int, who: str) -> None:
    """End override NUMBER now.

    Example: python -m phonetree override withdraw 3
    """
    from phonetree.commands.work import override as work

    work.withdraw(place, number, who)
