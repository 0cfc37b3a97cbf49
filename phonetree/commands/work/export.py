"""`export`: writes the files of a published revision into a folder."""

import shutil
import tempfile
from itertools import islice
from pathlib import Path

import click

from phonetree import settings
from phonetree.commands.files import make_folder, refused
from phonetree.commands.place import Which
from phonetree.commands.work.began import NAME, told
from phonetree.commands.work.place import opened
from phonetree.errors import PhonetreeError
from phonetree.settings import PROGRAM
from phonetree.store.revisions import Revisions

MOST_LISTED = 20
"""Publications that are named where the one that was asked for is not there."""


def export(folder: Path, revision: str | None) -> None:
    """Runs `export`."""
    with opened(Which(demo=False, port=None)) as place:
        revisions = Revisions(place.store, place.secrets, strict=settings.source() == settings.STORE)
        newest, contents = revisions.newest() or (None, None)
        if revision is None:
            revision = newest.revision if newest else ""
        else:
            contents = revisions.published(revision)
        history = (each for each in revisions.history() if not each.unfinished)
        known = [told(each, place.zone) for each in islice(history, MOST_LISTED)]
        other = f"the newest is {told(newest, place.zone)}" if newest and newest.revision != revision else ""
    if contents is None:
        which = f"revision {revision}" if revision else "revision"
        what = f"there is no {which} in the database that could be written to {folder}"
        first = f"{what}, which has none; publish the first: {PROGRAM} publish {settings.config_folder()} --note TEXT"
        raise PhonetreeError("\n".join([f"{what}; the latest are:" if known else first, *known]))
    _refuse_full(folder)
    make_folder(folder)
    try:
        # beside it, and then in one step: a folder with one of two files would be a trap
        made = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.absolute().parent))
        try:
            for name, data in {**contents, NAME: f"{revision}\n".encode()}.items():
                (made / name).parent.mkdir(exist_ok=True)
                (made / name).write_bytes(data)
            if (sounds := settings.config_folder() / "audio").is_dir():
                shutil.copytree(sounds, made / "audio")
            made.chmod(folder.stat().st_mode & 0o777)
            made.rename(folder.absolute())  # over an empty folder
        finally:
            shutil.rmtree(made, ignore_errors=True)
    except (OSError, shutil.Error) as error:
        raise refused(folder, "written", error if isinstance(error, OSError) else OSError(str(error))) from None
    publish = f"{PROGRAM} publish {folder} --note TEXT"
    if newest and other:
        click.echo(f"{folder} has revision {revision}; {other}.")
        click.echo(f"To publish the one in {folder} in its place: {publish} --over {newest.revision}")
    else:
        click.echo(f"{folder} has revision {revision}. Edit it, then: {publish}")


def _refuse_full(folder: Path) -> None:
    try:
        full = folder.exists() and any(folder.iterdir())
    except OSError as error:
        raise refused(folder, "read", error) from None
    if full:
        raise PhonetreeError(f"{folder} is not empty, and nothing there is replaced; name a new folder")
