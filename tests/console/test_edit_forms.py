"""Edit by form: a form saves what was typed and nothing else, says what is wrong where it is, and overwrites nobody."""

import difflib
import re
from collections.abc import Iterator, Mapping
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from werkzeug.test import TestResponse

from phonetree.config.document import Value, parse, said
from phonetree.config.edit_places import left_over
from phonetree.config.edit_teams import SetMember
from phonetree.config.site import HOURS, ROUTING, Contents
from phonetree.config.steps import value_at
from phonetree.console.edit_choices_form import AlwaysForm
from phonetree.console.edit_people_forms import TeamForm
from phonetree.console.form_fields import Languages, Typed, hours_value, packed, unpacked
from phonetree.console.forms import Forms
from phonetree.store.drafts import MOST_VERSIONS
from phonetree.store.roles import Role
from tests.support.console import Client, Console, console
from tests.support.lines import ROOT, RULES, VPR


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    folder = tmp_path_factory.mktemp("console")
    config = Path(copytree(VPR, folder / "config"))
    with console("sqlite", folder, config=config) as opened:
        yield opened


@pytest.fixture
def client(made: Console) -> Client:
    return made.client(Role.EDITOR)


@pytest.fixture
def draft(made: Console, client: Client) -> Iterator[str]:
    """The address of a new draft."""
    answer = client.post("/staff/edit", {"title": "softer words"})
    yield answer.headers["Location"]
    made.services.editor.drafts.drop(answer.headers["Location"].rpartition("/")[2])


