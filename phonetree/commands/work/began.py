"""Which revision the files of a folder began from: the file `.revision`, which is no part of them."""

from contextlib import suppress
from pathlib import Path

from pytz.tzinfo import BaseTzInfo

from phonetree.commands.files import read_text, replace_text
from phonetree.commands.work.reading import stamp
from phonetree.errors import PhonetreeError
from phonetree.store.revisions import Publication

NAME = ".revision"


def began_from(folder: Path) -> str | None:
    """The revision; None if the folder does not say."""
    if not (folder / NAME).exists():
        return None
    return read_text(folder / NAME).strip() or None


def told(publication: Publication, zone: BaseTzInfo) -> str:
    """Which revision was published, by whom, when and why."""
    note = f": {publication.note}" if publication.note else ""
    return f"{publication.revision}, published by {publication.author} {stamp(publication.at, zone)}{note}"


def begin_from(folder: Path, revision: str) -> None:
    """Writes it down for the next time, if the folder can be written."""
    with suppress(PhonetreeError):
        replace_text(folder / NAME, f"{revision}\n")
