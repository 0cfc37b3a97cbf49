"""Staff open and close the helpline at short notice, and are told what callers will hear."""

import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from shutil import copytree

import pytest
from click import BadParameter

from phonetree import settings
from phonetree.__main__ import KNOWN_PROBLEM, main
from phonetree.commands.work import override
from phonetree.commands.work.demo import Demo, leave_demo
from phonetree.commands.work.override import _hint, _moment, _open_again, _stretch
from phonetree.commands.work.reading import moment
from phonetree.config.promises import broken_promises
from phonetree.config.site import load
from phonetree.core.schedule import Accepted, Kind, Override
from phonetree.core.tree import Site
from phonetree.runtime.prover import Prover
from phonetree.runtime.sites import Sites
from phonetree.store.actions import since
from phonetree.store.database import Store
from phonetree.store.migrate import migrate
from phonetree.store.overrides import Overrides
from phonetree.store.phones import Phones
from phonetree.store.revisions import Revisions
from phonetree.store.servers import Report, Servers
from tests.support.databases import tables
from tests.support.lines import ROOT, RULES, VPR
from tests.support.proving import asked

pytestmark = pytest.mark.slow

SITE = load(VPR, RULES).site
ZONE = SITE.schedule.zone
BOTH = ["--say", "en=A storm is coming.", "--say", "es=Viene una tormenta."]


def _coming(weekday: int) -> str:
    """The date of such a day in the second week from now that is an ordinary one."""
    day = datetime.now(ZONE).date() + timedelta(days=8)
    while day.weekday() != weekday or SITE.schedule.day(day).special:
        day += timedelta(days=1)
    return str(day)