class _Form(HTMLParser):
    """The controls of the form that edits, as a browser sends it."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: dict[str, str | list[str]] = {}
        self._name = self._text = ""
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {key: value or "" for key, value in attrs}
        name = given.get("name", "")
        self._inside = self._inside or name == "before"
        if not self._inside:
            return
        if tag == "input" and (given.get("type") != "checkbox" or "checked" in given):
            had = self.sent.get(name)
            self.sent[name] = (
                given.get("value", "") if had is None else [*([had] if isinstance(had, str) else had), given["value"]]
            )
        if tag in ("textarea", "select"):
            self._name, self._text = name, ""
            self.sent[name] = ""
        if tag == "option" and ("selected" in given or not self._text):
            self.sent[self._name], self._text = given["value"], "chosen"

    def handle_data(self, data: str) -> None:
        if self._name and self._inside and not self._text:
            self.sent[self._name] = str(self.sent[self._name]) + data

    def handle_endtag(self, tag: str) -> None:
        if tag in ("textarea", "select"):
            if tag == "textarea":
                self.sent[self._name] = str(self.sent[self._name]).removeprefix("\n").removesuffix("\n")
            self._name = ""
        if tag == "form":
            self._inside = False


def fields(client: Client, address: str) -> dict[str, str | list[str]]:
    """The form of a page, if nobody touches it."""
    form = _Form()
    form.feed(client.get(address).get_data(as_text=True))
    return form.sent


def _files(made: Console, draft: str) -> Contents:
    found = made.services.editor.drafts.find(draft.rpartition("/")[2])
    assert found
    return found[1]


def _now(made: Console, draft: str, *path: str | int, name: str = ROUTING) -> Any:
    return value_at(said(parse(_files(made, draft)[name], name)), path)


def _version(made: Console, draft: str) -> int:
    found = made.services.editor.drafts.find(draft.rpartition("/")[2])
    assert found
    return found[0].version


def _colleague_saves(made: Console, draft: str) -> None:
    files = _files(made, draft)
    more = {**files, HOURS: files[HOURS] + b"# more\n"}
    made.services.editor.drafts.save(draft.rpartition("/")[2], _version(made, draft), more, "Bo", 9)


def _words(page: str) -> str:
    text = re.sub(r"<(style|script).*?</\1>|<[^>]+>", " ", page, flags=re.DOTALL)
    return " ".join(unescape(text).split())


def _sent(client: Client, address: str, changes: Mapping[str, object], status: int = 303) -> TestResponse:
    """Changes some fields of a form and saves it."""
    answer = client.post(address, {**fields(client, address), **changes})
    assert answer.status_code == status, _words(answer.get_data(as_text=True))
    return answer


def _save(client: Client, address: str, changes: Mapping[str, object], status: int = 303) -> str:
    """The same, and what the answer says, or the page after it."""
    answer = _sent(client, address, changes, status)
    shown = client.get(answer.headers["Location"]) if status == 303 else answer
    return _words(shown.get_data(as_text=True))


def _told_at(answer: TestResponse, field: str) -> str:
    """What is wrong with a field."""
    (told,) = re.findall(rf'id="field-{re.escape(field)}-wrong">([^<]*)<', answer.get_data(as_text=True))
    return unescape(told)


LINE = {
    "name.en": "the Night Line", "name.es": "la línea nocturna", "number": "+1 800 656 4673", "verified": "true",
    "confidential": "private", "open": "daily: 18:00-23:00", "choices.new.menu": "more_lines",
    "choices.new.label.en": "for {name}", "choices.new.label.es": "para {name}",
}  # fmt: skip
KEY = {
    "choices.new.menu": "about", "choices.new.label.en": "for parking", "choices.new.label.es": "para aparcar",
    "message.say.en": "Behind the house.", "message.say.es": "Detrás de la casa.",
}  # fmt: skip

PAGES = [
    "nodes/welcome", "nodes/after_hours", "nodes/advocate", "nodes/line_barcc", "nodes/person", "nodes/voicemail",
    "nodes/goodbye", "nodes/about_harm", "lines/barcc", "lines/call_for_change", "teams/advocates", "hours", "phrases",
    "helpline", "page", "languages", "always",
]  # fmt: skip

SITES = sorted(path.parent for folder in ("examples", "tests/sites") for path in (ROOT / folder).glob(f"*/{ROUTING}"))


@pytest.mark.slow
@pytest.mark.parametrize("site", SITES, ids=lambda site: site.name)
def test_a_form_that_nobody_touched_changes_nothing(site: Path, tmp_path: Path) -> None:
    """Every form of every site, by the links to them."""
    config = Path(copytree(site, tmp_path / "config"))
    with console("sqlite", tmp_path, config=config, names=RULES.names) as made:
        client = made.client(Role.EDITOR)
        draft = client.post("/staff/edit", {"title": "softer words"}).headers["Location"]
        before = _files(made, draft)
        forms = _links(client, f"{draft}/parts")
        assert f"{draft}/helpline" in forms
        for page in forms:
            assert "Nothing was changed." in _save(client, page, {}), page
        assert _files(made, draft) == before


def _links(client: Client, address: str) -> list[str]:
    """The forms to which a page links."""
    found = re.findall(r'<li><a href="([^"]+)"', client.get(address).get_data(as_text=True))
    return [each for each in found if each.startswith(address.removesuffix("parts"))]


def test_a_value_that_nobody_touched_is_not_in_the_way_of_another_one(
    made: Console, client: Client, draft: str
) -> None:
    page = f"{draft}/helpline"
    opened = fields(client, page)
    _sent(client, page, {"budgets.silent": "70"})
    assert client.post(page, {**opened, "helpline.email": "help@example.org"}).status_code == 303
    assert _now(made, draft, "budgets", "silent") == "70"
    assert _now(made, draft, "helpline", "email") == "help@example.org"


# -- nodes


def _changed(made: Console, draft: str, before: Contents) -> list[str]:
    """The lines that are different, each with - or +."""
    told = []
    for name, data in _files(made, draft).items():
        lines = difflib.unified_diff(before[name].decode().splitlines(), data.decode().splitlines(), n=0, lineterm="")
        told += [line for line in lines if not line.startswith(("---", "+++", "@@"))]
    return told


@pytest.mark.slow
def test_words_are_saved_in_all_languages_and_told_as_callers_hear_them(
    made: Console, client: Client, draft: str
) -> None:
    before = _files(made, draft)
    page = f"{draft}/nodes/voicemail"
    told = _save(client, page, {"say.en": "Leave a message: we listen.", "say.es": "Deje un\r\n mensaje."})
    assert "Saved. Callers hear nothing of it until the draft is published." in told
    assert '"Leave a message: we listen." is said instead of' in told
    changed = [line for line in _changed(made, draft, before) if line.startswith("+")]
    assert changed == ['+        en: "Leave a message: we listen."', "+        es: Deje un mensaje."]
    assert made.services.hours.files().contents == before, "callers hear nothing of it"


@pytest.mark.slow
def test_choices_move_exchange_keys_are_added_and_removed(made: Console, client: Client, draft: str) -> None:
    page, choices = f"{draft}/nodes/welcome", ("nodes", "welcome", "menu", "choices")
    _sent(client, page, {"action": "up.3"})
    assert list(_now(made, draft, *choices)) == ["1", "3", "2", "4", "5"]
    _sent(client, page, {"action": "down.1", "tries": "3"})
    assert list(_now(made, draft, *choices)) == ["3", "1", "2", "4", "5"]
    assert _now(made, draft, "nodes", "welcome", "menu", "tries") == "3", "a move saves the rest of the form, too"
    _sent(client, page, {"choices.1.key": "2", "choices.2.key": "1", "choices.4.remove": "true"})
    assert {key: each["go"] for key, each in _now(made, draft, *choices).items()} == {
        "3": "voicemail", "2": "advocate", "1": "crisis", "5": "own_behavior",
    }  # fmt: skip
    new = {"choices.new.key": "7", "choices.new.label.en": "for words", "choices.new.label.es": "para palabras"}
    _sent(client, page, {**new, "choices.new.go": "about", "action": "up.7"})
    assert list(_now(made, draft, *choices)) == ["3", "2", "1", "5", "7"]
    assert _now(made, draft, *choices, "7") == {"label": {"en": "for words", "es": "para palabras"}, "go": "about"}
    _sent(client, page, {"mention": ["", "8"], "silence": "crisis", "choices.1.go": "more_lines"})
    assert _now(made, draft, "nodes", "welcome", "menu", "mention") == ("8",)
    assert _now(made, draft, "nodes", "welcome", "menu", "silence") == "crisis"
    assert _now(made, draft, *choices, "1", "go") == "more_lines"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("page", "typed", "place"),
    [
        ("nodes/welcome", {"say.en": "Hello."}, "?saved=part-What-callers-hear#part-What-callers-hear"),
        ("nodes/welcome", {"tries": "3", "action": "up.3"}, "?saved=part-choices.3#do-up.3"),
        ("nodes/welcome", {"action": "up.2"}, "?saved=part-choices.2#part-choices.2"),
        ("nodes/welcome", {"choices.1.key": "2", "choices.2.key": "1"}, "?saved=part-choices.2#part-choices.2"),
        ("nodes/welcome", {"choices.4.remove": "true"}, "?saved=part-choices.5#part-choices.5"),
        ("teams/advocates", {"member.Second_advocate.name": "Bo"}, "?saved=part-member.Bo#part-member.Bo"),
        ("teams/advocates", {"members.new.name": "Al", "members.new.number": "$AL"},
         "?saved=part-member.Al#part-member.Al"),
        ("teams/advocates", {"members.new.name": "First advocate", "members.new.number": "$AL"},
         "?saved=part-member.First_advocate~2#part-member.First_advocate~2"),
        ("teams/advocates", {"member.First_advocate.name": "Second advocate"},
         "?saved=part-member.Second_advocate#part-member.Second_advocate"),
        ("teams/advocates", {"member.Second_advocate.name": "First advocate"},
         "?saved=part-member.First_advocate~2#part-member.First_advocate~2"),
        ("teams/advocates", {"member.First_advocate.remove": "true", "members.new.name": "Second advocate",
                             "members.new.number": "$AL"},
         "?saved=part-member.Second_advocate#part-member.Second_advocate"),
        ("hours", {"days.new.date": "2026-12-04", "days.new.name.en": "snow", "days.new.name.es": "nieve"},
         "?saved=part-days.new#part-days.new"),
    ],
)  # fmt: skip
def test_after_saving_a_form_is_at_the_part_that_was_edited(
    client: Client, draft: str, page: str, typed: dict[str, str], place: str
) -> None:
    answer = _sent(client, f"{draft}/{page}", typed)
    assert answer.headers["Location"] == f"{draft}/{page}{place}"
    text = client.get(answer.headers["Location"]).get_data(as_text=True)
    part, focus = place.removeprefix("?saved=").split("#")
    assert re.search(rf'<fieldset[^>]* id="{re.escape(part)}" tabindex="-1" aria-describedby="saved">', text)
    assert text.count(f'id="{focus}"') == 1
    assert 'id="changes"' in text


@pytest.mark.slow
def test_a_node_to_which_nothing_leads_any_more_is_told_and_removed(made: Console, client: Client, draft: str) -> None:
    new = {"node.kind": "message", "node.words.en": "Words.", "node.words.es": "Palabras.", "node.to": "goodbye"}
    client.post(f"{draft}/parts", {"what": "node", "node.name": "news", **new})
    page = f"{draft}/nodes/welcome"
    choice = {"choices.new.key": "7", "choices.new.label.en": "for news", "choices.new.label.es": "para noticias"}
    assert "No call comes to news" in _words(client.get(page).get_data(as_text=True))
    assert "No call comes" not in _save(client, page, {**choice, "choices.new.go": "news"})
    told = _save(client, page, {"choices.7.remove": "true"})
    assert "No call comes to news , and so this draft cannot be published. Let a key" in told
    answer = client.post(f"{draft}/remove", {"what": "nodes", "name": "news", "page": "welcome"})
    assert answer.headers["Location"] == f"{page}?saved=1"
    assert "No call comes" not in _words(client.get(page).get_data(as_text=True))
    told = _save(client, page, {"choices.4.remove": "true"})
    named = re.search(r"No call comes to ([a-z_ ,]+) , and so", told)
    assert named
    names = named[1].replace(" ,", ",")
    assert {"about", "about_harm"} <= set(names.split(", ")), "they lead to each other"
    client.post(f"{draft}/remove", {"what": "nodes", "name": names, "page": "welcome"})
    assert "about_harm" not in _now(made, draft, "nodes")
    told = _words(client.get(draft).get_data(as_text=True))
    assert "no call ever comes here" not in told


@pytest.mark.parametrize("folder", [VPR, *(ROOT / "examples").iterdir()], ids=lambda each: each.name)
def test_calls_come_to_every_node_of_the_sites_that_there_are(folder: Path) -> None:
    assert left_over(said(parse((folder / ROUTING).read_bytes(), ROUTING))) == ()


@pytest.mark.slow
def test_problems_and_changes_lead_to_the_forms_and_then_to_the_text(made: Console, client: Client, draft: str) -> None:
    _save(client, f"{draft}/nodes/about_harm", {"say.es": ""})
    page = client.get(draft).get_data(as_text=True)
    form = re.search(
        rf'<a href="({draft}/nodes/about_harm#field-[^"]*)">about_harm</a> \(as text: <a href="([^"]*)"', page
    )
    assert form
    assert re.fullmatch(rf"{draft}/text\?line=\d+&amp;column=\d+#routing\.yaml", form[2])
    assert f'id="{form[1].partition("#")[2]}' in client.get(form[1]).get_data(as_text=True)
    assert f'href="{draft}/nodes' not in client.get(f"{draft}/text").get_data(as_text=True)
    _save(client, f"{draft}/nodes/about_harm", {"say.es": "Palabras."})
    for address in (draft, f"{draft}/publish"):
        told = client.get(address).get_data(as_text=True)
        assert f'In <a href="{draft}/nodes/about_harm">about_harm</a>: ' in told


def test_a_problem_of_a_promise_leads_to_the_list_of_promises(made: Console, client: Client, draft: str) -> None:
    files = {**_files(made, draft)}
    files[ROUTING] += b"promises:\n  - {when: closed, keys: [1], reaches: zzzzzzzz}\n"
    made.services.editor.drafts.save(draft.rpartition("/")[2], 1, files, "Ada", 1)
    page = client.get(draft).get_data(as_text=True)
    (link,) = re.findall(r'href="([^"]*/helpline#[^"]*)"', page)
    address, _, anchor = link.partition("#")
    assert f'id="{anchor}"' in client.get(address).get_data(as_text=True)
    assert "the outside line, team or node" in unescape(page)


def test_what_is_wrong_stands_at_its_field_and_what_was_typed_stays(made: Console, client: Client, draft: str) -> None:
    before, page = _files(made, draft), f"{draft}/nodes/welcome"
    bad = {"say.es": "Una {llave", "tries": "99", "choices.2.key": "8", "choices.2.go": "about", "say.en": "Hello."}
    answer = client.post(page, {**fields(client, page), **bad})
    assert answer.status_code == 422
    text = answer.get_data(as_text=True)
    assert "3 fields have problems" in text
    for name, why in (
        ("say.es", "a brace without its partner"),
        ("tries", "from 1 to 5"),
        ("choices.2.key", "Key 8 works in every menu; choose another key"),
    ):
        assert re.search(
            rf'name="{re.escape(name)}"[^>]* aria-invalid="true" aria-describedby="field-{re.escape(name)}-wrong', text
        )
        (problem,) = re.findall(rf'id="field-{re.escape(name)}-wrong">([^<]*)<', text)
        assert why in unescape(problem)
    form = _Form()
    form.feed(text)
    assert {name: form.sent[name] for name in bad} == bad
    assert _files(made, draft) == before


@pytest.mark.slow
def test_a_change_that_somebody_else_made_meanwhile_is_told_and_kept(made: Console, client: Client, draft: str) -> None:
    page = f"{draft}/nodes/welcome"
    mine = fields(client, page)
    _sent(client, page, {"say.en": "Hello from her.", "choices.1.label.es": "para ella"})
    answer = client.post(page, {**mine, "say.en": "Hello from me.", "tries": "4"})
    assert answer.status_code == 422
    text = answer.get_data(as_text=True)
    told = _words(text)
    assert (
        "This was changed meanwhile, in another tab or by somebody else: it was “MIT Violence Prevention and Response."
        in told
    )
    assert "and is now “Hello from her.”" in told
    assert "You, in another tab, saved this draft meanwhile (10:00)." in told
    form = _Form()
    form.feed(text)
    assert (form.sent["say.en"], form.sent["tries"]) == ("Hello from me.", "4"), "what I typed"
    assert form.sent["choices.1.label.es"] == "para ella", "what I left alone is as it is now"
    assert client.post(page, form.sent).status_code == 303
    assert _now(made, draft, "nodes", "welcome", "menu", "say", "en") == "Hello from me."
    assert _now(made, draft, "nodes", "welcome", "menu", "choices", "1", "label", "es") == "para ella"


@pytest.mark.slow
def test_two_members_of_one_name_are_told_where_the_name_is_typed(made: Console, client: Client, draft: str) -> None:
    page, twice = f"{draft}/teams/advocates", "Another member with another phone has this name, too"
    assert twice not in _words(client.get(page).get_data(as_text=True))
    new = {"members.new.name": "First advocate", "members.new.number": "$ADVOCATE_3"}
    shown = _save(client, page, new)
    assert shown.count(twice) == 2, "at both of them"
    assert twice not in _save(client, page, {"member.First_advocate~2.name": "Third advocate"})
    assert client.post(f"{draft}/parts", {"what": "team", "team.name": "night"}).status_code == 303
    new = {"members.new.name": "First advocate", "members.new.number": "$ADVOCATE_1"}
    assert twice not in _save(client, f"{draft}/teams/night", new), "the same person in two teams"
    _save(client, f"{draft}/teams/night", {"member.First_advocate.number": "$ADVOCATE_4"})
    assert _words(client.get(page).get_data(as_text=True)).count(twice) == 1, "one is in another team"


def test_who_changed_a_draft_meanwhile_and_when_is_told(made: Console, client: Client, draft: str) -> None:
    page, id_ = f"{draft}/nodes/goodbye", draft.rpartition("/")[2]
    mine, drafts = fields(client, page), made.services.editor.drafts

    def changes(said: str, by: str) -> None:
        found = drafts.find(id_)
        assert found
        files = {**found[1], ROUTING: re.sub(rb"You can call again[^\"]*", said.encode(), found[1][ROUTING])}
        drafts.save(id_, found[0].version, files, by, made.services.seconds())

    changes("You can call again. Ana.", "ana & Co")
    typed = {**mine, "say.en": "Mine."}
    told = _words(client.post(page, typed).get_data(as_text=True))
    assert "ana & Co saved this draft meanwhile (10:00)." in told
    changes("You can call again. Ben.", "Ben")
    told = _words(client.post(page, typed).get_data(as_text=True))
    assert "This draft was saved 2 times meanwhile, the last time by Ben (10:00), before that by ana & Co." in told
    changes("You can call again. Me.", made.accounts[Role.EDITOR].name)
    told = _words(client.post(page, typed).get_data(as_text=True))
    last = "This draft was saved 3 times meanwhile, the last time by you, in another tab (10:00)"
    assert f"{last}, before that by ana & Co and Ben." in told
    again = {**fields(client, page), "say.en": "{nothing}"}
    told = _words(client.post(page, again).get_data(as_text=True))
    assert "Nothing is saved yet" in told
    assert "meanwhile" not in told, "a slip of one's own"


def test_a_menu_says_which_keys_are_free_and_what_to_do_if_none_is(made: Console, client: Client, draft: str) -> None:
    def hint(page: str) -> str:
        return _words(client.get(f"{draft}/{page}").get_data(as_text=True).partition("<legend>A new ")[2])

    assert "It is said last; move it up afterwards. Free: 6, 7; full, 5 choices are all that callers" in hint(
        "nodes/welcome"
    )
    new = {"key": "7", "label.en": "for a goodbye", "label.es": "para terminar", "go": "goodbye"}
    _sent(client, f"{draft}/nodes/welcome", {f"choices.new.{name}": text for name, text in new.items()})
    assert "No key is left for it: a menu has 6 choices at most. Remove a choice, and take its key;" in hint(
        "nodes/welcome"
    )
    every = {"menu": {"choices": {f"{key}": {"go": "menu"} for key in range(10)}}}
    (*_, group) = AlwaysForm({"nodes": {"menu": every}}, Languages({"en": "English"}, ("en",))).groups({})
    assert group.hint.startswith("No key is left for a new one")


@pytest.mark.slow
def test_what_is_typed_into_other_choices_stays_when_somebody_removed_one(
    made: Console, client: Client, draft: str
) -> None:
    page = f"{draft}/nodes/instead"
    mine = fields(client, page)
    _sent(client, page, {"choices.1.remove": "true"})
    answer = client.post(page, {**mine, "choices.1.label.en": "gone", "choices.2.label.en": "for my lines"})
    assert answer.status_code == 422
    form = _Form()
    form.feed(answer.get_data(as_text=True))
    assert form.sent["choices.2.label.en"] == "for my lines"
    told = _words(answer.get_data(as_text=True))
    assert "Choice 1: key 1, English: gone" in told, "what was typed into the one that is gone"
    assert "Put it where it belongs now, or leave it out, and save again." in told
    assert re.search(r"<h1>.*Key 1 is not there any more", answer.get_data(as_text=True), re.DOTALL)
    assert 'id="field-choices.2.key-wrong"' not in answer.get_data(as_text=True), "it is not about another choice"
    assert client.post(page, form.sent).status_code == 303


def test_what_a_new_thing_lacks_is_said_at_its_fields(client: Client, draft: str) -> None:
    for fields_of, why in (
        ({"what": "team", "team.name": ""}, "Write a name for it."),
        (
            {"what": "node", "node.name": "news", "node.kind": "message"},
            "Write what callers hear. Choose where it leads.",
        ),
        ({"what": "node", "node.name": "news", "node.kind": "transfer"}, "Choose whom it reaches."),
        (
            {"what": "node", "node.name": "crisis", "node.kind": "hours"},
            "'crisis' is there already; choose another name. Choose where it leads.",
        ),
        (
            {"what": "node", "node.name": "Not a name", "node.kind": "transfer"},
            "'Not a name' cannot be a node's name; use small letters, digits, - and _. Choose whom it reaches.",
        ),
    ):
        answer = client.post(f"{draft}/parts", fields_of)
        assert answer.status_code == 422
        page = answer.get_data(as_text=True)
        told = map(unescape, re.findall(r'<p class="wrong"[^>]*>([^<]*)</p>', page))
        assert ". ".join(told) + "." == why
        assert "Nothing is added yet." in page


@pytest.mark.slow
def test_edits_of_different_values_at_once_are_both_kept(made: Console, client: Client, draft: str) -> None:
    page = f"{draft}/nodes/welcome"
    mine = fields(client, page)
    _sent(client, page, {"say.en": "Hello from her."})
    assert client.post(page, {**mine, "say.es": "Hola."}).status_code == 303
    assert _now(made, draft, "nodes", "welcome", "menu", "say") == {"en": "Hello from her.", "es": "Hola."}


def test_a_text_that_is_missing_is_marked(client: Client, draft: str) -> None:
    told = _save(client, f"{draft}/nodes/about_harm", {"say.es": ""})
    assert "1 text is missing" in told
    assert "español missing" in told
    assert "This cannot be published" in told


# -- lines, teams, and the rest


@pytest.mark.slow
def test_a_line_is_dialled_today(made: Console, client: Client, draft: str) -> None:
    before = _files(made, draft)
    assert "Last dialled on 2026-11-22. Tick this after you dialled +1 800 841 8371" in _words(
        client.get(f"{draft}/lines/barcc").get_data(as_text=True)
    )
    _sent(client, f"{draft}/lines/barcc", {"verified": "true"})
    assert _changed(made, draft, before) == ["-    verified: 2026-11-22", "+    verified: 2026-11-23"]
    _sent(
        client,
        f"{draft}/lines/barcc",
        {"open": "monday-friday: 9:00-17:00\r\nsaturday: 9:00-12:00", "tty": "+1 800 787 3224"},
    )
    line = _now(made, draft, "resources", "barcc")
    assert line["open"] == {"monday-friday": "9:00-17:00", "saturday": "9:00-12:00"}
    assert line["tty"] == "+1 800 787 3224"
    told = _save(client, f"{draft}/lines/barcc", {"number": "911"}, 422)
    assert "an emergency number is never bridged" in told


@pytest.mark.slow
def test_members_come_and_go_and_have_shifts(made: Console, client: Client, draft: str) -> None:
    page = f"{draft}/teams/advocates"
    new = {"members.new.name": "Front desk", "members.new.number": "$DESK", "members.new.desk": "true"}
    _sent(
        client,
        page,
        {
            **new,
            "member.First_advocate.name": "Ada",
            "member.Second_advocate.shifts": "monday-friday: 9:00-13:00",
            "ring": "in-order",
        },
    )
    assert _now(made, draft, "teams", "advocates", "members") == (
        {"name": "Ada", "number": "$ADVOCATE_1"},
        {"name": "Second advocate", "number": "$ADVOCATE_2", "shifts": {"monday-friday": "9:00-13:00"}},
        {"name": "Front desk", "number": "$DESK", "desk": "true"},
    )
    _sent(client, page, {"member.Ada.remove": "true", "member.Front_desk.desk": ""})
    assert [each["name"] for each in _now(made, draft, "teams", "advocates", "members")] == [
        "Second advocate",
        "Front desk",
    ]
    told = _save(client, page, {"member.Second_advocate.number": "617 555 0101"}, 422)
    assert "Write the name of the phone" in told


@pytest.mark.slow
def test_what_is_typed_of_a_member_stays_when_somebody_removed_another_one(
    made: Console, client: Client, draft: str
) -> None:
    page = f"{draft}/teams/advocates"
    mine = fields(client, page)
    _sent(client, page, {"member.First_advocate.remove": "true"})
    typed = {"member.Second_advocate.shifts": "monday: 9:00-13:00", "member.First_advocate.shifts": "daily: 9:00-10:00"}
    answer = client.post(page, {**mine, **typed})
    assert answer.status_code == 422
    text = answer.get_data(as_text=True)
    assert "First advocate is not there any more" in _words(text)
    form = _Form()
    form.feed(text)
    assert form.sent["member.Second_advocate.shifts"] == "monday: 9:00-13:00"
    assert client.post(page, form.sent).status_code == 303
    (left,) = _now(made, draft, "teams", "advocates", "members")
    assert (left["name"], left["shifts"]) == ("Second advocate", {"monday": "9:00-13:00"})


@pytest.mark.slow
@pytest.mark.parametrize(
    ("page", "typed"),
    [
        ("nodes/welcome", {"say.en": "Hello.", "action": "up.3"}),
        ("teams/advocates", {"members.new.name": "Ada", "members.new.number": "$ADA"}),
        ("teams/advocates", {"member.First_advocate.remove": "true"}),
        ("parts", {"what": "team", "team.name": "night"}),
        ("parts", {"what": "node", "node.name": "night", "node.kind": "goodbye"}),
        ("remove", {"what": "team", "name": "night"}),
        ("new-line", LINE),
        ("new-message", KEY),
        ("page", {"action": "up.page.When"}),
        ("page", {"page.new.heading.en": "Why", "page.new.heading.es": "Por qué", "page.new.text.en": "Text."}),
        ("hours", {"days.new.date": "2026-12-04", "days.new.name.en": "snow day"}),
        ("helpline", {"promises.new.reaches": "barcc", "promises.new.keys": "1"}),
        ("always", {"choices.new.key": "7", "choices.new.go": "about", "choices.new.label.en": "for words"}),
    ],
)
def test_what_is_sent_twice_is_saved_once(
    made: Console, client: Client, draft: str, page: str, typed: dict[str, str]
) -> None:
    client.post(f"{draft}/parts", {"what": "team", "team.name": "late" if page == "parts" else "night"})
    if page == "page":
        for heading in ("Who", "When", "Where"):
            new = {f"page.new.heading.{language}": heading for language in ("en", "es")}
            client.post(f"{draft}/page", {**new, "page.new.text.en": "Text."})
    shown = fields(client, f"{draft}/{page}") if page in PAGES else {}
    sent = {**shown, "version": f"{_version(made, draft)}", **typed}
    first = client.post(f"{draft}/{page}", sent)
    assert first.status_code == 303, _words(first.get_data(as_text=True))
    there = first.headers["Location"]
    for same in (there, there.partition("?saved=")[0]):  # "Saved" is not said where a colleague has saved since
        saved = _files(made, draft)
        again = client.post(f"{draft}/{page}", sent)
        assert (again.status_code, again.headers["Location"]) == (303, same)
        assert _files(made, draft) == saved
        _colleague_saves(made, draft)


@pytest.mark.slow
def test_what_is_sent_again_much_later_is_not_taken_for_new(made: Console, client: Client, draft: str) -> None:
    sent, page = {**LINE, "version": "1"}, f"{draft}/new-line"
    assert client.post(page, sent).status_code == 303
    for _ in range(MOST_VERSIONS - 1):
        _colleague_saves(made, draft)
    saved = _files(made, draft)
    assert client.post(page, sent).status_code == 303
    assert _files(made, draft) == saved
    _colleague_saves(made, draft)
    saved, late = _files(made, draft), client.post(page, sent)
    assert (late.status_code, _files(made, draft)) == (422, saved), "what it showed is not kept any more"
    text = late.get_data(as_text=True)
    assert "Look whether what you want is there already" in _words(text)
    assert f'name="version" value="{_version(made, draft)}"' in text, "so that it can be saved anew"


def test_what_a_colleague_tried_and_took_back_is_saved_for_whoever_asks_for_it(
    made: Console, client: Client, draft: str
) -> None:
    page, words = f"{draft}/nodes/goodbye", {"say.en": "Thank you for calling. Goodbye."}
    shown = fields(client, page)
    bo = made.client(made.staff(Role.EDITOR, name="Bo"))
    _sent(bo, page, words)
    _sent(bo, page, {"say.en": shown["say.en"]})
    assert client.post(page, {**shown, **words}).status_code == 303
    assert _now(made, draft, "nodes", "goodbye", "goodbye", "say", "en") == words["say.en"]


@pytest.mark.slow
def test_what_is_asked_for_anew_is_done_anew(made: Console, client: Client, draft: str) -> None:
    page = f"{draft}/page"
    for heading in ("Who", "When", "Where"):
        new = {f"page.new.heading.{language}": heading for language in ("en", "es")}
        client.post(page, {**new, "page.new.text.en": "Text."})
    for expected in ("Who When Where", "Who Where When", "Where Who When", "Where Who When"):
        assert " ".join(each["heading"]["en"] for each in _now(made, draft, "page")) == expected
        _sent(client, page, {"action": "up.page.Where"})
    for words in ("Hello.", "Good evening.", "Hello.", "Good evening."):
        _sent(client, f"{draft}/nodes/goodbye", {"say.en": words})
        assert _now(made, draft, "nodes", "goodbye", "goodbye", "say", "en") == words


def test_every_form_of_a_draft_says_which_version_it_shows(made: Console, client: Client, draft: str) -> None:
    for page in (*PAGES, "parts", "new-line", "new-message"):
        text = client.get(f"{draft}/{page}").get_data(as_text=True)
        sent = re.findall(rf'<form method="post" action="{draft}/(?!throw)(.*?)</form>', text, re.DOTALL)
        assert sent
        assert all('name="version" value="1"' in each for each in sent), page


@pytest.mark.slow
def test_two_change_different_things_of_one_member_at_once(made: Console, client: Client, draft: str) -> None:
    page = f"{draft}/teams/advocates"
    mine = fields(client, page)
    _sent(client, page, {"member.First_advocate.desk": "true", "member.First_advocate.number": "$DESK"})
    assert client.post(page, {**mine, "member.First_advocate.shifts": "monday: 9:00-13:00"}).status_code == 303
    first = _now(made, draft, "teams", "advocates", "members", 0)
    assert first == {
        "name": "First advocate", "number": "$DESK", "shifts": {"monday": "9:00-13:00"}, "desk": "true",
    }  # fmt: skip
    answer = client.post(page, {**mine, "member.First_advocate.number": "$OTHER"})
    assert "This was changed meanwhile" in _told_at(answer, "member.First_advocate.number")


@pytest.mark.parametrize(
    ("page", "typed", "field", "why"),
    [
        ("nodes/welcome", {"choices.new.go": "about"}, "choices.new.key", "Choose the key"),
        ("nodes/welcome", {"choices.new.key": "8"}, "choices.new.key", "Key 8 works in every menu"),
        ("nodes/welcome", {"choices.new.key": "7", "choices.new.label.en": "a", "choices.new.label.es": "b"},
         "choices.new.go", "Choose the node that the key leads to"),
        ("nodes/welcome", {"choices.1.key": "2", "choices.2.key": "1", "choices.1.label.es": "{"},
         "choices.1.label.es", "a brace"),
        ("teams/advocates", {"members.new.number": "$ADA"}, "members.new.name", "Write the name"),
        ("teams/advocates", {"members.new.name": "Ada", "members.new.number": "$ADA", "members.new.shifts": "x"},
         "members.new.shifts", "not hours"),
        ("teams/advocates", {"member.First_advocate.remove": "true", "member.Second_advocate.shifts": "x"},
         "member.Second_advocate.shifts", "not hours"),
        ("hours", {"days.new.name.en": "snow day"}, "days.new.date", "Write the first day"),
        ("hours", {"days.new.date": "2026-12-04", "days.new.to": "5 December"}, "days.new.to", "is not a date"),
        ("helpline", {"promises.new.keys": "1"}, "promises.new.reaches", "Choose what callers reach"),
        ("helpline", {"promises.new.reaches": "barcc", "promises.new.within": "x"}, "promises.new.within", "number"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_part_stands_at_that_part(
    made: Console, client: Client, draft: str, page: str, typed: dict[str, str], field: str, why: str
) -> None:
    before = _files(made, draft)
    assert why in _told_at(_sent(client, f"{draft}/{page}", typed, 422), field)
    assert _files(made, draft) == before


def test_no_number_of_a_person_is_shown_and_none_is_lost(made: Console) -> None:
    member = {"name": "Ada", "number": "+1 617 555 0151"}
    routing: Value = {"teams": {"desk": {"members": (member, {"name": "Bo", "number": "$BO"})}}}
    form = TeamForm(routing, "desk")
    shown = form.now()
    assert "617" not in packed(shown) + repr(list(form.groups(shown)))
    typed = Typed(
        {
            "member.Ada.name": "Ada L",
            "member.Ada.number": "",
            "member.Bo.name": "Bo",
            "member.Bo.number": "$BO",
        }
    )
    (edit,) = (
        each
        for each in form.edits(unpacked(packed(shown)), typed)
        if isinstance(each, SetMember) and each.before != each.after
    )
    assert (edit.before, edit.after) == (member, {**member, "name": "Ada L"})


@pytest.mark.slow
def test_hours_sentences_and_pages(made: Console, client: Client, draft: str) -> None:
    before = _files(made, draft)
    _sent(
        client,
        f"{draft}/hours",
        {
            "open": "monday-thursday: 9:00-17:00\nfriday: 9:00-12:00, 13:00-15:00",
            "names.Juneteenth National Independence Day.en": "June the 19th",
        },
    )
    assert _now(made, draft, "open", name=HOURS) == {
        "monday-thursday": "9:00-17:00",
        "friday": "9:00-12:00, 13:00-15:00",
    }
    told = _save(client, f"{draft}/hours", {"open": "monday: 9-5"}, 422)
    assert "write 9:00-17:00, if that is meant" in told
    _sent(client, f"{draft}/phrases", {"phrases.en.no_key": "I heard nothing."})
    assert _now(made, draft, "phrases") == {"en": {"no_key": "I heard nothing."}}
    assert "no fields in braces" in _save(client, f"{draft}/phrases", {"phrases.en.no_key": "{x}"}, 422)
    names = {"names.new.holiday": "Christmas Day (observed)", "names.new.name.en": "x", "names.new.name.es": "x"}
    assert "No calendar has a holiday" in _save(client, f"{draft}/hours", names, 422)
    numbers = {"helpline.provider_number": "+1 617 555 0143", "helpline.caller_id": "provider"}
    _sent(client, f"{draft}/helpline", {**numbers, "helpline.exit": "https://www.example.org/"})
    assert _now(made, draft, "helpline", "caller_id") == "provider"
    _sent(client, f"{draft}/helpline", {"links.form": "https://www.example.org/form", "start.holiday": "after_hours"})
    assert _now(made, draft, "links") == {"form": "https://www.example.org/form"}
    assert _now(made, draft, "start", "holiday") == "after_hours"
    assert len(_changed(made, draft, before)) < 20


@pytest.mark.slow
def test_closed_days_and_promises_come_and_go(made: Console, client: Client, draft: str) -> None:
    before, hours, helpline = _files(made, draft), f"{draft}/hours", f"{draft}/helpline"
    day = {"days.new.date": "2026-12-04", "days.new.name.en": "snow day", "days.new.name.es": "nieve"}
    _sent(client, hours, day)
    assert _changed(made, draft, before) == ["+  - {date: 2026-12-04, name: {en: snow day, es: nieve}}"]
    told = _words(_sent(client, hours, {**day, "days.new.to": "2026-12-05"}, 422).get_data(as_text=True))
    assert "2026-12-04 is already closed, by 'snow day' (2026-12-04); give each day one entry" in told
    assert "is not a date" in _words(_sent(client, hours, {"days.new.date": "4 December"}, 422).get_data(as_text=True))
    _sent(client, hours, {"days.2026-12-04.remove": "true"})
    asked = {"reaches": "barcc", "when": "closed", "keys": "1", "within": "60"}
    choices = _words(client.get(helpline).get_data(as_text=True))
    assert all(
        f"{name} ({kind})" in choices for name, kind in (("barcc", "line"), ("advocates", "team"), ("about", "node"))
    )
    promise = {f"promises.new.{field}": value for field, value in asked.items()}
    answer = _sent(client, helpline, {**promise, "promises.new.keys": "x"}, 422)
    assert "'x' is not a key" in _told_at(answer, "promises.new.keys")
    _sent(client, helpline, promise)
    assert _now(made, draft, "promises") == ({"when": "closed", "keys": ("1",), "reaches": "barcc", "within": "60"},)
    assert "closed: whoever presses 1 reaches barcc within 60 s" in _words(client.get(helpline).get_data(as_text=True))
    _sent(client, helpline, {"promises.closed:_whoever_presses_1_reaches_barcc_within_60_s.remove": "true"})
    assert _files(made, draft) == before


@pytest.mark.slow
def test_words_of_a_closed_day_that_lack_in_a_language_are_marked_and_written(
    made: Console, client: Client, draft: str
) -> None:
    before, hours = _files(made, draft), f"{draft}/hours"
    assert "missing" not in _words(client.get(hours).get_data(as_text=True))
    told = _save(client, hours, {"days.new.date": "2026-12-04", "days.new.name.en": "snow day"})
    assert "1 text is missing" in told
    assert "Words for 2026-12-04 (snow day) Saved." in told
    assert "español missing" in told
    assert "missing" not in _save(client, hours, {"days.2026-12-04.name.es": "nieve"})
    assert _changed(made, draft, before) == ["+  - {date: 2026-12-04, name: {en: snow day, es: nieve}}"]
    _sent(client, hours, {"days.new.date": "2026-12-05", "days.new.open": "9:00-12:00"})
    assert "missing" not in _words(client.get(hours).get_data(as_text=True)), "an open day needs no words"


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("monday 9:00-13:00", {"monday": "9:00-13:00"}),
        ("monday-friday 9:00-12:00, 13:00-17:00\nsaturday:9:00-10:00",
         {"monday-friday": "9:00-12:00, 13:00-17:00", "saturday": "9:00-10:00"}),
        ("monday, tuesday : 9-5", {"monday, tuesday": "9-5"}),
        ("monday: closed", {"monday": "closed"}),
        ("helpline hours", "helpline hours"),
        ("9:00-17:00", {"": "9:00-17:00"}),
        (" \n", None),
    ],
)  # fmt: skip
def test_hours_are_read_as_people_write_them(typed: str, value: Value | None) -> None:
    assert hours_value(typed) == value


def test_what_is_wrong_with_hours_says_what_to_write(client: Client, draft: str) -> None:
    page, field = f"{draft}/teams/advocates", "member.First_advocate.shifts"
    told = _told_at(_sent(client, page, {field: "mornings"}, 422), field)
    assert told == (
        "This is 'mornings', which are not hours; write always, helpline hours, outside helpline hours, or days "
        "with their times, such as monday-friday: 9:00-17:00"
    )
    assert _told_at(_sent(client, page, {field: "monday 9-5"}, 422), field).startswith("'9-5' is not a span of time")


@pytest.mark.slow
def test_passages_of_the_page_come_go_and_move(made: Console, client: Client, draft: str) -> None:
    page = f"{draft}/page"
    point = {"page.new.points.0.en": "a friend", "page.new.points.0.es": "una amistad"}
    for number, heading in enumerate(("Who", "When", "Where")):
        new = {"page.new.heading.en": heading, "page.new.heading.es": f"{heading}, es", "page.new.text.en": "Text."}
        told = _save(client, page, {**new, **(point if number else {})})
        assert f"{number + 1} text{'s are' if number else ' is'} missing" in told
    before = _files(made, draft)
    more = {"page.When.points.0.en": "", "page.When.points.0.es": "", "page.When.points.1.en": "you"}
    mine = fields(client, page)
    _sent(
        client,
        page,
        {**more, "page.When.points.1.es": "tú", "page.Who.text.es": "Texto.", "page.Where.heading.en": "W"},
    )
    assert _changed(made, draft, before) == [
        '-    text: {en: "Text."}',
        '+    text: {en: "Text.", es: "Texto."}',
        "-      - {en: a friend, es: una amistad}",
        '-  - heading: {en: Where, es: "Where, es"}',
        '+      - {en: you, es: "tú"}',
        '+  - heading: {en: W, es: "Where, es"}',
    ]
    _sent(client, page, {"page.Who.remove": "true", "action": "up.page.W", "page.W.heading.en": "Here"})
    assert [each["heading"]["en"] for each in _now(made, draft, "page")] == ["Here", "When"]
    assert client.post(page, {**mine, "page.When.text.es": "Texto mío."}).status_code == 303
    assert _now(made, draft, "page", 1, "text", "es") == "Texto mío.", "whatever the others did to other passages"
    gone = client.post(page, {**mine, "page.Who.text.es": "Texto mío."})
    assert "Somebody else removed this passage" in _words(gone.get_data(as_text=True))
    bad = {"page.When.heading.en": "", "page.When.heading.es": "", "page.Here.text.es": "{", "page.new.heading.en": "X"}
    told = _save(client, page, bad, 422)
    for why in ("Write a heading, or remove the passage", "a brace without its partner", "says nothing; write 'text'"):
        assert why in told
    _sent(client, page, {"page.Here.remove": "true", "page.When.remove": "true"})
    assert _now(made, draft, "page") is None


@pytest.mark.slow
def test_languages_have_voices_and_words_that_are_said_otherwise(made: Console, client: Client, draft: str) -> None:
    before, page = _files(made, draft), f"{draft}/languages"
    shown = str(fields(client, page)["languages.en.spoken"])
    said = {"languages.en.spoken": f"{shown}\r\nVPR: V: P R".replace("edu: e d u", "")}
    _sent(client, page, {**said, "languages.es.voice": "Polly.Mia-Neural"})
    assert _now(made, draft, "languages", "en", "spoken", "VPR") == "V: P R"
    assert [line[:20] for line in _changed(made, draft, before)] == [
        "-    spoken: {MIT: M", "+    spoken: {MIT: M", "-    voice: Polly.Lu", "+    voice: Polly.Mi",
    ]  # fmt: skip
    assert "is no voice" in _save(client, page, {"languages.en.voice": "Joanna"}, 422)
    new = {"languages.new.language": "fr", "languages.new.voice": "man", "languages.new.code": "fr-CA"}
    told = _save(client, page, {**new, "languages.new.name": "français"}, 422)
    assert "to translate them" in told
    assert "used by always; resources" in _save(client, page, {"languages.es.remove": "true"}, 422)


@pytest.mark.slow
def test_keys_of_all_menus_come_go_and_change(made: Console, client: Client, draft: str) -> None:
    before, page = _files(made, draft), f"{draft}/always"
    new = {"choices.new.label.en": "for words", "choices.new.label.es": "para palabras", "choices.new.go": "about"}
    _sent(client, page, {"choices.new.key": "7", **new})
    assert _now(made, draft, "always", "7") == {"label": {"en": "for words", "es": "para palabras"}, "go": "about"}
    _sent(client, page, {"choices.7.remove": "true"})
    assert _files(made, draft) == before
    _sent(client, page, {"choices.8.key": "7", "choices.9.go": "goodbye", "choices.0.label.en": "for a person"})
    assert _now(made, draft, "always", "7") == {"language": "es"}
    assert _now(made, draft, "always", "9", "go") == "goodbye"
    assert "7" in _now(made, draft, "nodes", "welcome", "menu", "mention")
    _sent(client, page, {"choices.7.language": "en"})
    told = _save(client, page, {"choices.new.go": "language es"}, 422)
    assert "Choose the key of the new choice" in told
    _sent(client, page, {"choices.new.key": "8", "choices.new.go": "language es"})
    assert [_now(made, draft, "always", key, "language") for key in "78"] == ["en", "es"]


@pytest.mark.slow
def test_nodes_and_teams_are_added_and_removed(made: Console, client: Client, draft: str) -> None:
    parts = f"{draft}/parts"
    for what, more in (
        (
            "node",
            {"node.kind": "message", "node.words.en": "Words.", "node.words.es": "Palabras.", "node.to": "goodbye"},
        ),
        ("team", {}),
    ):
        bad = client.post(
            parts, {"what": what, f"{what}.name": "Not a name" if what == "node" else "advocates", **more}
        )
        answer = client.post(parts, {"what": what, f"{what}.name": "fresh", **more})
        assert answer.status_code == 303, _words(answer.get_data(as_text=True))
        page = client.get(answer.headers["Location"]).get_data(as_text=True)
        assert "Nothing uses it." in page
        sent = {"node": {"say.en": "More words."}, "team": {"seconds": "30"}}[what]
        assert "Saved." in _save(client, answer.headers["Location"], sent), "the version before has no such thing"
        assert bad.status_code == 422
        assert client.post(f"{draft}/remove", {"what": what, "name": "fresh"}).status_code == 303
        assert _now(made, draft, f"{what}s", "fresh") is None
    answer = client.post(f"{draft}/remove", {"what": "node", "name": "crisis"})
    assert answer.status_code == 422
    assert "used by welcome, key 2" in _words(answer.get_data(as_text=True))


@pytest.mark.slow
def test_an_outside_line_is_added_with_its_key_in_one_go(made: Console, client: Client, draft: str) -> None:
    before, page = _files(made, draft), f"{draft}/new-line"
    answer = client.post(page, LINE)
    assert answer.status_code == 303, _words(answer.get_data(as_text=True))
    assert [line for line in _changed(made, draft, before) if line != "+"] == [
        "+  night_line:",
        '+    name: {en: the Night Line, es: "la línea nocturna"}',
        "+    number: +1 800 656 4673",
        "+    open: {daily: 18:00-23:00}",
        "+    confidential: private",
        "+    verified: 2026-11-23",
        '+        6: {label: {en: "for {night_line.name}", es: "para {night_line.name}"}, go: line_night_line}',
        "+  line_night_line:",
        "+    transfer:",
        "+      resource: night_line",
    ]
    told = _words(client.get(answer.headers["Location"]).get_data(as_text=True))
    assert "The outside line night_line The node line_night_line , which connects callers with it Key 6 of the" in told
    assert "key 6 leads to the Night Line (line_night_line) instead of doing nothing" in told
    again = client.post(page, {**LINE, "choices.new.menu": "", "open": ""})
    assert "No key leads there yet" in _words(client.get(again.headers["Location"]).get_data(as_text=True))
    assert _now(made, draft, "resources", "night_line_2", "open") == "always"


def test_what_is_wrong_with_a_line_that_is_added_stands_at_its_field(made: Console, client: Client, draft: str) -> None:
    before, page = _files(made, draft), f"{draft}/new-line"
    for bad, why in (
        ({"name.en": "", "name.es": "", "number": ""}, "Write what callers hear it called; Write its number"),
        ({"choices.new.label.en": "", "choices.new.label.es": ""}, "Write what the key does"),
        ({"number": "911", "open": "9-5"}, "an emergency number; is not a span of time"),
        ({"choices.new.key": "1", "line": "barcc"}, "key 1 is there already; 'barcc' is there already"),
        ({"choices.new.key": "8", "open": "sometimes"}, "are not hours; works in every menu"),
    ):
        answer = client.post(page, {**LINE, **bad})
        assert answer.status_code == 422
        told = [
            unescape(each) for each in re.findall(r'<p class="wrong"[^>]*>([^<]*)</p>', answer.get_data(as_text=True))
        ]
        assert len(told) == len(why.split("; "))
        assert all(any(each in text for text in told) for each in why.split("; ")), told
    assert _files(made, draft) == before


@pytest.mark.slow
def test_a_key_with_a_message_is_added_in_one_go(made: Console, client: Client, draft: str) -> None:
    before, page = _files(made, draft), f"{draft}/new-message"
    told = _words(client.post(page, {}).get_data(as_text=True))
    for each in ("Choose the menu that offers it", "Write what the key does", "Write what callers hear"):
        assert each in told
    key = {"choices.new.menu": "welcome", "choices.new.label.en": "for parking", "choices.new.label.es": "para aparcar"}
    words = {"message.say.en": "Behind the house.", "message.say.es": "Detrás de la casa."}
    answer = client.post(page, {**key, **words})
    assert answer.status_code == 303, _words(answer.get_data(as_text=True))
    assert [line for line in _changed(made, draft, before) if line.strip("+ ")] == [
        "+        6: {label: {en: for parking, es: para aparcar}, go: parking}",
        "+  parking:",
        "+    message:",
        '+      say: {en: "Behind the house.", es: "Detrás de la casa."}',
        "+      go: welcome",
    ]
    assert client.post(page, {**key, **words}).headers["Location"] == answer.headers["Location"], "pressed twice"
    full = client.post(page, {**key, **words, "message.say.en": "Elsewhere."})
    assert "welcome has 6 choices, the most that a menu can have; choose another" in _words(full.get_data(as_text=True))
    more = {**key, **words, "choices.new.menu": "about", "choices.new.key": "6", "message.go": "goodbye", "node": "car"}
    assert client.post(page, more).status_code == 303
    assert _now(made, draft, "nodes", "car", "message", "go") == "goodbye"


def test_editors_come_from_the_tree_to_the_form_of_a_node(made: Console, client: Client) -> None:
    assert "/staff/edit/of/crisis" in client.get("/staff/tree").get_data(as_text=True)
    assert "/staff/edit/of/" not in made.client(Role.LISTENER).get("/staff/tree").get_data(as_text=True)
    answer = client.post("/staff/edit/of/crisis")
    address = answer.headers["Location"]
    assert "crisis, a menu node" in _words(client.get(address).get_data(as_text=True))
    assert address in client.get("/staff/edit/of/crisis").get_data(as_text=True)
    client.post(f"{address.removesuffix('/nodes/crisis')}/throw-away")


def test_what_is_not_there_or_cannot_be_read_is_said(made: Console, client: Client, draft: str) -> None:
    for page in ("nodes/nowhere", "lines/nowhere", "teams/nowhere"):
        assert client.get(f"{draft}/{page}").status_code == 404
    assert client.get("/staff/edit/nothing/nodes/welcome").status_code == 404
    id_ = draft.rpartition("/")[2]
    found = made.services.editor.drafts.find(id_)
    assert found
    made.services.editor.drafts.save(id_, found[0].version, {**found[1], ROUTING: b"a: [\n"}, "x", 1)
    for page in ("parts", "nodes/welcome", "new-line"):
        assert "Until that is put right, there is no form for it" in _words(
            client.get(f"{draft}/{page}").get_data(as_text=True)
        )
    typed = {"before": '{"say": {"en": "Hello."}}', "version": "1", "say.en": "Good morning.", "say.es": "Hello."}
    answer = client.post(f"{draft}/nodes/welcome", typed)
    assert answer.status_code == 409
    assert "Nothing was saved. What you typed say, en: Good morning." in _words(answer.get_data(as_text=True))


@pytest.mark.parametrize(
    "node", ["  later:\n", "  later: {}\n", "  later: x\n", "  later:\n    mesage: {say: Hello.}\n"]
)
def test_a_node_of_no_kind_closes_no_page_of_its_draft(made: Console, client: Client, draft: str, node: str) -> None:
    id_, files = draft.rpartition("/")[2], _files(made, draft)
    made.services.editor.drafts.save(id_, 1, {**files, ROUTING: files[ROUTING] + node.encode()}, "x", 1)
    for page in ("", "/publish", "/parts", "/text", "/nodes/welcome", "/helpline"):
        assert client.get(f"{draft}{page}").status_code == 200
    shown = _words(client.get(draft).get_data(as_text=True))
    assert "node 'later'" in shown
    assert "Throw it away" in shown
    answer = client.get(f"{draft}/nodes/later")
    assert answer.status_code == 409
    assert "'later' is no node yet: its kind is missing" in _words(answer.get_data(as_text=True))
    checked = client.post(f"{draft}/check", {"file.routing.yaml": (files[ROUTING] + node.encode()).decode()})
    assert "node 'later'" in checked.get_json()["problems"][0]["text"]


def test_a_choice_that_leads_nowhere_is_led_somewhere_by_form(made: Console, client: Client, draft: str) -> None:
    files, page = _files(made, draft), f"{draft}/nodes/welcome"
    text = files[ROUTING].replace(b", go: advocate}", b"}", 1)
    made.services.editor.drafts.save(draft.rpartition("/")[2], 1, {**files, ROUTING: text}, "x", 1)
    assert f'href="{page}#field-choices.1.go"' in client.get(draft).get_data(as_text=True)
    _save(client, page, {"tries": "3"})
    assert _now(made, draft, "nodes", "welcome", "menu", "choices", "1", "go") is None
    _save(client, page, {"choices.1.go": "advocate"})
    assert _now(made, draft, "nodes", "welcome", "menu", "choices", "1", "go") == "advocate"


def test_marks_of_a_merge_are_refused_at_the_field_into_which_they_are_pasted(client: Client, draft: str) -> None:
    for field, text in (("say.en", "<<<<<<< yours\nHello.\n=======\nHi.\n>>>>>>> Ada"), ("say.es", "Hola ======= ah")):
        answer = _sent(client, f"{draft}/nodes/welcome", {field: text}, 422)
        assert _told_at(answer, field).startswith("This has marks of a merge: two people changed this text; keep what")


def test_every_field_and_part_of_a_form_is_on_its_page(made: Console, client: Client, draft: str) -> None:
    forms = Forms(_files(made, draft), made.now.date())
    pages = {"node": "nodes/welcome", "line": "lines/barcc", "team": "teams/advocates"}
    for page in ("node", "line", "team", "hours", "phrases", "languages", "always", "page", "helpline"):
        address = pages.get(page, page)
        found = forms.of(page, address.partition("/")[2])
        assert found
        shown = unescape(client.get(f"{draft}/{address}").get_data(as_text=True))
        for group in found[1]:
            for id_ in (group.id, *(each.id for each in group.inputs)):
                assert f' id="{id_}"' in shown


def test_a_draft_with_marks_of_a_merge_leads_to_their_place(made: Console, client: Client, draft: str) -> None:
    id_ = draft.rpartition("/")[2]
    found = made.services.editor.drafts.find(id_)
    assert found
    marked = b"# one\n<<<<<<< yours\na: b\n=======\na: c\n>>>>>>> Ada\n"
    made.services.editor.drafts.save(id_, found[0].version, {**found[1], ROUTING: marked}, "x", 1)
    for name in ("parts", "nodes/welcome", "hours", "new-line"):
        page = client.get(f"{draft}/{name}").get_data(as_text=True)
        assert "In routing.yaml, line 2: marks of a merge stand here: two people changed this place" in _words(page)
        assert f'<a href="{draft}/text?line=2&amp;column=1#routing.yaml"' in page


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"open": "9-5"}, "'9-5' lacks its days; write them first, such as monday-friday: 9:00-17:00"),
        ({"open": "9:00-17:00"}, "'9:00-17:00' lacks its days"),
        ({"open": ""}, "Write when the helpline is open, such as monday-friday: 9:00-17:00"),
        ({"open": "always"}, "Write monday-sunday: 0:00-24:00 if it is always open"),
        ({"open": "monday-friday:"}, "'monday-friday' lacks its hours; write days and hours"),
        ({"calendars": ""}, "empty the names of all holidays below first"),
    ],
)
def test_slips_in_the_hours_are_told_with_what_to_write(
    made: Console, client: Client, draft: str, typed: dict[str, str], told: str
) -> None:
    before = _files(made, draft)
    (field,) = typed
    assert told in _told_at(_sent(client, f"{draft}/hours", typed, 422), field)
    assert _files(made, draft) == before


def test_calendars_go_with_the_names_of_their_holidays_and_nothing_else(
    made: Console, client: Client, draft: str
) -> None:
    names = [name for name in fields(client, f"{draft}/hours") if name.startswith("names.") and ".new." not in name]
    assert names
    _sent(client, f"{draft}/hours", {"calendars": "", **dict.fromkeys(names, "")})
    assert _now(made, draft, "holidays", name=HOURS) == "none"


def test_a_day_that_has_two_lines_is_open_twice(made: Console, client: Client, draft: str) -> None:
    _sent(client, f"{draft}/hours", {"open": "monday: 9:00-12:00\r\nmonday: 13:00-17:00"})
    assert _now(made, draft, "open", name=HOURS) == {"monday": "9:00-12:00, 13:00-17:00"}


def test_no_line_of_how_words_are_said_is_dropped(made: Console, client: Client, draft: str) -> None:
    page, field = f"{draft}/languages", "languages.en.spoken"
    shown = str(fields(client, page)[field])
    for line, told in (("VPR V P R", "“VPR V P R” lacks a colon"), ("MIT: em eye tee", "“MIT” is there twice")):
        assert told in _told_at(_sent(client, page, {field: f"{shown}\n{line}"}, 422), field)
    _sent(client, page, {field: f"{shown}\nVPR:V P R"})
    assert _now(made, draft, "languages", "en", "spoken", "VPR") == "V P R"


@pytest.mark.parametrize(
    ("page", "typed", "field", "told"),
    [
        ("helpline", {"helpline.name": ""}, "helpline.name", "Write what the helpline is called"),
        ("hours", {"days.new.date": "2026-12-04"}, "days.new.name.en", "Say what the day is, such as snow day"),
        ("languages", {"languages.new.language": "fr"}, "languages.new.voice", "Write the provider's voice"),
        ("nodes/voicemail", {"say.en": "", "say.es": ""}, "say.en", "Ask how, and whether"),
        ("nodes/welcome", {"choices.1.go": ""}, "choices.1.go", "Choose the node that the key leads to"),
    ],
)
def test_what_is_missing_is_told_at_its_own_field(
    client: Client, draft: str, page: str, typed: dict[str, str], field: str, told: str
) -> None:
    assert told in _told_at(_sent(client, f"{draft}/{page}", typed, 422), field)


def test_names_of_lines_and_teams_are_as_plain_as_those_of_nodes(client: Client, draft: str) -> None:
    line = {"name.en": "Night", "name.es": "Noche", "number": "+1 800 555 0123", "line": "Night Line!"}
    for page, typed in (("parts", {"what": "team", "team.name": "Night Line!"}), ("new-line", line)):
        answer = client.post(f"{draft}/{page}", typed)
        assert answer.status_code == 422
        told = _words(answer.get_data(as_text=True))
        assert "'Night Line!' cannot be its name; use small letters, digits, - and _" in told


def test_a_form_that_is_sent_again_after_what_it_made_was_taken_back_is_not_told_as_saved(
    client: Client, draft: str
) -> None:
    page = f"{draft}/nodes/welcome"
    old = fields(client, page)
    sent = {**old, "say.en": "Hello."}
    for _ in range(2):  # pressed twice
        told = _words(client.get(client.post(page, sent).headers["Location"]).get_data(as_text=True))
        assert "Saved. Callers hear nothing" in told
    assert client.post(page, {**fields(client, page), "say.en": old["say.en"]}).status_code == 303
    client.get(page)
    answer = client.post(page, sent)
    told = _words(client.get(answer.headers["Location"]).get_data(as_text=True))
    assert "This form was sent before, and was saved then; the draft was changed since." in told
    assert "Saved." not in told


def test_menus_that_are_full_say_so(client: Client, draft: str) -> None:
    page = client.get(f"{draft}/new-message").get_data(as_text=True)
    told = dict(re.findall(r'<option value="(\w+)"[^>]*>\1 \((free: [^<]*)\)</option>', page))
    assert told["welcome"].endswith("; full, 5 choices are all that callers remember")
    assert "full" not in told["instead"]
    assert "A menu that has 6 choices, with those of the menu that it is like, or no free key is not here." in _words(
        page
    )


@pytest.mark.slow
def test_a_second_line_with_the_same_number_is_told(client: Client, draft: str) -> None:
    answer = client.post(f"{draft}/new-line", {**LINE, "number": "+1 (800) 841-8371", "choices.new.menu": ""})
    told = _words(client.get(answer.headers["Location"]).get_data(as_text=True))
    assert "barcc has the same number. If it is the same line, remove one of them" in told
    answer = client.post(f"{draft}/new-line", {**LINE, "name.en": "x", "number": "+1 800 555 0123"})
    assert "the same number" not in _words(client.get(answer.headers["Location"]).get_data(as_text=True))


@pytest.mark.slow
def test_where_a_form_was_saved_it_says_that_the_draft_cannot_be_published(client: Client, draft: str) -> None:
    lacking = "Saved, but this draft cannot be published yet: what is wrong"
    assert lacking in _save(client, f"{draft}/nodes/about_harm", {"say.es": ""})
    assert lacking not in _save(client, f"{draft}/nodes/about_harm", {"say.es": "Palabras."})
    _save(client, f"{draft}/nodes/welcome", {"choices.4.remove": "true"})
    told = _words(client.get(f"{draft}/always").get_data(as_text=True))
    assert re.search(r"No call comes to [^.]*about .*, and so this draft cannot be published", told)


@pytest.mark.slow
def test_a_team_without_members_is_told_before_what_comes_from_it(client: Client, draft: str) -> None:
    page = f"{draft}/teams/advocates"
    _sent(client, page, {"member.First_advocate.remove": "true", "member.Second_advocate.remove": "true"})
    told = client.get(draft).get_data(as_text=True)
    cause = told.index(
        f'<a href="{page}">advocates</a>: this team has no members, so nobody is rung there. Add one first'
    )
    assert cause < told.index("no single key reaches an advocate")
    assert "callers who are to reach it go on to &#39;If nobody answers&#39;" not in told


@pytest.mark.slow
def test_what_is_wrong_is_told_in_the_words_of_the_forms_and_beside_the_text_in_its_own(
    made: Console, client: Client, draft: str
) -> None:
    routing = _files(made, draft)[ROUTING].decode().replace("    number: +1 800 841 8371\n", "", 1)
    sent = {"version": str(_version(made, draft)), f"file.{ROUTING}": routing}
    assert client.post(f"{draft}/text", sent).status_code == 303
    assert "line 'barcc': 'Number' is missing" in _words(client.get(draft).get_data(as_text=True))
    checked = client.post(f"{draft}/text", {**sent, "action": "check"}).get_data(as_text=True)
    assert "resource 'barcc': 'number' is missing" in _words(checked)


def test_a_text_with_marks_is_saved_and_said_to_be_unfit(made: Console, client: Client, draft: str) -> None:
    marked = "<<<<<<< yours\n" + _files(made, draft)[HOURS].decode()
    sent = {"version": str(_version(made, draft)), f"file.{HOURS}": marked}
    told = _words(client.get(client.post(f"{draft}/text", sent).headers["Location"]).get_data(as_text=True))
    assert "Saved, but this draft cannot be published yet." in told
    assert "marks of a merge stand here" in told
