"""An edit is taken as a whole or not at all, within seconds, and everybody is told."""

import time
from datetime import date
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

from phonetree.config.promises import broken_promises
from phonetree.config.site import MOST_REVISIONS, Loaded, Sites, load
from phonetree.config.watch import reload, watch
from tests.support.lines import ROOT, RULES
from tests.support.programs import until
from tests.support.server import Server


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return Path(copytree(ROOT / "config", tmp_path / "config"))


def edit(config: Path, old: str, new: str, name: str = "routing.yaml") -> None:
    path = config / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_good_edit_is_taken_and_a_bad_one_changes_nothing(config: Path) -> None:
    sites = Sites(config, RULES)
    first = sites.current
    edit(config, "go: crisis}", "go: crisys}")
    assert not sites.reload()
    assert sites.current is first
    assert [problem.where.line for problem in sites.problems]
    edit(config, "go: crisys}", "go: crisis}")
    assert not sites.reload(), "the files are again what callers hear"
    assert sites.problems == ()
    edit(config, "for crisis lines", "for help lines")
    assert sites.reload()
    assert sites.current is not first
    assert sites.revision(first.revision) is first


def test_a_site_that_breaks_a_promise_from_the_start_is_served_and_said_so(config: Path) -> None:
    end = "le comunico ahora.}\n      go: "
    edit(config, f"{end}barcc_now", f"{end}leave")
    sites = Sites(config, RULES, lambda site: broken_promises(site, config, date(2026, 11, 22)))
    assert not sites.reload()
    assert "a call that reached nobody is hung up on" in str(sites.problems[0])
    edit(config, f"{end}leave", f"{end}barcc_now")
    assert sites.reload()
    assert sites.problems == ()


def test_a_file_that_vanishes_changes_nothing(config: Path) -> None:
    sites = Sites(config, RULES)
    (config / "hours.yaml").unlink()
    assert not sites.reload()
    assert "does not exist" in str(sites.problems[0])


def test_an_unchanged_folder_is_not_read_again(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sites = Sites(config, RULES)
    sites.reload()
    monkeypatch.setattr("phonetree.config.site.load", lambda *arguments: pytest.fail("parsed again"))
    sites.reload()


def test_old_revisions_are_forgotten_after_many_edits(config: Path) -> None:
    sites = Sites(config, RULES)
    first = sites.current.revision
    for number in range(MOST_REVISIONS):
        edit(config, "# What callers hear", f"# What callers hear {number}")
        assert sites.reload()
    assert sites.revision(first) is None
    assert sites.revision(sites.current.revision) is sites.current


def test_an_edit_is_live_within_seconds(config: Path) -> None:
    sites = Sites(config, RULES)
    before = sites.current.revision
    stop = watch(sites)
    try:
        time.sleep(0.5)  # the watcher has to be there before the edit
        edit(config, "for crisis lines", "for help lines")
        until(lambda: sites.current.revision != before)
        edit(config, "go: crisis}", "go: crisys}")
        until(lambda: sites.problems != ())
    finally:
        stop.set()


def test_readiness_and_the_log_say_why_an_edit_was_refused(config: Path, capfd: pytest.CaptureFixture[str]) -> None:
    server = Server(config)
    assert server.client.get("/readyz").json == {
        "test_call": "good",
        "last_edit": "good",
        "problems": [],
        "overrides": "good",
        "database": "good",
        "revision": server.sites.current.revision,
    }
    edit(config, "go: crisis}", "go: crisys}")
    reload(server.sites)
    reload(server.sites)
    response = server.client.get("/readyz")
    assert response.status_code == 503
    assert "did you mean 'crisis'?" in response.text
    log = capfd.readouterr().err
    assert log.count('"event": "problems"') == 1, "said once, not every few seconds"
    edit(config, "go: crisys}", "go: crisis}")
    reload(server.sites)
    assert server.client.get("/readyz").status_code == 200


def test_the_process_is_healthy_whatever_the_files_are(config: Path) -> None:
    server = Server(config)
    edit(config, "go: crisis}", "go: crisys}")
    reload(server.sites)
    assert server.client.get("/healthz").status_code == 200
    assert server.post("/voice").status_code == 200


def test_an_edit_that_breaks_a_promise_is_refused(config: Path) -> None:
    sites = Sites(config, RULES, lambda site: broken_promises(site, config, date(2026, 11, 22)))
    before = sites.current
    edit(config, "le comunico ahora.}\n      go: barcc_now", "le comunico ahora.}\n      go: leave")
    assert not sites.reload()
    assert sites.current is before
    assert "a call that reached nobody is hung up on" in str(sites.problems[0])
    assert not sites.reload(), "and stays refused"
    edit(config, "le comunico ahora.}\n      go: leave", "le comunico ahora.}\n      go: barcc_now")
    sites.reload()
    assert sites.problems == ()


def test_a_fault_of_ours_does_not_end_the_watching(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("phonetree.config.watch.CHECK_MILLISECONDS", 200)
    sites = Sites(config, RULES)
    before = sites.current.revision
    failing = [True]

    def load_or_fail(*arguments: Any) -> Loaded:
        if failing:
            failing.clear()
            raise RuntimeError
        return load(*arguments)

    monkeypatch.setattr("phonetree.config.site.load", load_or_fail)
    stop = watch(sites)
    try:
        time.sleep(0.5)
        edit(config, "for crisis lines", "for help lines")
        until(lambda: not failing)
        edit(config, "for help lines", "for other lines")
        until(lambda: sites.current.revision != before)
    finally:
        stop.set()
