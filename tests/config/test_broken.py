"""One broken file per rule. Its first lines are the exact problems that staff are shown; the rest is the file.

The other file of the pair is the one in `base`, which has no problem.
"""

import os
import re
from pathlib import Path
from shutil import copytree

import pytest

from phonetree.config.numbers import NumberRules
from phonetree.config.site import load
from phonetree.config.written import plain_or_quoted
from phonetree.core.tree import Text
from phonetree.errors import ConfigError
from phonetree.settings import names
from tests.support.lines import ROOT, VPR

BROKEN = ROOT / "tests" / "broken"
FILES = sorted(BROKEN.glob("*.yaml"))
LIVE = NumberRules({"ADVOCATE_1": "+16172530001", "ADVOCATE_2": "+16172530002"})


def _problems(name: str, text: str, folder: Path) -> list[str]:
    """What is reported when one of the two files has this text; places are shown without the folder."""
    config = copytree(BROKEN / "base", folder / "config")
    (config / name).write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load(config, LIVE)
    told = [str(problem).replace(f" --config {config}", "") for problem in caught.value.problems]
    return [each.replace(f"{config}/", "") for each in told]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_broken_file_is_refused_with_its_very_problems(path: Path, tmp_path: Path, *, rewrite: bool) -> None:
    text = path.read_text(encoding="utf-8")
    expected = [line.removeprefix("#").strip() for line in text.splitlines() if line.startswith("#")]
    body = "".join(line for line in text.splitlines(keepends=True) if not line.startswith("#"))
    problems = _problems(f"{path.stem.partition('-')[0]}.yaml", body, tmp_path)
    if rewrite:
        path.write_text("".join(f"# {problem}\n" for problem in problems) + body, encoding="utf-8")
        return
    assert problems == expected


def test_the_base_has_no_problem() -> None:
    assert load(BROKEN / "base", LIVE).site.helpline.name == "Harbour Line"


def test_all_problems_of_both_files_are_told_at_once_and_in_order(tmp_path: Path) -> None:
    config = copytree(BROKEN / "base", tmp_path / "config")
    for name, old, new in [
        ("hours.yaml", "9:00-17:00", "9-17"),
        ("hours.yaml", "2026-11-27", "tomorrow"),
        ("routing.yaml", "go: desk}", "go: dask}"),
        ("routing.yaml", "open: always, ", ""),
    ]:
        path = config / name
        path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load(config, LIVE)
    places = [(Path(problem.where.file).name, problem.where.line) for problem in caught.value.problems]
    assert places == [("hours.yaml", 3), ("hours.yaml", 8), ("routing.yaml", 12), ("routing.yaml", 18)]


@pytest.mark.parametrize("name", [b"caf\xe9.mp3", b"caf\x82.mp3"])
def test_an_audio_file_whose_name_is_not_utf_8_is_called_so(name: bytes, tmp_path: Path) -> None:
    config = copytree(BROKEN / "base", tmp_path / "config")
    (config / "audio").mkdir()
    for written in (name, b"th\xe9.mp3", b"cafe.mp3"):
        Path(os.fsdecode(os.fsencode(config / "audio") + b"/" + written)).touch()
    routing = config / "routing.yaml"
    text = routing.read_text(encoding="utf-8")
    assert "say: Welcome." in text

    def told(audio: str) -> str:
        said = text.replace("say: Welcome.", f"say: {{en: {{audio: {audio}, text: Hello.}}}}")
        routing.write_text(said, encoding="utf-8")
        with pytest.raises(ConfigError) as caught:
            load(config, LIVE)
        (problem,) = caught.value.problems
        return problem.text.removeprefix("menu 'welcome', say, en: ")

    assert told("café.mp3") == (
        "'café.mp3' has a name in the folder 'audio' that is not UTF-8; rename the file, best without accents, and "
        "write that name here"
    )
    missing = "is not in the folder 'audio'; put the file itself there, not a link"
    assert told("caf.mp3") == f"'caf.mp3' {missing}"
    assert told("cafés.mp3") == f"'cafés.mp3' {missing}"


def test_a_number_from_the_environment_is_never_shown() -> None:
    secret = "+1 900 555 0199"
    with pytest.raises(ConfigError) as caught:
        load(BROKEN / "base", NumberRules({"ADVOCATE_1": secret, "ADVOCATE_2": "911"}))
    shown = str(caught.value)
    assert "$ADVOCATE_1" in shown
    assert "$ADVOCATE_2" in shown
    assert "900" not in shown
    assert "0199" not in shown


