"""The application as any WSGI server finds it."""

import runpy
from pathlib import Path

import pytest
from werkzeug.test import Client

from phonetree import log
from tests.support.databases import tables
from tests.support.lines import NAMES, ROOT, VPR


def test_it_is_made_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("PHONETREE_CONFIG", str(VPR))
    real = {name: number.replace("555010", "253000") for name, number in NAMES.items()}
    given = {"TWILIO_ACCOUNT_SID": "AC1", "TWILIO_AUTH_TOKEN": "x", "PHONETREE_PUBLIC_URL": "https://tree.example.org"}
    given |= {"DATABASE_URL": tables("sqlite", tmp_path), "PHONETREE_BACKGROUND": "off"}
    monkeypatch.setattr(log, "take_in_libraries", lambda: None)
    for name, value in (given | real).items():
        monkeypatch.setenv(name, value)
    app = runpy.run_path("app.py")["app"]
    assert Client(app).get("/readyz").status_code == 200
    assert Client(app).post("/voice").status_code == 403
