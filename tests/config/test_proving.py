"""The prover by itself: what it answers, what it imports, and when it ends."""

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from shutil import copytree

import pytest

from bench.growth import routing
from phonetree.config import answering, proving
from phonetree.config.promises import broken_promises
from phonetree.config.question import Answer, Question
from phonetree.config.site import load, overridden
from phonetree.core.schedule import Accepted, Cover, Kind, Override
from phonetree.errors import ConfigError
from tests.support.lines import RULES, VPR
from tests.support.programs import ROOT, until

pytestmark = pytest.mark.slow

SINCE = date(2026, 11, 22)
HEAVY = (
    "flask", "werkzeug", "jinja2", "granian", "sqlalchemy", "alembic", "twilio.rest", "requests", "cryptography",
    "apprise", "click", "rich", "structlog", "prometheus_client", "phonetree.store", "phonetree.runtime",
    "phonetree.web", "phonetree.commands", "phonetree.mailbox", "phonetree.simulator",
)  # fmt: skip
"""What a server needs and a proof does not."""

Process = subprocess.Popen[bytes]


@pytest.fixture
def prover() -> Iterator[Process]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "phonetree.config.proving"]
    with subprocess.Popen(  # noqa: S603
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, process_group=0
    ) as process:
        yield process
        process.kill()


def question(folder: Path, *overrides: Override) -> Question:
    return Question(load(folder, RULES).contents, folder, RULES, overrides, SINCE)


def ask(prover: Process, asked: Question) -> Answer:
    assert prover.stdin
    assert prover.stdout
    prover.stdin.write(asked.line())
    prover.stdin.flush()
    return Answer.read(prover.stdout.readline(), asked.folder)


def broken_site(folder: Path) -> Path:
    """A site that breaks a promise."""
    config = Path(copytree(VPR, folder / "config"))
    end = "le comunico ahora.}\n      go: "
    text = (config / "routing.yaml").read_text(encoding="utf-8")
    assert f"{end}barcc_now" in text
    (config / "routing.yaml").write_text(text.replace(f"{end}barcc_now", f"{end}leave"), encoding="utf-8")
    return config


def small_site(folder: Path, *, breaks: bool = False) -> Path:
    """A site that is proved in a moment; or one that breaks the promise that `broken_site` does."""
    config = Path(copytree(VPR.parent / "forwarded", folder / "config"))
    changes = {"+1 617 555 0151": "$ADVOCATE_1"}
    if breaks:
        changes |= {
            "desk, otherwise: line": "desk, otherwise: message",
            "otherwise: message}}\n  message": "otherwise: bye}}\n  message",
        }
    text = (config / "routing.yaml").read_text(encoding="utf-8")
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    (config / "routing.yaml").write_text(text, encoding="utf-8")
    return config


def large_site(folder: Path, nodes: int = 1000) -> Path:
    """A site whose proof takes seconds."""
    config = folder / "config"
    config.mkdir()
    hours = {"timezone": "America/New_York", "open": {"monday-friday": "9:00-17:00"}, "holidays": {"calendars": ["US"]}}
    (config / "hours.yaml").write_text(json.dumps(hours), encoding="utf-8")
    (config / "routing.yaml").write_text(json.dumps(routing(nodes)), encoding="utf-8")
    return config


def test_it_answers_as_the_proof_does_one_question_after_the_other(prover: Process, tmp_path: Path) -> None:
    config = broken_site(tmp_path)
    site = load(config, RULES).site
    found = ask(prover, question(config))
    assert found.proved
    assert found.problems == broken_promises(site, config, SINCE)
    assert found.problems[0].where.line > 1
    kept = ask(prover, question(VPR))
    assert kept == Answer((), proved=True, times=kept.times)
    assert kept.times
    begins = datetime(2026, 11, 23, 15, tzinfo=UTC)
    opened = Override(begins, begins + timedelta(days=3), Kind.OPEN, {"en": "We are here.", "es": "Aquí estamos."})
    under = broken_promises(overridden(site, (opened,)), config, SINCE)
    assert ask(prover, question(config, opened)).problems == under


def test_what_a_helpline_promises_itself_is_part_of_the_question(prover: Process, tmp_path: Path) -> None:
    """A verdict that was kept of the site without it is of another question, and of another revision."""
    config = small_site(tmp_path)
    before, without = question(config), load(config, RULES).site
    with (config / "routing.yaml").open("a", encoding="utf-8") as file:
        file.write("promises:\n  - {when: open, keys: [1], reaches: crisis}\n")
    after, site = question(config), load(config, RULES).site
    assert before.identity() != after.identity()
    assert without.revision != site.revision
    assert ask(prover, before).problems == ()
    found = ask(prover, after)
    assert found.problems == broken_promises(site, config, SINCE)
    assert "the call reaches team 'desk' when open" in found.problems[0].text
    assert found.problems[0].where == site.promises[0].where


