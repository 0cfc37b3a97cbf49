"""Trial calls: the way that callers go, apart from every server; and whatever happens to the process that plays
them."""

import json
import os
import re
import signal
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copytree
from subprocess import run

import pytest

from phonetree.config.phones import line_key, team_key
from phonetree.config.site import load
from phonetree.core.schedule import Cover, Kind, Override
from phonetree.core.tree import Reached
from phonetree.runtime.trials import (
    COMMAND,
    Line,
    Played,
    Result,
    Rung,
    Shown,
    TrialCall,
    TrialError,
    Trials,
)
from phonetree.simulator.ending import Waits
from phonetree.simulator.golden import Golden
from phonetree.simulator.phone import TONE
from phonetree.web import trial
from tests.support.lines import EXAMPLES, ROOT, RULES, VPR, play, webhook

AT = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
NIGHT = AT + timedelta(hours=12)
FIRST, SECOND = "First advocate", "Second advocate"
BARCC = "the Boston Area Rape Crisis Center"


def call(*steps: str, folder: Path = VPR, **more: object) -> TrialCall:
    found = TrialCall(load(folder, RULES).contents, folder, frozenset(), (), AT, steps, stops=True)
    return replace(found, **more)  # type: ignore[arg-type]


def played(*steps: str, **more: object) -> Played:
    """A call that is played in this process."""
    return Played.read(trial.answer(call(*steps, **more).line()))  # type: ignore[arg-type]


def heard(made: Played) -> list[str]:
    return [piece.text for line in made.lines if line.what == "hears" for piece in line.pieces]


def whats(made: Played, what: str) -> list[str]:
    return [line.words for line in made.lines if line.what == what]


def test_what_is_heard_is_what_the_servers_say() -> None:
    for keys, world, phones in (("1", "*=busy", "busy"), ("2,1", "*=machine", "machine"), ("8,3,20s#", "", "")):
        golden = Golden("", {"at": "2026-11-23 10:00", "keys": keys, "world": world})
        theirs = play(golden, webhook, VPR).transcript.lines
        ours = played(*keys.split(","), phones=phones, stops=False)
        said = [piece.text for line in sorted(theirs, key=lambda line: line.at) for piece in line.said]
        assert [text for text in heard(ours) if text != TONE] == said
        assert [line.at for line in ours.lines] == sorted(line.at for line in theirs)


def test_a_request_that_the_network_did_not_sign_is_refused() -> None:
    helpline = trial.Helpline(call())
    assert helpline.play(call()).waits is Waits.KEY
    helpline.token = "another"  # what the network signs with from now on
    refused = helpline.play(call())
    assert refused.ended == "the network gave up"
    assert "403" in whats(refused, "network")[0]


def test_it_stops_where_the_caller_decides_and_says_what_it_came_to() -> None:
    first = played()
    assert (first.waits, first.ended, first.result, first.rung) == (Waits.KEY, "", None, ())
    spoke = played("1", "hangup")
    assert spoke.rung == (Rung((FIRST, SECOND), Shown.HELPLINE),)
    assert spoke.spoke_with == (FIRST,)
    assert spoke.ended == "the caller hung up"
    assert spoke.rang
    assert spoke.result == Result(Kind.OPEN, ("1",), (Reached.TEAM, "advocates"), 16)
    assert spoke.result.seconds - 1 < spoke.rang <= spoke.result.seconds
    left = played("3")
    assert (left.waits, left.tone) == (Waits.SPEECH, left.seconds)
    left = played("3", "20s#")
    assert (left.waits, left.messages) == (None, (20,))
    assert left.result == Result(Kind.OPEN, ("3",), (Reached.NODE, "voicemail"), 38)
    silent = played(*["wait"] * 6, phones="no-answer", at=NIGHT)
    assert silent.result
    assert (silent.result.when, silent.result.keys) == (Kind.CLOSED, ())
    assert silent.result.reached == (Reached.LINE, "barcc")
    assert played("hangup").result == Result(Kind.OPEN, (), None, 31)


def test_it_is_said_in_which_language_something_is_heard() -> None:
    made = played("8")
    (spanish,) = (line for line in made.lines if line.what == "hears" and line.words.startswith("(español)"))
    assert spanish.pieces[0].language == "es-US"
    begun = played(node="crisis", language="es")
    assert {piece.language for line in begun.lines for piece in line.pieces} == {"es-US"}
    assert "Estas líneas atienden de día y de noche." in begun.lines[0].words


