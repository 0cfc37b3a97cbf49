"""A site from the two files of its folder, or every problem in both; and a site under overrides."""

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

import pytz

from phonetree.config import document
from phonetree.config.document import Table
from phonetree.config.documents import LastResort, last_resort
from phonetree.config.hours import read_schedule
from phonetree.config.numbers import NumberRules
from phonetree.config.reader import Findings
from phonetree.config.routing import read_languages, read_routing
from phonetree.core.schedule import Override
from phonetree.core.tree import Site
from phonetree.errors import ConfigError, ConfigWarning, Problem, Where

FILES = ("hours.yaml", "routing.yaml")


@dataclass(frozen=True, slots=True)
class Loaded:
    """A site, the files it was made from (hours.yaml, routing.yaml), and its warnings."""

    site: Site
    contents: tuple[bytes, bytes]
    last_resort: LastResort
    warnings: tuple[ConfigWarning, ...]


def load(folder: Path, rules: NumberRules) -> Loaded:
    """The site of a folder's two files and audio.

    Raises ConfigError with every problem in both files, in file order.
    """
    findings = Findings()
    return _compiled(folder, {name: _bytes(folder / name, findings) for name in FILES}, rules, findings)


def made_of(contents: tuple[bytes, bytes], folder: Path, rules: NumberRules) -> Loaded:
    """The site of two files' contents (hours.yaml, routing.yaml) and a folder's audio. Raises ConfigError."""
    return _compiled(folder, dict(zip(FILES, contents, strict=True)), rules, Findings())


def fingerprint(folder: Path) -> str:
    """A hash of all that `load` depends on: the two files, and which audio files there are."""
    return _digest([*(_bytes(folder / name, Findings()) or b"" for name in FILES), *_audio(folder)])


def revision_of(contents: tuple[bytes, bytes]) -> str:
    """The name of the revision with these two files."""
    return _digest(contents)[:12]


def _compiled(folder: Path, contents: Mapping[str, bytes | None], rules: NumberRules, findings: Findings) -> Loaded:
    hours, routing = (_table(folder / name, data, findings) for name, data in contents.items())
    if hours and routing and _swapped(hours, routing):
        raise ConfigError([Problem(Where(str(folder / FILES[0])), _SWAPPED)])
    # a file that cannot be read at all is one problem: the other file is not checked against it
    languages = read_languages(routing, findings) if routing else {}
    schedule = read_schedule(hours, tuple(languages), findings) if hours else None
    zone = schedule.zone if schedule else pytz.UTC
    parts = read_routing(routing, languages, zone, folder / "audio", rules, findings) if routing else None
    if findings.problems or schedule is None or parts is None:
        raise ConfigError(sorted(set(findings.problems)))
    both = (contents[FILES[0]] or b"", contents[FILES[1]] or b"")
    site = Site(
        revision=revision_of(both),
        schedule=schedule,
        **{field.name: getattr(parts, field.name) for field in fields(parts)},
    )
    try:
        resort = last_resort(site)
    except ValueError as error:
        text = f"what callers hear when the server itself fails ('{site.last_resort}') {error}"
        raise ConfigError([Problem(Where(str(folder / FILES[1])), text)]) from error
    return Loaded(site, both, resort, tuple(sorted(set(findings.warnings))))


_SWAPPED = "holds what belongs in routing.yaml, and routing.yaml what belongs here; swap the names of the two files"


def _swapped(hours: Table, routing: Table) -> bool:
    """Whether each file has the other one's main settings, and none of its own."""
    first, second = ({key.text for key, _ in table.entries} for table in (hours, routing))
    ours, theirs = {"open", "timezone"}, {"nodes", "helpline"}
    return bool(first & theirs and second & ours) and not (first & ours or second & theirs)


def _digest(contents: Iterable[bytes]) -> str:
    return sha256(b"\0".join(contents)).hexdigest()


def _bytes(path: Path, findings: Findings) -> bytes | None:
    """The file's bytes; None and a problem when it cannot be read."""
    try:
        return document.read_bytes(path, str(path))
    except ConfigError as error:
        findings.problems += error.problems
        return None


def _table(path: Path, data: bytes | None, findings: Findings) -> Table | None:
    """The table in a file's bytes; None and problems when it cannot be read."""
    try:
        return document.parse(data, str(path)) if data is not None else None
    except ConfigError as error:
        findings.problems += error.problems
        return None


def _audio(folder: Path) -> list[bytes]:
    """The names of the audio files in bytes, which may not be text, and whether each can be read."""
    try:
        with os.scandir(os.fsencode(folder / "audio")) as files:
            return sorted(file.name + b"/%d" % os.access(file.path, os.R_OK) for file in files)
    except OSError:
        return []


def overridden(site: Site, overrides: tuple[Override, ...]) -> Site:
    """The same revision under these overrides, newest first."""
    if site.schedule.overrides == overrides:
        return site
    return replace(site, schedule=replace(site.schedule, overrides=overrides))


T = TypeVar("T")


def broken_by(
    overrides: tuple[Override, ...],
    site: Site,
    proof: Callable[[Site], tuple[T, ...]],
    before: tuple[Override, ...] = (),
) -> tuple[T, ...]:
    """What a proof finds broken under overrides, except what is broken under those `before` as well."""
    if not (broken := proof(overridden(site, overrides))):
        return ()
    already = proof(overridden(site, before))
    return tuple(each for each in broken if each not in already)
