"""Edit: drafts begin, are written as text, checked, and thrown away."""

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from pathlib import Path
from shutil import copytree

import pytest
from werkzeug.test import TestResponse

from phonetree.config.question import Answer
from phonetree.config.site import HOURS, ROUTING, Contents
from phonetree.console import tree
from phonetree.console.drafting import Checked, Drafting
from phonetree.console.proving import ProofBusyError
from phonetree.core.schedule import Kind, Override
from phonetree.core.tree import Site
from phonetree.errors import Problem, Where
from phonetree.proof.budgets import FromHere, TimeToHelp
from phonetree.runtime.prover import Prover
from phonetree.store.drafts import MOST_VERSIONS
from phonetree.store.roles import Role
from tests.support.console import Client, Console, console
from tests.support.lines import VPR


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Console]:
    config = Path(copytree(VPR, tmp_path / "config"))
    with console("sqlite", tmp_path, config=config) as opened:
        yield opened


def _words(answer: TestResponse) -> str:
    text = re.sub(r"<(style|script).*?</\1>|<[^>]+>", " ", answer.get_data(as_text=True), flags=re.DOTALL)
    return " ".join(unescape(text).split())


def _begin(client: Client, title: str = "softer words") -> str:
    """The id of a new draft."""
    answer = client.post("/staff/edit", {"title": title})
    assert answer.status_code == 303, _words(answer)
    return answer.headers["Location"].rpartition("/")[2]


def _files(made: Console, id_: str) -> Contents:
    found = made.services.editor.drafts.find(id_)
    assert found
    return found[1]


def _fields(made: Console, id_: str, old: str, new: str) -> dict[str, str]:
    """The form of the texts, as a browser sends it, with something replaced in routing.yaml."""
    texts = {name: data.decode() for name, data in _files(made, id_).items()}
    assert old in texts[ROUTING]
    texts[ROUTING] = texts[ROUTING].replace(old, new)
    return {f"file.{name}": text.replace("\n", "\r\n") for name, text in texts.items()}


def test_a_draft_begins_from_what_is_published_and_is_told_of_by_name(made: Console) -> None:
    client = made.client(Role.EDITOR)
    id_ = _begin(client, "softer <words>")
    assert _files(made, id_) == made.services.hours.files().contents
    text = _words(client.get("/staff/edit"))
    assert f"softer <words> Changed Mon 23 Nov 2026 by {made.accounts[Role.EDITOR].name}" in text
    assert "was published since" not in text
    path = made.settings.config / ROUTING
    path.write_text(path.read_text() + "# by hand\n")
    assert "another revision was published since" in _words(client.get("/staff/edit"))
    for title, why in (
        ("", "Give the draft a name"),
        ("x" * 101, "at most 100"),
        ("a\u200bb", "zero width space"),
        ("Ana, 617 555 0144", "has a phone number in it"),
    ):
        answer = client.post("/staff/edit", {"title": title})
        assert answer.status_code == 422
        assert why in _words(answer)


def test_a_draft_is_begun_and_saved_once_however_often_it_is_pressed(made: Console) -> None:
    client = made.client(Role.EDITOR)
    for page, sent in (("/staff/edit", {"title": "one"}), ("/staff/edit/of/crisis", {})):
        (once,) = re.findall(r'name="once" value="([0-9a-f]{32})"', client.get(page).get_data(as_text=True))
        before = len(made.services.editor.drafts.all())
        assert len({client.post(page, {**sent, "once": once}).headers["Location"] for _ in range(2)}) == 1
        assert len(made.services.editor.drafts.all()) == before + 1
    id_ = _begin(client, "another")
    assert _begin(client, "another") != id_, "begun on purpose"
    fields = {**_fields(made, id_, "for crisis lines", "for help lines"), "version": "1"}
    for _ in range(2):
        assert client.post(f"/staff/edit/{id_}/text", fields).status_code == 303
    found = made.services.editor.drafts.find(id_)
    assert found
    assert found[0].version == 2