def test_a_call_begins_at_any_node() -> None:
    site = load(VPR, RULES).site
    for node in site.nodes:
        made = played(node=node)
        assert made.lines, node
        assert not made.problem
    assert played(node="advocate").rung[0].names == (FIRST, SECOND)
    assert played(node="nowhere").problem == "there is no node 'nowhere'; choose another one to begin at"


def test_each_team_and_line_can_do_something_else() -> None:
    made = played("1", "1", phones="no-answer", each={line_key("barcc"): "answers", team_key("advocates"): "busy"})
    assert [each.names for each in made.rung] == [(FIRST, SECOND), (FIRST,), (SECOND,), (BARCC,)]
    assert made.spoke_with == (BARCC,)
    assert f"{FIRST}: busy" in whats(made, "")


def test_nobody_is_rung_who_has_no_phone_and_covers_hold() -> None:
    nobody = played("1", unrung=frozenset({"ADVOCATE_1", "ADVOCATE_2"}))
    assert nobody.rung == ()
    assert played("1", unrung=frozenset({"ADVOCATE_1"})).rung[0].names == (SECOND,)
    cover = Override(AT, AT + timedelta(hours=1), None, {}, Cover(FIRST, ""))
    assert played("1", overrides=(cover,)).rung[0].names == (SECOND,)
    said = Override(AT, AT + timedelta(hours=1), Kind.CLOSED, {"en": "We are at a funeral."})
    assert "We are at a funeral." in heard(played(overrides=(said,)))
    assert played("1", folder=EXAMPLES / "volunteer-line", phones="no-answer", at=NIGHT).rung, "every name has a number"


def test_no_number_is_told() -> None:
    for keys in ((), ("1",), ("0",), ("2", "1"), ("3",)):
        for phones in ("", "busy", "machine"):
            told = played(*keys, phones=phones, stops=False).line().decode()
            assert "+1" not in told, (keys, phones)


def test_files_that_are_no_site_and_steps_that_are_none_are_problems() -> None:
    broken = dict(call().contents) | {"routing.yaml": b"nodes: {}\n"}
    assert "routing.yaml" in played(contents=broken).problem
    assert "'x' is not a caller's step" in played("x").problem


def test_a_recorded_prompt_is_told_by_its_words(tmp_path: Path) -> None:
    folder = Path(copytree(VPR, tmp_path / "config"))
    (folder / "audio").mkdir(exist_ok=True)
    (folder / "audio" / "hello.mp3").write_bytes(b"sound")
    routing = (folder / "routing.yaml").read_text(encoding="utf-8")
    crisis = routing[routing.index("\n  crisis:\n") :]
    spoken = re.search(r"\n( +)en: .*", crisis)
    assert spoken
    recorded = f"\n{spoken[1]}en: {{audio: hello.mp3, text: Recorded words.}}"
    changed = routing.replace(crisis, crisis.replace(spoken[0], recorded, 1))
    (folder / "routing.yaml").write_text(changed, encoding="utf-8")
    assert "Recorded words." in heard(played(node="crisis", folder=folder))


# -- the process


def python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import os, signal, sys; sys.stdin.readline(); os.kill(os.getpid(), signal.SIGKILL)", "ended by signal 9"),
        ("raise SystemExit(7)", "ended with status 7"),
        ("import sys; sys.stdin.readline(); print('rubbish')", "no readable answer"),
        ("import sys; sys.stdin.readline(); print('{}')", "no readable answer"),
        ("import sys; sys.stdin.readline(); print('{\"lines\": [1]}')", "no readable answer"),
        ("import time; time.sleep(60)", "within 1 seconds; try again"),
    ],
)
def test_a_process_that_fails_is_told_and_is_gone(code: str, said: str) -> None:
    trials = Trials(python(code), seconds=1)
    for _ in range(2):
        with pytest.raises(TrialError, match=said):
            trials.play(call())
        with pytest.raises(ChildProcessError):
            os.waitpid(-1, os.WNOHANG)


def test_one_that_cannot_be_started_is_told() -> None:
    trials = Trials(("/nonexistent",))
    trials.prepare()
    with pytest.raises(TrialError, match=r"could not be started \(No such file"):
        trials.play(call())


@pytest.fixture
def trials() -> Iterator[Trials]:
    made = Trials((*COMMAND, str(VPR)))
    yield made
    made.stop()


