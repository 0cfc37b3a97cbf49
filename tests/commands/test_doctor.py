"""What `doctor` says of the servers' own reports. That it says all else: test_go_live.py."""

from pathlib import Path
from time import time

import pytest

from phonetree.commands.work import doctor
from phonetree.store.servers import SILENT_SECONDS, Report, Servers
from tests.support.databases import store


def test_it_names_the_servers_that_were_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def said() -> list[tuple[str, str]]:
        return [(each.verdict, each.text.partition(" since ")[0]) for each in doctor._servers()]

    with store("sqlite", tmp_path) as opened:
        monkeypatch.setenv("DATABASE_URL", opened.engine.url.render_as_string(hide_password=False))
        assert said() == [("advice", "no server reports")]
        reports, now = Servers(opened), int(time())
        reports.tell("one", Report("abc", test_call=True, place="left, port 1"), now)
        assert said() == [("ok", "server processes that report: 1")]
        reports.tell("two", Report("abc", place="right, port 1"), now - SILENT_SECONDS)
        assert said() == [("wrong", "a server (right, port 1) has not reported")]
        reports.tell("one", Report("abc", test_call=False, place="left, port 1"), now)
        assert ("wrong", "a server (left, port 1) fails its own test call") in said()
