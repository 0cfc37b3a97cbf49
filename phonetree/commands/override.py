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

NOW, TODAY, OPENING, CLOSING = "now", "today", "opening", "closing"
"""Words for a moment, such as the coming midnight; when the line opens next; when it closes."""

until_option = click.option(
    "--until",
    required=True,
    metavar="T",
    help=f'"14:00", "{CLOSING}" (when the line closes), "{OPENING}" (when it opens next), "{TODAY}" (to midnight, also '
    'where the line is open then), or "2026-11-27 14:00".',
)
from_option = click.option(
    "--from", "begin", default=NOW, metavar="T", help=f'"14:00", "{OPENING}", or "2026-11-27 14:00"; default now.'
)
accept_option = click.option(
    "--accept",
    "accepted",
    multiple=True,
    metavar="NODE",
    help="Accept that callers come to this node while nobody can be rung; when that is gets printed.",
)


@click.group()
@demo_options("The overrides of the demo.")
@click.pass_context
def override(context: click.Context, *, demo: bool, port: int | None) -> None:
    """Open or close the helpline at short notice, add an announcement before the menu, or let members cover for each
    other, without an edit. It goes by what callers hear.

    Example: python -m phonetree override list
    """
    context.obj = Which(demo, port)


@override.command()
@click.argument("kind", type=click.Choice([Kind.OPEN.value, Kind.CLOSED.value, AS_USUAL]))
@until_option
@from_option
@click.option("--say", "said", multiple=True, metavar="LANGUAGE=WORDS", help="Said before the menu; in each language.")
@accept_option
@who_option
@config_option
@pass_place
def add(
    place: Place,
    kind: str,
    until: str,
    begin: str,
    said: tuple[str, ...],
    accepted: tuple[str, ...],
    who: str,
    config: Path,
) -> None:
    """Make the helpline open, closed or as-usual until a time. Servers follow within seconds.

    It is checked like an edit: one that would break a promise to callers is refused.

    Example: python -m phonetree override add closed --until 14:00 --say "en=Back at 2 PM." --say "es=Volvemos a las 2."
    """
    from phonetree.commands.work import override as work

    work.add(place, kind, until, begin, said, accepted, who, config)


@override.command()
@click.argument("away", metavar="MEMBER")
@click.option("--by", default="", metavar="MEMBER", help="Who takes the place; nobody if it is left out.")
@until_option
@from_option
@accept_option
@who_option
@config_option
@pass_place
def cover(
    place: Place, away: str, by: str, until: str, begin: str, accepted: tuple[str, ...], who: str, config: Path
) -> None:  # fmt: skip
    """Let a member take MEMBER's place, or let MEMBER be away, until a time.

    Names are those of routing.yaml. It ends automatically. One that leaves an open line with nobody to ring is refused,
    unless what callers then come to is accepted by name.

    Example: python -m phonetree override cover "First advocate" --by "Second advocate" --until 17:00
    """
    from phonetree.commands.work import override as work

    work.cover(place, away, by, until, begin, accepted, who, config)


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
