"""An edit is taken as a whole or not at all, within seconds, and everybody is told."""

import gc
import json
import os
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

from phonetree.config.promises import broken_promises
from phonetree.config.question import Answer, Question
from phonetree.config.site import Contents, Loaded, load
from phonetree.core.schedule import Kind, Override
from phonetree.core.tree import Site
from phonetree.errors import Problem, Where
from phonetree.runtime.prover import ProverProcess
from phonetree.runtime.sites import MOST_REVISIONS, SAVING_SECONDS, Sites
from phonetree.runtime.watch import reload, watcher
from phonetree.web import create_app
from phonetree.web.context import of
from tests.config.test_proving import large_site
from tests.support.lines import RULES, SHOWN, VPR, settings
from tests.support.programs import until
from tests.support.server import Server

pytestmark = pytest.mark.slow


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return Path(copytree(VPR, tmp_path / "config"))


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


def test_a_file_that_is_still_being_saved_is_not_taken(config: Path) -> None:
    """What is there at first may be a site, too."""
    hours = config / "hours.yaml"
    whole = hours.read_text(encoding="utf-8")
    rest: list[str] = []

    def proof(*_: object) -> tuple[Problem, ...]:
        if rest:
            hours.write_text(rest.pop(), encoding="utf-8")
        return ()

    sites = Sites(config, RULES, proof)
    first = sites.current
    rest.append(whole.replace("9:00-17:00", "9:00-16:00"))
    hours.write_text(whole.replace("9:00-17:00", "9:00-15:00"), encoding="utf-8")
    assert not sites.reload()
    assert (sites.current, sites.problems) == (first, ())
    assert sites.reload(), "the next look takes it"
    assert sites.contents["hours.yaml"] == hours.read_bytes()


