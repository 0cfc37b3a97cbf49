"""A draft's way to callers: checked, with a note, whole or not at all, and never over somebody else's."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path
from shutil import copytree
from threading import Thread

import pytest
from werkzeug.test import TestResponse

from phonetree.config import together
from phonetree.config.site import HOURS, ROUTING, Contents, contents_of
from phonetree.errors import EditError, MixedError
from phonetree.runtime import comparing
from phonetree.runtime.source import StoreSource, keep_in
from phonetree.store import actions
from phonetree.store.roles import Role
from phonetree.store.servers import Report, Servers
from tests.support.console import Client, Console, console
from tests.support.lines import ROOT, VPR

SOFTER, LOUDER = "for help lines", "FOR CRISIS LINES"
OTHER = ("Leave a message for the advocates.", "Leave us a message.")
SAID = '"For help lines, press 2." is said instead of "For crisis lines, press 2."'

BUG = "This cannot be said: the changes could not be worked out because of a bug in phonetree; the log says where"


@pytest.fixture(params=["files", "store"])
def each(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Console]:
    """A console over a folder of its own, for each place where published revisions live."""
    config = Path(copytree(VPR, tmp_path / "config"))
    with console("sqlite", tmp_path, config=config, source=request.param) as opened:
        _serve(opened)
        yield opened


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Console]:
    """The same, over a folder."""
    config = Path(copytree(VPR, tmp_path / "config"))
    with console("sqlite", tmp_path, config=config) as opened:
        _serve(opened)
        yield opened


def _serve(made: Console) -> str:
    """A server takes up what there is; the revision."""
    base, running = made.services.publishing.base(), made.services
    keep_in(running.revisions, base.revision, base.contents, running.seconds(), source=made.settings.source)
    Servers(running.store).tell("one", Report(base.revision), running.seconds())
    return base.revision


def _words(answer: TestResponse) -> str:
    text = re.sub(r"<(style|script).*?</\1>|<[^>]+>", " ", answer.get_data(as_text=True), flags=re.DOTALL)
    return " ".join(unescape(text).split())


def _hidden(answer: TestResponse) -> dict[str, str]:
    """The form to publish, as it is shown."""
    form = answer.get_data(as_text=True).rpartition("<form")[2]
    return dict(re.findall(r'<input[^>]* name="(over|version|revision|instead)" value="([^"]*)"', form))


def _draft(made: Console, client: Client, *changes: tuple[str, str], title: str = "softer words") -> str:
    """A draft in which something is replaced, or added to hours.yaml; its address."""
    path = client.post("/staff/edit", {"title": title}).headers["Location"]
    id_ = path.rpartition("/")[2]
    drafts = made.services.editor.drafts
    found = drafts.find(id_)
    assert found
    files = dict(found[1])
    for old, new in changes:
        assert old.encode() in files[ROUTING]
        files[ROUTING] = files[ROUTING].replace(old.encode(), new.encode())
    files[HOURS] += b"# a comment\n"
    drafts.save(id_, 1, files, "Ada", made.services.seconds())
    return path


def _files(made: Console, path: str) -> Contents:
    found = made.services.editor.drafts.find(path.rpartition("/")[2])
    assert found
    return found[1]


def _send(client: Client, path: str, note: str = "asked for by callers", **more: str) -> TestResponse:
    page = client.get(f"{path}/publish")
    assert page.status_code == 200
    return client.post(f"{path}/publish", {**_hidden(page), "note": note, **more})


def _now(made: Console) -> str:
    """routing.yaml as it is published."""
    return made.services.publishing.base().contents[ROUTING].decode()


@pytest.mark.slow
def test_whatever_fails_in_a_comparison_stands_in_the_way_of_nothing(
    made: Console, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> tuple[str, ...]:
        raise KeyError("crisis")

    monkeypatch.setattr(made.services.publishing, "_comparing", comparing.Comparing())
    monkeypatch.setattr(comparing, "changes", broken)
    monkeypatch.setattr(comparing, "to_check", broken)
    client = made.client(Role.EDITOR)
    path, useless = (_draft(made, client, ("for crisis lines", SOFTER)) for _ in range(2))
    page = _words(client.get(path))
    assert BUG in page
    assert "What to check after this edit could not be worked out" in page
    assert "Seconds to help" in page, "what else is known is shown"
    assert BUG in _words(client.get(f"{path}/publish"))
    assert client.post(f"{useless}/throw-away", {"version": "2"}).status_code == 303
    assert client.get(useless).status_code == 404
    assert _send(client, path).status_code == 303
    assert SOFTER in _now(made)
    assert BUG in _words(client.get("/staff/history/compare?old=1&new=2"))
    assert BUG in _words(client.get("/staff/history/1")), "before it is brought back"
    snow = "first=2026-12-04&name.en=snow&name.es=nieve&go=preview"
    preview = _words(client.get(f"/staff/schedule/2026-12-04/preview?{snow}"))
    assert BUG in preview
    assert "no difference" not in preview
    logged = capsys.readouterr().err
    assert '"event": "changes"' in logged
    assert "KeyError" in logged
    assert "runtime/comparing.py" in logged


@pytest.mark.slow
def test_a_draft_is_published_once_with_author_and_note_and_is_gone_then(each: Console) -> None:
    client = each.client(Role.EDITOR)
    path = _draft(each, client, ("for crisis lines", SOFTER), title="softer words.")
    page = client.get(f"{path}/publish")
    assert SAID in _words(page)
    assert re.search(r"- .*for crisis lines.* \+ .*for help lines", _words(page))
    for note, why in (("", "Write why"), ("x" * 501, "at most 500"), ("\u200b", "zero width space")):
        answer = _send(client, path, note)
        assert answer.status_code == 422
        assert why in _words(answer)
    fields = {**_hidden(page), "note": "asked for by callers"}
    answer = client.post(f"{path}/publish", fields)
    assert answer.status_code == 303, _words(answer)
    assert SOFTER in _now(each)
    assert each.services.publishing.base().contents[HOURS].endswith(b"# a comment\n")
    newest, *_ = each.services.revisions.history()
    assert (newest.author, newest.note) == ("the editor", "asked for by callers")
    done, *_ = actions.since(each.services.store, 0)
    assert (done.by, done.what) == ("the editor", f"published {newest.revision}: asked for by callers")
    page = client.get(answer.headers["Location"])
    assert "Published: softer words. " in _words(page)
    assert "The server does not answer with this yet" in _words(page)
    again = client.post(f"{path}/publish", fields)
    assert again.headers["Location"] == answer.headers["Location"] == "/staff/history/2"
    assert "This draft is published already: as number 2, by you, " in _words(client.get("/staff/history/2"))
    other = each.client(each.staff(Role.EDITOR, name="Ben"))
    assert other.post(f"{path}/publish", fields).headers["Location"] == "/staff/history/2"
    told = _words(other.get("/staff/history/2"))
    assert re.search(r"as number 2, by the editor, \w{3} 2\d Nov 2026 \d\d:\d\d\.", told), told
    for changed in ({"revision": newest.revision, "over": newest.revision}, {"revision": "0" * 12}):
        assert other.post(f"{path}/publish", {**fields, **changed}).headers["Location"] == "/staff/history"
    assert "somebody threw it away, or changed it and published that" in _words(other.get("/staff/history"))
    assert client.get(path).status_code == 404
    assert len(each.services.revisions.history()) == 2
    assert _serve(each) == newest.revision
    follow = client.get(f"{answer.headers['Location']}/following")
    assert "The server answers with this." in _words(follow)
    assert each.services.revisions.history()[0].heard


def test_of_two_who_press_at_once_one_publishes_and_both_come_to_history(each: Console) -> None:
    client, other = (each.client(Role.EDITOR) for _ in range(2))
    path = _draft(each, client, ("for crisis lines", SOFTER))
    fields = {**_hidden(client.get(f"{path}/publish")), "note": "twice"}
    answers: list[int] = []

    def press(who: Client, token: str) -> None:
        answers.append(who.post(f"{path}/publish", fields, token=token).status_code)

    threads = [Thread(target=press, args=(who, who.token())) for who in (client, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [303, 303]
    assert len(each.services.revisions.history()) == 2


def test_what_somebody_else_published_is_not_told_as_published_by_me(made: Console) -> None:
    client, ben = made.client(Role.EDITOR), made.client(made.staff(Role.EDITOR, name="Ben"))
    mine, third, fourth, last = (
        _draft(made, client, ("for crisis lines", SOFTER), title=f"{each}") for each in range(4)
    )
    forms = {path: _hidden(client.get(f"{path}/publish")) for path in (third, fourth, last)}
    assert _send(ben, mine, "Ben's reason").status_code == 303
    answer = client.post(f"{third}/publish", {**forms[third], "note": ""})
    told = _words(client.get(answer.headers["Location"]))
    assert "This is published already, by Ben. The draft was the same and is gone." in told
    assert "Published:" not in told
    assert client.get(third).status_code == 404
    answer = ben.post(f"{fourth}/publish", {**forms[fourth], "note": "mine"})
    assert "Published: 2." in _words(ben.get(answer.headers["Location"]))
    assert [(each.author, each.note) for each in made.services.revisions.history()][:-1] == [("Ben", "Ben's reason")]
    files = {**_files(made, last), HOURS: _files(made, last)[HOURS] + b"# by hand\n"}
    made.services.editor.drafts.save(last.rpartition("/")[2], 2, files, "Ada", made.services.seconds())
    (made.settings.config / HOURS).write_bytes(files[HOURS])
    answer = client.post(f"{last}/publish", {**forms[last], "note": "mine"})
    assert "already, by somebody who edited the files by hand." in _words(client.get(answer.headers["Location"]))


def test_a_draft_that_outlives_its_publication_says_so_and_offers_no_merge(made: Console) -> None:
    """As where the console is killed between the two, also when somebody published more since."""
    client = made.client(Role.EDITOR)
    one, same, more = (_draft(made, client, ("for crisis lines", SOFTER), title=each) for each in ("1", "2", "3"))
    begun = client.post("/staff/edit", {"title": "as it was"}).headers["Location"]
    kept = made.services.editor.drafts
    kept.save(
        more.rpartition("/")[2], 2, {**_files(made, more), HOURS: b"# more\n" + _files(made, more)[HOURS]}, "Ada", 1
    )
    assert _send(client, one).status_code == 303
    told, merging = "This is published already, as number 2 ; throw it away", "another revision was published since"

    def looked_at() -> None:
        listed = _words(client.get("/staff/edit"))
        assert listed.count(told) == 1
        assert listed.count(merging) == 2
        for path in (same, f"{same}/publish"):
            page = _words(client.get(path))
            assert f"{told} ." in page
            assert merging not in page.lower()
            assert "up to date" not in page
            assert not _hidden(client.get(path)).get("over"), "nothing is left to publish"
        for other in (more, begun):
            assert "Bring the draft up to date" in _words(client.get(other))

    looked_at()
    assert _send(client, more, instead=made.services.publishing.base().revision).status_code == 303
    more = _draft(made, client, OTHER)
    (made.settings.config / HOURS).write_bytes(b"# by hand\n" + _files(made, same)[HOURS])
    looked_at()


@pytest.mark.slow
def test_nothing_that_was_published_since_is_overwritten_silently(each: Console) -> None:
    client = each.client(Role.EDITOR)
    first = _draft(each, client, ("for crisis lines", SOFTER))
    second = _draft(each, client, OTHER, title="a message")
    page = client.get(f"{second}/publish")
    assert _send(client, first).status_code == 303
    for _ in range(2):  # what was shown before, and what is shown now without a choice
        answer = client.post(f"{second}/publish", {**_hidden(page), "instead": "", "note": "mine"})
        assert answer.status_code in (409, 422)
        assert SOFTER in _now(each)
        text, page = _words(answer), client.get(f"{second}/publish")
    assert "Another revision was published since this draft began" in text
    assert SAID in text.partition("What this draft changes")[0]
    assert OTHER[1] in text.partition("What this draft changes")[2]
    assert "was published since" in _words(client.get("/staff/edit"))
    assert client.post(f"{second}/up-to-date").status_code == 303
    assert _send(client, second).status_code == 303
    assert SOFTER in _now(each)
    assert OTHER[1] in _now(each)


def test_what_a_colleague_published_is_not_told_as_a_change_of_mine(made: Console) -> None:
    client, comparisons = made.client(Role.EDITOR), "Another revision was published since this draft began."
    first = _draft(made, client, ("for crisis lines", SOFTER))
    second = _draft(made, client, OTHER, title="a message")
    assert comparisons not in _words(client.get(second))
    assert _send(client, first).status_code == 303
    routing = {f"file.{name}": data.decode() for name, data in _files(made, second).items()}
    for page in (
        client.get(second),
        client.get(f"{second}/nodes/welcome?saved=1"),
        client.post(f"{second}/text", {**routing, "version": "2", "base": "", "action": "check"}),
    ):
        told = _words(page)
        assert comparisons in told
        assert '"Leave us a message." is said instead of' in told
        assert "crisis lines, press 2" not in told
    assert client.post(f"{second}/up-to-date").status_code == 303
    told = _words(client.get(second))
    assert comparisons not in told
    assert "crisis lines, press 2" not in told
    assert '"Leave us a message." is said instead of' in told


def test_line_ends_that_somebody_changed_by_hand_are_no_change_of_the_same_lines(made: Console) -> None:
    client, file = made.client(Role.EDITOR), made.settings.config / ROUTING
    draft = _draft(made, client, ("for crisis lines", SOFTER))
    saved = _files(made, draft)[ROUTING]
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b"\n", b"\r\n"))
    assert client.post(f"{draft}/up-to-date").status_code == 303
    assert _files(made, draft)[ROUTING] == b"\xef\xbb\xbf" + saved.replace(b"\n", b"\r\n")


@pytest.mark.parametrize("lost", [(HOURS,), (HOURS, ROUTING)])
@pytest.mark.parametrize("how", [Path.unlink, Path.touch], ids=["gone", "empty"])
def test_a_draft_takes_over_no_file_that_was_lost(
    made: Console, lost: tuple[str, ...], how: Callable[[Path], None]
) -> None:
    client = made.client(Role.EDITOR)
    draft = _draft(made, client, ("for crisis lines", SOFTER))
    before = _files(made, draft)
    for name in lost:
        (made.settings.config / name).write_bytes(b"")
        how(made.settings.config / name)
    assert client.post(f"{draft}/up-to-date").status_code == 303
    assert "hours.yaml is empty or gone in the folder" in client.get(draft).text.lower()
    assert _files(made, draft) == before
    assert all(client.get(page).status_code == 200 for page in ("/staff/edit", f"{draft}/publish", f"{draft}/hours"))


@pytest.mark.slow
def test_a_draft_and_publishing_judge_by_the_same_files(made: Console) -> None:
    """A number that stands in the files already is none that a draft brings there."""
    path = made.settings.config / ROUTING
    path.write_text(path.read_text().replace("number: $ADVOCATE_1", 'number: "+16172530155"'))
    client = made.client(Role.EDITOR)
    draft = _draft(made, client, ("for crisis lines", SOFTER))
    page = client.get(f"{draft}/publish")
    assert "a person's number" not in _words(page)
    assert SAID in _words(page)
    assert _send(client, draft).status_code == 303


@pytest.mark.slow
def test_what_is_to_be_checked_is_told_before_it_is_published(made: Console) -> None:
    client = made.client(Role.EDITOR)
    draft = _draft(made, client, ("verified: 2026-11-22", "verified: 2024-11-22"), ("es: Llamando a", "es: Busco a"))
    page = _words(client.get(draft))
    assert "To check The words of advocate were changed in español only; look at English" in page
    to_check = page.partition("To check ")[2].partition(" Throw it away")[0]
    assert re.search(r"barcc \(as text: routing.yaml:\d+:\d+ \): outside line 'barcc'", to_check)
    linked = client.get(draft).get_data(as_text=True).partition("To check")[2]
    assert f'href="{draft}/nodes/advocate"' in linked
    assert f'href="{draft}/lines/barcc#field-verified"' in linked
    assert to_check in _words(client.get(f"{draft}/publish"))


@pytest.mark.slow
def test_mine_is_published_in_its_place_once_that_is_chosen(each: Console) -> None:
    client = each.client(Role.EDITOR)
    first = _draft(each, client, ("for crisis lines", SOFTER))
    second = _draft(each, client, ("for crisis lines", LOUDER))
    assert _send(client, first).status_code == 303
    answer = client.post(f"{second}/up-to-date")
    assert answer.status_code == 409
    text = unescape(answer.get_data(as_text=True))
    assert re.search(f"<<<<<<< yours\n.*{LOUDER}.*\n=======\n.*{SOFTER}.*\n>>>>>>> published since\n", text)
    written = {
        f"file.{name}": re.sub(r"<<<<<<< yours\r?\n(.*?)=======\r?\n.*?>>>>>>> [^\n]*\n", r"\1", data, flags=re.DOTALL)
        for name, data in re.findall(r'name="file\.([a-z.]+)"[^>]*>\n(.*?)</textarea>', text, re.DOTALL)
    }
    base = re.search(r'name="base" value="(\w+)"', text)
    assert base
    assert client.post(f"{second}/text", {**written, "version": "2", "base": base[1]}).status_code == 303
    assert "was published since" not in _words(client.get(second))
    assert client.post(f"{second}/text", {**written, "version": "3", "base": "nonsense"}).status_code == 303
    third = _draft(each, client, OTHER, title="third")
    assert _send(client, second).status_code == 303
    assert LOUDER in _now(each)
    assert _send(client, third).status_code == 303, "the form had its box ticked"
    assert "for crisis lines" not in _now(each).replace(LOUDER, "")


@pytest.mark.slow
def test_what_breaks_a_promise_is_not_published(each: Console) -> None:
    client, end = each.client(Role.EDITOR), "le comunico ahora.}\n      go: "
    path = _draft(each, client, (f"{end}barcc_now", f"{end}leave"))
    page = client.get(path)
    assert "a promise to callers would be broken" in _words(page)
    assert re.search(
        r"Such a call It comes in on [A-Z]\w+ \d+ \w+ 20\d\d \d+:\d\d\. 0:00 hears .* 1:\d\d ends", _words(page)
    )
    assert "/publish" not in page.get_data(as_text=True)
    answer = client.post(f"{path}/publish", {"over": _serve(each), "version": "2", "note": "mine"})
    assert answer.status_code == 422
    assert "a caller who reached nobody is hung up on" in _words(answer)
    assert f"{end}leave" not in _now(each)


def test_a_draft_that_somebody_saves_meanwhile_is_looked_at_again(made: Console) -> None:
    client = made.client(Role.EDITOR)
    path = _draft(made, client, ("for crisis lines", SOFTER))
    fields = {**_hidden(client.get(f"{path}/publish")), "note": "mine"}
    drafts, id_ = made.services.editor.drafts, path.rpartition("/")[2]
    found = drafts.find(id_)
    assert found
    drafts.save(id_, 2, found[1], "Ben", 5)
    answer = client.post(f"{path}/publish", fields)
    assert answer.status_code == 409
    assert "Ben saved this draft meanwhile" in _words(answer)
    assert SOFTER not in _now(made)


def test_two_who_write_in_one_draft_lose_nothing(made: Console) -> None:
    client = made.client(Role.EDITOR)
    path = _draft(made, client)
    drafts, id_ = made.services.editor.drafts, path.rpartition("/")[2]
    found = drafts.find(id_)
    assert found
    texts = {f"file.{name}": data.decode() for name, data in found[1].items()}

    def written(old: str, new: str) -> dict[str, str]:
        return {**texts, "file.routing.yaml": texts["file.routing.yaml"].replace(old, new), "version": "2"}

    assert client.post(f"{path}/text", written("for crisis lines", SOFTER)).status_code == 303
    answer = client.post(f"{path}/text", written(*OTHER))
    assert answer.status_code == 409
    text = unescape(answer.get_data(as_text=True))
    assert "The changes are in different places" in text
    assert SOFTER in text
    assert OTHER[1] in text
    assert 'name="version" value="3"' in text
    beside = client.post(f"{path}/text", written("{en: to leave a message", "{en: to leave us a message"))
    assert "The changes are in different places" in _words(beside), (
        "two keys of one menu, on lines that follow each other"
    )
    clashing = client.post(f"{path}/text", written("for crisis lines", LOUDER))
    text = unescape(clashing.get_data(as_text=True))
    assert re.search(
        r"Two versions stand in 2 places, at routing.yaml:\d+ , routing.yaml:\d+ \. Yours", _words(clashing)
    )
    leads = re.findall(r'<a href="#routing.yaml" data-file="routing.yaml" data-line="(\d+)" data-column="1">', text)
    lines = text.partition('name="file.routing.yaml"')[2].partition(">\n")[2].split("\n")
    assert [lines[int(each) - 1] for each in leads] == ["<<<<<<< yours"] * 2
    assert SOFTER in text
    assert LOUDER in text
    drafts.drop(id_)
    assert client.post(f"{path}/text", written("for crisis lines", LOUDER)).status_code == 404


def test_a_console_that_is_killed_leaves_both_files_or_neither(made: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next thing that looks at the folder completes it: a server, or another publication."""
    client = made.client(Role.EDITOR)
    path = _draft(made, client, ("for crisis lines", SOFTER))
    with monkeypatch.context() as patched:
        patched.setattr(together, "complete_alone", _killed)
        patched.setattr("phonetree.console.publishing.complete_alone", lambda _: None)
        patched.setattr(made.services.revisions, "take_back", _killed)  # which a dead process does not do
        with pytest.raises(SystemExit):
            _send(client, path)
    folder = made.settings.config
    assert SOFTER not in (folder / ROUTING).read_text()
    assert SOFTER in _now(made), "whoever reads the folder finds the new ones"
    newest = made.services.revisions.history()[0]
    assert newest.author == "the editor"
    assert made.services.publishing.base().revision == newest.revision
    other = _draft(made, client, OTHER)
    assert _send(client, other).status_code == 303
    assert {SOFTER in data.decode() for data in contents_of(folder).values()} == {True, False}
    assert not (folder / together.NAME).exists()
    assert SOFTER in (folder / ROUTING).read_text()


