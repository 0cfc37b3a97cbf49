"""History: who, when and why, what was different, and the way back."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from shutil import copytree

import pytest
from sqlalchemy import update
from werkzeug.test import TestResponse

from phonetree.config.site import Contents, made_of
from phonetree.store import actions
from phonetree.store.revisions import Revisions
from phonetree.store.roles import Role
from phonetree.store.tables import publications
from tests.support.console import SECRET, Console, console
from tests.support.lines import RULES, VPR

FILES = {name: (VPR / name).read_bytes() for name in ("hours.yaml", "routing.yaml")}
SOFTER = {**FILES, "routing.yaml": FILES["routing.yaml"].replace(b"for crisis lines", b"for help lines")}
END = "le comunico ahora.}\n      go: "
HARMFUL = {
    **FILES, "routing.yaml": FILES["routing.yaml"].replace(f"{END}barcc_now".encode(), f"{END}leave".encode())
}  # fmt: skip


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Console]:
    config = Path(copytree(VPR, tmp_path / "config"))
    with console("sqlite", tmp_path, config=config, source="store") as opened:
        yield opened


def _name(contents: Contents) -> str:
    return made_of(contents, VPR, RULES).site.revision


def _publish(made: Console, contents: Contents, author: str, note: str) -> str:
    revisions, name = made.services.revisions, _name(contents)
    newest = revisions.newest()
    revisions.publish(name, contents, newest[0].revision if newest else None, author, note, int(made.now.timestamp()))
    return name


def _words(answer: TestResponse) -> str:
    text = re.sub(r"<(style|script).*?</\1>|<[^>]+>", " ", answer.get_data(as_text=True), flags=re.DOTALL)
    return " ".join(unescape(text).split())


def _newest(made: Console) -> str:
    found = made.services.revisions.newest()
    assert found
    return found[0].revision


@pytest.mark.slow
@pytest.mark.parametrize("role", Role)
def test_everybody_sees_who_published_what_when_and_why(role: Role, made: Console) -> None:
    made.services.revisions.take(_name(FILES), FILES, int(made.now.timestamp()))
    _publish(made, SOFTER, "Ada <b>", "softer <words>")
    text = _words(made.client(role).get("/staff/history"))
    assert "Mon 23 Nov 2026 10:00, Ada <b>: softer <words> ( number 2 ) (the newest)" in text
    assert "the files: there was no revision before ( number 1 )" in text
    text = _words(made.client(role).get("/staff/history/compare?old=1&new=2"))
    assert '"For help lines, press 2." is said instead of "For crisis lines, press 2."' in text
    assert "routing.yaml" in text
    assert re.search(r"- .*for crisis lines.* \+ .*for help lines", text)
    assert "hours.yaml" not in text, "nothing is different there"
    text = _words(made.client(role).get("/staff/history/1"))
    assert '"For crisis lines, press 2." is said instead of "For help lines, press 2."' in text
    assert ("Publish it again" in text) == (role is Role.EDITOR)


def test_an_editor_brings_one_back_with_a_note_and_that_is_a_publication_of_its_own(made: Console) -> None:
    first = _publish(made, FILES, "Ada", "one")
    second = _publish(made, SOFTER, "Ada", "two")
    client = made.client(Role.EDITOR)
    answer = client.post("/staff/history/1", {"over": second, "note": " "})
    assert answer.status_code == 422
    assert "Write why" in _words(answer)
    answer = client.post("/staff/history/1", {"over": second, "note": "Ana has 617-555-0144 now"})
    assert answer.status_code == 422
    assert "The note has a phone number in it, which stays in History" in _words(answer)
    assert _newest(made) == second
    assert client.post("/staff/history/1", {"over": second, "note": "that was better"}).status_code == 303
    newest = made.services.revisions.history()[0]
    editor = made.accounts[Role.EDITOR].name
    assert (newest.revision, newest.author, newest.note) == (first, editor, "that was better")
    assert actions.since(made.services.store, 0)[0].what == f"brought back revision {first}: that was better"
    assert client.post("/staff/history/1", {"over": second, "note": "again"}).status_code == 303
    assert len(made.services.revisions.history()) == 3, "a second press does nothing"


def test_it_is_not_brought_back_over_what_somebody_published_meanwhile(made: Console) -> None:
    _publish(made, FILES, "Ada", "one")
    second = _publish(made, SOFTER, "Ada", "two")
    third = _publish(made, {**FILES, "hours.yaml": FILES["hours.yaml"] + b"# more\n"}, "Ben", "three")
    answer = made.client(Role.EDITOR).post("/staff/history/1", {"over": second, "note": "mine"})
    assert answer.status_code == 409
    assert "Somebody published another revision" in _words(answer)
    assert f'name="over" value="{third}"' in answer.get_data(as_text=True)
    assert 'value="mine"' in answer.get_data(as_text=True)
    assert _newest(made) == third


@pytest.mark.slow
def test_what_breaks_a_promise_is_not_brought_back(made: Console) -> None:
    _publish(made, HARMFUL, "Ada", "one")
    second = _publish(made, FILES, "Ada", "two")
    answer = made.client(Role.EDITOR).post("/staff/history/1", {"over": second, "note": "mine"})
    assert answer.status_code == 422
    assert "a caller who reached nobody is hung up on" in _words(answer)
    assert _newest(made) == second


def test_what_was_not_published_with_the_key_is_marked_and_cannot_be_brought_back(made: Console) -> None:
    first = _publish(made, FILES, "Ada", "one")
    Revisions(made.services.store, ("x" * 40,)).publish(_name(SOFTER), SOFTER, first, "Eve", "two", 5)
    client = made.client(Role.EDITOR)
    assert "does not count" in _words(client.get("/staff/history"))
    assert client.post("/staff/history/2", {"over": first, "note": "mine"}).status_code == 409
    assert _newest(made) == first


def test_where_the_folder_is_the_source_edits_by_hand_are_there(tmp_path: Path) -> None:
    with console("sqlite", tmp_path) as made:
        revisions = Revisions(made.services.store, (SECRET,))
        revisions.keep(_name(FILES), FILES, "the files", 5)
        revisions.keep(_name(SOFTER), SOFTER, "the files", 6)
        with made.services.store.changing(publications) as connection:  # as an earlier version kept it
            connection.execute(update(publications).where(publications.c.number == 1).values(note=""))
        said = _words(made.client(Role.EDITOR).get("/staff/history"))
        assert "the files: an edit by hand ( number 2 ) (the newest)" in said
        assert "the files: why is not known ( number 1 )" in said


@pytest.mark.parametrize("query", ["", "?old=1", "?old=1&new=999", "?old=x&new=-1", "?old=1&new=99999999999"])
def test_what_cannot_be_compared_leads_back_to_the_list(query: str, made: Console) -> None:
    _publish(made, FILES, "Ada", "one")
    client = made.client(Role.MEMBER)
    assert client.get(f"/staff/history/compare{query}").status_code == 303
    assert client.get("/staff/history/99").status_code == 404
    assert client.get("/staff/history?before=x").status_code == 200


def test_the_list_has_pages(made: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("phonetree.console.history.PAGE", 2)
    client = made.client(Role.MEMBER)
    assert "Nothing yet." in _words(client.get("/staff/history"))
    for contents in (FILES, SOFTER, HARMFUL):
        _publish(made, contents, "Ada", "x")
    page = client.get("/staff/history")
    assert "/staff/history/1" not in page.get_data(as_text=True)
    assert "before=2" in page.get_data(as_text=True)
    assert "/staff/history/1" in client.get("/staff/history?before=2").get_data(as_text=True)
