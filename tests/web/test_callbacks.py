"""Callbacks come twice, late, in the wrong order, or not at all: each message is kept once all the same.

They only wake the collector, which looks at what the provider holds (NU: they may arrive out of order).
"""

from collections.abc import Iterator
from itertools import permutations
from pathlib import Path
from random import Random

import pytest

from phonetree.runtime import periodic
from phonetree.runtime import worker as work
from phonetree.simulator.provider import Held, TestProvider
from phonetree.store.voicemails import Voicemails
from tests.support.databases import KINDS, tables
from tests.support.lines import TOKEN, VPR
from tests.support.mail import ACCOUNT, heard, pair
from tests.support.programs import until
from tests.support.server import Server

STATES = ("in-progress", "completed", "absent")
LISTING = f"GET /2010-04-01/Accounts/{ACCOUNT}/Recordings.json"


class Running:
    """A server whose worker runs by itself, over a provider whose recordings are made by hand."""

    def __init__(self, kind: str, folder: Path) -> None:
        keys = folder / "keys"
        keys.mkdir()
        (keys / "advocates.pem").write_bytes(pair()[2].public)
        self.provider = TestProvider(ACCOUNT, TOKEN)
        self.server = Server(VPR, database=tables(kind, folder), provider=self.provider, keys=keys)
        self.worker = self.server.worker
        assert self.server.services.background
        self.background = self.server.services.background
        self.voicemails: Voicemails = self.worker.voicemails

    def recording(self, call: int) -> Held:
        """A recording that is being made."""
        held = self.provider.leave(f"CA{call:032x}", 2)
        held.status = "in-progress"
        return held

    def tell(self, held: Held, status: str) -> None:
        """The callback for a recording. It is answered whatever it says."""
        answer = self.server.post(
            "/voice/recording", CallSid=held.call, RecordingSid=held.id, RecordingStatus=status, RecordingDuration="1",
            RecordingUrl=f"https://api.twilio.com/{held.id}",
        )  # fmt: skip
        assert answer.status_code == 204

    def sounds(self) -> list[bytes]:
        return sorted(heard(self.voicemails))


@pytest.fixture
def running(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    monkeypatch.setattr(periodic, "SOON_SECONDS", 0.02)
    made = Running(getattr(request, "param", "sqlite"), tmp_path)
    made.background.start()
    yield made
    made.background.stop()
    made.worker.store.close()


@pytest.mark.slow
@pytest.mark.parametrize("running", KINDS, indirect=True)
def test_in_every_order_and_twice_each_message_is_kept_once(running: Running) -> None:
    random = Random(1)  # noqa: S311 -- for a test
    left = []
    for call, order in enumerate(permutations(STATES)):
        held = running.recording(call)
        left.append(held.sound)
        for status in order:
            if status == "completed":
                held.status = "completed"
            for _ in range(random.randint(1, 3)):
                running.tell(held, status)
        running.server.post("/voice/status", CallSid=held.call, CallStatus="completed")
        running.tell(held, "completed")
    until(lambda: not running.provider.recordings)
    assert running.sounds() == sorted(left)
    assert running.voicemails.failures() == {}


def test_a_callback_that_comes_before_the_recording_or_after_it_is_gone_does_nothing(running: Running) -> None:
    nobody = Held("RE" + "f" * 32, "CA" + "f" * 32, b"", 1, running.server.now)
    running.tell(nobody, "completed")
    held = running.recording(1)
    running.tell(held, "completed")
    until(lambda: LISTING in running.provider.asked)
    assert running.voicemails.listed() == ()
    held.status = "completed"
    running.tell(held, "completed")
    until(lambda: not running.provider.recordings)
    (message,) = running.voicemails.listed()
    running.voicemails.delete(message.id)
    for _ in range(3):
        before = running.provider.asked.count(LISTING)
        running.tell(held, "completed")
        until(lambda seen=before: running.provider.asked.count(LISTING) > seen)  # type: ignore[misc]
    assert running.voicemails.listed() == ()


def test_without_any_callback_it_comes_with_the_next_round(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "ROUND_SECONDS", 0.1)
    running = Running("sqlite", tmp_path)
    running.background.start()
    held = running.recording(1)
    held.status = "completed"
    until(lambda: running.sounds() == [held.sound])
    running.background.stop()
    running.worker.store.close()


def test_a_burst_of_callbacks_asks_the_provider_a_few_times_only(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(periodic, "SOON_SECONDS", 0.5)
    held = running.recording(1)
    held.status = "completed"
    running.tell(held, "completed")
    until(lambda: not running.provider.recordings)
    before = running.provider.asked.count(LISTING)
    for _ in range(200):
        running.tell(held, "completed")
    until(lambda: running.provider.asked.count(LISTING) > before)
    running.background.stop()
    assert running.provider.asked.count(LISTING) - before <= 4
