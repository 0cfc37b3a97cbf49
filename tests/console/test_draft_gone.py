"""What is sent about a draft that is gone: it says so, gives back what was typed, and a new draft takes it."""

import re
from collections.abc import Iterator
from html import unescape

import pytest
from werkzeug.test import TestResponse

from phonetree.config.document import Value
from phonetree.console.form_fields import packed
from phonetree.store.drafts import MOST
from phonetree.store.roles import Role
from tests.support.console import Console, console

SAY = {"en": "You can call again at any time. Goodbye.", "es": "Puede volver a llamar cuando quiera. Adiós."}
BEFORE = packed({"goodbye": {"say": SAY}})


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with console("sqlite", tmp_path_factory.mktemp("console")) as opened:
        yield opened


def _words(answer: TestResponse) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True))).split())


def _hidden(answer: TestResponse) -> dict[str, str]:
    """What the button of such a page sends."""
    form = answer.get_data(as_text=True).partition('action="/staff/edit/anew"')[2].partition("</form>")[0]
    found = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', form)
    return {unescape(name): unescape(value) for name, value in found}


def test_a_form_of_a_draft_that_is_gone_is_given_back_and_put_into_a_new_one(made: Console) -> None:
    client, base = made.client(Role.EDITOR), made.services.publishing.base()
    made.services.revisions.keep(base.revision, base.contents, "Ada", 1)
    sent = {"version": "5", "before": BEFORE, "say.en": "Ten minutes & more.", "say.es": SAY["es"]}
    answer = client.post("/staff/edit/gone/nodes/goodbye", sent)
    assert answer.status_code == 404
    told = _words(answer)
    assert "It was published or thrown away meanwhile, so nothing was saved. What you typed is still here." in told
    assert "say, en: Ten minutes & more." in told
    assert "If it was published, History has it. Published last, this draft or another one: number 1 , by Ada" in told
    assert SAY["es"] not in told, "nobody typed that"
    hidden = _hidden(answer)
    begun = client.post("/staff/edit/anew", hidden)
    assert begun.status_code == 307, "the browser sends the form there"
    there = begun.headers["Location"]
    answer = client.post(there, hidden)
    assert answer.status_code == 303, _words(answer)
    assert client.post("/staff/edit/anew", hidden).headers["Location"] == there, "pressed twice, it begins one draft"
    assert client.post(there, hidden).status_code == 303
    (draft,) = made.services.editor.drafts.all()
    assert there == f"/staff/edit/{draft.id}/nodes/goodbye"
    assert draft.title == "Change of goodbye"
    page = _words(client.get(there))
    assert "Ten minutes & more." in page
    for bad in ("https://elsewhere.example", "nodes/a\nb", "nodes/a\u202eb"):
        assert client.post("/staff/edit/anew", {**hidden, "there": bad}).status_code == 400
    made.services.editor.drafts.drop(draft.id)


def test_what_was_typed_is_given_back_although_it_stood_in_another_field(made: Console) -> None:
    choices: Value = {
        "1": {"label": {"en": "for words"}, "go": "about"},
        "2": {"label": {"en": "for help"}, "go": "crisis"},
    }
    before = packed({"menu": {"choices": choices, "tries": "2"}})
    labels = {"choices.1.label.en": "for help", "choices.2.label.en": "for words", "choices.1.go": "crisis"}
    sent = {"version": "5", "before": before, **labels, "choices.2.go": "crisis", "tries": "2", "wait": "2"}
    told = _words(made.client(Role.EDITOR).post("/staff/edit/gone/nodes/welcome", sent))
    for name, value in labels.items():
        assert f"{', '.join(name.split('.'))}: {value}" in told
    assert "choices, 2, go" not in told
    assert "tries" not in told


def test_a_text_of_a_draft_that_is_gone_is_given_back(made: Console) -> None:
    answer = made.client(Role.EDITOR).post("/staff/edit/gone/text", {"version": "2", "file.hours.yaml": "a: b\n" * 9})
    assert answer.status_code == 404
    assert "a: b\na: b\n" in answer.get_data(as_text=True)
    assert "Begin a draft" in _words(answer)
    assert not _hidden(answer), "it would take back what was published since"


def test_what_was_typed_is_kept_when_no_draft_can_begin(made: Console) -> None:
    client, drafts = made.client(Role.EDITOR), made.services.editor.drafts
    begun = [drafts.start("full", "r", {"a": b"b"}, "Ada", 1) for _ in range(MOST)]
    answer = client.post("/staff/edit/anew", {"there": "nodes/goodbye", "before": BEFORE, "say.en": "Words."})
    for draft in begun:
        drafts.drop(draft.id)
    assert answer.status_code == 422
    assert "publish or throw away one of them first" in _words(answer)
    assert _hidden(answer)["say.en"] == "Words."


def test_what_was_typed_about_a_node_that_is_gone_is_given_back(made: Console) -> None:
    client = made.client(Role.EDITOR)
    draft = client.post("/staff/edit", {"title": "one"}).headers["Location"]
    answer = client.post(f"{draft}/nodes/nothing", {"before": BEFORE, "say.en": "Words."})
    assert answer.status_code == 404
    assert "removed or renamed, or was never there, so nothing was saved. What you typed is still here." in _words(
        answer
    )
    assert "say, en: Words." in _words(answer)
