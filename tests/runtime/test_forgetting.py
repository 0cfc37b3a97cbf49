"""Memory of calls is dropped each minute, whether calls come or not."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from phonetree.runtime import recent, services
from tests.support.lines import VPR
from tests.support.programs import until
from tests.support.server import Server


def test_an_idle_server_forgets_what_callers_heard_and_who_rang(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "FORGET_SECONDS", 0.05)
    monkeypatch.setattr(recent, "SECONDS", 0.2)
    server = Server(VPR)
    running = server.services
    server.post("/voice")
    server.post(server.state("welcome", "ask", query="?menu=welcome"), Digits="2")
    server.post(server.state("advocate", "screen", query="?token=5"), ParentCallSid="CA" + "2" * 32, To="+16175550101")
    server.post("/voice/status", CallStatus="completed")
    cached = running.renderer._remembered.cache_info
    assert (cached().currsize, len(running.legs), len(running.outcomes.recent)) == (2, 1, 1)
    running.start()
    remembered = (running.legs, running.legs._hung_up, running.outcomes.recent)
    until(lambda: cached().currsize == 0 and not any(len(each) for each in remembered))
    split = urlsplit.cache_info  # type: ignore[attr-defined]
    until(lambda: split().currsize == 0, "addresses that were split")
    running.stop()


def test_a_document_for_ringing_is_never_cached() -> None:
    server = Server(VPR)
    cached = server.services.renderer._remembered.cache_info
    server.post(server.state("advocate", "ring"))
    server.post(server.state("advocate", "screen", query="?token=5"), ParentCallSid="CA" + "2" * 32, To="+16175550101")
    server.now += timedelta(seconds=20)
    began = int((server.now - timedelta(seconds=20)).timestamp())
    server.post(server.state("advocate", "rung", query=f"?began={began}&token=5"), DialCallStatus="no-answer")
    assert cached().currsize == 1, "the sentence that follows"
