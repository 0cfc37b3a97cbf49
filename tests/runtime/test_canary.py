"""The canary sings as long as callers are answered, and is the only call that can be watched."""

from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from flask import request

from phonetree.core import engine
from phonetree.core.turn import Outcome
from phonetree.runtime.alerts import FAILED, OVER
from phonetree.runtime.services import Services
from tests.support.lines import ROOT, SHOWN, VPR
from tests.support.server import Server, gathered


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return Server(Path(copytree(VPR, tmp_path / "config")))


def _watched(server: Server, told: list[str]) -> Services:
    server.services.alerts.tell = told.append
    return server.services


def _metrics(server: Server) -> dict[str, float]:
    text = server.client.get("/metrics", headers=SHOWN).get_data(as_text=True)
    return {line.split()[0]: float(line.split()[1]) for line in text.splitlines() if not line.startswith("#")}


def test_a_whole_call_goes_well_and_is_shown(server: Server) -> None:
    told: list[str] = []
    assert "phonetree_canary_ok" not in _metrics(server), "not before the first call"
    _watched(server, told).test_call()
    shown = _metrics(server)
    assert shown["phonetree_canary_ok"] == 1
    assert 0 < shown["phonetree_canary_seconds"] < 5
    assert told == []


@pytest.mark.parametrize("what", ["start", "turn"])
def test_when_turns_fail_staff_are_told_once_and_once_when_it_is_over(
    what: str, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    services = _watched(server, told)

    def broken(*_: Any) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr(engine, what, broken)
        for _ in range(3):
            services.test_call()
        assert told == [FAILED]
        assert _metrics(server)["phonetree_canary_ok"] == 0
        assert server.client.get("/readyz").status_code == 503
    for _ in range(2):
        services.test_call()
    assert told == [FAILED, OVER]
    assert server.client.get("/readyz").status_code == 200


def test_a_wrong_token_or_a_tree_that_rings_nobody_fails_it(server: Server) -> None:
    told: list[str] = []
    services = _watched(server, told)
    services.canary.token = "another"
    services.test_call()
    assert told == [FAILED]


def test_it_is_not_counted_and_real_calls_are_not_shown(server: Server) -> None:
    told: list[str] = []
    services = _watched(server, told)
    counts = services.outcomes.counts
    services.test_call()
    assert not gathered(counts)
    services.canary.seconds = 0.0
    before = server.client.get("/metrics", headers=SHOWN).data
    for _ in range(20):
        server.post("/voice")
        server.post(server.state("welcome", "ask"), Digits="2")
    assert server.client.get("/metrics", headers=SHOWN).data == before
    assert set(gathered(counts)) == {Outcome.CALL}


def test_edits_are_shown(server: Server) -> None:
    routing = server.config / "routing.yaml"
    good = routing.read_text(encoding="utf-8")
    for text in (good.replace("go: crisis}", "go: crisys}"), good.replace("for crisis lines", "for help lines")):
        routing.write_text(text, encoding="utf-8")
        server.sites.reload()
    shown = _metrics(server)
    assert (shown["phonetree_refusals_total"], shown["phonetree_reloads_total"]) == (1, 1)
    assert shown["phonetree_edit_good"] == 1


def test_it_calls_the_number_at_the_provider_as_a_forwarded_call_arrives(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server(ROOT / "tests" / "sites" / "forwarded")
    fields: list[dict[str, str]] = []
    told: list[str] = []
    start = engine.start

    def watched(*given: Any) -> Any:
        fields.append(request.form.to_dict())
        return start(*given)

    monkeypatch.setattr(engine, "start", watched)
    services = _watched(server, told)
    services.test_call()
    assert (services.canary.ok, told) == (True, [])
    assert [(one["To"], one["Called"], one["ForwardedFrom"]) for one in fields] == [
        ("+16175550159", "+16175550159", "+16175550150")
    ]
