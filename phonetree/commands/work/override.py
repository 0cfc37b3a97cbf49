"""`override`: changes at short notice."""

import re
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Timer

import click

from phonetree import settings
from phonetree.commands.override import AS_USUAL
from phonetree.commands.work.override_lines import in_a_line, numbered
from phonetree.commands.work.place import Place
from phonetree.commands.work.reading import load_for_reading, moment, reading_rules
from phonetree.config.override import NOBODY, check_promises, nobody_on_shift, read_override
from phonetree.config.site import overridden
from phonetree.core import engine
from phonetree.core.schedule import Kind, Override, midnight
from phonetree.core.tree import Site
from phonetree.diff.compare import sentences
from phonetree.errors import PhonetreeError
from phonetree.runtime.prover import prover_of
from phonetree.store.kept import Kept, standing
from phonetree.store.overrides import Overrides

PATIENCE_SECONDS = 2.0
"""After that, whoever waits is told for what."""

_CLOCK = re.compile(r"\d{1,2}:\d\d")


def add(
    place: Place, kind: str, until: str, begin: str, said: tuple[str, ...], who: str, config: Path
) -> None:  # fmt: skip
    """Runs `override add`."""
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
    with _told_if_it_takes_long():
        check_promises(loaded.site, wanted, others, lambda site: prover.broken_by_override(site, loaded.contents))
    number = overrides.add(wanted, who, in_a_line(wanted, loaded.site), int(time.time()))
    click.echo(f"Override {number}: {in_a_line(wanted, loaded.site)}.")
    for team in nobody_on_shift(loaded.site, wanted):
        click.echo(f"Team '{team}': {NOBODY}.")
    for each in _hours_of(kept, wanted):
        click.echo(f"Still in force: {numbered(each, loaded.site).strip()}. To end it: override withdraw {each.number}")
    heard = engine.start(overridden(loaded.site, (wanted, *others)), max(wanted.begins, now))
    click.echo("A caller will hear: " + " ".join(sentences(heard.verbs)))


@contextmanager
def _told_if_it_takes_long() -> Iterator[None]:
    timer = Timer(PATIENCE_SECONDS, click.echo, ["Checking what callers would meet ..."], {"err": True})
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _hours_of(kept: Iterable[Kept], wanted: Override) -> Iterator[Kept]:
    """The override that still decides the hours when one with only words is added."""
    for each in kept:
        there = each.override
        if wanted.kind is None and there.kind and there.begins < wanted.ends and wanted.begins < there.ends:
            yield each
            return


def list_(place: Place, config: Path) -> None:
    """Runs `override list`."""
    site = load_for_reading(config).site
    kept = Overrides(place.store).kept(int(time.time()))
    for each in kept:
        click.echo(numbered(each, site))
    if not kept:
        click.echo("There is no override; the hours are those of hours.yaml.")


def withdraw(place: Place, number: int, who: str) -> None:
    """Runs `override withdraw`."""
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