@pytest.mark.slow
def test_the_real_one_has_no_secret_and_comes_back_when_it_is_killed(
    trials: Trials, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY", "a secret of the tests")
    trials.prepare()
    assert trials._child
    first = trials.play(call("1"))
    assert first.lines == played("1").lines
    pid = trials._child._process.pid
    seen = Path(f"/proc/{pid}/environ").read_bytes()
    assert b"PYTHONPATH=" in seen
    assert b"a secret" not in seen
    os.kill(pid, signal.SIGKILL)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    assert trials.play(call("1")).lines == first.lines
    assert trials._child._process.pid != pid


@pytest.mark.slow
def test_one_that_nobody_uses_ends_and_another_is_started(trials: Trials) -> None:
    code = "from phonetree.web import trial; trial.IDLE_SECONDS = 0.2; trial.main()"
    trials._command = (sys.executable, "-P", "-c", code)
    assert trials.play(call()).lines
    assert trials._child
    os.waitid(os.P_PID, trials._child._process.pid, os.WEXITED | os.WNOWAIT)
    assert trials.play(call()).lines


@pytest.mark.slow
def test_it_opens_no_connection_writes_nothing_and_starts_nothing(tmp_path: Path) -> None:
    code = f"""
import json, os, socket, subprocess, sys
from phonetree.web import trial
sys.addaudithook(trial.refuse)
tries = [
    socket.socket, lambda: open({str(tmp_path / "x")!r}, "w"), lambda: subprocess.run(["true"]), os.fork,
    lambda: os.system("true"), lambda: socket.getaddrinfo("localhost", 80), lambda: socket.gethostbyname("localhost"),
    lambda: os.mkdir({str(tmp_path / "y")!r}), lambda: os.rename({str(tmp_path)!r}, {str(tmp_path / "z")!r}),
    lambda: os.kill(os.getppid(), 0), lambda: os.chmod({str(tmp_path)!r}, 0o755),
    lambda: os.utime({str(tmp_path)!r}, (1, 1)), lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
]
told = []
for each in tries:
    try:
        each()
    except PermissionError as error:
        told.append(str(error))
print(json.dumps([told, open({str(VPR / "hours.yaml")!r}).read() != ""]))
"""
    out = run(python(code), capture_output=True, check=True, env={"PYTHONPATH": str(ROOT)}).stdout  # noqa: S603
    told, reads = json.loads(out)
    assert len(told) == 13
    assert reads
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_where_the_kernel_can_it_reads_its_folders_alone_whatever_python_allows(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("a secret")
    code = f"""
import json, os, socket, subprocess, sys
from pathlib import Path
from phonetree.config.confining import confine
there, listening = Path({str(tmp_path)!r}), socket.create_server(("127.0.0.1", 0))
tries = dict(
    read=(there / "kept").read_text, list=lambda: os.listdir(there), write=lambda: open(there / "new", "w"),
    make=(there / "made").mkdir, rename=lambda: (there / "kept").rename(there / "x"), remove=(there / "kept").unlink,
    users=Path("/etc/passwd").read_text, run=lambda: subprocess.run(["/bin/true"]),
    connect=lambda: socket.create_connection(listening.getsockname()), end=lambda: os.kill(os.getppid(), 0),
)
holds, told = confine([Path({str(VPR)!r})]), []
for name, each in tries.items():
    try:
        each()
    except PermissionError:
        told.append(name)
import wave  # of Python, and not there yet
print(json.dumps([holds, told, Path({str(VPR / "hours.yaml")!r}).read_text() != "", sorted(tries)]))
"""
    out = run(python(code), capture_output=True, check=True, env={"PYTHONPATH": str(ROOT)}).stdout  # noqa: S603
    holds, told, reads, tries = json.loads(out)
    if not holds:
        pytest.skip("this kernel has no Landlock")
    later = {"connect", "end"}  # than its first version
    assert set(told) | later == set(tries)
    assert reads
    assert [each.name for each in tmp_path.iterdir()] == ["kept"]


def test_a_call_is_asked_for_and_told_as_a_line() -> None:
    asked = call("1", "wait", node="crisis", language="es", each={"team-advocates": "busy"}, unrung=frozenset({"A"}))
    assert TrialCall.read(asked.line()) == asked
    assert asked.line().count(b"\n") == 1
    assert COMMAND[-1] == "phonetree.web.trial"
    made = played("1", "hangup")
    assert Played.read(made.line()) == made
    assert all(isinstance(line, Line) for line in made.lines)
