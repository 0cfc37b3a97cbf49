"""Counts: what the page and the files say is what is stored, and what cannot be told from none is called so."""

import csv
import re
from collections.abc import Iterator
from html import unescape
from io import StringIO
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from phonetree.console.counts import NOT_TOLD
from phonetree.core.turn import Outcome
from phonetree.store import tables
from phonetree.store.counts import BLOCKS, by_block, by_month
from phonetree.store.roles import Role
from phonetree.view.counts import OLD, WORDS
from tests.support.console import NOW, Console, console
from tests.support.counted import count, count_years
from tests.support.databases import KINDS

PAGE, OUTCOMES, TIMES = "/staff/counts", "/staff/counts/outcomes.csv", "/staff/counts/times.csv"

Table = list[list[str]]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with console("sqlite", tmp_path_factory.mktemp("console")) as opened:
        yield opened


@pytest.fixture
def made(shared: Console) -> Console:
    """A console without counts."""
    with shared.services.store.write() as connection:
        for table in (tables.outcomes, tables.times, tables.months, tables.hours):
            connection.execute(table.delete())
    shared.now = NOW
    return shared


@pytest.fixture(params=KINDS)
def each(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Console]:
    with console(request.param, tmp_path) as opened:
        yield opened


def _page(made: Console, path: str = PAGE, role: Role = Role.MEMBER) -> str:
    answer = made.client(role).get(path)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def _text(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


def _tables(page: str) -> dict[str, Table]:
    """Each table by its caption, as the texts of its cells."""
    found = {}
    for table in re.findall(r"<table.*?</table>", page, re.DOTALL):
        caption = re.search(r"<caption[^>]*>(.*?)</caption>", table)
        assert caption
        rows = re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL)
        found[caption[1]] = [[_text(cell) for cell in re.findall(r"<t[hd].*?</t[hd]>", row)] for row in rows]
    return found


def _picture(page: str, title: str) -> str:
    """The picture with a title."""
    found = re.search(
        rf'<svg class="chart"[^>]*role="img"[^>]*>\s*<title[^>]*>{title}</title>.*?</svg>', page, re.DOTALL
    )
    assert found, title
    return found[0]


def _file(answer: TestResponse, name: str) -> list[dict[str, str]]:
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    return list(csv.DictReader(StringIO(answer.get_data().decode("utf-8"), newline="")))


def test_each_number_stands_in_a_table_with_its_margin(made: Console) -> None:
    count(made.services.store, "2026-09", {Outcome.CALL: 1234, Outcome.ADVOCATE: 7, Outcome.LINE: 6}, noise=0)
    count(made.services.store, "2026-10", {Outcome.CALL: 90}, noise=-3)
    found = _tables(_page(made))
    assert found["Calls"] == [
        ["Month", "Number", "Give or take"], ["September 2026", "1,234", "6"], ["October 2026", "84", "6"],
    ]  # fmt: skip
    assert found["Advocate"][1] == ["September 2026", "7", "6"]
    assert found["Other line"][1] == ["September 2026", f"6, {NOT_TOLD}", "6"]
    assert found["Fallback"][2] == ["October 2026", f"0, {NOT_TOLD}", "6"], "never below zero"
    assert found["Weekends"][0] == ["Hours", "Number", "Give or take"]
    assert [row[0] for row in found["Weekdays"][1:4]] == ["0:00-3:00", "3:00-6:00", "6:00-9:00"]
    stored = by_block(made.services.store, "2026-10")
    assert [row[1].partition(",")[0] for row in found["Weekdays"][1:]] == [
        f"{max(0, stored[block].number)}" for block in BLOCKS if not block[0]
    ]


def test_a_picture_says_the_same_as_its_table_and_draws_what_cannot_be_told_from_none_hollow(made: Console) -> None:
    count(made.services.store, "2026-08", {Outcome.MESSAGE: 30})
    count(made.services.store, "2026-10", {Outcome.MESSAGE: 4})
    page = _page(made)
    picture = _picture(page, "Message")
    said = f"October 2026: 4, give or take 6: {NOT_TOLD}. Most in August 2026: 30, give or take 6. 1 of 2 {NOT_TOLD}."
    assert f"{said}</desc>" in picture
    assert re.findall(r"<g><title>(.*?)</title><rect class=\"(\w+)\"", picture) == [
        ("August 2026: 30, give or take 6", "told"),
        (f"October 2026: 4, give or take 6: {NOT_TOLD}", "untold"),
    ]
    assert re.findall(r"<text[^>]*middle[^>]*>(.*?)</text>", picture) == ["Aug", "Sep", "Oct", "2026"]
    assert _tables(page)["Message"][2] == ["September 2026", "not counted", ""], "a gap in the months is seen"


