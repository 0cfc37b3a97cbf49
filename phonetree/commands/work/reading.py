"""What several commands read: the files of a helpline, and moments."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytz
from pytz.tzinfo import BaseTzInfo

from phonetree import settings
from phonetree.config.hours import YEARS, no_such_day
from phonetree.config.numbers import FICTIONAL, NumberRules
from phonetree.config.site import Contents, Loaded, contents_of, load, revision_of
from phonetree.core.schedule import dated
from phonetree.core.tree import Site
from phonetree.errors import ConfigError, PhonetreeError, SettingsError, StoreError
from phonetree.settings import PROGRAM

if TYPE_CHECKING:  # what most commands do without takes time to import
    from phonetree.store.database import Store
    from phonetree.store.revisions import Revisions

NOT_KNOWN = "what callers hear is in the database (PHONETREE_SOURCE=store), but {}"

NOT_THESE = (
    f"This is about the files in {{}}. Callers hear others: revision {{}} of the database, which {PROGRAM} export DIR "
    "writes into a folder."
)
WHETHER_THESE = "This is about the files in {}. Whether callers hear these is not known: {}"

NO_SUCH_KEY = (
    "no revision in the database was published with this SECRET_KEY, so it is not known what callers hear; use the "
    "servers' own settings (--settings FILE), or see who can write to the database"
)

_DAY = re.compile(r"\d{4}-\d\d-\d\d(?=[ T]|\Z)", re.ASCII)


def helpline_zone(config: Path | None = None) -> BaseTzInfo:
    """The helpline's time zone; UTC if its files cannot be read."""
    try:
        return load_heard(config or settings.config_folder()).loaded.site.schedule.zone
    except PhonetreeError:
        return pytz.utc


def load_for_reading(config: Path, rules: NumberRules | None = None) -> Loaded:
    """The site as on a staff machine, where numbers that are not set get placeholders; or by other rules, a demo's."""
    return load(config, rules or reading_rules())


@dataclass(frozen=True, slots=True)
class Heard:
    """What callers hear; `published` is whether it is a revision of the store, rather than a folder's files."""

    loaded: Loaded
    published: bool


def is_the_servers(config: Path) -> bool:
    """Whether a folder is that of the servers."""
    return config.resolve() == settings.config_folder().resolve()


def from_the_store(config: Path) -> bool:
    """Whether callers hear a revision of the store in place of this folder's files: PHONETREE_SOURCE says so, and it is
    the servers' folder."""
    return settings.source() == settings.STORE and is_the_servers(config)


def load_heard(config: Path, rules: NumberRules | None = None) -> Heard:
    """The site that callers hear: the newest revision of the store, where they hear one, otherwise, and while there is
    none, that of the folder. Raises ConfigError, and StoreError when it is not known what the store has."""
    rules = rules or reading_rules()
    if not from_the_store(config):
        return Heard(load(config, rules), published=False)
    from phonetree.runtime.source import StoreSource  # what most commands do without takes time to import

    try:
        with _revisions() as revisions:
            source = StoreSource(config, revisions)
            source.ask()
            if not source.number:
                _refuse_unvouched(revisions)
    except StoreError as error:
        raise StoreError(NOT_KNOWN.format(error)) from None
    return Heard(source.load(rules), published=source.number > 0)


@contextmanager
def _revisions() -> Iterator["Revisions"]:
    """Those of the store, where it is what callers hear. Raises SettingsError."""
    from phonetree.runtime.source import revisions_in
    from phonetree.store.database import Store

    store = Store(settings.database_url())
    try:
        yield revisions_in(store, settings.secret_keys(), source=settings.STORE)
    finally:
        store.close()


def tell_if_not_heard(config: Path) -> None:
    """What a command says first that goes by a folder's files whatever callers hear: a line, if the store has what they
    hear, and those are others, or nobody knows."""
    try:
        if not (from_the_store(config) and settings.may_have_database()):
            return
        with _revisions() as revisions:
            newest = revisions.newest()
            if not newest:
                _refuse_unvouched(revisions)
    except PhonetreeError as error:
        click.echo(WHETHER_THESE.format(config, error), err=True)
        return
    if newest and newest[0].revision != revision_of(contents_of(config)):
        click.echo(NOT_THESE.format(config, newest[0].revision), err=True)


def newest_published(store: "Store") -> str:
    """The name of the revision that servers should answer with where the store is the source; "" where it is not, or
    has none. Raises StoreError and SettingsError."""
    if settings.source() != settings.STORE:
        return ""
    from phonetree.runtime.source import revisions_in

    names = revisions_in(store, settings.secret_keys(), source=settings.STORE).newest_names(heard=False)
    return next(iter(names), "")