def test_what_a_killed_console_recorded_and_did_not_write_is_taken_back(
    made: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, running = made.client(Role.EDITOR), made.services
    path = _draft(made, client, ("for crisis lines", SOFTER))
    with monkeypatch.context() as patched:
        patched.setattr("phonetree.console.publishing.replace_together", _killed)
        patched.setattr(running.revisions, "take_back", _killed)
        with pytest.raises(SystemExit):
            _send(client, path)
    base = running.publishing.base()
    assert SOFTER not in _now(made)
    keep_in(running.revisions, base.revision, base.contents, running.seconds(), source="files")  # each minute
    assert [each.author for each in running.revisions.history()] == ["the editor", "the files"], "nobody edited by hand"
    running.publishing.mend()
    assert [each.revision for each in running.revisions.history()] == [base.revision]
    done, *_ = actions.since(running.store, 0)
    assert (done.by, done.what.startswith("could not be saved: published")) == ("the editor", True)
    assert _send(client, path).status_code == 303, "the draft is still there"
    assert SOFTER in _now(made)
    running.publishing.mend()
    assert [each.number for each in running.revisions.history()] == [3, 1], "it is written, if nobody heard it yet"


MARK = "It is not known whether this was published"


def _stopped(made: Console, client: Client, path: str, monkeypatch: pytest.MonkeyPatch, *, written: bool) -> None:
    """The console is killed while it publishes a draft: before the files are replaced, or when they are."""
    folder = "phonetree.console.publishing.replace_together"
    ends = (folder, _killed) if not written else ("phonetree.console.publishing.Publishing._end", _killed)
    with monkeypatch.context() as patched:
        patched.setattr(*ends)
        with pytest.raises(SystemExit):
            _send(client, path)


def _by_hand(made: Console) -> None:
    hours = made.settings.config / HOURS
    hours.write_bytes(hours.read_bytes() + b"# by hand\n")


def _told(made: Console) -> list[tuple[str, bool]]:
    return [(each.author, each.unfinished) for each in made.services.revisions.history()]


def test_what_was_published_stays_in_history_whatever_becomes_of_the_folder(made: Console, tmp_path: Path) -> None:
    client, running = made.client(Role.EDITOR), made.services
    for words in ((("for crisis lines", SOFTER)), OTHER):
        assert _send(client, _draft(made, client, words)).status_code == 303
    before = running.revisions.history()
    assert _told(made) == [("the editor", False), ("the editor", False), ("the files", False)]
    other = Console(replace(made.settings, config=Path(copytree(VPR, tmp_path / "other"))), made.now)
    other.services.publishing.mend()
    routing = made.settings.config / ROUTING
    routing.rename(routing.with_suffix(".away"))  # while somebody delivers the folder
    running.publishing.mend()
    routing.with_suffix(".away").rename(routing)
    _by_hand(made)
    running.publishing.mend()
    assert running.revisions.history() == before
    assert "could not be saved" not in str(actions.since(running.store, 0))
    _serve(made)
    assert [each.author for each in running.revisions.history()] == [
        "the files",
        "the editor",
        "the editor",
        "the files",
    ]
    assert MARK not in _words(client.get("/staff/history"))


def test_what_a_killed_console_wrote_is_published_once_the_folder_can_be_read(
    made: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, running = made.client(Role.EDITOR), made.services
    _stopped(made, client, _draft(made, client, ("for crisis lines", SOFTER)), monkeypatch, written=True)
    routing = made.settings.config / ROUTING
    routing.rename(routing.with_suffix(".away"))
    running.publishing.mend()
    assert _told(made)[0] == ("the editor", True)
    assert MARK in _words(client.get("/staff/history"))
    routing.with_suffix(".away").rename(routing)
    (made.settings.config / "phrases").mkdir()
    (made.settings.config / "phrases" / "de.yaml").write_text("unused: {}\n")
    running.publishing.mend()
    assert _told(made) == [("the editor", False), ("the files", False)]


@pytest.mark.slow
@pytest.mark.parametrize("written", [False, True])
def test_where_it_cannot_be_known_whether_callers_heard_it_history_says_so(
    written: bool, made: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, running = made.client(Role.EDITOR), made.services
    before = contents_of(made.settings.config)
    _stopped(made, client, _draft(made, client, ("for crisis lines", SOFTER)), monkeypatch, written=written)
    other = Console(replace(made.settings, config=Path(copytree(VPR, tmp_path / "other"))), made.now)
    other.services.publishing.mend()
    assert _told(made) == [("the editor", True), ("the files", False)], (
        "only its own folder says that it was not written"
    )
    _by_hand(made)
    if written:
        running.publishing.mend()
    else:
        _serve(made)
    for name, data in before.items():
        (made.settings.config / name).write_bytes(data)
    for _ in range(2):
        running.publishing.mend()
        assert ("the editor", True) in _told(made)
    _by_hand(made)
    _serve(made)
    assert _told(made) == [("the files", False), ("the editor", True), ("the files", False)]
    assert f"asked for by callers ( number 2 ) {MARK}" in _words(client.get("/staff/history"))
    assert MARK in _words(client.get("/staff/history/2"))
    assert MARK not in _words(client.get("/staff/history/3"))
    assert _send(client, "/staff/edit/" + running.editor.drafts.all()[0].id).status_code == 303, "it can be published"


@pytest.mark.parametrize("known", [True, False])
def test_what_was_begun_and_not_written_is_not_heard_once_the_store_is_the_source(
    known: bool, made: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, running = made.client(Role.EDITOR), made.services
    _stopped(made, client, _draft(made, client, ("for crisis lines", SOFTER)), monkeypatch, written=False)
    if not known:
        _by_hand(made)
        running.publishing.mend()
    begun, before = running.revisions.history()
    switched = Console(replace(made.settings, source="store"), made.now)
    assert SOFTER not in _now(switched)
    source = StoreSource(made.settings.config, switched.services.revisions)
    source.look()
    assert SOFTER not in source.load(running.publishing.rules()).contents[ROUTING].decode()
    assert source.number == before.number
    page = switched.client(made.accounts[Role.EDITOR]).get("/staff/history")
    assert "it does not count now that the database is the source" in _words(page)
    assert "(the newest)" not in _words(page).partition("number 2")[2].partition("number 1")[0]
    for name, data in (running.revisions.published(begun.revision) or {}).items():  # as `export` may
        (made.settings.config / name).write_bytes(data) if not known else None
    switched.services.publishing.mend()
    assert _told(switched) == [("the files", False)] if known else [("the editor", True), ("the files", False)]
    assert SOFTER not in _now(switched)


def test_a_draft_that_a_killed_console_published_is_not_taken_for_somebody_elses(
    each: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, drafts = each.client(Role.EDITOR), each.services.editor.drafts
    path = _draft(each, client, ("for crisis lines", SOFTER))
    fields = {**_hidden(client.get(f"{path}/publish")), "note": "mine"}
    with monkeypatch.context() as patched:
        patched.setattr(drafts, "drop", _killed)
        with pytest.raises(SystemExit):
            client.post(f"{path}/publish", fields)
    assert SOFTER in _now(each)
    answer = client.post(f"{path}/publish", fields)
    assert answer.status_code == 303
    assert "Published: softer words." in _words(client.get(answer.headers["Location"]))
    assert len(each.services.revisions.history()) == 2
    assert drafts.all() == ()


@pytest.mark.slow
def test_files_of_two_revisions_are_told_of_and_nothing_is_published_over_them(
    made: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, routing = made.client(Role.EDITOR), made.settings.config / ROUTING
    path, other = (_draft(made, client, ("for crisis lines", words)) for words in (SOFTER, LOUDER))
    with monkeypatch.context() as patched:
        patched.setattr(together, "complete_alone", _killed)
        patched.setattr(made.services.revisions, "take_back", _killed)
        with pytest.raises(SystemExit):
            _send(client, path)
    new = together.under_way(made.settings.config)[ROUTING]
    assert new
    edited = new.replace(SOFTER.encode(), b"for other lines", 1)
    routing.write_bytes(edited)
    made.services.publishing.mend()
    answer = _send(client, other)
    assert answer.status_code == 409
    assert "A publication was interrupted while it replaced routing.yaml and other files" in _words(answer)
    assert _told(made)[0] == ("the editor", True), "as the message says, History has it"
    assert routing.read_bytes() == edited
    (made.settings.config / together.NAME).unlink()
    assert _send(client, other).status_code == 303
    assert LOUDER in _now(made)


def _killed(*_: object, **__: object) -> None:
    raise SystemExit


def test_a_folder_that_cannot_be_written_is_for_reading_with_the_reason(
    made: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = made.client(Role.EDITOR)
    path = _draft(made, client, ("for crisis lines", SOFTER))
    fields = {**_hidden(client.get(f"{path}/publish")), "note": "mine"}
    reason = "the console has no permission to write there"
    monkeypatch.setattr("phonetree.console.publishing.unwritable", lambda _: reason)
    for page in ("/staff/edit", path, f"{path}/publish"):
        assert f"Nothing can be published here: hours.yaml cannot be written: {reason}" in _words(client.get(page))
    assert client.post(f"{path}/publish", fields).status_code == 409
    answer = client.get("/staff/history/1")
    assert "Publish it again" not in _words(answer)
    assert SOFTER not in _now(made)


def test_a_disk_that_is_full_at_the_end_changes_nothing(made: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    client, before = made.client(Role.EDITOR), contents_of(made.settings.config)
    path = _draft(made, client, ("for crisis lines", SOFTER))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(together, "written", full)
    answer = _send(client, path)
    assert answer.status_code == 409
    assert "hours.yaml and routing.yaml cannot be written: the disk is full. Nothing was changed" in _words(answer)
    assert contents_of(made.settings.config) == before
    assert len(made.services.revisions.history()) == 1
    assert actions.since(made.services.store, 0)[0].what.startswith("could not be saved: published")


def test_a_disk_that_is_full_when_a_publication_gives_way_to_an_edit_by_hand_is_not_told_as_published(
    made: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, put = made.client(Role.EDITOR), together._put
    old = contents_of(made.settings.config)

    def full(path: Path, data: bytes | None, expected: str | None, folder: Path) -> bool:
        if data == old[HOURS]:
            raise OSError(28, "No space left on device")
        if path.name == ROUTING:
            path.write_bytes(old[ROUTING] + b"# by hand\n")
        return put(path, data, expected, folder)

    with monkeypatch.context() as patched:
        patched.setattr(together, "_put", full)
        answer = _send(client, _draft(made, client, ("for crisis lines", SOFTER)))
    assert answer.status_code == 409
    assert "the others cannot be put back: the disk is full. Callers hear what they heard" in _words(answer)
    assert SOFTER not in _now(made)
    assert len(made.services.editor.drafts.all()) == 1
    made.services.publishing.mend()
    assert _told(made) == [("the editor", True), ("the files", False)]
    assert contents_of(made.settings.config) == {**old, ROUTING: old[ROUTING] + b"# by hand\n"}


def test_nothing_is_published_over_a_file_of_phrases_that_somebody_added_meanwhile(
    made: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, begun = made.client(Role.EDITOR), together.complete_alone
    path = _draft(made, client, ("for crisis lines", SOFTER))

    def added(folder: Path) -> bool:  # once all checks are made
        (folder / "phrases").mkdir(exist_ok=True)
        (folder / "phrases" / "es.yaml").write_text('noon: "mediodía"\n')
        return begun(folder)

    monkeypatch.setattr("phonetree.console.publishing.complete_alone", added)
    answer = _send(client, path)
    assert answer.status_code == 409
    assert "Somebody published another revision since you opened this page" in _words(answer)
    assert SOFTER not in _now(made)
    assert len(made.services.revisions.history()) == 1


def test_files_that_are_mixed_while_they_are_replaced_leave_both_revisions_in_history(
    made: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message says that History has both."""
    client = made.client(Role.EDITOR)

    def mixed(*_: object) -> None:
        raise MixedError(ROUTING, together.NAME)

    monkeypatch.setattr("phonetree.console.publishing.replace_together", mixed)
    answer = _send(client, _draft(made, client, ("for crisis lines", SOFTER)))
    assert answer.status_code == 409
    assert "History in the console has both revisions" in _words(answer)
    assert _told(made) == [("the editor", True), ("the files", False)]


def test_problems_come_before_what_callers_hear(made: Console) -> None:
    client = made.client(Role.EDITOR)
    path = _draft(made, client, (", es: Llamando a una consejera.", ""))
    page = _words(client.get(f"{path}/publish"))
    assert "For callers The problems of the draft come first" in page
    assert "by this version" not in page


def test_files_that_were_broken_by_hand_are_put_right_by_a_draft(made: Console) -> None:
    routing = made.settings.config / ROUTING
    right = routing.read_bytes()
    routing.write_bytes(right + b"nodes: {}\n")
    client = made.client(Role.EDITOR)
    path = client.post("/staff/edit", {"title": "right again"}).headers["Location"]
    assert "This cannot be published" in _words(client.get(path))
    id_ = path.rpartition("/")[2]
    made.services.editor.drafts.save(id_, 1, {**contents_of(made.settings.config), ROUTING: right}, "Ada", 5)
    assert _send(client, path).status_code == 303
    assert routing.read_bytes() == right


LATIN = "# Día\n".encode("latin-1")


@pytest.mark.parametrize(
    ("gone", "spoilt"), [((), {HOURS: b""}), ((ROUTING,), {}), ((HOURS, ROUTING), {}), ((), {HOURS: LATIN})]
)
def test_files_that_somebody_lost_are_brought_back_from_history(
    made: Console, gone: tuple[str, ...], spoilt: dict[str, bytes]
) -> None:
    client, folder = made.client(Role.EDITOR), made.settings.config
    right, path = contents_of(folder), _draft(made, client, ("for crisis lines", SOFTER))
    for name in gone:
        (folder / name).unlink()
    for name, data in spoilt.items():
        (folder / name).write_bytes(data)
    for address in ("/staff/edit", path, f"{path}/text", f"{path}/publish", f"{path}/nodes/welcome"):
        assert client.get(address).status_code == 200, address
    page = client.get("/staff/history/1")
    over = _hidden(page)["over"]
    answer = client.post("/staff/history/1", {"over": over, "note": "it was lost"})
    assert answer.status_code == 303, _words(answer)
    assert contents_of(folder) == right
    assert len({(folder / name).stat().st_mode for name in right}) == 1
    assert _send(client, path).status_code == 303


def test_a_file_that_cannot_be_read_is_not_taken_for_an_empty_one(
    made: Console,
) -> None:
    client = made.client(Role.EDITOR)
    (made.settings.config / HOURS).unlink()
    (made.settings.config / HOURS).mkdir()
    assert client.get("/staff/edit").status_code == 200, "there is no draft"
    assert client.post("/staff/edit", {"title": "one"}).status_code == 503
    page = _words(client.get("/staff/history/1"))
    assert "Bring it back It cannot be brought back here: a file of the helpline cannot be read" in page


def test_what_is_no_text_comes_into_no_draft(made: Console) -> None:
    client = made.client(Role.EDITOR)
    path = _draft(made, client, ("for crisis lines", SOFTER))
    (made.settings.config / HOURS).write_bytes(LATIN)
    answer = client.post(f"{path}/up-to-date")
    assert "hours.yaml is not UTF-8 text" in _words(client.get(answer.headers["Location"]))
    assert _files(made, path)[HOURS].endswith(b"# a comment\n")


@pytest.mark.slow
def test_one_is_brought_back_where_the_folder_is_the_source(made: Console) -> None:
    client, before = made.client(Role.EDITOR), _now(made)
    path = _draft(made, client, ("for crisis lines", SOFTER))
    assert _send(client, path).status_code == 303
    _serve(made)
    page = client.get("/staff/history/1")
    assert "Publish it again" in _words(page)
    over = _hidden(page)["over"]
    answer = client.post("/staff/history/1", {"over": over, "note": "that was better"})
    assert answer.status_code == 303
    assert _now(made) == before
    newest, *_ = made.services.revisions.history()
    assert (newest.number, newest.author, newest.note) == (3, "the editor", "that was better")


BROKEN = "promises:\n  - {when: closed, keys: [1], reaches: crisis, within: 1}\n"
"""What was added by hand and what no server takes up, since it is broken."""

UNHEARD = "Callers will not hear this yet, even when it is published"
NOT_YET = "Callers do not hear it yet: the servers wait until the broken promise is put right."


def _refuse(made: Console) -> None:
    """The files break a promise by now, and the server stays with what callers heard."""
    heard = made.services.live.loaded().site.revision
    routing = made.settings.config / ROUTING
    routing.write_text(f"{routing.read_text()}\n{BROKEN}")
    Servers(made.services.store).tell("one", Report(heard, problems=("a promise",)), made.services.seconds())


@pytest.mark.slow
def test_what_callers_will_not_hear_is_told_before_it_is_published_and_after(made: Console) -> None:
    client = made.client(Role.EDITOR)
    _refuse(made)
    path = _draft(made, client, ("for crisis lines", SOFTER))
    for page in (client.get(path), client.get(f"{path}/publish")):
        assert UNHEARD in _words(page)
        assert "All promises to callers are kept" not in _words(page)
        assert "can be published" not in _words(page)
    fields = {f"file.{name}": data.decode() for name, data in _files(made, path).items()}
    checked = client.post(f"{path}/check", fields).get_json()
    assert checked
    assert checked["summary"] == "Callers will not hear this yet: a promise is broken already."
    answer = _send(client, path)
    assert answer.status_code == 303, "whoever has to close a day can"
    after = _words(client.get(answer.headers["Location"]))
    assert f"Published: softer words. {NOT_YET}" in after
    waiting = (
        "The server does not answer with this yet; callers hear an earlier revision until the broken promise is put"
    )
    assert waiting in after
    assert "a few seconds" not in after
    assert waiting in _words(client.get(f"{answer.headers['Location']}/following"))


@pytest.mark.slow
def test_what_callers_will_not_hear_is_told_before_it_is_brought_back_and_after(made: Console) -> None:
    client, running = made.client(Role.EDITOR), made.services
    _refuse(made)
    assert _send(client, _draft(made, client, ("for crisis lines", SOFTER))).status_code == 303
    assert _send(client, _draft(made, client, OTHER)).status_code == 303
    page = client.get("/staff/history/2")
    assert "Callers will not hear it yet, even when it is published: it breaks a promise" in _words(page)
    assert "Callers will not hear" not in _words(client.get("/staff/history/1")), "that one keeps it"
    assert "Callers will not hear" not in _words(made.client(Role.MEMBER).get("/staff/history/2"))
    answer = client.post("/staff/history/2", {"over": running.publishing.base().revision, "note": "that was better"})
    assert f"Number 2 is published again. {NOT_YET}" in _words(client.get(answer.headers["Location"]))
    base = running.publishing.base().revision
    answer = client.post("/staff/history/1", {"over": base, "note": "that was right"})
    after = _words(client.get(answer.headers["Location"]))
    assert "Number 1 is published again." in after
    assert NOT_YET not in after


@pytest.mark.slow
def test_a_draft_that_puts_the_promise_right_is_heard(made: Console) -> None:
    client = made.client(Role.EDITOR)
    _refuse(made)
    path = _draft(made, client, (BROKEN, ""))
    assert UNHEARD not in _words(client.get(f"{path}/publish"))
    after = _words(client.get(_send(client, path).headers["Location"]))
    assert NOT_YET not in after
    assert "The server does not answer with this yet; that takes a few seconds." in after


PT = "phrases/pt.yaml"
TRANSLATED = (ROOT / "tests" / "sites" / "portuguese" / PT).read_bytes()
SPANISH = "  es:\n    voice:"
SPOKEN = f"  pt: {{voice: Polly.Camila-Neural, code: pt-BR, name: português, fallback: en}}\n{SPANISH}"
"""A language with a file of phrases, in front of Spanish: no key leads to it yet, so nothing else has to be said."""

NEW_LANGUAGE = {
    "languages.new.language": "pt", "languages.new.voice": "Polly.Camila-Neural", "languages.new.code": "pt-BR",
    "languages.new.name": "português", "languages.new.fallback": "en",
}  # fmt: skip


def _translated(made: Console) -> Path:
    """The file of phrases is translated in the folder."""
    file = made.settings.config / PT
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(TRANSLATED)
    return file


@pytest.mark.slow
@pytest.mark.parametrize("source", ["files", "store"])
def test_phrases_of_a_language_that_is_taken_out_stay_and_are_found_again(source: str, tmp_path: Path) -> None:
    config = Path(copytree(VPR, tmp_path / "config"))
    (config / ROUTING).write_text((config / ROUTING).read_text().replace(SPANISH, SPOKEN))
    with console("sqlite", tmp_path, config=config, source=source) as made:
        file, client, running = _translated(made), made.client(Role.EDITOR), made.services
        _serve(made)
        path = _draft(made, client, (SPOKEN, SPANISH))
        page = client.get(f"{path}/publish").get_data(as_text=True)
        assert PT not in page.partition("In the files")[2], "no line of it goes"
        assert _send(client, path).status_code == 303
        _serve(made)
        assert running.publishing.files().contents[PT] == TRANSLATED
        assert set(running.publishing.files().site.languages) == {"en", "es"}
        newest = running.revisions.last()
        assert newest
        assert newest.revision == running.publishing.base().revision
        assert (running.revisions.published(newest.revision) or {})[PT] == TRANSLATED, "in History, and for export"
        assert file.read_bytes() == TRANSLATED
        path = _draft(made, client, (SPANISH, SPOKEN))
        assert _send(client, path).status_code == 303
        assert "pt" in running.publishing.files().site.languages
        assert PT in running.publishing.files().contents


@pytest.mark.slow
def test_phrases_that_somebody_translated_since_are_not_lost_by_going_back(made: Console) -> None:
    client, running = made.client(Role.EDITOR), made.services
    older = _draft(made, client, OTHER)
    file = _translated(made)
    _serve(made)
    assert _send(client, _draft(made, client, ("for crisis lines", SOFTER))).status_code == 303
    base = _serve(made)
    assert PT not in _words(client.get("/staff/history/1"))
    assert client.post("/staff/history/1", {"over": base, "note": "that was better"}).status_code == 303
    assert SOFTER not in _now(made)
    assert file.read_bytes() == TRANSLATED
    newest = running.revisions.last()
    assert newest
    assert newest.revision == running.publishing.base().revision, "what is in History is what callers hear"
    assert "It is the same as the newest revision." in _words(client.get("/staff/history/1"))
    page = client.get(f"{older}/publish")
    assert _send(client, older, instead=_hidden(page)["over"]).status_code == 303, "in its place"
    assert file.read_bytes() == TRANSLATED
    assert running.publishing.files().site.revision == (running.revisions.last() or newest).revision


@pytest.mark.slow
@pytest.mark.parametrize("since", [False, True])
def test_a_language_that_was_translated_in_the_folder_is_added_in_a_draft(made: Console, since: bool) -> None:
    """Before the draft began, or since."""
    client = made.client(Role.EDITOR)
    if not since:
        _translated(made)
        _serve(made)
    path = client.post("/staff/edit", {"title": "Portuguese"}).headers["Location"]
    refused = client.post(f"{path}/languages", NEW_LANGUAGE)
    if since:
        assert refused.status_code == 422
        assert "lacks 114 of the product" in _words(refused)
        _translated(made)
        _serve(made)
        assert client.post(f"{path}/languages", NEW_LANGUAGE).status_code == 303
        client.post(f"{path}/up-to-date")
    else:
        assert refused.status_code == 303
    assert "No problems" in client.post(f"{path}/check").get_json()["summary"]
    assert _files(made, path)[PT] == TRANSLATED
    assert _send(client, path).status_code == 303
    assert "pt" in made.services.publishing.files().site.languages


def test_a_file_of_phrases_that_is_no_text_is_in_the_way_of_no_draft(made: Console) -> None:
    client = made.client(Role.EDITOR)
    _translated(made).write_bytes(b"no: te\xfft")
    path = _draft(made, client, ("for crisis lines", SOFTER))
    assert PT not in _files(made, path)
    assert _send(client, path).status_code == 303
    assert (made.settings.config / PT).read_bytes() == b"no: te\xfft"


def test_a_draft_can_be_published_whatever_the_phrases_are_of_a_language_that_it_does_not_have(made: Console) -> None:
    client = made.client(Role.EDITOR)
    _translated(made).write_bytes(b"not: [even, valid")
    path = _draft(made, client, ("for crisis lines", SOFTER))
    fields = {f"file.{name}": data.decode() for name, data in _files(made, path).items()}
    answer = client.post(f"{path}/text", {**fields, "version": "2"})
    assert "cannot be published yet" not in _words(client.get(answer.headers["Location"]))
    assert _send(client, path).status_code == 303


def test_what_lies_in_the_place_of_a_new_file_and_cannot_be_read_is_named(made: Console) -> None:
    folder, publishing = made.settings.config / "phrases", made.services.publishing
    folder.mkdir()
    (folder / "aa.yaml").write_bytes(b"")
    (folder / "bb.yaml").write_bytes("a: ñ".encode("latin-1"))
    (folder / "cc.yaml").mkdir()
    (folder / "dd.yaml").symlink_to("/nowhere")
    (folder / "ee.yaml").write_text("a: b\n", encoding="utf-8")
    for name in ("aa", "bb", "cc", "dd"):
        with pytest.raises(
            EditError, match=f"phrases/{name}.yaml in the folder is empty, or no text; have the operator"
        ):
            publishing._refuse_unusable([f"phrases/{name}.yaml"])
    publishing._refuse_unusable(["phrases/ee.yaml", "phrases/ff.yaml"])
