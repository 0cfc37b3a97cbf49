"""The database's file deleted, replaced, moved or copied over at any point of a round: no message is lost.

Whenever a recording is deleted at the provider, the file that stands at the path has the message, whole.
"""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import Connection
from werkzeug.wrappers import Request, Response

from phonetree.errors import PhonetreeError
from phonetree.mailbox.collector import Collector
from phonetree.provider.rest import Provider
from phonetree.simulator.provider import Held, TestProvider, serve
from phonetree.store.database import Store
from phonetree.store.voicemails import Voicemails
from tests.support.mail import ACCOUNT, HELPLINE, NUMBER, TOKEN, heard, mailbox, pair

pytestmark = pytest.mark.long

NOW = 1_800_000_000
LATER = 10_000
LEAST_POINTS = 25
"""A round that brings one message asks the store and the provider so often at least."""


@dataclass
class House:
    """A database in a folder with an older copy beside it, and what becomes of the file in mid-round."""

    folder: Path
    provider: TestProvider
    url: str
    way: "Way"
    at: int
    """The point at which it happens."""
    held: Held = field(init=False)
    points: int = 0
    at_the_provider: bool | None = None
    """Whether the recording was still there when it happened."""
    breaches: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.store = Store(f"sqlite:///{self.path}")
        self.voicemails = Voicemails(self.store)
        key = (pair()[0],)
        client = Provider(self.url, ACCOUNT, TOKEN)
        self.collector = Collector(client, self.voicemails, lambda: HELPLINE, lambda: key)
        self.provider.recordings.clear()
        self.provider.calls.clear()
        self.held = self.provider.leave("CA" + "2" * 32, 2, number=NUMBER)

    @property
    def path(self) -> Path:
        return self.folder / "var" / "phonetree.db"

    @property
    def backup(self) -> Path:
        return self.folder / "backup.db"

    def point(self) -> None:
        """Something may happen here."""
        self.points += 1
        if self.points == self.at:
            self.at_the_provider = self.held.id in self.provider.recordings
            self.way(self)

    def sounds(self, path: Path) -> list[bytes]:
        """What is heard of the messages in a file."""
        opened = Store(f"sqlite:///{path}")
        try:
            return heard(Voicemails(opened))
        finally:
            opened.close()

    def answer(self, request: Request, original: Callable[[Request], Response]) -> Response:
        """The provider's answer; before it deletes a recording, what is in the file is heard. What happens to the file
        while the provider deletes happens after it: nobody could tell before."""
        last = request.method == "DELETE" and self.held.id in request.path
        if last:
            try:
                kept = self.held.sound in self.sounds(self.path)
            except PhonetreeError as error:
                kept = False
                self.breaches.append(str(error))
            if not kept:
                self.breaches.append(f"point {self.at}: deleted at the provider, and not in the file")
        if not last:
            self.point()
        response = original(request)
        if last:
            self.point()
        return response

    @contextmanager
    def transaction(self, original: Callable[[], Iterator[Connection]]) -> Iterator[Connection]:
        """A transaction of the collector's, with a point before it and one before its end."""
        self.point()
        with original() as connection:  # type: ignore[attr-defined]
            yield connection
            self.point()


Way = Callable[[House], None]


def _deleted(house: House) -> None:
    house.path.unlink()


def _replaced(house: House) -> None:
    shutil.copy(house.backup, house.folder / "restored.db")
    (house.folder / "restored.db").replace(house.path)


def _folder_swapped(house: House) -> None:
    house.path.parent.rename(house.folder / "before")
    house.path.parent.mkdir()
    shutil.copy(house.backup, house.path)


def _copied_over(house: House) -> None:
    """As `cp` does: the same file, emptied and written anew."""
    shutil.copyfile(house.backup, house.path)


def _emptied(house: House) -> None:
    """As `cp` begins."""
    os.truncate(house.path, 0)


def _half_copied(house: House) -> None:
    """As `cp` from a slow disk: one half, and nothing more for a while."""
    data = house.backup.read_bytes()
    house.path.write_bytes(data[: len(data) // 2])


WAYS: tuple[Way, ...] = (_deleted, _replaced, _folder_swapped, _copied_over, _emptied, _half_copied)


@pytest.fixture(scope="module")
def backup(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database that has one older message."""
    folder = tmp_path_factory.mktemp("older")
    with mailbox("sqlite", folder) as box:
        box.leave(2)
        box.collector.round(NOW - LATER)
    with closing(sqlite3.connect(folder / "phonetree.db")) as live, closing(sqlite3.connect(folder / "b.db")) as copy:
        live.backup(copy)
    return folder / "b.db"


@pytest.fixture(scope="module")
def provider() -> tuple[TestProvider, str]:
    made = TestProvider(ACCOUNT, TOKEN)
    return made, serve(made)


@pytest.fixture
def quick_disk() -> Iterator[Path]:
    """A disk in memory, where there is one: a few hundred databases are written to it."""
    memory = Path("/dev/shm")  # noqa: S108
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as name:
        yield Path(name)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__.strip("_"))
def test_at_every_point_of_a_round_no_message_is_lost(
    way: Way, backup: Path, provider: tuple[TestProvider, str], quick_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for at in count(1):
        folder = quick_disk / str(at)
        (folder / "var").mkdir(parents=True)
        for name in ("backup.db", "var/phonetree.db"):
            shutil.copy(backup, folder / name)
        house = House(folder, *provider, way, at)
        with monkeypatch.context() as patched:
            _watch(house, patched)
            with suppress(PhonetreeError):
                house.collector.round(NOW)
        assert house.breaches == []
        if house.at_the_provider is None:
            break
        _mend(house)
        for later in range(1, 4):
            if provider[0].recordings:
                with suppress(PhonetreeError):
                    house.collector.round(NOW + later * LATER)
        if house.at_the_provider:
            assert house.sounds(house.path).count(house.held.sound) == 1, f"lost at point {at}"
            assert house.provider.recordings == {}
        house.store.close()
        shutil.rmtree(folder)
    assert at > LEAST_POINTS


def _watch(house: House, patched: pytest.MonkeyPatch) -> None:
    answer, read, write = house.provider._answer, house.store.read, house.store.write
    patched.setattr(house.provider, "_answer", lambda request: house.answer(request, answer))
    patched.setattr(house.store, "read", lambda: house.transaction(read))  # type: ignore[arg-type]
    patched.setattr(house.store, "write", lambda: house.transaction(write))  # type: ignore[arg-type]


def _mend(house: House) -> None:
    """What an operator does when the database has a problem: brings the backup back, as the documents say."""
    if house.store.problem(thorough=True):
        house.path.parent.mkdir(exist_ok=True)
        for path in house.path.parent.iterdir():
            path.unlink()
        shutil.copy(house.backup, house.path)
        assert house.store.problem(thorough=True) is None