def test_one_month_is_not_compared_with_itself(made: Console) -> None:
    count(made.services.store, "2026-10", {Outcome.CALL: 40})
    page = _page(made)
    assert "October 2026: 40, give or take 6.</desc>" in _picture(page, "Calls")
    assert f"October 2026: 0, give or take 6: {NOT_TOLD}.</desc>" in _picture(page, "Fallback")


def test_every_picture_is_named_and_every_table_has_heads(made: Console) -> None:
    count_years(made.services.store)
    page = _page(made)
    pictures = re.findall(r'<svg class="chart"[^>]*role="img" aria-labelledby="(\S+) (\S+)"', page)
    assert len(pictures) == len(Outcome) + 2
    for ids in pictures:
        assert all(page.count(f'id="{each}"') == 1 for each in ids)
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert page.count('<th scope="col">') == 3 * (len(Outcome) + 2)
    assert page.count('<th scope="row">') == 24 * len(Outcome) + len(BLOCKS)
    assert " style=" not in page
    assert "<script" not in page
    assert page.count("<details>") == len(Outcome), "long tables are folded up"
    assert len(page) < 100_000


def test_the_noise_is_explained_in_one_sentence(made: Console) -> None:
    count(made.services.store, "2026-10", {})
    sentence = (
        'Noise is added to every number, so that none proves that somebody called; "give or take 6" means that 19 '
        "times in 20 it changed the number by 6 at most, and a number that is no larger than that cannot be told from "
        "none."
    )
    assert sentence in _text(_page(made))


def test_everybody_gets_there_from_the_navigation(made: Console) -> None:
    for role in Role:
        client = made.client(role)
        assert f'<a href="{PAGE}">Counts</a>' in client.get("/staff/").get_data(as_text=True)
        assert [client.get(path).status_code for path in (PAGE, OUTCOMES, TIMES)] == [200, 200, 200]


def test_before_the_first_counts_it_says_when_they_come(made: Console) -> None:
    page = _text(_page(made))
    assert (
        "There are no counts yet. A month is counted when it is over: the first counts come on 1 December 2026." in page
    )
    made.later(days=30)
    assert "on 1 January 2027." in _text(_page(made))
    client = made.client(Role.MEMBER)
    assert _file(client.get(OUTCOMES), "outcomes.csv") == []
    assert _file(client.get(TIMES), "times.csv") == []
    assert client.get(f"{TIMES}?month=2026-10").status_code == 404
    assert "There are no counts yet." in _text(_page(made, f"{PAGE}?month=2026-10"))


def test_the_times_are_those_of_the_month_that_was_chosen(made: Console) -> None:
    count(made.services.store, "2026-09", {Outcome.CALL: 60})
    count(made.services.store, "2026-10", {Outcome.CALL: 20})
    newest, chosen = _page(made), _page(made, f"{PAGE}?month=2026-09")
    assert "When calls came in, in October 2026" in newest
    assert "When calls came in, in September 2026" in chosen
    assert '<option value="2026-09" selected>September 2026</option>' in chosen
    assert _tables(newest)["Calls"] == _tables(chosen)["Calls"]
    assert _tables(newest)["Weekdays"] != _tables(chosen)["Weekdays"]
    assert f'href="{TIMES}?month=2026-09"' in chosen


def test_a_month_that_there_is_not_shows_the_newest_and_has_no_file(made: Console) -> None:
    count(made.services.store, "2026-10", {Outcome.CALL: 20})
    client = made.client(Role.MEMBER)
    for odd in ("2026-08", "2026-13", "26-10", "x" * 5000, "<b>", "2026-10%0d%0aX-A: b", "-1", "٢٠٢٦-١٠", "'--"):
        page = client.get(f"{PAGE}?month={odd}").get_data(as_text=True)
        assert "There are no counts of the month that was asked for, so this is October 2026." in _text(page), odd
        assert "<b>" not in page
        assert client.get(f"{TIMES}?month={odd}").status_code == 404, odd


def test_a_month_that_is_not_over_is_marked(made: Console) -> None:
    count(made.services.store, "2026-10", {})
    assert "is not over" not in _page(made)
    count(made.services.store, "2026-11", {})
    assert "November 2026 is not over: it has only what servers counted that have stopped since." in _text(_page(made))


