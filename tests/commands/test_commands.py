"""The commands as people type them: what they print, and their exit status."""

import json
from pathlib import Path
from shutil import copytree

import click
import pytest

from phonetree.__main__ import BUG, KNOWN_PROBLEM, main
from phonetree.commands import NAMES
from phonetree.simulator.caller import Script
from phonetree.simulator.keyboard import Keyboard
from tests.support.lines import ROOT, VPR, read_golden

OWN_PROMISES = Path(__file__).parent / "own_promises.txt"
"""What `prove` prints of a site with promises of its own."""


@pytest.fixture(autouse=True)
def _in_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("PHONETREE_CONFIG", str(VPR))


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    config = Path(copytree(VPR, tmp_path / "config"))
    routing = config / "routing.yaml"
    text = (
        routing.read_text(encoding="utf-8").replace("go: crisis}", "go: crisys}").replace("tries: 1\n", "tries: one\n")
    )
    routing.write_text(text, encoding="utf-8")
    return config


@pytest.mark.parametrize("name", NAMES)
def test_every_command_has_help_with_an_example(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, "--help"]) == 0
    assert f"Example: scripts/phonetree {name}" in capsys.readouterr().out


def test_check_finds_nothing_in_what_is_shipped_but_numbers_that_are_not_set(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["check", "--at", "2026-11-22"]) == 0
    lines = capsys.readouterr().out.splitlines()
    told = [line.partition(": warning: ")[2] for line in lines[:-1] if "is hard to follow" not in line]
    assert told == [
        "team 'advocates', member 1: $ADVOCATE_1 is not set here; on the server it comes from the "
        "environment, or from the console's page People",
        "team 'advocates', member 2: $ADVOCATE_2 is not set here; on the server it comes from the "
        "environment, or from the console's page People",
    ]
    assert lines[-1].startswith("No problems, 5 warnings.")


def test_check_lists_every_problem_and_exits_1(broken: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--config", str(broken)]) == KNOWN_PROBLEM
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"{broken}/routing.yaml:")
    assert lines[0].endswith("did you mean 'crisis'?")
    assert lines[-1] == "2 problems. Callers do not hear this edit."