def test_a_file_that_ends_before_what_callers_hear_of_it_is_taken_once_it_stays_so(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first half of what callers hear is probably being saved: the closures are still to come."""
    passed = [0.0]
    monkeypatch.setattr("phonetree.runtime.sites.monotonic", lambda: passed[0])
    hours = config / "hours.yaml"
    whole = hours.read_text(encoding="utf-8")
    half = whole[: whole.index("# Days that are not in the calendars")]
    sites = Sites(config, RULES)
    first = sites.current
    hours.write_text(half, encoding="utf-8")
    for moment in (0.0, SAVING_SECONDS - 1):
        passed[0] = moment
        assert not sites.reload()
        assert (sites.current, sites.problems) == (first, ())
    hours.write_text(half[:-1], encoding="utf-8")
    for moment in (SAVING_SECONDS, SAVING_SECONDS * 2 - 1):
        passed[0] = moment
        assert not sites.reload(), "it changed meanwhile"
    passed[0] = SAVING_SECONDS * 2
    assert sites.reload(), "it stays so: the closures were taken out"
    assert not sites.current.schedule.dated
    hours.write_text(whole.replace("9:00-17:00", "9:00-16:00"), encoding="utf-8")
    assert sites.reload(), "what is longer is taken at once"
    for again in (half, f"# Another comment.\r\n{half}"):
        hours.write_text(again, encoding="utf-8")
        assert not sites.reload(), "what is different before that does not matter"
    passed[0] += SAVING_SECONDS
    assert sites.reload()


def test_a_site_that_breaks_a_promise_from_the_start_is_served_and_said_so(config: Path) -> None:
    end = "le comunico ahora.}\n      go: "
    edit(config, f"{end}barcc_now", f"{end}leave")
    sites = Sites(config, RULES, lambda site, _: broken_promises(site, config, date(2026, 11, 22)))
    assert not sites.reload()
    assert "a caller who reached nobody is hung up on" in str(sites.problems[0])
    edit(config, f"{end}leave", f"{end}barcc_now")
    assert sites.reload()
    assert sites.problems == ()


def test_where_a_promise_is_broken_already_an_edit_that_breaks_no_other_is_taken(config: Path) -> None:
    end = "le comunico ahora.}\n      go: "
    edit(config, f"{end}barcc_now", f"{end}leave")
    sites = Sites(config, RULES, lambda site, _: broken_promises(site, config, date(2026, 11, 22)))
    assert not sites.reload()
    edit(config, "nodes:\n", "# a line more\nnodes:\n")
    edit(config, "date: 2026-11-27", "date: 2026-11-30", "hours.yaml")
    assert sites.reload()
    assert sites.current.schedule.dated[0].first == date(2026, 11, 30)
    assert "a caller who reached nobody is hung up on" in str(sites.problems[0]), "it is said all the same"
    current = sites.current
    edit(
        config,
        "go: voicemail}\n      tries: 2\n      silence: nobody_chose",
        "go: leave}\n      tries: 2\n      silence: leave",
    )
    assert not sites.reload(), "this breaks more"
    assert sites.current is current


def test_a_site_that_cannot_be_proved_takes_no_edit(config: Path) -> None:
    problem = Problem(Where("routing.yaml"), "there is too much to prove")
    sites = Sites(config, RULES, lambda *_: (problem,))
    before = sites.current
    edit(config, "for crisis lines", "for help lines")
    assert not sites.reload()
    assert sites.current is before


@pytest.mark.parametrize("slip", ["[", "harmful", "no audio"])
def test_a_worker_that_is_replaced_begins_with_what_the_server_began_with(config: Path, slip: str) -> None:
    """Without a database nothing else is known to have been proved."""
    (config / "audio").mkdir(exist_ok=True)
    (config / "audio" / "hello.mp3").write_bytes(b"ID3")
    bye = "en: You can call again at any time. Goodbye."
    edit(config, bye, "en: {audio: hello.mp3, text: You can call again at any time. Goodbye.}")
    began = Sites(config, RULES).started
    if slip == "no audio":
        (config / "audio" / "hello.mp3").unlink()
    elif slip == "harmful":
        edit(config, "for crisis lines", "for help lines")
    else:
        (config / "routing.yaml").write_text(slip, encoding="utf-8")
    again = Sites(config, RULES, lambda *_: (Problem(Where("routing.yaml"), "harms"),), at_start=began)
    assert again.current is began.site
    assert not again.reload()
    assert again.problems
    assert again.current is began.site


def test_a_file_that_vanishes_changes_nothing(config: Path) -> None:
    sites = Sites(config, RULES)
    (config / "hours.yaml").unlink()
    assert not sites.reload()
    assert "does not exist" in str(sites.problems[0])


def test_an_unchanged_folder_is_not_read_again(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sites = Sites(config, RULES)
    sites.reload()
    monkeypatch.setattr("phonetree.runtime.source.load", lambda *_, **__: pytest.fail("parsed again"))
    sites.reload()


def test_old_revisions_are_forgotten_after_many_edits(config: Path) -> None:
    sites = Sites(config, RULES)
    first = sites.current.revision
    for number in range(MOST_REVISIONS):
        edit(config, "# What callers hear", f"# What callers hear {number}")
        assert sites.reload()
    assert sites.revision(first) is None
    assert sites.revision(sites.current.revision) is sites.current


def test_the_collector_stops_no_turn_while_a_site_is_loaded_and_has_no_more_to_look_through(tmp_path: Path) -> None:
    config = large_site(tmp_path)
    sites = Sites(config, RULES)
    collected: list[str] = []
    interval = sys.getswitchinterval()
    gc.collect()
    gc.freeze()

    def note(phase: str, _info: object) -> None:
        collected.append(phase)

    gc.callbacks.append(note)
    try:
        for _ in range(3):
            edit(config, "Goodbye.", "Well. Goodbye.")
            assert sites.reload()
            assert len(gc.get_objects()) < 10_000, "the site is left out"
    finally:
        gc.callbacks.remove(note)
    assert len(collected) < 20, "thousands of objects are made, and it begins after hundreds"
    assert gc.isenabled()
    assert sys.getswitchinterval() == interval
    known = gc.get_freeze_count()
    sites._revisions.clear()
    assert gc.get_freeze_count() < known - 30_000, "it is freed all the same"


def test_an_edit_is_live_within_seconds(config: Path) -> None:
    sites = Sites(config, RULES)
    before = sites.current.revision
    following = watcher(sites)
    following.start()
    try:
        edit(config, "for crisis lines", "for help lines")
        until(lambda: sites.current.revision != before)
        edit(config, "go: crisis}", "go: crisys}")
        until(lambda: sites.problems != ())
    finally:
        following.stop()


def test_readiness_and_the_log_say_why_an_edit_was_refused(config: Path, capfd: pytest.CaptureFixture[str]) -> None:
    server = Server(config)
    words = {"test_call": "not tried", "last_edit": "good", "overrides": "good", "database": "good"}
    assert server.client.get("/readyz").json == words
    more = {"problems": {}, "revision": server.sites.current.revision}
    assert server.client.get("/readyz", headers=SHOWN).json == words | more
    edit(config, "go: crisis}", "go: crisys}")
    reload(server.sites)
    reload(server.sites)
    assert server.client.get("/readyz").json == words | {"last_edit": "refused"}
    response = server.client.get("/readyz", headers=SHOWN)
    assert response.status_code == 503
    assert "did you mean 'crisis'?" in response.text
    log = capfd.readouterr().err
    assert log.count('"event": "problems"') == 1, "said once, not every few seconds"
    edit(config, "go: crisys}", "go: crisis}")
    reload(server.sites)
    reload(server.sites)
    assert server.client.get("/readyz").status_code == 200
    (line,) = capfd.readouterr().err.splitlines()
    said = json.loads(line)
    assert (said["event"], said["problem"], said["level"]) == ("problems", "over", "info")


def test_the_process_is_healthy_whatever_the_files_are(config: Path) -> None:
    server = Server(config)
    edit(config, "go: crisis}", "go: crisys}")
    reload(server.sites)
    assert server.client.get("/healthz").status_code == 200
    assert server.post("/voice").status_code == 200


def test_an_edit_that_breaks_a_promise_is_refused(config: Path) -> None:
    sites = Sites(config, RULES, lambda site, _: broken_promises(site, config, date(2026, 11, 22)))
    before = sites.current
    edit(config, "le comunico ahora.}\n      go: barcc_now", "le comunico ahora.}\n      go: leave")
    assert not sites.reload()
    assert sites.current is before
    assert "a caller who reached nobody is hung up on" in str(sites.problems[0])
    assert not sites.reload(), "and stays refused"
    edit(config, "le comunico ahora.}\n      go: leave", "le comunico ahora.}\n      go: barcc_now")
    sites.reload()
    assert sites.problems == ()


def test_an_edit_that_breaks_a_promise_of_the_helplines_own_is_refused_with_the_call(config: Path) -> None:
    """A running server and its prover."""
    server = Server(config)
    edit(config, "\nnodes:\n", "\npromises:\n  - {when: open, keys: [2], reaches: crisis}\nnodes:\n")
    reload(server.sites)
    before = server.sites.current
    assert [promise.keys for promise in before.promises] == [("2",)], "it is kept, so it is taken"
    choice = "2: {label: {en: for crisis lines, es: para líneas de crisis}, go: "
    edit(config, f"{choice}crisis}}", f"{choice}about}}")
    reload(server.sites)
    assert server.sites.current is before
    assert {problem.where for problem in server.sites.problems} == {before.promises[0].where}
    assert [problem.text for problem in server.sites.problems] == [
        f"the call reaches menu 'about' when open, in '{language}' (keys: {keys}). The promise: When open, whoever "
        "presses 2 reaches menu 'crisis'. `prove` shows such a call"
        for language, keys in (("en", "2"), ("es", "8, then 2"))
    ]
    assert server.client.get("/readyz").json["last_edit"] == "refused"  # type: ignore[index]
    edit(config, f"{choice}about}}", f"{choice}crisis}}")
    reload(server.sites)
    assert server.sites.problems == ()


def test_a_fault_of_ours_does_not_end_the_watching(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("phonetree.runtime.watch.LOOK_SECONDS", 0.05)
    sites = Sites(config, RULES)
    before = sites.current.revision
    failing = [True]

    def load_or_fail(*arguments: Any, **options: Any) -> Loaded:
        if failing:
            failing.clear()
            raise RuntimeError
        return load(*arguments, **options)

    monkeypatch.setattr("phonetree.runtime.source.load", load_or_fail)
    following = watcher(sites)
    following.start()
    try:
        edit(config, "for crisis lines", "for help lines")
        until(lambda: not failing)
        edit(config, "for help lines", "for other lines")
        until(lambda: sites.current.revision != before)
    finally:
        following.stop()


def test_a_file_whose_name_is_no_text_keeps_no_edit_from_going_live(config: Path) -> None:
    sites = Sites(config, RULES)
    (config / "audio").mkdir(exist_ok=True)
    (Path(os.fsdecode(os.fsencode(config / "audio") + b"/gru\xdf.mp3"))).write_bytes(b"")
    edit(config, "for crisis lines", "for help lines")
    assert sites.reload()
    assert sites.problems == ()


def test_whatever_a_reload_raises_is_shown_everywhere_and_tried_again(
    config: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    server = Server(config)
    before = server.sites.current
    proof = server.sites._proof

    def crash(_site: Site, _contents: Contents) -> tuple[Problem, ...]:
        raise RecursionError("+16175550101")

    monkeypatch.setattr(server.sites, "_proof", crash)
    edit(config, "for crisis lines", "for help lines")
    reload(server.sites)
    assert server.sites.current is before
    (problem,) = server.sites.problems
    assert "a bug in phonetree (RecursionError, " in problem.text
    assert "0101" not in problem.text
    assert server.client.get("/readyz").status_code == 503
    assert "RecursionError" in capfd.readouterr().err
    assert server.post("/voice").status_code == 200
    monkeypatch.setattr(server.sites, "_proof", proof)
    edit(config, "for help lines", "for other lines")
    reload(server.sites)
    assert server.sites.problems == ()
    assert server.sites.current is not before


def test_nothing_in_the_folder_keeps_edits_from_going_live_nor_is_a_link_followed(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    audio, outside = config / "audio", tmp_path / "outside"
    (outside / "deep").mkdir(parents=True)
    audio.mkdir(exist_ok=True)
    (config / "deep").mkdir()
    (audio / "deep").mkdir()
    (config / "old").symlink_to(outside)
    (audio / "media").symlink_to(outside)
    (audio / "loop.mp3").symlink_to("loop.mp3")
    sites = Sites(config, RULES)
    before = sites.current.revision
    listed: set[Path] = set()

    def noting(listing: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def note(folder: Any) -> Any:
            listed.add(Path(os.fsdecode(folder)))
            return listing(folder)

        return note

    for name in ("scandir", "listdir"):
        monkeypatch.setattr(os, name, noting(getattr(os, name)))
    following = watcher(sites)
    following.start()
    try:
        edit(config, "for crisis lines", "for help lines")
        until(lambda: sites.current.revision != before)
        Path(os.fsdecode(os.fsencode(audio) + b"/gru\xdf.mp3")).write_bytes(b"")
        edit(config, "go: crisis}", "go: crisys}")
        until(lambda: sites.problems != ())
    finally:
        following.stop()
    assert {folder for folder in listed if folder.is_relative_to(tmp_path)} == {audio, config / "phrases"}
    assert '"event": "watch"' not in capfd.readouterr().err


def test_an_audio_file_in_a_folder_that_is_new_is_noticed(config: Path) -> None:
    edit(config, "en: You can call again at any time. Goodbye.", "en: {audio: bye.mp3, text: Goodbye.}")
    sites = Sites(config, RULES, published=lambda: [load(VPR, RULES).contents])
    reload(sites)
    assert "'bye.mp3' is not in the folder 'audio'" in str(sites.problems[0])
    following = watcher(sites)
    following.start()
    try:
        (config / "audio").mkdir()
        (config / "audio" / "bye.mp3").write_bytes(b"")
        until(lambda: sites.problems == ())
    finally:
        following.stop()


@pytest.mark.parametrize("fault", [PermissionError(13, "Permission denied"), MemoryError(), UnicodeError("x")])
def test_a_look_at_the_files_that_fails_is_a_problem_and_ends_with_its_cause(
    config: Path, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    sites = Sites(config, RULES)
    edit(config, "for crisis lines", "for help lines")
    with monkeypatch.context() as broken:

        def fail(*_arguments: object) -> bool:
            raise fault

        broken.setattr(Path, "is_file", fail)
        assert not sites.reload()
        assert sites.problems
    assert sites.reload(), "nothing but the cause has changed"
    assert sites.problems == ()


def test_an_override_over_which_we_fail_is_refused_and_said_so(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server(config)

    def crash(_site: Site, _contents: Contents) -> tuple[Problem, ...]:
        raise RuntimeError

    monkeypatch.setattr(server.sites, "_override_proof", crash)
    wanted = Override(server.now, server.now + timedelta(hours=1), Kind.CLOSED, {})
    assert not server.sites.override((wanted,))
    assert "RuntimeError" in str(server.sites.refused[0])
    assert server.client.get("/readyz").status_code == 503


def test_promises_are_looked_at_from_the_helplines_date_on(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[date] = []

    ask = ProverProcess.ask

    def noted(process: ProverProcess, question: Question, seconds: float) -> Answer:
        asked.append(question.since)
        return ask(process, question, seconds)

    monkeypatch.setattr(ProverProcess, "ask", noted)
    evening = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)  # the day before at the helpline
    app = create_app(settings(config), now=lambda: evening, watching=False)
    of(app).services.sites.reload()
    assert asked == [date(2026, 11, 24)]
