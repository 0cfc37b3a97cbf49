"""`override`: changes at short notice."""

import re
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from phonetree import settings
from phonetree.commands.options import config_option, load_for_reading, moment, reading_rules, who_option
from phonetree.commands.place import Place, Which, demo_options, pass_place
from phonetree.config.override import NOBODY, check_promises, nobody_on_shift, read_override
from phonetree.config.site import overridden
from phonetree.core import engine
from phonetree.core.schedule import Kind, Override, dated, first_name, midnight
from phonetree.core.tree import Site
from phonetree.diff.compare import sentences
from phonetree.errors import PhonetreeError
from phonetree.runtime.prover import prover_of
from phonetree.store.overrides import Kept, Overrides, standing

AS_USUAL = "as-usual"
_CLOCK = re.compile(r"\d{1,2}:\d\d")


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
    overrides = Overrides(place.store)
    loaded = load_for_reading(config)
    zone = loaded.site.schedule.zone
    now = datetime.now(UTC).astimezone(zone).replace(second=0, microsecond=0)  # hours change on whole minutes
    begins, ends = (now if text == "now" else _moment(text, now, loaded.site) for text in (begin, until))
    kind_ = None if kind == AS_USUAL else Kind(kind)
    wanted = read_override(loaded.site, kind_, (begins, ends), _words(said), now)
    kept = overrides.kept(int(time.time()))
    others = standing(kept)
    prover = prover_of(config, reading_rules(), lambda: now, place.store, settings.secret_keys())
    check_promises(loaded.site, wanted, others, lambda site: prover.broken(site, loaded.contents))
    number = overrides.add(wanted, who, _line(wanted, loaded.site), int(time.time()))
    click.echo(f"Override {number}: {_line(wanted, loaded.site)}.")
    for team in nobody_on_shift(loaded.site, wanted):
        click.echo(f"Team '{team}': {NOBODY}.")
    for each in _hours_of(kept, wanted):
        click.echo(f"Still in force: {numbered(each, loaded.site).strip()}. To end it: override withdraw {each.number}")
    heard = engine.start(overridden(loaded.site, (wanted, *others)), max(wanted.begins, now))
    click.echo("A caller will hear: " + " ".join(sentences(heard.verbs)))


def _hours_of(kept: Iterable[Kept], wanted: Override) -> Iterator[Kept]:
    """The override that still decides the hours when one with only words is added."""
    for each in kept:
        there = each.override
        if wanted.kind is None and there.kind and there.begins < wanted.ends and wanted.begins < there.ends:
            yield each
            return


@override.command("list")
@config_option
@pass_place
def list_(place: Place, config: Path) -> None:
    """List current and coming overrides, newest first.

    Example: python -m phonetree override list
    """
    site = load_for_reading(config).site
    kept = Overrides(place.store).kept(int(time.time()))
    for each in kept:
        click.echo(numbered(each, site))
    if not kept:
        click.echo("There is no override; the hours are those of hours.yaml.")


@override.command()
@click.argument("number", type=int)
@who_option
@pass_place
def withdraw(place: Place, number: int, who: str) -> None:
    """End override NUMBER now.

    Example: python -m phonetree override withdraw 3
    """
    Overrides(place.store).withdraw(number, who, int(time.time()))
    click.echo(f"Override {number} is withdrawn.")


def _moment(text: str, now: datetime, site: Site) -> datetime:
    """A moment in the helpline's time: also a time of today, or `today` for the coming midnight."""
    zone = site.schedule.zone
    if text == "today":
        return midnight(zone, now.date() + timedelta(days=1))
    if _CLOCK.fullmatch(text):
        text = f"{now.date()} {text:0>5}"
    return moment(text, zone)


def _words(said: tuple[str, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in said:
        language, sign, words = text.partition("=")
        if not sign:
            raise PhonetreeError(f"--say '{text}' has no language; write it like: --say \"en=Back at 2 PM.\"")
        if language in found:
            raise PhonetreeError(f"--say gives words for '{language}' twice; once is enough")
        found[language] = words
    return found


def numbered(kept: Kept, site: Site) -> str:
    """An override in a line."""
    return f"{kept.number:>3}  {_line(kept.override, site)} (by {kept.by})"


def _line(override: Override, site: Site) -> str:
    zone = site.schedule.zone
    begins, ends = (dated(when.astimezone(zone)) for when in (override.begins, override.ends))
    said = f', saying "{first_name(override.words)}"' if override.words else ""
    return f"{override.kind or 'as usual'} from {begins} to {ends} ({zone}){said}"