def test_hours_says_what_why_and_what_next(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hours", "--at", "2026-11-26 10:00", "--days", "3"]) == 0
    assert capsys.readouterr().out == (
        "Thu 26 Nov 2026 10:00 EST: holiday (Thanksgiving)\n"
        "until Fri 27 Nov 2026 0:00 EST: then holiday\n"
        "opens next Mon 30 Nov 2026 9:00 EST\n"
        "\n"
        "Thu 26 Nov 2026  closed        Thanksgiving\n"
        "Fri 27 Nov 2026  closed        the day after Thanksgiving\n"
        "Sat 28 Nov 2026  closed\n"
    )


def test_a_long_list_of_hours_has_the_special_days_only(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hours", "--at", "2026-11-22 10:00", "--days", "400"]) == 0
    days = capsys.readouterr().out.partition("\n\n")[2].splitlines()
    assert len(days) < 40
    assert "Mon 19 Apr 2027  closed        Patriots' Day" in days


def test_hours_says_that_a_span_ends_on_the_next_day(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = copytree(ROOT / "tests" / "broken" / "base", tmp_path / "config")
    text = (config / "hours.yaml").read_text(encoding="utf-8")
    edited = text.replace("monday-friday: 9:00-17:00", "friday-saturday: 9:00-12:00, 18:00-2:00")
    (config / "hours.yaml").write_text(edited, encoding="utf-8")
    assert main(["hours", "--config", str(config), "--at", "2026-11-22 01:00", "--days", "7"]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[1] == "until Sun 22 Nov 2026 2:00 EST: then closed"
    assert shown[-1] == "Sat 28 Nov 2026  9:00-12:00 and 18:00 until 2:00 the next day"


@pytest.mark.parametrize(
    ("at", "status", "problem"),
    [
        ("tomorrow", 2, "'tomorrow' is not a date and time; write it like"),
        ("2026-11-30 25:00", 2, "'2026-11-30 25:00' is not a date and time; write it like"),
        ("2026-11-31 10:00", 2, "'2026-11-31': that month has no such day; check the calendar"),
        ("2026-13-24", 2, "'2026-13-24': there is no month 13"),
        ("9999-12-31 10:00", 2, "'9999-12-31 10:00' is outside the years 2000 to 2100"),
        ("0001-01-01T00:00+02:00", 2, "is outside the years"),
        ("2027-03-14 02:30", KNOWN_PROBLEM, "2027-03-14 02:30 does not exist in America/New_York"),
    ],
)
def test_a_moment_that_does_not_exist_is_refused(
    at: str, status: int, problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["hours", "--at", at]) == status
    assert problem in capsys.readouterr().err


def test_a_golden_call_with_a_moment_that_does_not_exist_is_a_known_problem(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call = tmp_path / "call.txt"
    call.write_text("# One\nat: 2026-11-31 10:00\nkeys: 1\nworld: *=no-answer\n\n", encoding="utf-8")
    assert main(["call", "--golden", str(call)]) == KNOWN_PROBLEM
    assert "'2026-11-31': that month has no such day" in capsys.readouterr().err


def test_a_call_needs_no_settings_and_can_be_saved(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    saved = tmp_path / "a.call"
    arguments = ["call", "--at", "2026-11-23 10:00", "--keys", "1", "--world", "*=no-answer", "--save", str(saved)]
    assert main(arguments) == 0
    printed = capsys.readouterr().out
    assert "rings     +16175550101, +16175550102; they see +16172532300" in printed
    golden = read_golden(saved)
    assert golden.transcript in printed
    assert golden.headers == {"at": "2026-11-23 10:00", "keys": "1", "world": "*=no-answer"}


def test_a_call_is_forwarded_where_the_files_say_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PHONETREE_DEMO", "1")  # its numbers are made up
    call = ["call", "--config", str(ROOT / "tests" / "sites" / "forwarded"), "--at", "2026-11-23 10:00", "--keys", "1"]
    assert main([*call, "--world", "*=accepts talks 5"]) == 0
    assert "+16175550151; they see +16175550150" in capsys.readouterr().out


def test_no_call_is_played_with_files_that_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "config"
    copytree(VPR, config)
    routing = config / "routing.yaml"
    good = routing.read_text(encoding="utf-8")
    routing.write_text(good.replace("helpline:", "helpline:\n  provider_number: +1 617 555 0159", 1), encoding="utf-8")
    assert main(["check", "--config", str(config)]) == KNOWN_PROBLEM
    problem = capsys.readouterr().out.splitlines()[0]
    assert "is fictional (555-01xx); write the real one" in problem
    golden = tmp_path / "a.call"
    golden.write_text("A call.\n\nat: 2026-11-23 10:00\nkeys: hangup\n", encoding="utf-8")
    for how in (["--at", "2026-11-23 10:00", "--keys", "hangup"], ["--golden", str(golden)]):
        assert main(["call", "--config", str(config), *how]) == KNOWN_PROBLEM
        printed = capsys.readouterr()
        assert (printed.out, printed.err.splitlines()) == ("", [problem])


def test_a_call_can_be_typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    typed = iter(["7", "3", "20"])
    monkeypatch.setattr(click, "prompt", lambda *arguments, **named: next(typed))
    assert main(["call", "--at", "2026-11-23 20:00"]) == 0
    printed = capsys.readouterr().out
    assert "That key is not one of the choices." in printed
    assert "keeps a recording of 20 s" in printed


@pytest.mark.parametrize(
    ("answers", "step", "kept"),
    [
        (["20"], "20s#", 20),
        (["20s"], "20s", 20),
        ([" 20S# "], "20s#", 20),
        (["7sx"], "7sx", 7),
        (["h"], "0sx", 0),
        ([""], "0s", 0),
        (["banana", "5x", "-3", "\N{SUPERSCRIPT TWO}", "601", "9" * 5000, "5"], "5s#", 5),
    ],
)
def test_what_is_typed_at_the_tone_is_spoken_or_asked_again(answers: list[str], step: str, kept: int) -> None:
    shown: list[str] = []
    asked = iter(answers)
    keyboard = Keyboard(shown.append, lambda _: next(asked))
    spoken = keyboard.recorded()
    assert spoken.seconds == kept
    assert keyboard.typed == [step], "as --save writes it"
    assert Script(step).recorded() == spoken, "and as it is played again"
    assert len(shown) == len(answers) - 1, "a sentence for each answer that is not understood"
    assert all("write 0 to 600, such as 20 or 20s#" in line for line in shown)


def test_a_call_to_nobody_says_what_to_do(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "x")
    assert main(["call", "--url", "http://127.0.0.1:9", "--keys", "1"]) == KNOWN_PROBLEM
    assert "start the demo with scripts/serve first" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["call", "--keys", "dance"], "'dance' is not a caller's step"),
        (["call", "--url", "nonsense"], "--url is 'nonsense', which is not an address"),
        (["call", "--url", "http://[1"], "--url is 'http://[1', which is not an address"),
        (["call", "--keys", "1", "--world", "x"], "'x' is not a phone"),
        (["call", "--url", "http://127.0.0.1:9", "--at", "now"], "--at works only in process"),
        (["check", "--config", "nowhere"], ""),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == KNOWN_PROBLEM
    captured = capsys.readouterr()
    assert said in captured.err
    assert "Traceback" not in captured.err + captured.out


def test_serve_names_the_setting_that_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("TWILIO_ACCOUNT_SID", raising=False)
    assert main(["serve"]) == KNOWN_PROBLEM
    assert capsys.readouterr().err.startswith("TWILIO_ACCOUNT_SID is not set")


def test_a_bug_has_an_exit_status_of_its_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*arguments: object, **named: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("phonetree.commands.work.reading.load", fail)
    assert main(["check"]) == BUG
    assert "This is a bug in phonetree" in capsys.readouterr().err


def test_prove_says_what_is_kept_and_how_soon_help_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prove", "--at", "2026-11-22"]) == 0
    printed = capsys.readouterr().out
    assert "BROKEN" not in printed
    assert printed.count("kept  ") >= 12
    assert "open     2026-11-23 13:00   en               14      -       71" in printed


@pytest.mark.slow
def test_prove_shows_a_broken_promise_and_a_call(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = Path(copytree(VPR, tmp_path / "config"))
    routing = config / "routing.yaml"
    text = routing.read_text(encoding="utf-8")
    end = "le comunico ahora.}\n      go: "
    routing.write_text(text.replace(f"{end}barcc_now", f"{end}leave"), encoding="utf-8")
    assert main(["prove", "--config", str(config), "--at", "2026-11-22"]) == KNOWN_PROBLEM
    printed = capsys.readouterr().out
    assert "BROKEN  Every call leads to a person" in printed
    call = tmp_path / "found.call"
    first = printed.index("          # ")
    call.write_text(printed[first : printed.index("\nkept", first)], encoding="utf-8")
    assert main(["call", "--golden", str(call), "--config", str(config)]) == 0
    assert capsys.readouterr().out.rstrip().endswith("the helpline hung up")
    assert main(["call", "--golden", str(call)]) == KNOWN_PROBLEM, "what is shipped goes on"
    assert "This differs from the file" in capsys.readouterr().out
    assert main(["call", "--golden", str(call), "--at", "now"]) == KNOWN_PROBLEM
    assert "leave out those" in capsys.readouterr().err
    assert main(["check", "--config", str(config)]) == KNOWN_PROBLEM
    assert "a caller who reached nobody is hung up on" in capsys.readouterr().out


def test_prove_lists_the_helplines_own_promises(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], *, rewrite: bool
) -> None:
    """Kept, broken by what is reached, and broken by when; each as it is read, with the call."""
    config = Path(copytree(VPR, tmp_path / "config"))
    with (config / "routing.yaml").open("a", encoding="utf-8") as file:
        file.write(
            "\npromises:\n"
            "  - {when: closed, keys: [1], reaches: barcc, within: 30}\n"
            "  - {when: always, keys: [0], reaches: advocates, language: es}\n"
            "  - {when: open, keys: [], reaches: advocates, within: 60}\n"
            "  - {when: [closed, holiday], keys: [1], reaches: rainn}\n"
        )
    assert main(["prove", "--config", str(config), "--at", "2026-11-22"]) == KNOWN_PROBLEM
    printed = capsys.readouterr().out
    if rewrite:
        OWN_PROMISES.write_text(printed, encoding="utf-8")
    assert "BROKEN" in printed
    assert printed == OWN_PROMISES.read_text(encoding="utf-8")


@pytest.mark.slow
def test_prove_names_the_cause_when_nobody_has_a_phone(
    database: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert database
    assert main(["migrate"]) == 0
    monkeypatch.setenv("SECRET_KEY", "a-secret" + "0" * 32)
    assert main(["prove", "--config", str(VPR), "--at", "2026-11-22"]) == KNOWN_PROBLEM
    printed = capsys.readouterr().out
    assert printed.count("Nobody in team 'advocates' has a phone; add one on the console's page People") == 1
    assert "BROKEN  0 reaches a person from every menu." in printed, "the promise stays broken"


def test_prove_speaks_to_machines_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prove", "--format", "json"]) == 0
    proof = json.loads(capsys.readouterr().out)
    assert proof["kept"] is True
    assert {promise["id"] for promise in proof["promises"]} >= {"help", "silence", "zero", "near"}
