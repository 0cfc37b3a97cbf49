"""`hours`: open or closed, why, and what is next."""

from datetime import datetime, timedelta
from pathlib import Path
from time import time
from typing import TYPE_CHECKING

import click

from phonetree import settings
from phonetree.commands.place import Which
from phonetree.commands.work.override_lines import numbered, on_shift
from phonetree.commands.work.reading import NOT_KNOWN, from_the_store, moment
from phonetree.config.numbers import NumberRules
from phonetree.config.site import load, overridden
from phonetree.core.days import OpenHours, open_hours
from phonetree.core.rota import rota
from phonetree.core.schedule import Override, Schedule, dated, first_name
from phonetree.core.tree import Site
from phonetree.errors import StoreError
from phonetree.store.kept import Kept

if TYPE_CHECKING:
    from phonetree.store.database import Store

WITHOUT_OVERRIDES = "Overrides, and phones that members added themselves, are left out: {}."
"""Where the folder's files are what callers hear, so that the rest is right."""


def hours(at: str | None, days: int, config: Path, which: Which) -> None:
    """Runs `hours`."""
    if not (which.demo or which.port or settings.may_have_database() or from_the_store(config)):
        _tell_of_files(at, days, config)
        return
    from phonetree.commands.work.place import opened  # with it comes the database, twice as slow to import as the rest

    try:
        with opened(which, config) as place:
            site = place.heard(config).site
            now = moment(at, site.schedule.zone)
            _tell(site, now, *_short_notice(place.store, int(now.timestamp())), days)
    except StoreError as error:
        if which.demo:
            raise
        if from_the_store(config):
            raise StoreError(NOT_KNOWN.format(error)) from None
        click.echo(WITHOUT_OVERRIDES.format(error), err=True)
        _tell_of_files(at, days, config)


def _tell_of_files(at: str | None, days: int, config: Path) -> None:
    """What the folder's files say, without a database."""
    site = load(config, NumberRules(settings.names(), stand_in=True)).site
    _tell(site, moment(at, site.schedule.zone), (), (), days)


def _tell(site: Site, now: datetime, kept: tuple[Kept, ...], met: tuple[Override, ...], days: int) -> None:
    """`kept` are listed; `met` are those that callers meet."""
    site = overridden(site, met)
    schedule = site.schedule
    status = schedule.status(now)
    why = f" ({first_name(status.names)})" if status.names else ""
    click.echo(f"{_spoken(now)}: {status.kind}{why}")
    if status.until:
        click.echo(f"until {_spoken(status.until)}: then {schedule.status(status.until).kind}")
    if status.next_opening and status.next_opening != status.until:
        click.echo(f"opens next {_spoken(status.next_opening)}")
    for line in on_shift(next(rota(site, now, now + timedelta(days=1))), site):
        click.echo(f"on shift: {line}")
    for each in kept:
        click.echo(f"override {numbered(each, site).strip()}")
    for line in _calendar(schedule, now, days):
        click.echo(line)


def _short_notice(store: "Store", at: int) -> tuple[tuple[Kept, ...], tuple[Override, ...]]:
    """The overrides that are current or coming at a moment, and those of them that servers do not leave out."""
    from phonetree.store.overrides import Overrides
    from phonetree.store.servers import in_force, servers

    kept = Overrides(store).kept(at)
    return kept, in_force(kept, servers(store, int(time())))


def _calendar(schedule: Schedule, now: datetime, days: int) -> list[str]:
    """Every day up to two weeks; in a longer list only the days that differ from the weekly hours."""
    every = open_hours(schedule, now.date(), days)
    coming = [each for each in every if days <= 14 or each.day.special or each.instead_of]
    return ["", *map(_line, coming)] if coming else []


def _line(hours: OpenHours) -> str:
    why = " ".join(filter(None, (first_name(hours.day.names), hours.instead_of and f"({hours.instead_of})")))
    return f"{hours.day.date:%a %d %b %Y}  {hours.words or 'closed':<13} {why}".rstrip()


def _spoken(moment: datetime) -> str:
    return f"{dated(moment)} {moment:%Z}"
