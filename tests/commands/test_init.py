"""`init`: answers that cannot be used, files that are legal and proven, and a folder that has both of them or none."""

import errno
import os
import re
import signal
import subprocess
import sys
import tomllib
from collections.abc import Callable
from datetime import date
from fnmatch import fnmatch
from pathlib import Path
from string import ascii_letters

import click
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from phonetree.__main__ import KNOWN_PROBLEM, STOPPED, main
from phonetree.commands.work import init, init_files
from phonetree.commands.work import init_answers as answers
from phonetree.commands.work.init_answers import Answers
from phonetree.commands.work.init_files import TEMPLATES, files_of
from phonetree.config.advice import advice
from phonetree.config.weekdays import WEEKDAYS
from phonetree.core.phrases import PHRASES
from phonetree.core.speech import speech_seconds
from phonetree.errors import PhonetreeError
from tests.support.lines import ROOT
from tests.support.programs import until

WRONG_USAGE = 2
TODAY = date(2026, 11, 22)
ASKED = ("name", "number", "zone", "hours", "holidays", "language", "team", "line")


@pytest.fixture(autouse=True)
def _somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of the test's own, on a machine that does not say where it is."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(init, "_zone_here", lambda: init.ZONE)


def _typed(monkeypatch: pytest.MonkeyPatch, *lines: str) -> list[str]:
    """Whoever is asked types these lines, then whatever ends the input; returns the questions that are left."""
    left = list(lines)

    def read(_text: str) -> str:
        if not left:
            raise EOFError
        return left.pop(0)

    monkeypatch.setattr(click.termui, "visible_prompt_func", read)
    return left


def _routing(folder: Path = Path("line")) -> str:
    return (folder / "routing.yaml").read_text(encoding="utf-8")


def _hours(folder: Path = Path("line")) -> str:
    return (folder / "hours.yaml").read_text(encoding="utf-8")


# -- what is made


def test_defaults_make_a_line_that_check_accepts_and_that_can_be_called(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "line", "--yes"]) == 0
    said = capsys.readouterr().out
    assert sorted(path.name for path in Path("line").iterdir()) == ["hours.yaml", "routing.yaml"]
    assert "PHONETREE_CONFIG=line scripts/serve" in said
    assert "another terminal:  scripts/call\n" in said
    assert "scripts/phonetree check --config line" in said
    assert main(["check", "--config", "line", "--at", "2026-06-01"]) == 0
    assert capsys.readouterr().out.count("is not set here") == 3
    assert main(["prove", "--config", "line"]) == 0
    assert "BROKEN" not in capsys.readouterr().out
    assert main(["call", "--config", "line", "--at", "2026-11-23 10:00", "--keys", "1"]) == 0
    heard = capsys.readouterr().out
    assert "Our Helpline. We are here." in heard
    assert "rings     +16175550101, +16175550102; they see +16175550121" in heard


@pytest.mark.slow
def test_every_option_is_in_the_files_and_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    _typed(monkeypatch)  # a question would end the input
    arguments = ["--name", 'Línea "Faro" & Co.', "--number", "+1 617 253 2300", "--zone", "America/Chicago"]
    arguments += ["--hours", "sunday: 9:00-12:00, 13:00-17:00", "--hours", "friday-saturday: 18:00-2:00"]
    arguments += ["--holidays", "US, US-MA", "--language", "es", "--language", "en"]
    arguments += ["--team", "helpers: Ada, Bo", "--team", "legal advice: Cy, Ada"]
    arguments += ["--line", "Partner: Line, +1 617 253 2916", "--line", "RAINN, +1 800 656 4673"]
    assert main(["init", "line", *arguments]) == 0
    hours, routing = _hours(), _routing()
    assert "timezone: America/Chicago\n" in hours
    assert "  sunday: 9:00-12:00, 13:00-17:00\n  friday-saturday: 18:00-2:00\n" in hours
    assert "calendars: [US, US-MA]" in hours
    assert '"Patriots\' Day": {es: "el Día de los Patriotas", en: "Patriots\' Day"}' in hours
    assert r'name: "Línea \"Faro\" & Co."' in routing
    assert "number: +1 617 253 2300\n" in routing
    assert routing.index("es: {voice") < routing.index("en: {voice")
    assert '{name: "Cy", number: $ADVOCATE_3}' in routing
    assert routing.count('{name: "Ada", number: $ADVOCATE_1}') == 2, "who is in two teams has one phone"
    assert "go: ring_legal_advice}" in routing
    assert "last_resort: partner_line\n" in routing
    assert r'en: "Línea \"Faro\" & Co. We are here.' in routing, "one full stop"
    assert main(["check", "--config", "line"]) == 0