def _problems(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """What was printed of problems; on a busy machine also that the proof takes a while."""
    return [line for line in capsys.readouterr().err.splitlines() if not line.startswith("Checking ")]


@pytest.fixture(autouse=True)
def _proved_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proofs are made in this process, and once."""
    monkeypatch.setattr(Prover, "_ask", lambda _, question: asked(question))


@pytest.fixture
def store(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.chdir(copytree(VPR, tmp_path / "config").parent)
    assert tables("sqlite", tmp_path) == database
    return Store(database)


def test_closed_for_some_hours_said_listed_and_withdrawn(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    day = _coming(2)
    stretch = ["--from", f"{day} 10:00", "--until", f"{day} 14:00"]
    assert main(["override", "add", "closed", *stretch, *BOTH, "--who", "Ada"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("Override 1: closed from Wed ")
    assert "A caller will hear: A storm is coming. M I T Violence Prevention and Response. No advocate" in said
    assert "the next one is here today at 2 PM" in said
    assert main(["override", "add", "open", *stretch]) == 0
    assert "A caller will hear: A storm is coming. M I T Violence Prevention and Response. Advocates are here." in (
        capsys.readouterr().out
    ), "the newest counts, and the older one's words stand"
    assert main(["override", "list"]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert [line[:9] for line in listed] == ["  2  open", "  1  clos", "     the "]
    assert listed[1].endswith('14:00 (America/New_York), saying "A storm is coming." (by Ada)')
    assert listed[2].startswith("     the hours are replaced from ")
    assert listed[2].endswith(" 14:00 by override 2")
    assert main(["override", "withdraw", "1", "--who", "Bo"]) == 0
    assert main(["override", "withdraw", "2", "--who", "Bo"]) == 0
    capsys.readouterr()
    assert main(["override", "withdraw", "2"]) == KNOWN_PROBLEM
    assert capsys.readouterr().err == "there is no current or coming override 2; see: override list\n"
    assert main(["override", "list"]) == 0
    assert capsys.readouterr().out == "There is no override; the hours are as usual.\n"
    assert [(each.by, each.what[:10]) for each in since(store, 0)][-1] == ("Ada", "override 1")


def test_hours_tell_of_it(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    day = _coming(2)
    main(["override", "add", "closed", "--from", f"{day} 10:00", "--until", f"{day} 14:00", "--who", "Ada"])
    capsys.readouterr()
    assert main(["hours", "--at", f"{day} 11:00", "--days", "0"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith(": closed")
    assert " 14:00 " in lines[1]
    assert lines[1].endswith("then open")
    assert lines[-1].startswith("override 1  closed from Wed ")
    main(["override", "withdraw", "1"])
    capsys.readouterr()
    assert main(["hours", "--at", f"{day} 11:00", "--days", "0"]) == 0
    assert capsys.readouterr().out.splitlines()[0].endswith(": open")


def test_the_listed_days_are_as_callers_meet_them(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    day = _coming(2)
    assert main(["override", "add", "closed", "--from", f"{day} 12:00", "--until", f"{day} 23:00"]) == 0
    for days in ("1", "15"):  # of so many only those that are unusual are listed
        capsys.readouterr()
        assert main(["hours", "--at", f"{day} 08:00", "--days", days]) == 0
        assert f"{date.fromisoformat(day):%a %d %b %Y}  9:00-12:00    (usually 9:00-17:00)" in (
            capsys.readouterr().out.splitlines()
        )


def test_hours_make_no_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("PHONETREE_CONFIG", str(VPR))
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/none.db")
    assert main(["hours", "--days", "0"]) == 0
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "problems"),
    [
        (["as-usual"], ["it changes nothing and says nothing; choose open or closed, or give words"]),
        (
            ["open", "--say", "de=Hallo", "--say", "es="],
            [
                "'de' is not one of the languages; known here: en, es",
                "the words in español (es) are empty; write what callers hear",
                "the words are missing in English (en); write them in every language",
            ],
        ),
        (
            ["open", "--say", "es=hola {x}", "--say", "en=" + "a storm is coming now " * 14],
            [
                "the words in español (es) have a brace; nothing is filled in here, so write plain words",
                "the words in English (en) take 17 s to say; every caller hears them first, so leave "
                "out what can wait (at most 15 s)",
            ],
        ),
        (
            ["open", "--say", "es=hola\u202e", "--say", "en=back\ud83d"],
            [
                "what is said in español (es) holds a character that cannot be seen or spoken "
                "(U+202E, right-to-left override); remove it",
                "what is said in English (en) holds a character that cannot be seen or spoken "
                "(U+D83D, half of a character); remove it",
            ],
        ),
        (
            ["open", "--say", "es=hola", "--say", "en=Hi." + "!" * 65_000],
            ["the words in English (en) have 65003 characters; at most 500 are allowed, so leave out what can wait"],
        ),
    ],
)
def test_what_makes_no_sense_is_said_in_one_go_and_nothing_is_kept(
    arguments: list[str], problems: list[str], store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    day = _coming(2)
    assert main(["override", "add", *arguments, "--from", f"{day} 10:00", "--until", f"{day} 14:00"]) == KNOWN_PROBLEM
    assert capsys.readouterr().err.splitlines() == problems
    main(["override", "list"])
    assert capsys.readouterr().out.startswith("There is no override")


@pytest.mark.parametrize(
    ("begins", "ends", "problem"),
    [
        ("2020-01-01 10:00", "2020-01-01 12:00", "it is already over (Wed 1 Jan 2020 12:00); choose a later end"),
        (
            "2030-01-01 10:00",
            "2030-01-01 09:00",
            "it ends (Tue 1 Jan 2030 9:00) before it begins; choose a later end",
        ),
        (
            "2030-01-01 10:00",
            "2030-03-01 10:00",
            "it lasts longer than 31 days; choose an earlier end. What lasts is written as closed days or other hours "
            "under Schedule in the console, or in hours.yaml, and for a member in routing.yaml",
        ),
    ],
)
def test_times_that_make_no_sense_are_refused(
    begins: str, ends: str, problem: str, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["override", "add", "open", "--from", begins, "--until", ends]) == KNOWN_PROBLEM
    assert problem in capsys.readouterr().err


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        (["--until", "25:00"], "25:00' is not a date and time; write it like"),
        (["--until", "yesterday"], "Invalid value for --until: 'yesterday' is not a date and time"),
        (["--from", "soon", "--until", "today"], "Invalid value for --from: 'soon' is not a date and time"),
        (
            ["--until", "today", "--say", "hello"],
            "Invalid value for --say: 'hello' has no language; write it like: --say \"en=Back at 2 PM.\"",
        ),
        (["--until", "today", "--say", "en=a", "--say", "en=b"], "it gives words for 'en' twice; once is enough"),
    ],
)
def test_values_that_can_never_be_right_are_wrong_usage(
    values: list[str], problem: str, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["override", "add", "open", *values]) == 2
    assert problem in capsys.readouterr().err


def test_one_under_which_0_would_not_reach_a_person_is_refused(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    routing = Path("config/routing.yaml")
    text = routing.read_text(encoding="utf-8").replace("hours: {open: advocate, closed", "hours: {open: day, closed")
    line = "  day:\n    name: a day line\n    number: +1 617 253 1000\n    open: {monday-friday: 9:00-17:00}\n"
    line += "    confidential: true\n    verified: 2026-11-22\n"
    node = "  day: {transfer: {resource: day, otherwise: voicemail}}\n"
    routing.write_text(text.replace("\nnodes:\n", f"\n{line}\nnodes:\n{node}"), encoding="utf-8")
    assert main(["check"]) == 0
    capsys.readouterr()
    day = _coming(5)
    assert main(["override", "add", "open", "--from", f"{day} 10:00", "--until", f"{day} 14:00"]) == KNOWN_PROBLEM
    assert "0 reaches a person from every menu" in capsys.readouterr().err
    main(["override", "list"])
    assert capsys.readouterr().out.startswith("There is no override")


def test_open_while_nobody_is_on_shift_is_refused(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    routing = Path("config/routing.yaml")
    text = routing.read_text(encoding="utf-8")
    for number in ("$ADVOCATE_1", "$ADVOCATE_2"):
        text = text.replace(f"number: {number}", f"number: {number}, shifts: {{monday-friday: 9:00-17:00}}")
    routing.write_text(text, encoding="utf-8")
    day = _coming(5)
    assert main(["override", "add", "open", "--from", f"{day} 10:00", "--until", f"{day} 14:00"]) == KNOWN_PROBLEM
    problems = _problems(capsys)
    assert problems[0].startswith("nobody in team 'advocates' can be rung from Sat ")
    assert problems[1].endswith("or accept that by name: --accept unanswered")
    assert Overrides(store).kept(0) == ()


def test_files_that_break_a_promise_by_themselves_keep_nobody_from_closing(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    routing = Path("config/routing.yaml")
    end = "le comunico ahora.}\n      go: "
    text = routing.read_text(encoding="utf-8")
    assert f"{end}barcc_now" in text
    routing.write_text(text.replace(f"{end}barcc_now", f"{end}leave"), encoding="utf-8")
    assert main(["check"]) == KNOWN_PROBLEM
    day = _coming(2)
    assert main(["override", "add", "closed", "--from", f"{day} 10:00", "--until", f"{day} 14:00"]) == 0
    assert "No advocate is on the line now" in capsys.readouterr().out


@pytest.fixture
def always_open(store: Store) -> Path:
    """A folder whose line is closed by override alone, with a greeting that takes longer then than is promised."""
    folder = Path("config")
    hours, routing = folder / "hours.yaml", folder / "routing.yaml"
    text = hours.read_text(encoding="utf-8")
    hours.write_text(text.replace("monday-friday: 9:00-17:00", "monday-sunday: 0:00-24:00"), encoding="utf-8")
    text = routing.read_text(encoding="utf-8")
    routing.write_text(text.replace("crisis_line: 25", "crisis_line: 24"), encoding="utf-8")
    return folder


def test_nobody_is_kept_from_closing_by_a_second_and_it_is_told(
    store: Store, always_open: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check"]) == 0
    capsys.readouterr()
    begins = date.fromisoformat(_coming(2))
    ends = begins + timedelta(days=14)
    assert main(["override", "add", "closed", "--from", f"{begins} 09:00", "--until", f"{ends} 11:45"]) == 0
    out = capsys.readouterr().out
    assert "Callers wait longer than is promised: nobody is rung within 24 s and one key, but after 25 s, when" in out
    assert "shorten what is said before the first keys, or allow more seconds: budgets, crisis_line" in out
    (kept,) = Overrides(store).kept(0)
    made = Sites(always_open, RULES, lambda site, contents: broken_promises(site, always_open, begins))
    assert made.override((kept.override,)), "it is in force on servers"
    assert made.current.schedule.overrides == (kept.override,)
    made.reload()
    assert made.problems == (), "and no problem of the files"


def test_while_an_edit_is_refused_it_is_about_what_callers_hear(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever closes the line need not repair somebody else's edit, nor be told of a tree that nobody hears."""
    revisions = Revisions(store)
    loaded = load(Path("config"), RULES)
    revisions.keep(loaded.site.revision, loaded.contents, "the files", 1)
    routing, day = Path("config/routing.yaml"), _coming(2)
    fine = routing.read_text(encoding="utf-8")
    closed = ["override", "add", "closed", "--from", f"{day} 10:00", "--until", f"{day} 14:00"]
    stands_in = [
        "override",
        "cover",
        "First advocate",
        "--by",
        "Third",
        "--from",
        f"{day} 10:00",
        "--until",
        f"{day} 11:00",
    ]
    new = fine.replace("No advocate is on the line now;", "MARKER").replace("crisis_line: 25", "crisis_line: 12")
    new = new.replace("\n      - {name: Second", "\n      - {name: Third, number: $ADVOCATE_3}\n      - {name: Second")
    assert all(each in new for each in ("MARKER", "name: Third", "crisis_line: 12"))
    for bad in (fine.replace("ring: together", "\tring: together"), new):
        assert bad != fine
        routing.write_text(bad, encoding="utf-8")
        assert main(closed) == 0
        said = capsys.readouterr()
        assert "No advocate is on the line now;" in said.out
        assert "not 12 s" not in said.out
        assert "Callers do not hear the files in config as they are now" in said.err
        assert main(stands_in) == KNOWN_PROBLEM
        assert "Third" in _problems(capsys)[-1], "callers' tree has no such member"
        for about in (["override", "list"], ["hours", "--at", f"{day} 11:00", "--days", "0"]):
            assert main(about) == 0
            assert "closed" in capsys.readouterr().out
        assert main(["override", "withdraw", str(Overrides(store).kept(0)[0].number)]) == 0
    routing.write_text(fine, encoding="utf-8")
    assert main(closed) == 0
    assert "Callers do not hear" not in capsys.readouterr().err


def test_times_may_be_short() -> None:
    now = moment("2026-10-31 22:15", ZONE)
    assert _moment("9:05", now, SITE, "--until") == moment("2026-10-31 09:05", ZONE)
    assert _moment("today", now, SITE, "--until") == moment("2026-11-01 00:00", ZONE)
    assert _moment("2026-11-27 14:00", now, SITE, "--until") == moment("2026-11-27 14:00", ZONE)


@pytest.fixture
def night(tmp_path: Path) -> Site:
    """A line that is open over midnight."""
    folder = Path(copytree(VPR, tmp_path / "night"))
    (folder / "hours.yaml").write_text(
        "timezone: America/New_York\nopen: {monday-sunday: 20:00-4:00}\nholidays: none\n"
    )
    return load(folder, RULES).site


@pytest.mark.parametrize(
    ("begin", "until", "begins", "ends"),
    [
        ("now", "today", "2026-10-29 22:15", "2026-10-30 00:00"),
        ("now", "closing", "2026-10-29 22:15", "2026-10-30 04:00"),
        ("now", "opening", "2026-10-29 22:15", "2026-10-30 20:00"),
        ("opening", "closing", "2026-10-30 20:00", "2026-10-31 04:00"),
        ("opening", "opening", "2026-10-30 20:00", "2026-10-31 20:00"),
        ("2026-10-30 03:59", "closing", "2026-10-30 03:59", "2026-10-30 04:00"),
    ],
)
def test_words_stand_for_when_the_line_opens_and_closes(
    begin: str, until: str, begins: str, ends: str, night: Site
) -> None:
    now = moment("2026-10-29 22:15", ZONE)
    assert _stretch(begin, until, now, night) == (moment(begins, ZONE), moment(ends, ZONE))


def test_a_line_that_is_not_open_does_not_close_nor_does_one_that_is_always_open(night: Site, tmp_path: Path) -> None:
    with pytest.raises(BadParameter) as wrong:
        _stretch("now", "closing", moment("2026-10-29 12:00", ZONE), night)
    assert str(wrong.value) == (
        "the line closes once it is open, and it is not open on Thu 29 Oct 2026 12:00; it opens next on "
        "Thu 29 Oct 2026 20:00 (--from opening)"
    )
    (tmp_path / "night" / "hours.yaml").write_text(
        "timezone: America/New_York\nopen: {monday-sunday: 0:00-24:00}\nholidays: none\n"
    )
    always = load(tmp_path / "night", RULES).site
    for word in ("close", "open"):
        with pytest.raises(BadParameter, match=f"the line does not {word} within"):
            _stretch("now", {"close": "closing", "open": "opening"}[word], moment("2026-10-29 12:00", ZONE), always)


def test_an_end_in_the_middle_of_the_hours_is_said(night: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def said(ends: str, kind: Kind | None = Kind.CLOSED) -> list[str]:
        wanted = Override(moment("2026-10-29 22:15", ZONE), moment(ends, ZONE), kind, {})
        return list(_open_again(night, wanted))

    again = "From Fri 30 Oct 2026 0:00 on the line is open again, until Fri 30 Oct 2026 4:00."
    assert said("2026-10-30 00:00") == [again]
    assert said("2026-10-30 04:00") == []
    assert said("2026-10-30 20:00") == []
    assert said("2026-10-30 00:00", Kind.OPEN) == []
    for now, instead in (("22:15", "--until closing"), ("12:00", "--from opening --until closing")):
        monkeypatch.setattr(override, "_now", lambda _, now=now: moment(f"2026-10-29 {now}", ZONE))
        assert _hint("now", "today", night) == f" To the end of those hours: {instead}"
    assert _hint("2026-10-29 22:15", "today", night) == _hint("now", "23:00", night) == ""


def test_it_is_said_with_the_command(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    day = _coming(2)
    assert main(["override", "add", "closed", "--from", f"{day} 10:00", "--until", f"{day} 14:00"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].startswith("From Wed ")
    assert " 14:00 on the line is open again, until Wed " in lines[1]
    assert lines[1].endswith(" 17:00.")
    assert main(["override", "add", "closed", "--from", f"{day} 15:00", "--until", "closing"]) == 0
    out = capsys.readouterr().out
    assert " 17:00 (America/New_York)" in out
    assert "open again" not in out
    cover = ["override", "cover", "First advocate", "--from", f"{day} 09:30", "--until"]
    for ends, again in ((f"{day} 14:30", True), (f"{day} 15:30", False)):
        assert main([*cover, ends]) == 0
        said = "14:30 on First advocate is rung again." in capsys.readouterr().out
        assert said is again, "the line is closed from 15:00 on"


def test_without_a_database_it_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/none.db")
    assert main(["override", "list"]) == KNOWN_PROBLEM
    assert "run: scripts/phonetree migrate" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("who", "said"),
    [
        ("Ada\u202e", "it holds a character that cannot be seen or spoken (U+202E, right-to-left override); remove it"),
        ("Ada\nBo", "it holds a character that cannot be seen or spoken (U+000A, a control character); remove it"),
        ("Ada\udcff", "it holds a character that cannot be seen or spoken (U+DCFF, half of a character); remove it"),
        (" ", "it is empty; write who does it"),
    ],
)
def test_a_name_that_no_line_can_hold_is_refused_and_nothing_is_kept(
    who: str, said: str, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    day = _coming(2)
    times = ["--from", f"{day} 10:00", "--until", f"{day} 14:00"]
    assert main(["override", "add", "closed", *times, "--who", who]) != 0
    assert said in " ".join(capsys.readouterr().err.split())
    assert Overrides(store).kept(0) == ()


def test_words_alone_change_no_hours_and_what_does_is_named(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    day = _coming(2)
    stretch = ["--from", f"{day} 10:00", "--until", f"{day} 14:00"]
    assert main(["override", "add", "closed", *stretch, "--who", "Ada"]) == 0
    assert "Still in force" not in capsys.readouterr().out
    assert main(["override", "add", "as-usual", *stretch, *BOTH, "--who", "Ada"]) == 0
    told = capsys.readouterr().out
    assert "Still in force: 1  closed from" in told
    assert "To end it: override withdraw 1" in told
    later = ["--from", f"{day} 15:00", "--until", f"{day} 16:00"]
    assert main(["override", "add", "as-usual", *later, *BOTH, "--who", "Ada"]) == 0
    assert "Still in force" not in capsys.readouterr().out


def test_a_cover_is_told_listed_and_seen_in_the_hours(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    day = _coming(2)
    stretch = ["--from", f"{day} 14:00", "--until", f"{day} 17:00"]
    assert main(["override", "cover", "First advocate", "--by", "Second advocate", *stretch, "--who", "Ada"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith("Override 1: Second advocate takes the place of First advocate from Wed ")
    assert told[1].startswith("advocates until Wed ")
    assert told[1].endswith(" 17:00: Second advocate")
    assert main(["hours", "--at", f"{day} 15:00", "--days", "0"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[3].startswith("on shift: advocates until Wed ")
    assert lines[3].endswith(" 17:00: Second advocate")
    assert lines[4].startswith("override 1  Second advocate takes the place of First advocate from Wed ")
    main(["hours", "--at", f"{day} 13:00", "--days", "0"])
    assert capsys.readouterr().out.splitlines()[3].endswith(" 14:00: First advocate, Second advocate")
    assert [each.what[:27] for each in since(store, 0)] == ["override 1: Second advocate"]


def test_a_cover_by_somebody_who_is_away_says_so(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    day = _coming(2)
    stretch = ["--from", f"{day} 14:00", "--until", f"{day} 17:00"]
    assert main(["override", "cover", "Second advocate", *stretch]) == 0
    assert "rung all the same" not in capsys.readouterr().out
    assert main(["override", "cover", "First advocate", "--by", "Second advocate", *stretch]) == 0
    away, rung = capsys.readouterr().out.splitlines()[1:3]
    assert away.startswith("Second advocate is away from Wed ")
    assert away.endswith(" 17:00, and is rung all the same.")
    assert rung.endswith(" 17:00: Second advocate")
    assert main(["override", "cover", "First advocate", *stretch, "--accept", "unanswered"]) == 0
    capsys.readouterr()
    assert main(["override", "list"]) == 0
    listed = [line for line in capsys.readouterr().out.splitlines() if "is rung" in line]
    assert len(listed) == 2, "of the cover, and of the absence over it"
    assert all(line.startswith("     nobody is rung in the place of First advocate from Wed ") for line in listed)


def test_a_cover_that_leaves_an_open_line_alone_is_refused_until_what_callers_come_to_is_accepted(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    day = _coming(2)
    stretch = ["--from", f"{day} 14:00", "--until", f"{day} 18:00"]
    assert main(["override", "cover", "First advocate", *stretch]) == 0
    assert main(["override", "cover", "Second advocate", *stretch]) == KNOWN_PROBLEM
    problems = _problems(capsys)
    assert problems[0].startswith("nobody in team 'advocates' can be rung from Wed ")
    assert problems[0].endswith(" 17:00, while the line is open"), "it is closed after that"
    assert problems[1] == (
        "callers who ask for them come to unanswered; choose who takes the place, or accept that by name: "
        "--accept unanswered"
    )
    assert main(["override", "cover", "Second advocate", *stretch, "--accept", "unanswerd"]) == KNOWN_PROBLEM
    assert "did you mean 'unanswered'?" in capsys.readouterr().err
    assert main(["override", "cover", "Second advocate", *stretch, "--accept", "barcc"]) == KNOWN_PROBLEM
    capsys.readouterr()
    assert main(["override", "cover", "Second advocate", *stretch, "--accept", "unanswered"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[1].startswith("Accepted: nobody in team 'advocates' can be rung from Wed ")
    assert told[1].endswith(" 17:00, while the line is open; callers come to unanswered.")
    assert told[2].endswith(" 17:00: nobody")
    begins, ends = (ZONE.localize(datetime.fromisoformat(f"{day}T{hour}:00")) for hour in (14, 17))
    gap = Accepted("advocates", begins, ends, "unanswered")
    assert [each.override.accepted for each in Overrides(store).kept(0)] == [(gap,), ()]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["Frist advocate"], "'Frist advocate' is not a member of a team; did you mean 'First advocate'?"),
        (["First advocate", "--by", "Nobody"], "'Nobody' is not a member of a team; known here: First advocate, "),
        (["First advocate", "--by", "First advocate"], "'First advocate' cannot take their own place"),
    ],
)
def test_a_cover_needs_members(
    arguments: list[str], problem: str, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["override", "cover", *arguments, "--until", "2036-01-01 10:00"]) == KNOWN_PROBLEM
    assert problem in capsys.readouterr().err
    assert Overrides(store).kept(0) == ()


def test_a_cover_of_two_members_with_one_name_is_refused(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    routing = Path("config/routing.yaml")
    text = routing.read_text(encoding="utf-8").replace("name: Second advocate", "name: First advocate")
    routing.write_text(text, encoding="utf-8")
    day = _coming(2)
    stretch = ["--from", f"{day} 14:00", "--until", f"{day} 18:00"]
    assert main(["override", "cover", "First advocate", *stretch]) == KNOWN_PROBLEM
    assert "several members with different phones are called 'First advocate'" in capsys.readouterr().err


def test_an_override_that_changes_nothing_says_so(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    day = _coming(5)
    stretch = ["--from", f"{day} 10:00", "--until", f"{day} 14:00"]
    for arguments in (["add", "closed"], ["cover", "First advocate"]):
        assert main(["override", *arguments, *stretch]) == 0
        assert "It changes nothing: without it callers would meet the same." in capsys.readouterr().out
    assert main(["override", "add", "open", *stretch]) == 0
    assert "It changes nothing" not in capsys.readouterr().out


@pytest.fixture
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Phones]:
    """The phones of a demo at port 8123 in whose files two advocates have stand-ins."""
    monkeypatch.chdir(copytree(VPR, tmp_path / "config").parent)
    secret = "a key of this demo, for its phones and proofs"
    account = ("AC" + "0" * 32, "token")
    leave_demo(Demo("http://127.0.0.1:8123", *account, SITE.helpline.number, str(ZONE), "", secret=secret))
    made = Store(settings.demo_database(8123))
    migrate(made)
    yield Phones(made, (secret,))
    made.close()


def _confirmed_and_removed(phones: Phones, name: str) -> None:
    now = int(time.time())
    phones.propose(name, "+16175550117", "Ada", now)
    asked = phones.begin(name, now)
    assert asked
    phones.answered(asked.token, "1", now)
    phones.remove(name, "Ada", now)


def test_in_a_demo_everybody_has_a_phone_until_it_is_removed(demo: Phones, capsys: pytest.CaptureFixture[str]) -> None:
    """As for the demo's servers: a cover that they would refuse is refused."""
    day = _coming(2)
    cover = ["override", "--demo", "cover", "First advocate", "--from", f"{day} 10:00", "--until", f"{day} 11:00"]
    hours = ["hours", "--demo", "--port", "8123", "--at", f"{day} 10:30", "--days", "0"]
    assert main(hours) == 0
    assert ": First advocate, Second advocate\n" in capsys.readouterr().out
    _confirmed_and_removed(demo, "ADVOCATE_2")
    assert main(hours) == 0
    assert ": First advocate\n" in capsys.readouterr().out
    assert main(cover) == KNOWN_PROBLEM
    problem = _problems(capsys)[-1]
    assert "--accept" in problem, problem
    assert main([*cover, *problem[problem.index("--accept") :].split()]) == 0
    assert "Override 1" in capsys.readouterr().out
    assert main(hours) == 0
    said = capsys.readouterr().out
    assert "nobody" in said
    assert "override 1  First advocate is away" in said


def test_commands_follow_the_folder_that_the_demo_does(
    demo: Phones, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever PHONETREE_CONFIG says where they run."""
    ours = Path(copytree(VPR, tmp_path / "our-line"))
    hours = ours / "hours.yaml"
    hours.write_text(hours.read_text(encoding="utf-8").replace("9:00-17:00", "9:00-16:00"), encoding="utf-8")
    account = ("AC" + "0" * 32, "token")
    secret, number = "a key of this demo", SITE.helpline.number
    leave_demo(
        Demo("http://127.0.0.1:8123", *account, number, str(ZONE), "", secret=secret, folder=str(ours.resolve()))
    )
    loaded = load(ours, RULES)
    made = Store(settings.demo_database(8123))
    Revisions(made).keep(loaded.site.revision, loaded.contents, "the files", 1)
    made.close()
    asked = ["hours", "--demo", "--at", f"{_coming(2)} 16:30", "--days", "0"]
    assert main(asked) == 0
    said = capsys.readouterr()
    assert ": closed" in said.out
    assert said.err == ""
    assert main(["override", "--demo", "list"]) == 0
    assert capsys.readouterr().err == ""
    assert main([*asked, "--config", str(VPR)]) == 0
    said = capsys.readouterr()
    assert ": closed" in said.out
    assert said.err.startswith(f"The demo follows the files in our-line, and not those in {VPR}. ")
    hours.write_text("open: nonsense\n", encoding="utf-8")
    assert main(asked) == 0
    assert "Callers do not hear the files in our-line as they are now" in capsys.readouterr().err


def test_a_cover_by_somebody_who_is_rung_anyway_changes_nothing(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    day = _coming(2)
    stretch = ["--from", f"{day} 10:00", "--until", f"{day} 14:00"]
    for by, nothing in ([], False), (["--by", "Second advocate"], True):
        assert main(["override", "cover", "First advocate", *by, *stretch]) == 0
        assert ("It changes nothing" in capsys.readouterr().out) is nothing


def test_one_that_servers_leave_out_is_listed_and_does_not_count(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    day = _coming(2)
    stretch = ["--from", f"{day} 14:00", "--until", f"{day} 17:00"]
    assert main(["override", "cover", "First advocate", *stretch]) == 0
    Servers(store).tell("one", Report("abc", refused=((1, "0 reaches nobody"),)), int(time.time()))
    capsys.readouterr()
    main(["hours", "--at", f"{day} 15:00", "--days", "0"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[3].endswith(" 17:00: First advocate, Second advocate")
    assert lines[4].startswith("override 1  First advocate is away from ")
    assert main(["override", "cover", "Second advocate", *stretch]) == 0, "the other one is rung"
