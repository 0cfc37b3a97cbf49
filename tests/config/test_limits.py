"""What a bad file may cost: each limit is seen before the work that it bounds, and has its sentence."""

import difflib
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from shutil import copytree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phonetree.config import reader
from phonetree.config.document import LONGEST_SCALAR, MOST_ITEMS
from phonetree.config.hours import LONGEST_ENTRY_DAYS, MOST_CALENDARS, MOST_DATED
from phonetree.config.languages import MOST_LANGUAGES
from phonetree.config.nodes import MOST_LIKE, MOST_MENTIONED, MOST_NODES
from phonetree.config.people import MOST_MEMBERS, MOST_RESOURCES, MOST_TEAMS
from phonetree.config.phrases import LONGEST_PHRASE
from phonetree.config.prompts import LONGEST_FILE_NAME, MOST_OF_ONE_FIELD
from phonetree.config.reader import LONGEST_PROBLEM, suggest
from phonetree.config.routing import LONGEST_EMAIL
from phonetree.config.site import Loaded, load
from phonetree.core.schedule import DatedHours, Schedule, Week
from phonetree.errors import MOST_PROBLEMS, ConfigError
from tests.core.test_schedule import OFFICE, ZONE
from tests.support.lines import ROOT, RULES

BASE = ROOT / "tests" / "broken" / "base"
LINE = "number: +1 800 841 8371, open: always, confidential: true, verified: 2026-11-01"


def _load(folder: Path, name: str, edit: Callable[[str], str]) -> Loaded:
    config = Path(copytree(BASE, folder / "config"))
    before = (config / name).read_text(encoding="utf-8")
    assert edit(before) != before
    (config / name).write_text(edit(before), encoding="utf-8")
    return load(config, RULES)


def _problems(folder: Path, name: str, edit: Callable[[str], str]) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        _load(folder, name, edit)
    return [problem.text for problem in caught.value.problems]


def _replace(old: str, new: str) -> Callable[[str], str]:
    return lambda text: text.replace(old, new, 1)


def _add(lines: str) -> Callable[[str], str]:
    return lambda text: text + lines


def _more(what: str, number: int) -> str:
    """So many lines with their number in them."""
    return "".join(f"  {what.format(n)}\n" for n in range(number))