def other_helpline(site: Site, folder: Path) -> tuple[str, str] | None:
    """That callers hear a revision of the store which is of another helpline than a folder's files, by its name or its
    number, and what to do. Raises ConfigError when these have problems."""
    heard, ours = site.helpline, load(folder, NumberRules(settings.names(), stand_in=True)).site.helpline
    numbered = not FICTIONAL.match(ours.number)  # else it may be that of a name that is not set here
    if heard.name == ours.name and (heard.number == ours.number or not numbered):
        return None
    theirs, there = (f"'{each.name}'{f' at {each.number}' * numbered}" for each in (heard, ours))
    return (
        f"callers hear {theirs}, from the database; the files in {folder} are those of {there}",
        f'to have callers hear these: {PROGRAM} publish {folder} --note "our own line" --over {site.revision}; to keep '
        f"what they hear: set PHONETREE_CONFIG to its folder, which {PROGRAM} export DIR writes",
    )


def _refuse_unvouched(revisions: "Revisions") -> None:
    """Where none counts: raises SettingsError if that is so by this process's SECRET_KEY alone."""
    if revisions.of_another_key():
        raise SettingsError(NO_SUCH_KEY)


def load_answered(
    store: "Store", secrets: tuple[str, ...], source: str, config: Path, rules: NumberRules
) -> tuple[Loaded, bool]:
    """The site that servers answer with, if they have told the store which that is; otherwise that of the folder. And
    whether the folder has other files, which callers do not hear: they have a problem, or are about to be published.
    Raises ConfigError when none can be read, and StoreError; SettingsError if SECRET_KEY is not the servers'."""
    from phonetree.runtime.source import heard_names, in_the_database, published_in, revisions_in

    revisions = revisions_in(store, secrets, source=source)
    unusable: ConfigError | None = None
    for name in heard_names(revisions, source=source):
        try:
            found = published_in(name, revisions, config, rules)
        except ConfigError as error:
            unusable = unusable or error
        else:
            return found, source != settings.STORE and _has_others(config, found.contents)
    if source == settings.STORE:
        if unusable:
            raise ConfigError(in_the_database(unusable.problems, config))
        _refuse_unvouched(revisions)
    return load(config, rules), False


def _has_others(config: Path, contents: Contents) -> bool:
    there = contents_of(config)
    return any(there.get(name) != data for name, data in contents.items())


def reading_rules() -> NumberRules:
    """The same as rules for numbers."""
    return with_phones(NumberRules(settings.names(), fictional=False, stand_in=True))


def with_phones(rules: NumberRules) -> NumberRules:
    """The same with members' phones in the store, where there is one that can be read, and a SECRET_KEY: on a server,
    rather than on a staff machine."""
    try:
        secrets = settings.secret_keys()
    except SettingsError:
        return rules  # `doctor` and the server itself report it
    if not (secrets and settings.may_have_database()):
        return rules
    from phonetree.store.database import Store  # what most commands do without takes time to import

    store = Store(settings.database_url())
    try:
        return with_phones_of(store, secrets, rules) if store.problem() is None else rules
    finally:
        store.close()


def with_phones_of(store: "Store", secrets: tuple[str, ...], rules: NumberRules) -> NumberRules:
    """The same with members' phones in a store, if it can be read."""
    from phonetree.store.phones import Phones

    try:
        return replace(rules, phones=Phones(store, secrets).followed().numbers)
    except StoreError:
        return rules


def stamp(seconds: int, zone: BaseTzInfo) -> str:
    """A moment, in seconds since 1970, as local time with the name of the zone."""
    return f"{dated(datetime.fromtimestamp(seconds, zone))} ({zone})"


def _no_moment(text: str) -> str:
    """The problem with a text that is no date and time."""
    day = _DAY.match(text)
    try:
        date.fromisoformat(day[0] if day else "2026-11-27")
    except ValueError:
        return no_such_day(text[:10])
    return f"'{text}' is not a date and time; write it like \"2026-11-27 16:59\""


def _refused(problem: str, option: str | None) -> Exception:
    return click.BadParameter(problem, param_hint=option) if option else PhonetreeError(problem)


def moment(text: str | None, zone: BaseTzInfo, option: str | None = "--at") -> datetime:
    """The moment in an option, or in a file (None). Raises PhonetreeError when it is malformed, for an option
    BadParameter; PhonetreeError when it does not exist in the zone."""
    if text is None or text == "now":
        return datetime.now(UTC).astimezone(zone)
    try:
        wall = datetime.fromisoformat(text)
    except ValueError:
        raise _refused(_no_moment(text), option) from None
    if not YEARS[0] <= wall.year <= YEARS[1]:
        raise _refused(f"'{text}' is outside the years {YEARS[0]} to {YEARS[1]}; check the year", option)
    if wall.tzinfo is not None:
        return wall.astimezone(zone)
    try:
        return zone.localize(wall, is_dst=None)
    except pytz.NonExistentTimeError:
        raise PhonetreeError(f"{text} does not exist in {zone}: the clock is set forward then") from None
    except pytz.AmbiguousTimeError:
        return zone.localize(wall, is_dst=True)