def test_a_line_by_day_and_night_has_no_holidays_and_says_so() -> None:
    assert main(["init", "line", "--yes", "--hours", "daily: 0:00-24:00"]) == 0
    assert "\nholidays: none\n" in _hours()
    assert main(["check", "--config", "line"]) == 0


def test_nobody_has_dialled_a_line_that_is_named_here_so_check_reminds_of_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["init", "line", "--yes", "--line", "Partner Line, +1 617 253 2916"]) == 0
    capsys.readouterr()
    assert main(["check", "--config", "line"]) == 0
    assert "resource 'partner_line': has no 'verified' date" in capsys.readouterr().out
    assert "    confidential: false\n" in _routing(), "what nobody has said is not promised"


def test_far_from_the_united_states_the_emergency_number_is_that_of_the_country_and_a_line_has_to_be_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    there = ["init", "line", "--yes", "--zone", "Europe/Berlin", "--number", "+49 30 901820"]
    assert main(there) == WRONG_USAGE
    assert "there is no default for --line here" in capsys.readouterr().err
    assert not Path("line").exists()
    assert main([*there, "--line", "Hilfetelefon, +49 30 901821"]) == 0
    assert "calendars: [DE]" in _hours()
    assert "  emergency: 112   #" in _routing()
    assert "In danger, hang up and dial 112." in _routing()
    assert "911" not in _routing()
    capsys.readouterr()
    assert main(["check", "--config", "line"]) == 0
    assert "emergency" not in capsys.readouterr().out


def test_where_no_emergency_number_is_known_it_is_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    there = ["--number", "+55 11 3123 4567", "--zone", "America/Sao_Paulo", "--line", "Disque, +55 11 3123 4568"]
    assert main(["init", "line", "--yes", *there]) == WRONG_USAGE
    assert "there is no default for --emergency here" in capsys.readouterr().err
    assert main(["init", "other", "--yes", *there, "--emergency", "190"]) == 0
    assert "dial 190." in _routing(Path("other"))
    left = _typed(monkeypatch, "what?", "190")
    rest = [part for name in ("name", "hours", "holidays", "language", "team") for part in (f"--{name}", USUAL[name])]
    assert main(["init", "line", *there, *rest]) == 0
    assert left == []
    assert "  emergency: 190 " in _routing()


def test_names_of_the_files_are_in_plain_letters() -> None:
    lines = ["--line", "Teléfono de la Esperanza, +34 717 003 717", "--line", "Línea Ñandú, +1 617 253 2916"]
    assert main(["init", "line", "--yes", "--team", "Grüße Łódź: Ada", *lines]) == 0
    assert "\n  telefono_de_la_esperanza:\n" in _routing()
    assert "\n  linea_nandu:\n" in _routing()
    assert "\n  grusse_lodz:\n" in _routing()


def test_comments_are_true_when_their_marks_are_removed() -> None:
    """What a comment offers is valid where it stands: closures, openings, an e-mail address, a member in shifts, and
    the day on which a line was dialled."""
    line = ["--line", "Partner Line, +1 617 253 2916"]
    assert main(["init", "line", "--yes", "--language", "en, es", *line]) == 0
    for name, offered in (("hours.yaml", 5), ("routing.yaml", 3)):
        path = Path("line") / name
        text = path.read_text(encoding="utf-8")
        opened, found = re.subn(
            r"^( *)# ((?: *- \{|closures:|openings:|email:|verified:))", r"\1\2", text, flags=re.MULTILINE
        )
        assert found == offered, name
        path.write_text(opened, encoding="utf-8")
    assert main(["check", "--config", "line"]) == 0


# -- questions