@pytest.mark.slow
def test_what_is_written_is_checked_and_saved_and_callers_hear_nothing_of_it(made: Console) -> None:
    client = made.client(Role.EDITOR)
    before, id_ = made.services.hours.files().contents, _begin(client)
    fields = _fields(made, id_, "for crisis lines", "for help lines")
    answer = client.post(f"/staff/edit/{id_}/text", {**fields, "version": "1", "action": "check"})
    assert '"For help lines, press 2." is said instead of "For crisis lines, press 2."' in _words(answer)
    assert _files(made, id_) == before, "checking saves nothing"
    assert client.post(f"/staff/edit/{id_}/text", {**fields, "version": "1"}).status_code == 303
    assert _files(made, id_)[ROUTING] == before[ROUTING].replace(b"for crisis lines", b"for help lines")
    assert '"For help lines, press 2." is said instead' in _words(client.get(f"/staff/edit/{id_}"))
    assert made.services.hours.files().contents == before
    assert "for help lines" in unescape(client.get(f"/staff/edit/{id_}/text").get_data(as_text=True))


def test_a_draft_is_not_measured_with_the_seconds_of_a_closure_that_stands(
    made: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []

    def answer(_prover: Prover, site: Site, *_: object, **__: object) -> Answer:
        asked.append(bool(site.schedule.overrides))
        who, hard = ("closure", True) if site.schedule.overrides else ("files", False)
        problems = [Problem(Where(str(made.settings.config / ROUTING), 3), f"26 s, by the {who}", late=True)]
        problems += [Problem(Where(str(made.settings.config / ROUTING), 3), "0 reaches nobody")] * hard
        return Answer(tuple(problems), proved=True, calls=(None,) * len(problems))

    monkeypatch.setattr(Prover, "answer", answer)
    closed = Override(made.now, made.now + timedelta(hours=2), Kind.CLOSED, {})
    made.services.overrides.add(closed, "Ada", "a test", int(made.now.timestamp()))
    client = made.client(Role.EDITOR)
    said = _words(client.get(f"/staff/edit/{_begin(client)}"))
    assert "26 s, by the files" in said
    assert "0 reaches nobody" in said
    assert "by the closure" not in said
    assert asked == [True, False, True, False], "of the draft, and of what callers hear"


@pytest.mark.slow
def test_a_broken_promise_is_told_once_with_its_simplest_call(made: Console) -> None:
    client = made.client(Role.EDITOR)
    id_ = _begin(client)
    promises = "promises:\n  - {when: always, keys: [2], reaches: barcc}\n  - {when: open, keys: [], reaches: barcc}\n"
    fields = _fields(made, id_, "\nnodes:\n", f"\n{promises}\nnodes:\n")
    assert client.post(f"/staff/edit/{id_}/text", {**fields, "version": "1"}).status_code == 303
    drawn = client.get(f"/staff/edit/{id_}")
    told = _words(drawn)
    assert told.count("The promise: At any time, whoever presses 2 reaches line 'barcc'.") == 1
    assert told.count("The promise: When open, whoever presses nothing reaches line 'barcc'.") == 1
    assert re.search(r"the call reaches menu 'crisis' when \w+, in English \(keys: 2\)\. The promise:", told)
    assert "The same promise is broken in 4 more ways" in told
    more = told.partition("The same promise is broken in 1 more way")[2]
    assert "in español (keys: 8, then nothing, then nothing) Such a call" in more
    assert drawn.get_data(as_text=True).count("<summary>Such a call</summary>") == 2
    answer = client.post(f"/staff/edit/{id_}/check", {**fields, "version": "2"})
    assert answer.json
    assert answer.json["summary"] == "2 promises to callers would be broken."
    assert len(answer.json["problems"]) == 2


@pytest.mark.slow
def test_a_gap_in_the_shifts_is_told_before_what_may_come_from_it(made: Console) -> None:
    client = made.client(Role.EDITOR)
    id_ = _begin(client)
    fields = _fields(made, id_, "$ADVOCATE_1}", "$ADVOCATE_1, shifts: {monday-thursday: 9:00-17:00}}")
    text = fields[f"file.{ROUTING}"].replace("$ADVOCATE_2}", "$ADVOCATE_2, shifts: {monday-thursday: 9:00-17:00}}")
    assert (
        client.post(f"/staff/edit/{id_}/text", {**fields, f"file.{ROUTING}": text, "version": "1"}).status_code == 303
    )
    page = client.get(f"/staff/edit/{id_}")
    gap, before = "nobody is on shift at some hours at which this team is open, such as Fri ", _words(page)
    assert before.index(gap) < before.index("0 reaches nobody from menu")
    assert f'<a href="/staff/edit/{id_}/teams/advocates">advocates</a>: nobody is on shift' in page.get_data(
        as_text=True
    )


@pytest.mark.slow
def test_seconds_to_help_are_told_with_days_as_everywhere(made: Console) -> None:
    client = made.client(Role.EDITOR)
    told = _words(client.get(f"/staff/edit/{_begin(client)}"))
    assert re.search(r"Nothing pressed .*Open, such as \w+ \d+ \w+ 20\d\d \d+:\d\d, in English \d+ - \d+", told)
    assert re.search(r"Closed, such as \w+ \d+ \w+ 20\d\d \d+:\d\d, in español - \d+ \d+", told)


def test_line_ends_and_marks_stay_as_they_were(made: Console) -> None:
    path, client = made.settings.config / ROUTING, made.client(Role.EDITOR)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    id_ = _begin(client)
    before = _files(made, id_)
    page = client.get(f"/staff/edit/{id_}/text").get_data(as_text=True)
    texts = re.findall(r'name="(file\.[a-z.]+)"[^>]*>\n(.*?)</textarea>', page, re.DOTALL)
    fields = {name: unescape(text).replace("\r\n", "\n").replace("\n", "\r\n") for name, text in texts}
    assert fields.keys() == {"file.hours.yaml", "file.routing.yaml"}
    assert client.post(f"/staff/edit/{id_}/text", {**fields, "version": "1"}).status_code == 303
    assert _files(made, id_) == before


def test_a_file_with_different_line_ends_keeps_those_of_lines_that_nobody_touched(made: Console) -> None:
    path, client = made.settings.config / ROUTING, made.client(Role.EDITOR)
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n", 5))
    id_ = _begin(client)
    before = _files(made, id_)
    sent = {f"file.{name}": data.decode().replace("\r\n", "\n").replace("\n", "\r\n") for name, data in before.items()}
    assert client.post(f"/staff/edit/{id_}/text", {**sent, "version": "1"}).status_code == 303
    assert _files(made, id_) == before
    sent["file.routing.yaml"] = sent["file.routing.yaml"].replace("for crisis lines", "for help lines")
    assert client.post(f"/staff/edit/{id_}/text", {**sent, "version": "2"}).status_code == 303
    softer = before[ROUTING].replace(b"for crisis lines", b"for help lines")
    assert _files(made, id_)[ROUTING] == softer
    path.write_bytes(path.read_bytes() + b"# by hand\n")
    assert client.post(f"/staff/edit/{id_}/up-to-date").status_code == 303
    assert _files(made, id_)[ROUTING] == softer + b"# by hand\n"


def test_problems_are_told_with_their_places(made: Console) -> None:
    client = made.client(Role.EDITOR)
    id_ = _begin(client)
    fields = _fields(made, id_, "start: {open: welcome", "start: {open: welcom")
    answer = client.post(f"/staff/edit/{id_}/text", {**fields, "version": "1", "action": "check"})
    assert re.search(r"routing\.yaml:\d+:\d+ ?: .*welcom", _words(answer))


def test_a_text_that_is_saved_is_told_with_how_many_problems(made: Console) -> None:
    client = made.client(Role.EDITOR)
    id_ = _begin(client)
    fields = _fields(made, id_, "{open: welcome, closed: after_hours,", "{open: welcom, closed: after_hors,")
    answer = client.post(f"/staff/edit/{id_}/text", {**fields, "version": "1"})
    page = client.get(answer.headers["Location"])
    assert "Saved, but this draft cannot be published yet. 2 problems." in _words(page)
    assert '<a href="#checked">2 problems.</a>' in page.get_data(as_text=True)
    assert "start: 'open' is 'welcom', which is not defined" in _words(page)


def test_what_is_saved_while_too_much_is_checked_is_told_as_saved(
    made: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = made.client(Role.EDITOR)
    path = f"/staff/edit/{_begin(client)}"

    def busy(*_: object) -> None:
        raise ProofBusyError

    monkeypatch.setattr(made.services.editor, "check", busy)
    assert "Saved. Callers hear nothing of it" in _words(client.get(f"{path}/text?saved=1"))
    form = client.get(f"{path}/nodes/welcome?saved=part-say")
    assert form.status_code == 200
    page = client.get(path)
    assert page.status_code == 429
    assert "nothing was changed by opening it" in _words(page)


def test_who_saved_a_text_meanwhile_is_named_with_everybody_before(made: Console) -> None:
    client, drafts = made.client(Role.EDITOR), made.services.editor.drafts
    id_ = _begin(client)
    mine = _fields(made, id_, "for crisis lines", "for my lines")
    theirs = {**_files(made, id_)}
    theirs[ROUTING] = theirs[ROUTING].replace(b"for crisis lines", b"for their lines")
    drafts.save(id_, 1, theirs, "Ada", 5)
    drafts.save(id_, 2, {**theirs, ROUTING: theirs[ROUTING] + b"# seen\n"}, "Ben", 6)
    answer = client.post(f"/staff/edit/{id_}/text", {**mine, "version": "1"})
    assert answer.status_code == 409
    assert re.search(
        r"saved 2 times meanwhile, the last time by Ben \(.*\), before that by Ada\. This is your text with",
        _words(answer),
    )
    assert "&gt;&gt;&gt;&gt;&gt;&gt;&gt; Ada and Ben\n" in answer.get_data(as_text=True)


def test_two_different_closed_days_are_both_kept(made: Console) -> None:
    """One was added in a draft, the other was published meanwhile; the same day twice is for somebody to decide."""
    client, after = made.client(Role.EDITOR), "2026-11-27, name: {en: the day after Thanksgiving"
    line = next(each for each in (VPR / HOURS).read_text().splitlines() if after in each)
    for mine, theirs, marks in (("04", "08", 0), ("09", "02", 0), ("11", "11", 1)):
        id_ = _begin(client)
        days = ((mine, "snow"), (theirs, "ice"))
        added, published = (f"  - {{date: 2026-12-{day}, name: {{en: {what}, es: {what}}}}}" for day, what in days)
        files = _files(made, id_)
        draft = {**files, HOURS: files[HOURS].replace(line.encode(), f"{line}\n{added}".encode())}
        made.services.editor.drafts.save(id_, 1, draft, "Ada", 5)
        path = made.settings.config / HOURS
        path.write_text(path.read_text(encoding="utf-8").replace(line, f"{line}\n{published}"), encoding="utf-8")
        answer = client.post(f"/staff/edit/{id_}/up-to-date", {})
        assert (answer.status_code == 409) == bool(marks)
        if not marks:
            assert "\n".join((line, *sorted((added, published)))) in _files(made, id_)[HOURS].decode()


def test_marks_that_stand_in_a_text_are_told_when_somebody_saves_again(made: Console) -> None:
    client, drafts = made.client(Role.EDITOR), made.services.editor.drafts
    id_ = _begin(client)
    files = _files(made, id_)
    marked = b"<<<<<<< yours\n# a\n=======\n# b\n>>>>>>> Ada\n" + files[ROUTING]
    drafts.save(id_, 1, {**files, ROUTING: files[ROUTING] + b"# seen\n"}, "Ada", 5)
    sent = {f"file.{HOURS}": files[HOURS].decode(), f"file.{ROUTING}": marked.decode(), "version": "1"}
    answer = client.post(f"/staff/edit/{id_}/text", sent)
    assert answer.status_code == 409
    assert "Two versions stand in 1 place, at routing.yaml:1" in _words(answer)


def test_of_a_text_that_was_opened_too_many_versions_ago_every_difference_is_marked(made: Console) -> None:
    client, drafts = made.client(Role.EDITOR), made.services.editor.drafts
    id_ = _begin(client)
    mine = _fields(made, id_, "for crisis lines", "for my lines")
    theirs = {**_files(made, id_)}
    theirs[ROUTING] = theirs[ROUTING].replace(b"to leave", b"to go", 1)
    for version in range(1, MOST_VERSIONS + 2):
        drafts.save(id_, version, {**theirs, ROUTING: theirs[ROUTING] + b"# %d\n" % version}, "Ada", 5)
    answer = client.post(f"/staff/edit/{id_}/text", {**mine, "version": "1"})
    assert answer.status_code == 409
    page = unescape(answer.get_data(as_text=True))
    assert page.count("<<<<<<< yours\n") == theirs[ROUTING].count(b"for crisis lines") + 2, "and two places of theirs"
    assert ("for my lines" in page, "to go" in page) == (True, True)


def test_every_place_with_marks_of_a_merge_that_was_saved_is_linked(made: Console) -> None:
    client = made.client(Role.EDITOR)
    id_ = _begin(client)
    marks = "<<<<<<< yours\n# a\n=======\n# b\n>>>>>>> published since\n"
    path = f"/staff/edit/{id_}/text"
    for version, many, told in ((1, 2, "routing.yaml:1 , routing.yaml:6 ."), (2, 7, "routing.yaml:21 and 2 more.")):
        fields = {f"file.{name}": data.decode() for name, data in _files(made, id_).items()}
        fields[f"file.{ROUTING}"] = marks * many + "a: b\n"
        assert client.post(path, {**fields, "version": f"{version}"}).status_code == 303
        page = client.get(path)
        assert told in _words(page)
        assert 'data-file="routing.yaml" data-line="6" data-column="1">' in page.get_data(as_text=True)


def test_seconds_are_rounded_up_as_limits_are_judged(made: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    times = TimeToHelp("open", "2026-11-23 09:30", "en", False, 13.2, None, 24.0)
    monkeypatch.setattr(Drafting, "check", lambda *_: Checked(times=(times,), languages={"en": "English"}))
    monkeypatch.setattr(tree, "from_here", lambda *_: FromHere("1", 13.2, 24.0))
    client = made.client(Role.EDITOR)
    page = _words(client.get(f"/staff/edit/{_begin(client)}"))
    assert "with the longest words that callers may hear" in page
    assert "English 14 - 24 " in page
    page = _words(client.get("/staff/tree"))
    assert "rung after 14 seconds for a caller who presses 1, and after 24 seconds for one who presses nothing." in page
    assert "14 s with key 1, 24 s with none" in page


def test_a_draft_that_is_thrown_away_is_gone(made: Console) -> None:
    client = made.client(Role.EDITOR)
    id_ = _begin(client)
    for _ in range(2):
        assert client.post(f"/staff/edit/{id_}/throw-away", {"version": "1"}).status_code == 303
    assert client.get(f"/staff/edit/{id_}").status_code == 404
    assert "There are none." in _words(client.get("/staff/edit"))


def test_a_draft_that_somebody_saved_meanwhile_is_not_thrown_away(made: Console) -> None:
    client = made.client(Role.EDITOR)
    id_ = _begin(client)
    made.services.editor.drafts.save(id_, 1, _files(made, id_), "Ada", made.services.seconds())
    answer = client.post(f"/staff/edit/{id_}/throw-away", {"version": "1"})
    assert "Ada saved this draft meanwhile" in _words(client.get(answer.headers["Location"]))


@pytest.mark.slow
def test_a_number_of_a_person_is_not_taken_into_a_file(made: Console) -> None:
    client = made.client(Role.EDITOR)
    id_ = _begin(client)
    fields = _fields(made, id_, "number: $ADVOCATE_1", 'number: "+16172530155"')
    assert client.post(f"/staff/edit/{id_}/text", {**fields, "version": "1"}).status_code == 303
    page = client.get(f"/staff/edit/{id_}")
    assert "a person's number does not stand in a file" in _words(page)
    assert "/publish" not in page.get_data(as_text=True)
    served = made.services.publishing.base().revision
    answer = client.post(f"/staff/edit/{id_}/publish", {"over": served, "version": "2", "note": "mine"})
    assert answer.status_code == 422
    assert made.services.publishing.base().revision == served


def test_files_that_are_no_utf_8_are_not_spoilt(made: Console) -> None:
    path = made.settings.config / ROUTING
    path.write_bytes(path.read_text(encoding="utf-8").encode("latin-1", "replace"))
    answer = made.client(Role.EDITOR).post("/staff/edit", {"title": "one"})
    assert answer.status_code == 422
    assert "routing.yaml is not UTF-8 text, so nothing of it can be edited here; bring an earlier" in _words(answer)
    assert made.services.editor.drafts.all() == ()