def test_a_number_whose_file_cannot_be_used_is_a_problem_of_its_line(tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(b"\xef\xbb\xbf+16172530001\n")
    environ = {"ADVOCATE_1_FILE": str(tmp_path / "one"), "ADVOCATE_2_FILE": str(tmp_path / "nothing")}
    with pytest.raises(ConfigError) as caught:
        load(BROKEN / "base", NumberRules(names(environ)))
    problems = [(problem.where.line, problem.where.column, problem.text) for problem in caught.value.problems]
    assert [place[:2] for place in problems] == [(10, 40), (10, 73)]
    assert "U+FEFF" in problems[0][2]
    assert "ADVOCATE_2_FILE names a file that cannot be read" in problems[1][2]


def test_a_fictional_number_in_the_environment_is_told_before_a_server_refuses_it(tmp_path: Path) -> None:
    environ = {"ADVOCATE_1": "+1 617 555 0123", "ADVOCATE_2": "+16172530002"}
    (warning,) = load(BROKEN / "base", NumberRules(environ, stand_in=True)).warnings
    text = "the number in $ADVOCATE_1 is fictional (555-01xx), which a server refuses; set the real one"
    assert (warning.where.line, warning.where.column) == (10, 40)
    assert warning.text.endswith(text)
    assert load(BROKEN / "base", NumberRules(environ, fictional=True)).warnings == (), "a demo has no others"
    with pytest.raises(ConfigError, match="is fictional"):
        load(BROKEN / "base", NumberRules(environ))


def test_the_name_of_a_folder_does_nothing_to_the_terminal(tmp_path: Path) -> None:
    config = copytree(BROKEN / "base", tmp_path / "a\x1b[2J\x07\nb\udce9é")
    (config / "hours.yaml").write_text("a: [", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load(config, LIVE)
    (problem,) = caught.value.problems
    assert "/a\\x1b[2J\\x07\\nb\\udce9é/hours.yaml:1:" in str(problem)
    (config / "hours.yaml").unlink()
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("slip", ["\t", "say: Welcome: this\n", "{"])
@pytest.mark.parametrize(("broken", "good"), [("routing.yaml", "hours.yaml"), ("hours.yaml", "routing.yaml")])
def test_one_slip_is_one_problem_and_none_of_the_other_file(
    slip: str, broken: str, good: str, tmp_path: Path
) -> None:  # fmt: skip
    """In the shipped files, which have a text for each language in many places."""
    config = copytree(VPR, tmp_path / "config")
    path = config / broken
    text = path.read_text(encoding="utf-8")
    at = text.index("\nopen:") if broken == "hours.yaml" else text.index("\nlanguages:")
    path.write_text(f"{text[:at]}\n{slip}{text[at + 1 :]}", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load(config, NumberRules({}, stand_in=True))
    told = [problem for problem in caught.value.problems if Path(problem.where.file).name == good]
    assert told == []
    assert len(caught.value.problems) == 1, str(caught.value)


SLIPS = {
    "a tab": [
        ("hours.yaml", "  monday-friday", "\tmonday-friday"),
        ("hours.yaml", "  calendars", "\tcalendars"),
        ("hours.yaml", "  - {from: ", "\t- {from: "),
        ("routing.yaml", "  number: +1 617 253 2300", "\tnumber: +1 617 253 2300"),
        ("routing.yaml", "    ring: together", "  \tring: together"),
        ("routing.yaml", "      choices:", "\tchoices:"),
    ],
    "a colon in a sentence": [
        ("hours.yaml", "name: {en: winter", "name: {en: break: winter"),
        ("hours.yaml", "name: {en: the day", "name: {en: day: the day"),
        ("hours.yaml", "Memorial Day: {en: Mem", "Memorial Day: {en: Day: Mem"),
        ("routing.yaml", "  name: MIT Violence", "  name: MIT: Violence"),
        ("routing.yaml", "label: {en: for more lines", "label: {en: for more: lines"),
        ("routing.yaml", "day and night. If you", "day and night. Note: if you"),
    ],
    "a missing brace": [
        ("hours.yaml", 'es: "el D\u00eda de los Ca\u00eddos"}', 'es: "el D\u00eda de los Ca\u00eddos"'),
        ("hours.yaml", "- {date: 2026-11-27", "- date: 2026-11-27"),
        ("hours.yaml", "- {from: ", "- from: "),
        ("routing.yaml", "holiday: holiday}", "holiday: holiday"),
        ("routing.yaml", "line_barcc: {transfer: {resource: barcc}}", "line_barcc: {transfer: {resource: barcc}"),
        ("routing.yaml", "budgets: {", "budgets: "),
    ],
    "a missing quote": [
        ("hours.yaml", 'es: "el receso', "es: el receso"),
        ("hours.yaml", 'los Ca\u00eddos"}', "los Ca\u00eddos}"),
        ("hours.yaml", '"New Year\'s Day": {', "New Year's Day\": {"),
        ("routing.yaml", 'again: {en: "What would', "again: {en: What would"),
        ("routing.yaml", '\u00bfQu\u00e9 le gustar\u00eda escuchar?"}', "\u00bfQu\u00e9 le gustar\u00eda escuchar?}"),
        ("routing.yaml", '{en: "to speak now with {barcc.name}"', '{en: "to speak now with {barcc.name}'),
    ],
    "an afternoon on the twelve-hour clock": [
        ("hours.yaml", "monday-friday: 9:00-17:00", "monday-friday: 9:00-5:00"),
        ("hours.yaml", "date: 2026-11-27,", "date: 2026-11-27, open: 9:00-5:00,"),
        ("routing.yaml", "{daily: 10:00-22:00}", "{daily: 10:00-5:00}"),
    ],
}
"""What tired people type in the shipped files: each is one problem, on its line."""


@pytest.mark.parametrize(
    ("name", "good", "typed"), [pytest.param(*each, id=f"{kind}-{each[2]}") for kind in SLIPS for each in SLIPS[kind]]
)
def test_a_slip_is_one_problem_on_its_line(name: str, good: str, typed: str, tmp_path: Path) -> None:
    config = copytree(VPR, tmp_path / "config")
    text = (config / name).read_text(encoding="utf-8")
    assert text.count(good) >= 1
    (config / name).write_text(text.replace(good, typed, 1), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load(config, NumberRules({}, stand_in=True))
    (problem,) = caught.value.problems
    line = text.count("\n", 0, text.index(good)) + 1
    assert (Path(problem.where.file).name, problem.where.line) == (name, line), problem.text
    assert re.search("; (replace|put|add|write)|add the", problem.text), "it says what to do"


def test_quotes_inside_a_sentence_and_apostrophes_are_part_of_it(tmp_path: Path) -> None:
    config = copytree(BROKEN / "base", tmp_path / "config")
    text = (config / "routing.yaml").read_text(encoding="utf-8")
    for said in (
        'Press 1 for "now".',
        "This is \u201cour\u201d line",
        "\u201cYes\u201d or \u201cno\u201d",
        "the advocates\u2019",
        "\u2018Tis us, the advocates\u2019 line",
        '"\u201cWelcome.\u201d"',
    ):
        (config / "routing.yaml").write_text(text.replace("say: Welcome.", f"say: {said}"), encoding="utf-8")
        spoken = load(config, LIVE).site.nodes["welcome"].say["en"]  # type: ignore[union-attr,index]
        assert spoken == (Text(said.strip('"') if said[0] == '"' else said),)


@pytest.mark.parametrize(
    "text", ["\u201cWelcome.\u201d", 'It is 5" high.', "\u2018Welcome.\u2019", "Welcome.\u201d", '"Hi", she said']
)
def test_a_form_writes_quotes_around_what_would_be_taken_for_a_slip(text: str, tmp_path: Path) -> None:
    config = copytree(BROKEN / "base", tmp_path / "config")
    before = (config / "routing.yaml").read_text(encoding="utf-8")
    for old, inside in (("say: Welcome.", False), ("say: Goodbye.", True)):
        said = f"say: {plain_or_quoted(text, inside=inside)}"
        (config / "routing.yaml").write_text(before.replace(old, said), encoding="utf-8")
        nodes = load(config, LIVE).site.nodes
        assert nodes["bye" if inside else "welcome"].say["en"] == (Text(text),)  # type: ignore[union-attr,index]


def test_languages_that_cannot_be_read_are_held_against_no_text(tmp_path: Path) -> None:
    config = copytree(VPR, tmp_path / "config")
    path = config / "routing.yaml"
    text = path.read_text(encoding="utf-8")
    for broken in (
        "language:",
        "languages: english\nlanguage:",
        "languages:\n  english: {voice: Polly.Amy}\nlanguage:",
    ):
        path.write_text(text.replace("\nlanguages:", f"\n{broken}"), encoding="utf-8")
        with pytest.raises(ConfigError) as caught:
            load(config, NumberRules({}, stand_in=True))
        assert {Path(problem.where.file).name for problem in caught.value.problems} == {"routing.yaml"}
        assert all("language" in problem.text for problem in caught.value.problems), str(caught.value)
        assert len(caught.value.problems) <= 4


def test_a_language_whose_name_is_mistyped_is_one_problem(tmp_path: Path) -> None:
    config = copytree(VPR, tmp_path / "config")
    path = config / "routing.yaml"
    text = path.read_text(encoding="utf-8")
    assert "\n  es:\n" in text
    path.write_text(text.replace("\n  es:\n", "\n  ess:\n    code: es-US\n    name: español\n"), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load(config, NumberRules({}, stand_in=True))
    assert [problem.text for problem in caught.value.problems] == [
        "languages: no text is written in 'ess'; did you mean 'es'?"
    ]


def test_a_closure_that_is_named_in_one_language_only_is_told(tmp_path: Path) -> None:
    config = copytree(VPR, tmp_path / "config")
    path = config / "hours.yaml"
    text = path.read_text(encoding="utf-8")
    rules = NumberRules({}, stand_in=True)
    assert not [warning for warning in load(config, rules).warnings if "has no name" in warning.text]
    path.write_text(text.replace('name: {en: winter break, es: "el receso de invierno"}', "name: winter break"))
    (warning,) = (warning for warning in load(config, rules).warnings if "has no name" in warning.text)
    line, column = warning.where.line, warning.where.column
    assert path.read_text(encoding="utf-8").splitlines()[line - 1][column - 1 :].startswith("winter break")
    assert warning.text == (
        "closures, entry 2: has no name in 'es', where callers hear only a general word; write it as {en: ..., es: ...}"
    )


def test_two_files_that_were_exchanged_are_one_problem(tmp_path: Path) -> None:
    config = copytree(BROKEN / "base", tmp_path / "config")
    (config / "hours.yaml").rename(config / "x")
    (config / "routing.yaml").rename(config / "hours.yaml")
    (config / "x").rename(config / "routing.yaml")
    with pytest.raises(ConfigError) as caught:
        load(config, LIVE)
    (problem,) = caught.value.problems
    assert problem.text.endswith("swap the names of the two files")


@pytest.mark.parametrize("name", ["hours.yaml", "routing.yaml"])
def test_a_file_that_is_gone_is_one_problem_that_says_how_it_comes_back(name: str, tmp_path: Path) -> None:
    config = copytree(BROKEN / "base", tmp_path / "config")
    (config / name).unlink()
    with pytest.raises(ConfigError) as caught:
        load(config, LIVE)
    (problem,) = caught.value.problems
    assert "undo" in problem.text
    assert "a copy" in problem.text
    assert "git" not in problem.text, "those who edit in a browser have none"


def test_an_odd_space_in_a_sentence_does_no_harm(tmp_path: Path) -> None:
    config = copytree(BROKEN / "base", tmp_path / "config")
    path = config / "routing.yaml"
    text = path.read_text(encoding="utf-8").replace("say: Welcome.", "say: Welcome,\u00a0all:\u00a0this is\u3000us.")
    path.write_text(text, encoding="utf-8")
    assert load(config, LIVE).site.nodes["welcome"].say["en"] == (Text("Welcome, all: this is us."),)  # type: ignore[union-attr,index]


@pytest.mark.parametrize("space", ["\u00a0", "\u202f", "\u2009"])
def test_an_odd_space_in_hours_is_read_as_an_ordinary_one(space: str, tmp_path: Path) -> None:
    config = copytree(BROKEN / "base", tmp_path / "config")
    path = config / "hours.yaml"
    text = path.read_text(encoding="utf-8")
    for hours in ("9:00 - 12:00, 13:00 - 17:00", "19:00-9:00 next day"):
        written = text.replace("9:00-17:00", hours).replace("date: 2026-11-27,", "date: 2026-11-27 ,")
        path.write_text(written, encoding="utf-8")
        meant = load(config, LIVE).site.schedule
        odd = written.replace(hours, hours.replace(" ", space)).replace("2026-11-27 ,", f"2026-11-27{space},")
        assert odd.count(space) > 1
        path.write_text(odd, encoding="utf-8")
        read = load(config, LIVE).site.schedule
        assert (read.week, read.dated) == (meant.week, meant.dated)


def test_languages_of_a_file_that_is_cut_off_are_not_held_against_the_other(tmp_path: Path) -> None:
    config = copytree(VPR, tmp_path / "config")
    path = config / "routing.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: text.index("  es:\n")], encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load(config, NumberRules({}, stand_in=True))
    (problem,) = caught.value.problems
    assert "the file seems to end too early" in problem.text
