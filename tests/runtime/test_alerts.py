"""Every use of a fallback is counted where it can be, and staff are told; of whom and when, nothing."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from phonetree.core import engine
from phonetree.core.turn import Outcome
from phonetree.runtime.alerts import FAILED, FELL_BACK
from phonetree.runtime.gathered import Gathered
from phonetree.simulator.provider import HeldCall, TestProvider
from phonetree.store.counts import by_month
from tests.support.databases import tables
from tests.support.lines import TOKEN, VPR
from tests.support.mail import ACCOUNT, NUMBER
from tests.support.server import DAY, Server, gathered


class Helpline:
    """A server over a store and a provider, and what staff are told."""

    def __init__(self, folder: Path) -> None:
        self.database = tables("sqlite", folder)
        self.provider = TestProvider(ACCOUNT, TOKEN)
        self.told: list[str] = []
        self.servers: list[Server] = []
        self.start()

    def start(self) -> None:
        """A server starts, anew."""
        now = self.servers[-1].now if self.servers else DAY
        self.server = Server(VPR, now=now, database=self.database, provider=self.provider)
        self.servers.append(self.server)
        self.worker = self.server.worker
        self.counts = self.server.services.outcomes.counts
        self.counts._noise = lambda _: 0
        self.alerts = self.server.services.alerts
        self.alerts.tell = self.told.append

    def minute(self) -> None:
        """What happens once a minute."""
        self.server.now += timedelta(minutes=1)
        self.server.services.test_call()
        self.server.services.tell()

    def until(self, hour: int, minute: int) -> None:
        """Goes on to this time of the day, at the helpline."""
        zone = self.server.sites.current.schedule.zone
        self.server.now = self.server.now.astimezone(zone).replace(hour=hour, minute=minute)
        self.server.services.tell()

    def live(self) -> None:
        """The server answers real calls, not those of a demo."""
        self.server.services.settings = replace(self.server.services.settings, demo=False)

    def counted(self) -> dict[Outcome, int]:
        """What was counted, released or not."""
        found = gathered(self.counts)
        for (_, outcome), released in by_month(self.worker.store).items():
            found[outcome] += released.number
        return {outcome: number for outcome, number in found.items() if number}


@pytest.fixture
def helpline(tmp_path: Path) -> Iterator[Helpline]:
    made = Helpline(tmp_path)
    yield made
    for each in made.servers:
        each.close()


def test_a_fallback_inside_a_call_is_counted_and_told_at_a_fixed_time(helpline: Helpline) -> None:
    for _ in range(3):
        assert helpline.server.post("/voice/fallback", ErrorCode="11200").status_code == 200
    assert helpline.counted() == {Outcome.FALLBACK: 1}
    helpline.minute()
    assert helpline.told == [], "it would say when somebody called"
    helpline.until(16, 59)
    assert helpline.told == []
    helpline.until(17, 0)
    assert helpline.told == [FELL_BACK]
    helpline.until(17, 1)
    assert helpline.told == [FELL_BACK]


def test_when_the_server_begins_to_fail_its_own_test_calls_it_is_told_at_once_but_not_each_time(
    helpline: Helpline, monkeypatch: pytest.MonkeyPatch
) -> None:
    helpline.minute()
    monkeypatch.setattr(engine, "start", lambda *_: 1 / 0)
    for number in range(3):
        helpline.server.post("/voice/fallback", CallSid=f"CA{number:032x}", ErrorCode="11200")
        helpline.minute()
    assert helpline.told == [FAILED, FELL_BACK], "what falls back from now on is that of a call again"
    helpline.until(17, 0)
    assert helpline.told == [FAILED, FELL_BACK, FELL_BACK]


def test_failed_turns_are_written_at_fixed_times_each_kind_once(
    helpline: Helpline, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    helpline.live()
    with monkeypatch.context() as patched:
        patched.setattr(engine, "turn", lambda *_: 1 / 0)
        for number in range(3):
            helpline.server.post(helpline.server.state("welcome", "ask"), CallSid=f"CA{number:032x}", Digits="1")
            helpline.server.post("/voice/fallback", CallSid=f"CA{number:032x}", ErrorCode="11200")
            helpline.server.services.tell()
    assert capsys.readouterr().err == "", "a line that is written when a call fails says when somebody called"
    helpline.until(17, 0)
    written = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["event"] for line in written] == ["turn", "fallback"]
    assert written[0]["what"] == "ZeroDivisionError"
    assert any("web/voice.py" in frame for frame in written[0]["where"])
    assert written[1]["code"] == "11200"
    helpline.until(17, 1)
    helpline.server.services.stop()
    assert capsys.readouterr().err == "", "once"


@pytest.mark.parametrize("how", ["the canary fails as well", "the server stops"])
def test_failed_turns_are_written_when_that_is_no_sign_of_a_call(
    how: str, helpline: Helpline, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    helpline.live()
    helpline.server.post("/voice/fallback", ErrorCode="11200")
    if how == "the server stops":
        helpline.server.services.stop()
    else:
        monkeypatch.setattr(engine, "start", lambda *_: 1 / 0)
        helpline.minute()
    assert '"fallback"' in capsys.readouterr().err


def test_fixed_times_are_those_of_the_helpline() -> None:
    now = [datetime(2026, 11, 23, 8, 59)]  # noqa: DTZ001
    gathered = Gathered(lambda: now[0])

    def due(day: int, hour: int, minute: int = 0) -> bool:
        now[0] = datetime(2026, 11, day, hour, minute)  # noqa: DTZ001
        return gathered.due()

    assert [due(23, 9), due(23, 9, 1), due(23, 16, 59), due(23, 17), due(24, 8), due(24, 10)] == [
        True, False, False, True, False, True,
    ]  # fmt: skip
    assert due(27, 1), "after the machine slept"


def test_a_turn_that_breaks_is_counted_too_but_not_the_canarys(
    helpline: Helpline, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(engine, "start", lambda *_: 1 / 0)
        helpline.minute()
        assert helpline.counted() == {}
        helpline.server.post("/voice")
    assert helpline.counted()[Outcome.FALLBACK] == 1


def test_an_outage_is_told_once_and_its_calls_are_counted(helpline: Helpline) -> None:
    helpline.minute()
    helpline.minute()
    last = helpline.server.now
    helpline.server.now += timedelta(minutes=20)
    for number, minutes in enumerate((-60, 5, 9)):
        began = last + timedelta(minutes=minutes)
        call = f"CA{number:032x}"
        helpline.provider.calls[call] = HeldCall(call, NUMBER, "+16175550123", began_at=began)
        leg = f"CA{number + 100:032x}"
        helpline.provider.calls[leg] = HeldCall(leg, "+16175550101", NUMBER, parent=call, began_at=began)
    helpline.start()
    helpline.worker.round(int(helpline.server.now.timestamp()))
    assert helpline.provider.calls == {}
    assert helpline.counted() == {Outcome.FALLBACK: 2}, "those of the outage, each once, before it is over even"
    helpline.minute()
    assert helpline.told == [
        "No helpline server answered from Mon 23 Nov 2026 10:02 to Mon 23 Nov 2026 10:23 (America/New_York). "
        "Callers then heard the fallback, if one is set."
    ]
    helpline.minute()
    assert len(helpline.told) == 1


def test_a_restart_is_no_outage_and_a_store_that_is_away_is_no_reason_to_fail(helpline: Helpline) -> None:
    helpline.minute()
    helpline.start()
    helpline.minute()
    with helpline.worker.store.write() as connection:
        connection.exec_driver_sql("DROP TABLE presence")
    helpline.minute()
    assert helpline.told == []


def test_a_server_that_fails_its_own_test_call_does_not_count_as_there(
    helpline: Helpline, monkeypatch: pytest.MonkeyPatch
) -> None:
    helpline.minute()
    with monkeypatch.context() as patched:
        patched.setattr(engine, "start", lambda *_: 1 / 0)
        for _ in range(5):
            helpline.minute()
    helpline.minute()
    assert any("answered from Mon 23 Nov 2026 10:01 to Mon 23 Nov 2026 10:07" in text for text in helpline.told)