CLOSURES = _more("- {{date: 2026-11-28, name: a day}}", 20_000)
UNSEEN = "a" * 1500 + "".join(map(chr, range(0xE000, 0xF8FF)))
TOO_MUCH: dict[str, tuple[str, Callable[[str], str], str]] = {
    "closures": (
        "hours.yaml",
        _add(CLOSURES),
        f"there are 20,001 closures and openings; at most {MOST_DATED:,} are allowed",
    ),
    "calendars": (
        "hours.yaml",
        _replace("[US,", f"[{'US, ' * 500}"),
        f"has 501 entries; at most {MOST_CALENDARS} are",
    ),
    "values": ("routing.yaml", _add(f"x: [{'a,' * MOST_ITEMS}a]\n"), f"the file has more than {MOST_ITEMS:,} keys"),
    "keys twice": ("routing.yaml", _add("bye: x\n" * 5000), "there are more problems below"),
    "a long text": (
        "routing.yaml",
        _replace("Welcome.", "a" * 20_000),
        f"a text of 20,000 characters begins here; at most {LONGEST_SCALAR:,} are allowed",
    ),
    "nodes": (
        "routing.yaml",
        _add(_more("n{}: {{goodbye: {{}}}}", 5000)),
        f"nodes: has 5,008 entries; at most {MOST_NODES:,} are allowed",
    ),
    "teams": (
        "routing.yaml",
        _replace("teams:\n", f"teams:\n{_more('t{}: {{}}', 60)}"),
        f"teams: has 61 entries; at most {MOST_TEAMS}",
    ),
    "members": (
        "routing.yaml",
        _replace("members: [", f"members: [{'{name: Cy, number: $ADVOCATE_1}, ' * 2000}"),
        f"'members' has 2,002 entries; at most {MOST_MEMBERS} are allowed",
    ),
    "resources": (
        "routing.yaml",
        _replace("resources:\n", f"resources:\n{_more('r{}: {{name: a line, ' + LINE + '}}', 400)}"),
        f"resources: has 401 entries; at most {MOST_RESOURCES} are allowed",
    ),
    "languages": (
        "routing.yaml",
        _replace("languages:\n", f"languages:\n{_more('x{}: {{voice: a, code: b, name: c}}', 50)}"),
        f"languages: has 51 entries; at most {MOST_LANGUAGES} are allowed",
    ),
    "mentioned": (
        "routing.yaml",
        _replace("[0, star]", f"[{'0, ' * 5000}star]"),
        f"has 5,001 entries; at most {MOST_MENTIONED} are",
    ),
    "alike": ("routing.yaml", _add(_more("m{0}: {{menu: {{like: m1{0}}}}}", 300)), "more problems than these"),
    "unfit characters": (
        "routing.yaml",
        _add("junk:\n" + "".join(f'  k{n}: "{UNSEEN}"\n' for n in range(90))),
        "U+E000, a private character",
    ),
    "a phrase": (
        "routing.yaml",
        _add("phrases: {en: {ended: '" + "Bye! " * 200 + "'}}\n"),
        f"'ended' has 1000 characters; at most {LONGEST_PHRASE} are allowed",
    ),
    "a field again and again": (
        "routing.yaml",
        _add("phrases: {en: {tomorrow: '" + "{time} " * 50 + "'}}\n"),
        f"'tomorrow' has {{time}} 50 times; at most {MOST_OF_ONE_FIELD} are",
    ),
    "a moment again and again": (
        "routing.yaml",
        _replace("Welcome.", "Welcome. " + "{next_opening} " * 20),
        f"has {{next_opening}} 20 times; at most {MOST_OF_ONE_FIELD} are",
    ),
    "misspelt": (
        "routing.yaml",
        _add(_more("n{0}: {{message: {{say: A., go: n{0}x}}}}", 1500)),
        "more problems than these",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", TOO_MUCH)
def test_what_is_too_much_ends_the_reading_with_a_sentence(case: str, tmp_path: Path) -> None:
    name, edit, told = TOO_MUCH[case]
    problems = _problems(tmp_path, name, edit)
    assert told in problems[-1]
    assert len(problems) <= MOST_PROBLEMS + 1


def _tries(number: str) -> Callable[[str], str]:
    return _replace("mention: [0, star]", f"mention: [0, star]\n      tries: {number}")


SMALL: dict[str, tuple[str, Callable[[str], str], str]] = {
    "zeros before a number": ("routing.yaml", _tries("0000000029"), "'tries' is '0000000029'"),
    "zeros after a number": ("routing.yaml", _tries(f"000000003{'0' * 5000}"), "'tries' is '000000003"),
    "a long file name": (
        "routing.yaml",
        _replace("say: Welcome.", f"say: {{en: {{audio: {'a' * 5000}.mp3, text: Welcome.}}}}"),
        f"longer than {LONGEST_FILE_NAME} bytes",
    ),
    "a long address": (
        "routing.yaml",
        _replace("{name: Harbour Line,", f"{{name: H, email: 'a@{'.' * LONGEST_EMAIL}',"),
        "is not an e-mail address",
    ),
}


@pytest.mark.parametrize("case", SMALL)
def test_a_long_value_is_a_problem_like_any_other(case: str, tmp_path: Path) -> None:
    name, edit, told = SMALL[case]
    problems = _problems(tmp_path, name, edit)
    assert any(told in problem for problem in problems)
    assert max(map(len, problems)) <= LONGEST_PROBLEM + len(" [...] ")


def test_a_chain_of_menus_that_are_like_one_another_ends(tmp_path: Path) -> None:
    chain = "".join(f"  m{n}: {{menu: {{like: m{n + 1}}}}}\n" for n in range(50)) + "  m50: {menu: {like: welcome}}\n"
    problems = [text for text in _problems(tmp_path, "routing.yaml", _add(chain)) if "in a row" in text]
    assert len(problems) == 51 - MOST_LIKE
    assert problems[0] == f"menu 'm0': more than {MOST_LIKE} menus in a row are 'like' the next; name the last"


def test_each_entry_that_overlaps_is_told_once(tmp_path: Path) -> None:
    same = _more("- {{date: 2026-11-27, name: a day}}", 90)
    problems = _problems(tmp_path, "hours.yaml", _add(same))
    assert len(problems) == 90, "not one for each pair"


def test_a_misspelt_word_is_compared_with_a_few_known_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[int] = []
    close = difflib.get_close_matches

    def counted(word: str, names: list[str], n: int) -> list[str]:
        compared.append(len(names))
        return close(word, names, n)

    monkeypatch.setattr("phonetree.config.reader.get_close_matches", counted)
    known = [f"node_number_{n}" for n in range(5000)] + ["crisis"]
    assert suggest("crisys", known) == "; did you mean 'crisis'?"
    assert suggest("node_numbr_4711", known) == "; did you mean 'node_number_4711'?"
    assert suggest("x" * 5000, known) == ""
    assert compared == [reader.MOST_COMPARED] * 2


def test_ways_that_part_and_meet_again_are_walked_once(tmp_path: Path) -> None:
    """Two to the power of 17 ways lead from the key 0 to the same goodbye."""
    layers = [
        f"  h{n}{one}: {{hours: {{open: h{n + 1}a, closed: h{n + 1}b, holiday: h{n + 1}a}}}}\n"
        for n in range(17)
        for one in "ab"
    ]
    ends = "  h17a: {message: {say: A., go: bye}}\n  h17b: {message: {say: B., go: bye}}\n"
    problems = _problems(
        tmp_path,
        "routing.yaml",
        lambda text: (
            text.replace("go: person}", "go: h0a}").replace("go: line}", "go: h0b}", 1) + "".join(layers) + ends
        ),
    )
    assert sum("key '0' leads here" in problem for problem in problems) == 1


@given(st.lists(st.tuples(st.integers(1, 20), st.integers(1, LONGEST_ENTRY_DAYS)), max_size=8), st.integers(0, 3000))
def test_a_date_is_looked_up_among_all_entries(gaps: list[tuple[int, int]], asked: int) -> None:
    entries, first = [], date(2026, 1, 1)
    for gap, days in gaps:
        first += timedelta(days=gap)
        entries.append(DatedHours(first, first + timedelta(days=days - 1), (), {"en": str(first)}))
        first += timedelta(days=days - 1)
    day = date(2026, 1, 1) + timedelta(days=asked)
    found = Schedule(ZONE, OFFICE, tuple(entries), lambda _: None).day(day)
    expected = next((entry.names for entry in entries if entry.first <= day <= entry.last), None)
    assert (found.names if found.special else None) == expected


def test_entries_that_share_a_day_make_no_schedule() -> None:
    entry = DatedHours(date(2026, 1, 1), date(2026, 1, 3), (), {})
    with pytest.raises(ValueError, match="without overlaps"):
        Schedule(ZONE, Week(((),) * 7), (entry, entry), lambda _: None)