def test_the_files_have_what_is_stored(each: Console) -> None:
    store = each.services.store
    count(store, "2026-09", {Outcome.CALL: 20, Outcome.LINE: 9}, noise=0)
    count(store, "2026-10", {Outcome.CALL: 20}, noise=-3)
    client = each.client(Role.MEMBER)
    rows = _file(client.get(OUTCOMES), "outcomes.csv")
    assert list(rows[0]) == ["month", "outcome", "number", "give_or_take", "told_from_none", "noise_drawn"]
    assert [(row["month"], row["outcome"]) for row in rows] == [
        (month, WORDS[outcome]) for month in ("2026-09", "2026-10") for outcome in Outcome
    ]
    named = {word: outcome for outcome, word in WORDS.items()}
    stored = by_month(store)
    for row in rows:
        found = stored[row["month"], named[row["outcome"]]]
        assert [row["number"], row["give_or_take"], row["noise_drawn"]] == [
            f"{found.number}", f"{found.margin}", f"{found.draws}",
        ]  # fmt: skip
        assert row["told_from_none"] == ("yes" if found.told else NOT_TOLD)
    assert {row["number"] for row in rows} > {"20", "14", "-6"}, "as it is stored, so that sums are right"
    rows = _file(client.get(f"{TIMES}?month=2026-09"), "times-2026-09.csv")
    blocks = by_block(store, "2026-09")
    for row, (weekend, hour) in zip(rows, BLOCKS, strict=True):
        found = blocks[weekend, hour]
        assert list(row.values()) == [
            "2026-09", "weekends" if weekend else "weekdays", f"{hour}", f"{hour + 3}", f"{found.number}",
            f"{found.margin}", "yes" if found.told else NOT_TOLD, f"{found.draws}",
        ]  # fmt: skip
    assert {row["month"] for row in _file(client.get(TIMES), "times-2026-10.csv")} == {"2026-10"}


def test_no_cell_of_a_file_is_taken_for_a_formula(made: Console) -> None:
    count(made.services.store, "2026-10", {Outcome.CALL: 20}, noise=-3)
    client = made.client(Role.MEMBER)
    cells = [cell for path in (OUTCOMES, TIMES) for row in csv.reader(StringIO(client.get(path).text)) for cell in row]
    assert len(cells) > 150
    assert [cell for cell in cells if not re.fullmatch(r"[a-z_ ]+|-?\d+|\d{4}-\d\d", cell)] == []


def test_what_older_versions_counted_has_tables_of_its_own(made: Console) -> None:
    assert OLD not in _page(made)
    with made.services.store.write() as connection:
        connection.exec_driver_sql("INSERT INTO months VALUES ('2026-02', 'line', 45), ('2025-12', 'call', 5)")
        connection.exec_driver_sql("INSERT INTO hours VALUES (2026, 1, 15, 20)")
    page = _page(made)
    assert "There are no counts yet." in page
    assert OLD in page
    found = _tables(page)
    assert found["How calls ended, before version 0.3.0"] == [
        ["Month", "Outcome", "Number"], ["December 2025", "calls", "5"], ["February 2026", "other line", "45"],
    ]  # fmt: skip
    hours = found["When calls came in, in 2026, before version 0.3.0"]
    assert hours[0] == ["Hour", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    assert hours[16] == ["15:00", "0", "20", "0", "0", "0", "0", "0"]
    assert len(found) == 2


def test_a_clock_that_was_wrong_does_not_fill_the_page_with_months(made: Console) -> None:
    count(made.services.store, "2026-10", {Outcome.CALL: 20})
    with made.services.store.write() as connection:
        connection.exec_driver_sql("INSERT INTO outcomes VALUES ('2199-01', 'call', 20, 1)")
    calls = _tables(_page(made))["Calls"]
    assert [row[0] for row in calls] == ["Month", "October 2026", "January 2199"]


def test_without_the_database_it_says_so(tmp_path: Path) -> None:
    with console("sqlite", tmp_path) as made:
        client = made.client(Role.MEMBER)
        client.get(PAGE)
        (tmp_path / "phonetree.db").rename(tmp_path / "away.db")
        for path in (PAGE, OUTCOMES, TIMES):
            answer = client.get(path)
            assert answer.status_code == 503
            assert "The database cannot be reached" in answer.get_data(as_text=True)
