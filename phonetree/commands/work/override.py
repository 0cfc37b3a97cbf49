"""`override`: changes at short notice."""

import re
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Timer

import click

from phonetree.commands.override import AS_USUAL, CLOSING, NOW, OPENING, TODAY
from phonetree.commands.work.override_lines import numbered, on_shift, replacing
from phonetree.commands.work.place import Place
from phonetree.commands.work.reading import moment
from phonetree.config.override import (
    accepting_nodes,
    alone,
    away_then,
    changes_something,
    check,
    read_cover,
    read_override,
)
from phonetree.config.site import Loaded, overridden
from phonetree.core import engine
from phonetree.core.rota import rota
from phonetree.core.schedule import Kind, Override, dated, midnight
from phonetree.core.tree import Site
from phonetree.diff.compare import sentences
from phonetree.errors import LeftAloneError, PhonetreeError
from phonetree.runtime.prover import prover_of
from phonetree.store.kept import Kept, in_a_line
from phonetree.store.overrides import Overrides
from phonetree.store.servers import in_force, servers

PATIENCE_SECONDS = 2.0
"""After that, whoever waits is told for what."""

MINUTE = timedelta(minutes=1)

_CLOCK = re.compile(r"\d{1,2}:\d\d")


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
    """Runs `override add`."""
    loaded = place.heard(config)
    now = _now(loaded.site).replace(second=0)  # hours change on whole minutes
    kind_ = None if kind == AS_USUAL else Kind(kind)
    stretch = _stretch(begin, until, now, _met(place, loaded.site))
    wanted = read_override(loaded.site, kind_, stretch, _words(said), now)
    others = _add(place, loaded, wanted, accepted, who, config)
    without = overridden(loaded.site, others)
    for line in _open_again(without, wanted):
        click.echo(f"{line}{_hint(begin, until, without)}")
    heard = engine.start(overridden(loaded.site, (wanted, *others)), max(wanted.begins, now))
    click.echo("A caller will hear: " + " ".join(sentences(heard.verbs)))


def cover(
    place: Place, away: str, by: str, until: str, begin: str, accepted: tuple[str, ...], who: str, config: Path
) -> None:  # fmt: skip
    """Runs `override cover`."""
    loaded = place.heard(config)
    now = _now(loaded.site)
    wanted = read_cover(loaded.site, away, by, _stretch(begin, until, now, _met(place, loaded.site)), now)
    others = _add(place, loaded, wanted, accepted, who, config)
    zone = loaded.site.schedule.zone
    for begins, ends in away_then(wanted, others):
        stretch = " to ".join(dated(moment.astimezone(zone)) for moment in (begins, ends))
        click.echo(f"{by} is away from {stretch}, and is rung all the same.")
    for each in rota(overridden(loaded.site, (wanted, *others)), wanted.begins, wanted.ends):
        for line in on_shift(each, loaded.site):
            click.echo(line)
    site = overridden(loaded.site, others)
    if all(_on_shift(away, site, moment) for moment in (wanted.ends - MINUTE, wanted.ends)):
        then = dated(wanted.ends.astimezone(zone))
        click.echo(f"It ends in the middle of a shift: from {then} on {away} is rung again.{_hint(begin, until, site)}")


def _on_shift(name: str, site: Site, moment: datetime) -> bool:
    """Whether the line is open then, and a member of this name is on shift."""
    members = next(rota(site, moment, moment + MINUTE)).on_shift.values()
    return site.schedule.is_open(moment) and any(each.name == name for team in members for each in team)


def _open_again(site: Site, wanted: Override) -> Iterator[str]:
    """That an override which closes the line ends within hours in which it is open otherwise, and until when these
    last."""
    zone, status = site.schedule.zone, site.schedule.status(wanted.ends)
    within = status.kind is Kind.OPEN and site.schedule.is_open(wanted.ends - MINUTE)
    if wanted.kind is Kind.CLOSED and within:
        then = f", until {dated(status.until)}" if status.until else ""
        yield f"From {dated(wanted.ends.astimezone(zone))} on the line is open again{then}."


def _hint(begin: str, until: str, site: Site) -> str:
    """What to write in place of `today` where midnight is in the middle of the hours."""
    if (begin, until) != (NOW, TODAY):
        return ""
    first = "" if site.schedule.is_open(_now(site)) else f"--from {OPENING} "
    return f" To the end of those hours: {first}--until {CLOSING}"


def _met(place: Place, site: Site) -> Site:
    """A site under the overrides that callers meet."""
    now = int(time.time())
    return overridden(site, in_force(Overrides(place.store).kept(now), servers(place.store, now)))