def test_enter_takes_the_defaults(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    left = _typed(monkeypatch, *[""] * len(ASKED))
    assert main(["init", "asked"]) == 0
    assert left == []
    assert "Enter takes what is in brackets" in capsys.readouterr().out
    assert main(["init", "given", "--yes"]) == 0
    assert (_hours(Path("asked")), _routing(Path("asked"))) == (_hours(Path("given")), _routing(Path("given")))


WRONG = [
    ("name", "", "the name is empty"),
    ("name", " .. ", "the name is empty"),
    ("name", "A {closure} Line", "write it without braces"),
    ("name", "A Li\u200bne", "a character that cannot be seen or spoken (U+200B, zero width space)"),
    ("name", "The Line of " + "everybody " * 6, "s to say; choose one of at most 3 s"),
    ("name", "x" * 101, "a name has at most 100"),
    ("number", "617 253 2300", "write it with + and the country code"),
    ("number", "+1 617 555 0123", "is fictional (555-01xx)"),
    ("number", "911", "an emergency number is never bridged"),
    ("number", "+1 617 253 23OO", "has the letter 'O', where a zero may be meant"),
    ("number", "helpline_number", "write $HELPLINE_NUMBER"),
    ("zone", "Chicago", "did you mean 'America/Chicago'?"),
    ("zone", "EST", "never changes to summer time"),
    ("zone", "UTC", "never changes to summer time"),
    ("hours", "9-5", "does not say which days"),
    ("hours", "9:00-17:00", "does not say which days"),
    ("hours", "weekdays: 9:00-17:00", "did you mean 'monday-friday'?"),
    ("hours", "monday-friday: 9-5", "write 9:00-17:00, if that is meant"),
    ("hours", "monday: 9:00-5:00", "runs over midnight for 20 hours"),
    ("hours", "monday: 9:00-12:00; monday: 13:00-17:00", "has hours twice"),
    ("hours", "monday-friday: 9:00-12:00; friday: 13:00-17:00", "has hours twice"),
    ("hours", "monday: closed", "no day has hours"),
    ("hours", ";", "no day has hours"),
    ("holidays", "USA", "'USA' is not a calendar; write a country or a state"),
    ("holidays", "us", "'us' is not a calendar; did you mean 'US'?"),
    ("holidays", "us-ma", "'us-ma' is not a calendar; did you mean 'US-MA'?"),
    ("holidays", "US-XX", "'US' has no calendar for 'XX'"),
    ("holidays", "US US", "'US' is there twice"),
    ("language", "pt", "'pt' does not come with the product, but en and es"),
    ("language", "en en", "'en' is there twice"),
    ("language", ",", "write at least one"),
    ("team", "helpers:", "team 'helpers' has nobody"),
    (
        "team",
        "Advocates Ada, Bo",
        "'Advocates Ada, Bo' has no colon after the team's name; write it like advocates: Ada",
    ),
    ("team", "advocates", "'advocates' has no colon after the team's name"),
    ("team", "Ada, Ada", "'Ada' is there twice"),
    ("team", "a: Ada; b: Bo, Bo", "'Bo' is there twice"),
    ("team", "a: Ada; a: Bo", "'a' is there twice"),
    (
        "team",
        "Partner Line, +1 617 253 0191",
        "a member's name has a phone number in it, which everybody would see; write the name alone",
    ),
    ("team", "desk 617 253 0191: Ada", "a team's name has a phone number in it"),
    ("team", ";", "write at least one"),
    ("team", "a: A1; b: B1; c: C1; d: D1", "begin with at most 3"),
    ("team", ", ".join("ABCDEFGHIJ"), "these are 10 people; begin with at most 9"),
    ("line", "Partner Line", "write both"),
    ("line", "Partner Line,", "a line's number is empty"),
    ("line", ", +1 617 253 2916", "a line's name is empty"),
    ("line", "Partner Line, 988", "short numbers cannot be bridged"),
    ("line", "Us, +1 617 253 2300", "is the helpline's own"),
    ("line", "A, +1 617 253 2916; B, +1 617-253-2916", "'+16172532916' is there twice"),
    ("line", "; ".join(f"Line {number}, +1 617 253 291{number}" for number in range(6)), "begin with at most 5"),
]
USUAL = {
    "name": "Lantern Line",
    "number": "+1 617 253 2300",
    "zone": "America/Chicago",
    "hours": "daily: 18:00-2:00",
    "holidays": "US",
    "language": "en",
    "team": "Ada, Bo",
    "line": "Partner Line, +1 617 253 2916",
}


@pytest.mark.parametrize(("option", "text", "told"), [each for each in WRONG if each[1]])  # Enter is the default
def test_a_wrong_answer_is_told_at_once_and_asked_again(
    option: str, text: str, told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [line for name in ASKED for line in (([text] if name == option and text else []) + [USUAL[name]])]
    left = _typed(monkeypatch, *lines)
    made = init._asked(dict.fromkeys(ASKED), yes=False)
    assert left == []
    said = capsys.readouterr()
    assert told in said.out + said.err
    assert (made.name, made.teams[0].members, made.lines[0].name) == ("Lantern Line", ("Ada", "Bo"), "Partner Line")


@pytest.mark.parametrize(("option", "text", "told"), WRONG)
def test_a_wrong_option_is_wrong_usage_and_leaves_nothing(
    option: str, text: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [part for name in ASKED for part in (f"--{name}", text if name == option else USUAL[name])]
    assert main(["init", "line", *given]) == WRONG_USAGE
    said = " ".join(capsys.readouterr().err.split())
    assert f"--{option}" in said
    assert told in said
    assert not Path("line").exists()


def test_only_what_is_not_given_is_asked(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    left = _typed(monkeypatch, "Lantern Line")
    given = [part for name in ASKED[1:] for part in (f"--{name}", USUAL[name])]
    assert main(["init", "line", *given]) == 0
    assert left == []
    assert capsys.readouterr().out.count("?") == 1


# -- both files, or none


def test_nothing_that_breaks_a_rule_or_a_promise_is_written(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Should a template or a limit be wrong one day."""
    with monkeypatch.context() as wrong:
        wrong.setattr(init_files, "VOICES", {"en": "none of the provider's"})
        assert main(["init", "line", "--yes"]) == KNOWN_PROBLEM
        assert "line/routing.yaml:14:15: language 'en'" in capsys.readouterr().err
    monkeypatch.setattr(answers, "LONGEST_NAME_SECONDS", 60)
    long = "wonderful " * 9 + "Line"
    given = ["--name", long, "--line", f"{long}, +1 617 253 2916"]
    assert main(["init", "line", "--yes", *given]) == KNOWN_PROBLEM
    assert "The promise: Help is seconds and one key away." in capsys.readouterr().err
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize("answered", range(len(ASKED)))
def test_who_stops_at_a_question_leaves_nothing(
    answered: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    left = [""] * answered

    def read(_text: str) -> str:
        if not left:
            raise KeyboardInterrupt
        return left.pop()

    monkeypatch.setattr(click.termui, "visible_prompt_func", read)
    assert main(["init", "line"]) == STOPPED
    assert list(Path().iterdir()) == []
    _typed(monkeypatch, *[""] * answered)  # then the input ends
    assert main(["init", "line"]) == KNOWN_PROBLEM
    assert "Nothing was done." in capsys.readouterr().err
    assert list(Path().iterdir()) == []


def test_ctrl_c_stops_a_process_that_asks_and_leaves_nothing(tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    output = tmp_path.parent / f"{tmp_path.name}.output"
    with output.open("wb") as said:
        asking = subprocess.Popen(
            [sys.executable, "-m", "phonetree", "init", "line"],
            cwd=tmp_path, env=environment, stdin=subprocess.PIPE, stdout=said, stderr=said,
        )  # fmt: skip
    until(lambda: b"What is the helpline called?" in output.read_bytes())
    asking.send_signal(signal.SIGINT)
    assert asking.wait(timeout=10) == STOPPED
    assert asking.stdin
    asking.stdin.close()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_holds_anything_is_refused_before_anybody_is_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _typed(monkeypatch)
    Path("line").mkdir()
    (Path("line") / ".hidden").write_text("mine", encoding="utf-8")
    assert main(["init", "line"]) == KNOWN_PROBLEM
    told = "line cannot be created: it is not empty; choose another name, or move away what is in it\n"
    assert capsys.readouterr().err == told
    assert [path.name for path in Path("line").iterdir()] == [".hidden"]


@pytest.mark.parametrize(
    ("folder", "told"),
    [
        ("file", "not a folder"),
        ("file/line", "not a folder"),
        ("nowhere/line", "no such file or folder"),
        ("x" * 300, "its name is too long"),
    ],
)
def test_a_folder_that_cannot_be_is_a_sentence(folder: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("file").write_text("mine", encoding="utf-8")
    assert main(["init", folder, "--yes"]) == KNOWN_PROBLEM
    assert told in capsys.readouterr().err
    assert [path.name for path in Path().iterdir()] == ["file"]


def test_an_empty_folder_is_filled_also_the_one_where_one_is() -> None:
    Path("line").mkdir(mode=0o750)
    assert main(["init", "line", "--yes"]) == 0
    assert Path("line").stat().st_mode & 0o777 == 0o750
    Path("here").mkdir()
    os.chdir("here")
    assert main(["init", ".", "--yes"]) == 0
    assert sorted(path.name for path in Path().iterdir()) == ["hours.yaml", "routing.yaml"]


def test_a_folder_that_may_not_be_written_is_refused_before_anybody_is_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Asked of the system, since root may write everywhere."""
    _typed(monkeypatch)
    Path("locked").mkdir()
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path).name != "locked" or not mode & os.W_OK)
    for folder in ("locked", "locked/line"):
        assert main(["init", folder]) == KNOWN_PROBLEM
        assert f"{folder} cannot be created: you have no permission" in capsys.readouterr().err
    assert list(Path("locked").iterdir()) == []


@pytest.mark.parametrize("failure", [OSError(errno.ENOSPC, ""), KeyboardInterrupt()], ids=["full", "ctrl-c"])
@pytest.mark.parametrize("before", [True, False], ids=["empty", "new"])
@pytest.mark.parametrize("fails_at", range(4))
def test_a_failure_at_any_step_leaves_neither_file(
    fails_at: int,
    before: bool,
    failure: BaseException,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """At writing or at naming the first or the second file."""
    if before:
        Path("line").mkdir()
    real_sync, real_replace, steps = os.fsync, Path.replace, iter(range(9))

    def sync(file: int) -> None:
        if next(steps) == fails_at:
            raise failure
        real_sync(file)

    def replace(self: Path, name: Path) -> Path:
        if next(steps) == fails_at:
            raise failure
        return real_replace(self, name)

    monkeypatch.setattr(init_files, "broken_promises", lambda *_: ())  # which takes most of the time
    is_full = isinstance(failure, OSError)
    with monkeypatch.context() as failing:
        failing.setattr(os, "fsync", sync)
        failing.setattr(Path, "replace", replace)
        assert main(["init", "line", "--yes"]) == (KNOWN_PROBLEM if is_full else STOPPED)
    assert ("line cannot be written: the disk is full" in capsys.readouterr().err) is is_full
    assert list(Path().rglob("*")) == ([Path("line")] if before else [])
    assert main(["init", "line", "--yes"]) == 0, "it can be tried again"


# -- whatever is answered


NAMES = st.text(st.sampled_from(ascii_letters + "0123456789 '\"&<>:#,.!-áéñçß日本"), min_size=1, max_size=40)


def _is_accepted(text: str, check: Callable[[str], object]) -> bool:
    try:
        check(text)
    except PhonetreeError:
        return False
    return True


def _accepted(texts: st.SearchStrategy[str], check: Callable[[str], object]) -> st.SearchStrategy[str]:
    return texts.filter(lambda text: _is_accepted(text, check))


names = _accepted(NAMES, answers.name_of)
spans = st.sampled_from(
    ["9:00-17:00", "9:00-12:00, 13:00-17:00", "18:00-2:00", "0:00-24:00", "23:59-24:00", "9:00-8:59 next day", "closed"]
)
hours = _accepted(
    st.dictionaries(st.sampled_from(WEEKDAYS), spans, min_size=1).map(
        lambda week: "; ".join(f"{day}: {span}" for day, span in week.items())
    ),
    answers.hours_of,
)
plain = st.text(st.sampled_from(ascii_letters + "áéñ日' "), min_size=1, max_size=30)
teams = _accepted(
    st.lists(
        st.tuples(plain, st.lists(plain, min_size=1, max_size=4)).map(lambda team: f"{team[0]}: {', '.join(team[1])}"),
        min_size=1,
        max_size=3,
    ).map("; ".join),
    answers.teams_of,
)
lines = _accepted(
    st.lists(st.tuples(NAMES, st.integers(2900, 2999)), min_size=1, max_size=5).map(
        lambda found: "; ".join(f"{name}, +1 617 253 {number}" for name, number in found)
    ),
    lambda text: answers.lines_of(text, answers.NO_NUMBER_YET),
)
known = st.just(answers.usual_lines(init.ZONE) or "")
sites = st.builds(
    Answers,
    names.map(answers.name_of),
    st.sampled_from([answers.NO_NUMBER_YET, "+1 617 253 2300"]),
    st.sampled_from(["America/New_York", "America/Anchorage", "Europe/Berlin", "Australia/Lord_Howe"]),
    st.sampled_from(["911", "112"]),
    hours.map(answers.hours_of),
    st.sampled_from([(), ("US",), ("US", "US-MA"), ("CA",), ("US-TX",)]),
    st.permutations(list(PHRASES)).flatmap(lambda every: st.sampled_from([tuple(every), (every[0],)])),
    teams.map(answers.teams_of),
    (lines | known).map(lambda text: answers.lines_of(text, answers.NO_NUMBER_YET)),
)

TOLD = re.compile(
    r"is not set here|no closures are written|hear only a general word|has only one member|"
    r"has no 'verified' date|is hard to follow"
)
"""The warnings that nobody can be spared: what only the helpline knows, and a name that is hard to read."""


@pytest.mark.long
@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(sites)
def test_whatever_is_answered_makes_a_legal_and_proven_site(made: Answers) -> None:
    """`files_of` compiles and proves, and raises if anything is wrong."""
    contents, loaded = files_of(made, Path("line"), TODAY)
    site = loaded.site
    assert tuple(site.languages) == made.languages
    assert site.helpline.name == made.name
    assert list(site.teams) == [team.id for team in made.teams]
    assert [tuple(member.name for member in team.members) for team in site.teams.values()] == [
        team.members for team in made.teams
    ]
    assert [line.names[made.languages[0]] for line in site.resources.values()] == [
        line.spanish if made.languages[0] == "es" and line.spanish else line.name for line in made.lines
    ]
    assert str(site.schedule.zone) == made.zone
    for warning in (*loaded.warnings, *advice(site, Path("line"), TODAY)):
        assert TOLD.search(str(warning)), warning
    for data in contents.values():
        assert not [line for line in data.decode().splitlines() if line != line.rstrip()], "no spaces at a line's end"


def _longest(ending: str) -> str:
    """A name that takes as long to say as one may."""
    words = "wonderful " * 9
    while not _is_accepted(words + ending, answers.name_of):
        words = words[:-1]
    return words + ending


@pytest.mark.slow
@pytest.mark.parametrize("first", PHRASES)
def test_the_longest_answers_make_a_proven_site(first: str) -> None:
    """Of everything that has a limit as much as there may be: help is still seconds away."""
    ours, longest = "+1 617 253 2300", [_longest(ending) for ending in ("aa", "bb", "cc", "dd", "ee")]
    assert min(speech_seconds(name) for name in longest) > answers.LONGEST_NAME_SECONDS - 0.1
    made = Answers(
        _longest("zz"),
        ours,
        init.ZONE,
        "123456",
        {"wednesday": "12:35-12:40"},
        ("US",),
        (first, *(PHRASES.keys() - {first})),
        answers.teams_of("; ".join(f"{name}: {name}1, {name}2, {name}3" for name in longest[:3])),
        answers.lines_of("; ".join(f"{name}, +1 617 253 291{at}" for at, name in enumerate(longest)), ours),
    )
    files_of(made, Path("line"), TODAY)


# -- what is shipped


def test_every_file_that_is_not_a_program_is_installed_with_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = project["tool"]["setuptools"]["package-data"]["*"]
    others = [path for path in (ROOT / "phonetree").rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc")]
    assert {path.parent for path in others} >= {TEMPLATES}
    for path in others:
        assert any(fnmatch(path.name, pattern) for pattern in patterns), path
    assert "COPY phonetree ./phonetree" in (ROOT / "Dockerfile").read_text(encoding="utf-8")