def test_it_is_asked_with_covers_and_what_staff_accepted(prover: Process) -> None:
    begins = datetime(2026, 11, 23, 15, 0, 10, tzinfo=UTC)  # the hours of a line change at 15:00

    def away(name: str, *nodes: str, hours: int = 3, team: str = "advocates") -> Override:
        accepted = tuple(Accepted(team, begins, begins + timedelta(hours=hours), node) for node in nodes)
        return Override(begins, begins + timedelta(hours=3), None, {}, Cover(name), accepted)

    first = away("First advocate")
    assert ask(prover, question(VPR, first)).problems == ()
    alone = ask(prover, question(VPR, first, away("Second advocate")))
    assert "no single key reaches an advocate" in " ".join(problem.text for problem in alone.problems)
    assert "0 reaches nobody" in " ".join(problem.text for problem in alone.problems)
    other = ask(prover, question(VPR, first, away("Second advocate", "leave")))
    assert "0 reaches nobody" in " ".join(problem.text for problem in other.problems), "they do not come there"
    assert ask(prover, question(VPR, first, away("Second advocate", "unanswered"))).problems == ()
    part = ask(prover, question(VPR, first, away("Second advocate", "unanswered", hours=2)))
    assert "0 reaches nobody" in " ".join(problem.text for problem in part.problems), "in the last hour it was not"
    earlier = ask(prover, question(VPR, first, away("Second advocate", "unanswered", team="")))
    assert earlier.problems == (), "an earlier version kept no team"


def test_a_site_that_is_none_is_told_and_not_proved(prover: Process) -> None:
    asked = question(VPR)
    bad = {**asked.contents, "routing.yaml": asked.contents["routing.yaml"].replace(b"go: crisis}", b"go: crisys}")}
    found = ask(prover, Question(bad, VPR, RULES, (), SINCE))
    assert not found.proved
    assert "did you mean 'crisis'?" in found.problems[0].text


def test_a_fault_of_ours_is_told_by_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object) -> None:
        raise RecursionError("+16175550101")

    monkeypatch.setattr(proving, "proved", crash)
    found = Answer.read(proving.answer(question(VPR).line()), VPR)
    assert not found.proved
    assert "a bug in phonetree (RecursionError, proving.py:" in found.problems[0].text
    assert "0101" not in found.problems[0].text


def test_the_numbers_that_files_name_come_with_the_question(tmp_path: Path) -> None:
    asked = question(VPR)
    names = Question.read(asked.line()).rules.names
    assert names == {"ADVOCATE_1": "+16175550101", "ADVOCATE_2": "+16175550102"}
    with pytest.raises(ConfigError, match="ADVOCATE_1 is not set"):
        load(VPR, type(RULES)({}, fictional=True))


def test_it_ends_when_its_input_is_closed_in_the_middle_of_a_proof(prover: Process, tmp_path: Path) -> None:
    assert prover.stdin
    prover.stdin.write(question(large_site(tmp_path)).line())
    prover.stdin.flush()
    until(lambda: seconds(prover.pid) > 1, "it does not prove")
    prover.stdin.close()
    assert prover.wait(2) == 0


def seconds(pid: int) -> float:
    """The processor time that a process has had."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_it_stands_back_and_leaves_what_is_meant_for_the_server(prover: Process) -> None:
    ask(prover, question(VPR))  # it has started
    assert os.getpriority(os.PRIO_PROCESS, prover.pid) == os.getpriority(os.PRIO_PROCESS, 0) + answering.NICENESS
    assert resource.prlimit(prover.pid, resource.RLIMIT_AS)[1] == proving.MOST_MEGABYTES * 2**20
    assert resource.prlimit(prover.pid, resource.RLIMIT_CORE) == (0, 0)
    assert Path(f"/proc/{prover.pid}/oom_score_adj").read_text(encoding="ascii").strip() == "1000"
    for name in (signal.SIGTERM, signal.SIGINT):
        prover.send_signal(name)
    assert ask(prover, question(VPR)).proved


def test_it_imports_what_it_needs_alone() -> None:
    code = "import sys, phonetree.config.proving; print(*sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout  # noqa: S603
    loaded = set(told.split())
    assert "phonetree.proof.prove" in loaded
    assert loaded.isdisjoint(HEAVY), loaded & set(HEAVY)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"rubbish",
        b"\xff\n",
        b"[]",
        b'"problems"',
        b"{}",
        b'{"proved": true, "problems": [1]}',
        b'{"proved": true, "problems": [["routing.yaml", 1, 1]]}',
        b'{"proved": true, "problems": [["routing.yaml", "1", 1, "x"]]}',
        b'{"proved": true, "problems": [[1, 1, 1, "x"]]}',
        b'{"problems": []}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_answer_is_not_taken_for_one(line: bytes) -> None:
    with pytest.raises(ValueError, match="it is no answer"):
        Answer.read(line, VPR)