def _add(
    place: Place, loaded: Loaded, wanted: Override, accepted: tuple[str, ...], who: str, config: Path
) -> tuple[Override, ...]:
    """Checks an override, and stores it with the gaps in which callers come to one of the `accepted` nodes; returns
    those that stand besides."""
    overrides, now = Overrides(place.store), int(time.time())
    kept = overrides.kept(now)
    others = in_force(kept, servers(place.store, now))
    wanted = accepting_nodes(loaded.site, wanted, others, accepted)
    prover = prover_of(place.folder(config), place.rules(), lambda: datetime.now(UTC), place.store, place.secrets)
    with _told_if_it_takes_long(), _how_to_accept():
        late = check(loaded.site, wanted, others, lambda site: prover.broken_by_override(site, loaded.contents))
    number = overrides.add(wanted, who, in_a_line(wanted, loaded.site.schedule.zone), now, kept)
    click.echo(f"Override {number}: {in_a_line(wanted, loaded.site.schedule.zone)}.")
    for text in late:
        click.echo(f"Callers wait longer than is promised: {text}")
    for each in wanted.accepted:
        click.echo(f"Accepted: {alone(loaded.site, each)}; callers come to {each.node}.")
    if not changes_something(loaded.site, wanted, others):
        click.echo("It changes nothing: without it callers would meet the same.")
    for there in _hours_of(kept, wanted):
        line = numbered(there, loaded.site).strip()
        click.echo(f"Still in force: {line}. To end it: override withdraw {there.number}")
    return others


@contextmanager
def _how_to_accept() -> Iterator[None]:
    try:
        yield
    except LeftAloneError as error:
        raise PhonetreeError(f"{error}: {' '.join(f'--accept {node}' for node in error.come_to)}") from None


def _now(site: Site) -> datetime:
    return datetime.now(UTC).astimezone(site.schedule.zone).replace(microsecond=0)


def _stretch(begin: str, until: str, now: datetime, site: Site) -> tuple[datetime, datetime]:
    begins = _moment(begin, now, site, "--from")
    changes = until in (OPENING, CLOSING)
    return begins, _change(until, begins, site, "--until") if changes else _moment(until, now, site, "--until")


def _change(word: str, moment: datetime, site: Site, option: str) -> datetime:
    """When the line opens next after a moment, or when it closes, if it is open then. Raises BadParameter."""
    status = site.schedule.status(moment)
    is_open = status.kind is Kind.OPEN
    found = status.next_opening if word == OPENING else status.until if is_open else None
    if found:
        return found
    if word == CLOSING and not is_open:
        at = f"it is not open on {dated(moment)}"
        opens = f"; it opens next on {dated(status.next_opening)}" if status.next_opening else ""
        wrong = f"the line closes once it is open, and {at}{opens} (--from {OPENING})"
    else:
        wrong = f"the line does not {'open' if word == OPENING else 'close'} within a year; write a date and time"
    raise click.BadParameter(wrong, param_hint=option)


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
        if (
            wanted.kind is None
            and not wanted.cover
            and there.kind
            and there.begins < wanted.ends
            and wanted.begins < there.ends
        ):
            yield each
            return


def list_(place: Place, config: Path) -> None:
    """Runs `override list`."""
    site = place.heard(config).site
    kept, now = Overrides(place.store).kept(int(time.time())), datetime.now(UTC)
    for each in kept:
        click.echo(numbered(each, site))
        for line in replacing(each, kept, now, site):
            click.echo(line)
    if not kept:
        click.echo("There is no override; the hours are as usual.")


def withdraw(place: Place, number: int, who: str) -> None:
    """Runs `override withdraw`."""
    Overrides(place.store).withdraw(number, who, int(time.time()), place.zone)
    click.echo(f"Override {number} is withdrawn.")


def _moment(text: str, now: datetime, site: Site, option: str) -> datetime:
    """A moment in the helpline's time: also `now`, a time of today, `today` for the coming midnight, or `opening`."""
    zone = site.schedule.zone
    if text == NOW:
        return now
    if text == OPENING:
        return _change(text, now, site, option)
    if text == TODAY:
        return midnight(zone, now.date() + timedelta(days=1))
    if _CLOCK.fullmatch(text):
        text = f"{now.date()} {text:0>5}"
    return moment(text, zone, option)


def _words(said: tuple[str, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in said:
        language, sign, words = text.partition("=")
        if not sign:
            wrong = f"'{text}' has no language; write it like: --say \"en=Back at 2 PM.\""
            raise click.BadParameter(wrong, param_hint="--say")
        if language in found:
            raise click.BadParameter(f"it gives words for '{language}' twice; once is enough", param_hint="--say")
        found[language] = words
    return found
