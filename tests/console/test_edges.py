"""What is around every page: headers, cookies, compressed files, errors in words, keys that are rotated."""

import gzip
import re
import shutil
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import event

from phonetree.console import access, create_app, identity
from phonetree.console.headers import ALWAYS
from phonetree.console.labels import SECRETS
from phonetree.console.services import of
from phonetree.errors import SettingsError
from phonetree.settings import read_console
from phonetree.store.revisions import Revisions
from phonetree.store.roles import Role
from tests.support.console import OURS, PASSWORD, SECRET, TOKEN, URL, Client, Console, console
from tests.support.lines import VPR

PATHS = ("/healthz", "/staff/", "/staff/sign-in", "/staff/nothing", "/elsewhere", "/staff/static/console.css")
ANOTHER = "another-secret-key-of-the-tests-" + "1" * 16


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("who", [None, Role.ADMIN])
def test_every_answer_has_the_headers(made: Console, path: str, who: Role | None) -> None:
    client = made.client(who)
    for answer in (client.get(path), client.post(path)):
        for name, value in ALWAYS.items():
            assert answer.headers[name] == value, name
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_the_policy_lets_nothing_in_that_is_not_ours() -> None:
    policy = dict(part.split(" ", 1) for part in ALWAYS["Content-Security-Policy"].split("; "))
    assert policy == {
        "default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "img-src": "'self' data:",
        "font-src": "'self'", "connect-src": "'self'", "worker-src": "'self'", "media-src": "blob: data:",
        "form-action": "'self'", "frame-ancestors": "'none'", "base-uri": "'none'",
    }  # fmt: skip


def test_no_template_has_a_style_or_a_script_in_it() -> None:
    for path in (Path(create_app.__code__.co_filename).parent / "templates").rglob("*.html"):
        found = path.read_text(encoding="utf-8")
        assert not re.search(r"\sstyle=|\son[a-z]+=|<style|<script(?! type=\"module\" src=| src=)", found), path
        assert "|safe" not in found.replace(" ", ""), path


def test_cookies_are_for_this_site_alone_and_for_no_script(made: Console) -> None:
    client = made.client()
    answer = client.sign_in("the editor", code=made.code(made.accounts[Role.EDITOR]))
    cookies = {each.partition("=")[0]: each for each in answer.headers.getlist("Set-Cookie")}
    assert cookies.keys() == {"__Host-staff", "__Host-device"}
    for cookie in cookies.values():
        flags = set(cookie.split("; ")[1:])
        assert flags >= {"Secure", "HttpOnly", "SameSite=Strict", "Path=/"}
        assert "Domain" not in cookie
    assert "Max-Age=34560000" in cookies["__Host-device"]
    assert "Expires" not in cookies["__Host-staff"], "a session ends with the browser at the latest"


def test_a_session_holds_no_address(made: Console) -> None:
    held = made.session(made.accounts[Role.EDITOR])
    assert held.keys() == {"_user_id", "began", "used"}


def test_cookies_of_the_demo_are_plain(tmp_path: Path) -> None:
    with console("sqlite", tmp_path, demo=True) as made:
        answer = made.client().get("/staff/sign-in")
        cookie = answer.headers["Set-Cookie"]
        assert cookie.startswith("staff=")
        assert "Secure" not in cookie
        assert "Strict-Transport-Security" not in answer.headers


def test_files_are_compressed_and_kept_under_an_address_with_their_digest(made: Console) -> None:
    client = made.client()
    (path,) = re.findall(r'href="(/staff/static/bootstrap[^"]+)"', client.get("/staff/sign-in").get_data(as_text=True))
    plain, packed = client.get(path), client.get(path, **{"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) < 40_000
    assert "immutable" in packed.headers["Cache-Control"]
    assert client.get(path.partition("?")[0]).headers["Cache-Control"] == "no-store"
    for odd in ("nothing.css", "../__init__.py", "bootstrap/VERSION", "bootstrap/"):
        assert client.get(f"/staff/static/{odd}").status_code == 404


def test_bootstrap_follows_the_system_without_a_script(made: Console) -> None:
    css = made.client().get("/staff/static/bootstrap/bootstrap.css").get_data(as_text=True)
    assert "@media (prefers-color-scheme:dark){:root{" in css
    assert "data-bs-theme=dark" not in css
    version = (Path(create_app.__code__.co_filename).parent / "static" / "bootstrap" / "VERSION").read_text()
    assert re.search(rf"Bootstrap  v{version.split()[1].strip(',')} ", css)


# -- errors in words


def test_a_full_disk_is_not_called_an_outage(made: Console) -> None:
    client, store = made.client(Role.ADMIN), made.services.store
    token = client.token("/staff/you")
    event.listen(store.engine, "connect", lambda found, _: found.execute("PRAGMA max_page_count = 1"))
    for number in range(200):
        answer = client.post("/staff/accounts", {"name": f"Somebody {number}", "role": "member"}, token=token)
        if answer.status_code != 200:
            break
    assert answer.status_code == 503
    page = answer.get_data(as_text=True)
    assert "The disk of the database is full" in page
    assert "cannot be reached" not in page
    assert "Tell whoever runs the server now" in page
    assert f'Name: <span class="typed">Somebody {number}<' in page
    assert client.get("/staff/accounts").status_code == 200


def test_without_the_database_every_page_says_so_and_nothing_else_breaks(tmp_path: Path) -> None:
    with console("sqlite", tmp_path) as made:
        client, stranger = made.client(Role.ADMIN), made.client()
        token, theirs = client.token("/staff/you"), stranger.token()
        (tmp_path / "phonetree.db").rename(tmp_path / "away.db")
        assert client.get("/healthz").status_code == 200
        assert stranger.get("/staff/sign-in").status_code == 200
        for path in ("/staff/", "/staff/accounts", "/staff/you", "/staff/accounts/actions"):
            answer = client.get(path)
            assert answer.status_code == 503
            page = answer.get_data(as_text=True)
            assert "The database cannot be reached" in page
            assert "Calls are still answered: with the hours and overrides that were in force, or, by a server" in page
            assert "away.db" not in page
            assert str(tmp_path) not in page
        assert client.post("/staff/you/sign-out-everywhere", token=token).status_code == 503
        assert stranger.sign_in("the editor").status_code == 503
        assert stranger.post("/staff/sign-in", {"name": "x"}, token=theirs).status_code == 503
        (tmp_path / "away.db").rename(tmp_path / "phonetree.db")
        assert client.get("/staff/").status_code == 200


def test_what_was_typed_while_the_database_is_away_is_sent_again_once_it_is_back(tmp_path: Path) -> None:
    config = Path(shutil.copytree(VPR, tmp_path / "config"))
    with console("sqlite", tmp_path, config=config, call_back=True) as made:
        client, running = made.client(Role.EDITOR), made.services
        path = client.post("/staff/edit", {"title": "softer words"}).headers["Location"]
        files = {f"file.{name}": data.decode() for name, data in running.publishing.base().contents.items()}
        files["file.routing.yaml"] = files["file.routing.yaml"].replace("for crisis lines", "for <help> lines")
        words = {"words-en": "A storm & rain.", "words-es": "Tormenta."}
        sent = {
            f"{path}/text": {"version": "1", "base": "", **files},
            f"{path}/publish": {"version": "2", "over": running.publishing.base().revision, "note": "for <us>"},
            f"{path}/nodes/welcome": {"before": "{}", "node.words.en": "Good morning & welcome."},
            f"{path}/teams/advocates": {"before": "{}", "member.Postcode_desk.shifts": "monday: 9:00-13:00"},
            f"{path}/page": {"before": "{}", "page.Code_of_conduct_and_password.text.en": "Be kind."},
            f"{path}/new-line": {"name.en": "the <Night> Line", "number": "+1 800 656 4673"},
            "/staff/today/say": {"begins": "now", "until": "other", "until_at": "2026-11-24T10:00", "action": "save"}
            | words,
        }
        token, pages = client.token("/staff/you"), {}
        (tmp_path / "phonetree.db").rename(tmp_path / "away.db")
        for to, fields in sent.items():
            answer = client.post(to, fields, token=token)
            pages[to] = answer.get_data(as_text=True)
            assert answer.status_code == 503
            assert "The database cannot be reached" in pages[to]
            assert "Nothing is lost" in pages[to]
            assert _fields(pages[to]) == {name: [value] for name, value in fields.items()}
            elsewhere = client.post(to, fields, token=token, headers={"Sec-Fetch-Site": "none"})
            assert (elsewhere.status_code, "Send again" in elsewhere.get_data(as_text=True)) == (503, False)
        assert re.search(r"<textarea[^>]*readonly>[^<]*for &lt;help&gt; lines", pages[f"{path}/text"])
        assert 'Why: <span class="typed">for &lt;us&gt;<' in pages[f"{path}/publish"]
        assert 'node, words, en: <span class="typed">Good morning &amp; welcome.<' in pages[f"{path}/nodes/welcome"]
        lost = client.post("/staff/you/password", {"password": PASSWORD}, token=token).get_data(as_text=True)
        assert ("Nothing is lost" in lost, "Wait a minute, and fill it in again." in lost) == (False, True)
        for to in ("/staff/people/ADVOCATE_1", "/staff/call-back"):
            answer = client.post(to, {"number": "617 555 0123"}, token=token)
            assert (answer.status_code, "0123" in answer.get_data(as_text=True)) == (303, False), "a person's number"
        (tmp_path / "away.db").rename(tmp_path / "phonetree.db")
        for to in (f"{path}/text", "/staff/today/say"):
            found = TOKEN.search(pages[to])
            assert found
            assert client.post(to, _fields(pages[to]), token=found[1]).status_code == 303
        (draft,) = running.editor.drafts.all()
        kept = running.editor.drafts.files(draft.id, 2)
        assert kept["routing.yaml"].decode() == files["file.routing.yaml"]
        (override,) = running.overrides.kept(running.seconds())
        assert override.override.words["en"] == words["words-en"]


def test_it_starts_without_the_database(tmp_path: Path) -> None:
    with console("sqlite", tmp_path) as made:
        (tmp_path / "phonetree.db").rename(tmp_path / "away.db")
        app = create_app(made.settings, now=lambda: made.now)
        assert app.test_client().get("/healthz").status_code == 200
        assert app.test_client().get("/staff/sign-in").status_code == 200


def test_what_was_typed_is_sent_again_after_signing_in_anew(made: Console) -> None:
    client = made.client(Role.ADMIN)
    old = client.token("/staff/accounts")
    made.later(hours=1)
    over = client.post("/staff/accounts", {"name": "Ada & Bo", "role": ["editor", "member"]}, token=old)
    assert over.status_code == 401
    assert "You were signed out" in over.get_data(as_text=True)
    client.enter(made.accounts[Role.ADMIN])  # in another tab
    stale = client.post("/staff/accounts", _fields(over.get_data(as_text=True)), token=old)
    assert stale.status_code == 400
    page = stale.get_data(as_text=True)
    assert "What you typed" in page
    found = TOKEN.search(page)
    assert found
    done = client.post("/staff/accounts", _fields(page), token=found[1])
    assert done.status_code == 200
    account = made.services.accounts.by_name("Ada & Bo")
    assert account
    assert account.roles == {Role.EDITOR, Role.MEMBER}


def test_what_was_typed_is_sent_again_once_the_second_factor_is_set_up(made: Console) -> None:
    bare = made.staff(Role.MEMBER, name="Newly an editor", factor=False)
    client, typed = made.client(bare), {"title": "Snow & ice"}
    made.services.accounts.set_roles(bare.id, {Role.EDITOR}, "a test", 0)
    lacking = client.post("/staff/edit", typed, token=client.token("/staff/you/second-factor"))
    assert lacking.status_code == 403
    page = lacking.get_data(as_text=True)
    assert 'href="/staff/you/second-factor"' in page
    assert _fields(page) == {"title": ["Snow & ice"]}
    assert not made.services.editor.drafts.all()


def test_a_script_is_not_told_to_send_a_form_again(made: Console) -> None:
    client = made.client(Role.MEMBER)
    path, typed = "/staff/edit/one/check", {"file.routing.yaml": "name: x"}
    for headers, given_back in ((OURS, True), ({**OURS, "Accept": "application/json"}, False)):
        answer = client.post(path, typed, token=client.token(), headers=headers)
        assert answer.status_code == 403
        assert ("send it again" in answer.get_data(as_text=True)) is given_back
        assert "Your roles do not include it" in answer.get_data(as_text=True)


def test_an_outside_line_outlives_a_session_and_a_phone_of_somebody_does_not(made: Console) -> None:
    client = made.client(Role.ADMIN)
    old, typed = client.token(), {"name.en": "the Night Line", "number": "+1 617 555 0123"}
    made.later(hours=1)
    for page in ("/staff/edit/one/new-line", "/staff/edit/one/lines/barcc"):
        answer = client.post(page, typed, token=old)
        assert answer.status_code == 401
        assert _fields(answer.get_data(as_text=True)) == {name: [value] for name, value in typed.items()}
    answer = client.post("/staff/people/ADVOCATE_1", typed, token=old)
    assert (answer.status_code, "0123" in answer.get_data(as_text=True)) == (303, False)
    assert answer.headers["Location"].startswith("/staff/sign-in")


def test_it_is_sent_once_and_shown_in_words(made: Console) -> None:
    member = made.accounts[Role.MEMBER]
    until = "now/2026-11-24T00:00:00-05:00"
    client, sent = made.client(member), {"begins": "now", "until": until, "action": "save"}
    old = client.token("/staff/today/close")
    made.later(hours=1)
    typed = {"words-en": "A storm.", "words-es": "Tormenta.", "until_at": "2026-12-01T10:00"}
    page = client.post("/staff/today/close", {**sent, **typed}, token=old).get_data(as_text=True)
    shown = re.findall(r"<li>([^<]+): <span class=\"typed\">([^<]*)<", page)
    assert sorted(shown) == [
        ("Until", "midnight"),
        ("What callers hear first, in English", "A storm."),
        ("What callers hear first, in español", "Tormenta."),
    ]
    assert client.sign_in("the member", code=made.code(member)).status_code == 303, "in another tab"
    found = TOKEN.search(page)
    assert found
    done = client.post("/staff/today/close", {**sent, **typed}, token=found[1])
    assert done.status_code == 303
    assert [each.by for each in made.services.overrides.kept(made.services.seconds())] == ["the member"]


def test_a_form_of_one_account_is_not_sent_as_another(made: Console) -> None:
    client = made.client(Role.ADMIN)
    old = client.token("/staff/today/close")
    assert client.sign_in("the member", code=made.code(made.accounts[Role.MEMBER])).status_code == 303
    refused = client.post("/staff/today/close", {"until": "today", "action": "save"}, token=old)
    assert (refused.status_code, "Send again" in refused.get_data(as_text=True)) == (400, True)


def test_what_somebody_without_the_role_sends_is_given_back_for_whoever_has_it(made: Console) -> None:
    client = made.client(Role.EDITOR)
    old = client.token("/staff/edit")
    assert client.sign_in("the member", code=made.code(made.accounts[Role.MEMBER])).status_code == 303, "in another tab"
    refused = client.post("/staff/edit", {"title": "softer & slower"}, token=old)
    page = refused.get_data(as_text=True)
    assert refused.status_code == 403
    assert "You may not do this" in page
    assert "What was typed is still here." in page
    client.enter(made.accounts[Role.EDITOR])
    assert client.post("/staff/edit", _fields(page), token=client.token("/staff/edit")).status_code == 303
    assert [each.title for each in made.services.editor.drafts.all()] == ["softer & slower"]
    for address, sent in (("/staff/people/ADVOCATE_1", {"number": "+1 617 555 0123"}), ("/staff/accounts", {})):
        answer = made.client(Role.MEMBER).post(address, sent)
        assert (answer.status_code, "0123" in answer.get_data(as_text=True)) == (403, False)
    headers = {"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"}
    strange = made.client(Role.MEMBER).post("/staff/edit", {"title": "a lure"}, headers=headers)
    assert (strange.status_code, "a lure" in strange.get_data(as_text=True)) == (403, False)


def _fields(page: str) -> dict[str, object]:
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'name="([^"]+)" value="([^"]*)"', page):
        if name != "csrf_token":
            found.setdefault(name, []).append(unescape(value))
    return dict(found)


def test_a_password_is_never_shown_again(made: Console) -> None:
    client, editor = made.client(Role.EDITOR), made.accounts[Role.EDITOR]
    forms = {
        "/staff/you/password": ("/staff/you", {"password": PASSWORD, "new-password": "another long one"}),
        "/staff/you/recovery-codes": ("/staff/you", {"password": PASSWORD}),
        "/staff/you/second-factor": ("/staff/you/second-factor", {"code": made.code(editor)}),
        "/staff/sign-in": ("/staff/sign-in", {"name": "Bo", "password": PASSWORD, "code": ""}),
    }
    for path, (there, typed) in forms.items():
        page = client.post(path, typed, token="x")
        text = page.get_data(as_text=True)
        assert page.status_code == 400
        assert not [secret for name, secret in typed.items() if name != "name" and secret and secret in text]
        assert "There was a password or a code in the form, which is not kept.</p>\n<p>Fill it in again." in text
        assert "still here" not in text, "nor that it is kept"
        assert f'href="{there}">Go on' in text, "a page that there is"
    made.later(hours=1)
    over = client.post("/staff/you/password", {"password": PASSWORD}, token="x").get_data(as_text=True)
    assert ("still here" in over, "Sign in, and fill it in again." in over) == (False, True)


def test_every_field_with_a_secret_is_one_that_is_not_sent_again() -> None:
    """Of templates; fields without a name are sent nowhere."""
    secret = re.compile(r"current-password|new-password|one-time-code|type=\"?password|type: password")
    named = re.compile(r"""name="([^"]+)"|parts.field\("([^"]+)\"""")
    found = {
        name or given
        for path in (Path(create_app.__code__.co_filename).parent / "templates").rglob("*.html")
        for line in path.read_text(encoding="utf-8").splitlines()
        if secret.search(line)
        for name, given in named.findall(line)
    }
    assert found == set(SECRETS)


def test_a_bug_is_a_page_in_words_and_a_line_without_what_was_typed(
    made: Console, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ValueError("a secret of somebody")

    monkeypatch.setattr(type(made.services.accounts), "all", broken)
    answer = made.client(Role.ADMIN).get("/staff/accounts")
    assert answer.status_code == 500
    assert "a secret" not in answer.get_data(as_text=True)
    assert "Calls are answered as before" in answer.get_data(as_text=True)
    logged = capsys.readouterr().err
    assert '"what": "ValueError"' in logged
    assert "a secret" not in logged


def test_what_was_typed_into_a_form_at_which_something_went_wrong_is_given_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with console("sqlite", tmp_path, call_back=True) as made:
        client = made.client(Role.ADMIN)
        path = made.client(Role.EDITOR).post("/staff/edit", {"title": "softer words"}).headers["Location"]
        token, broken = client.token("/staff/you"), []

        def wrong(*_: object) -> None:
            broken.append(1)
            raise ValueError("a secret of somebody")

        monkeypatch.setattr(type(made.services.accounts), "add", wrong)
        sent = {"name": "Ada & Bo", "role": "editor"}
        answer = client.post("/staff/accounts", sent, token=token)
        page = answer.get_data(as_text=True)
        assert answer.status_code == 500
        assert "It is a mistake in this program, not yours." in page
        assert "Look in a new tab whether it was saved all the same. If not, send it again." in page
        assert _fields(page) == {name: [value] for name, value in sent.items()}
        assert 'Name: <span class="typed">Ada &amp; Bo<' in page
        assert "a secret" not in page
        elsewhere = client.post("/staff/accounts", sent, token=token, headers={"Sec-Fetch-Site": "none"})
        assert (elsewhere.status_code, "Ada" in elsewhere.get_data(as_text=True)) == (500, False)

        monkeypatch.setattr("phonetree.console.identity.same", wrong)
        lost = client.post("/staff/you/recovery-codes", {"password": PASSWORD}, token=token)
        assert lost.status_code == 500
        assert PASSWORD not in lost.get_data(as_text=True)
        assert "There was a password or a code in the form" in lost.get_data(as_text=True)

        monkeypatch.setattr("phonetree.console.people._members", wrong)
        phone = client.post("/staff/people/ADVOCATE_1", {"number": "617 555 0123"}, token=token)
        assert (phone.status_code, "0123" in phone.get_data(as_text=True)) == (303, False), "a person's number"

        words = {"before": '{"seconds": "20"}', "version": "1", "seconds": "20", "longest_wait": "75"}
        monkeypatch.setattr(type(made.services.editor.drafts), "find", wrong)
        page = made.client(Role.EDITOR).post(f"{path}/teams/advocates", words).get_data(as_text=True)
        assert re.findall(r"<li>([^<]+): <span class=\"typed\">([^<]*)<", page) == [("longest_wait", "75")], "typed"
        assert _fields(page) == {name: [value] for name, value in words.items()}
        assert len(broken) == 5


def test_too_much_is_refused(made: Console) -> None:
    answer = made.client(Role.ADMIN).post("/staff/accounts", {"name": "x" * 300_000})
    assert answer.status_code == 413
    assert "too long" in answer.get_data(as_text=True)


def test_an_application_with_an_endpoint_for_nobody_in_particular_does_not_start() -> None:
    app = Flask(__name__, static_folder=None)
    app.add_url_rule("/staff/new", "new", lambda: "")
    with pytest.raises(RuntimeError, match="new"):
        access.refuse_undeclared(app)


# -- the site that callers hear


def test_the_site_is_the_newest_revision_of_the_store_or_else_that_of_the_folder(made: Console) -> None:
    live = made.services.live
    folder = live.site(made.now)
    assert folder.helpline.name == "MIT Violence Prevention & Response"
    contents = dict(live.loaded().contents)
    contents["routing.yaml"] = contents["routing.yaml"].replace(
        b"MIT Violence Prevention", b"Campus Violence Prevention"
    )
    Revisions(made.services.store).keep("f00000000001", contents, "a test", 1)
    assert live.site(made.now).helpline.name == "Campus Violence Prevention & Response"
    assert live.loaded() is live.loaded()
    assert "Campus Violence Prevention &amp; Response" in made.client(Role.ADMIN).get("/staff/").get_data(as_text=True)
    Revisions(made.services.store).keep("f00000000002", contents | {"routing.yaml": b"broken"}, "a test", 2)
    assert live.site(made.now).helpline.name == "Campus Violence Prevention & Response", "what cannot be compiled here"


def test_files_that_cannot_be_read_are_an_error_in_words(tmp_path: Path) -> None:
    shutil.copytree(VPR, tmp_path / "config")
    (tmp_path / "config" / "routing.yaml").write_text("broken")
    with console("sqlite", tmp_path) as made:
        app = create_app(replace(made.settings, config=tmp_path / "config"), now=lambda: made.now)
        other = Console(made.settings, made.now)
        other.app, other.accounts = app, made.accounts
        answer = other.client(Role.ADMIN).get("/staff/")
        assert answer.status_code == 503
        assert "The files of the helpline cannot be read here" in answer.get_data(as_text=True)


# -- rotation of SECRET_KEY


def _under(made: Console, *secrets: str) -> Console:
    """The console after a restart with these keys."""
    again = Console(replace(made.settings, secrets=secrets), made.now)
    again.accounts = made.accounts
    return again


def _moved(client: Client, to: Console) -> Client:
    """The same browser in front of another console."""
    moved = to.client()
    for cookie in (client.flask._cookies or {}).values():
        moved.flask.set_cookie(cookie.key, cookie.value, domain="helpline.example.org")
    return moved


def test_a_rotated_key_signs_nobody_out_and_one_that_is_gone_everybody(on_each: Console) -> None:
    editor, client = on_each.accounts[Role.EDITOR], on_each.client()
    client.sign_in("the editor", code=on_each.code(editor))
    token = client.token("/staff/you")
    rotated = _under(on_each, ANOTHER, SECRET)
    moved = _moved(client, rotated)
    assert moved.get("/staff/").status_code == 200
    assert moved.post("/staff/you/recovery-codes", {"password": PASSWORD}, token=token).status_code == 200
    identity.renew(rotated.app)
    rotated.later(seconds=61)
    gone = _under(rotated, ANOTHER)
    assert _moved(client, gone).get("/staff/").status_code == 303, "signed by the old key"
    assert _moved(moved, gone).get("/staff/").status_code == 303
    fresh = gone.client()
    assert fresh.sign_in("the editor", code=gone.code(editor)).status_code == 303, "encrypted anew"


def test_whoever_is_signed_in_while_the_key_is_rotated_stays_so_afterwards(made: Console) -> None:
    client = made.client(Role.EDITOR)
    rotated = _under(made, ANOTHER, SECRET)
    moved = _moved(client, rotated)
    rotated.later(minutes=2)
    assert moved.get("/staff/").status_code == 200  # the session is written anew, under the new key
    assert _moved(moved, _under(rotated, ANOTHER)).get("/staff/").status_code == 200


def test_recovery_codes_outlive_the_key_that_they_were_made_under(made: Console) -> None:
    listener = made.accounts[Role.LISTENER]
    with made.app.app_context():
        plain, encrypted = identity.new_recovery_codes()
    made.services.accounts.set_recovery(listener, encrypted, 0)
    identity.renew(_under(made, ANOTHER, SECRET).app)
    assert _under(made, ANOTHER).client().sign_in("the listener", code=plain[0]).status_code == 303


def test_under_a_key_that_is_gone_nothing_breaks_and_an_admin_can_help(made: Console) -> None:
    lost = _under(made, ANOTHER)
    identity.renew(lost.app)
    assert lost.client().sign_in("the editor", code="123456").status_code == 401
    lost.services.accounts.reset_factor(made.accounts[Role.EDITOR].id, "a test", 0)
    assert lost.client().sign_in("the editor").status_code == 303


# -- settings


def test_the_console_needs_its_settings() -> None:
    with pytest.raises(SettingsError) as refused:
        read_console(
            {
                "PHONETREE_SESSION_HOURS": "25", "PHONETREE_IDLE_MINUTES": "0", "PHONETREE_LINK_DAYS": "x",
                "PHONETREE_CALL_BACK": "yes",
            }
        )  # fmt: skip
    assert [problem.partition(" ")[0] for problem in refused.value.problems] == [
        "SECRET_KEY", "PHONETREE_PUBLIC_URL", "PHONETREE_CALL_BACK", "PHONETREE_SESSION_HOURS",
        "PHONETREE_IDLE_MINUTES", "PHONETREE_LINK_DAYS",
    ]  # fmt: skip
    found = read_console({"SECRET_KEY": SECRET, "PHONETREE_PUBLIC_URL": URL + "/", "PHONETREE_SESSION_HOURS": "8"})
    assert (found.url, found.session_seconds, found.idle_seconds, found.link_seconds) == (URL, 28800, 1800, 604800)
    for value, on in ((None, False), ("off", False), ("on", True)):
        more = {} if value is None else {"PHONETREE_CALL_BACK": value}
        assert read_console({"SECRET_KEY": SECRET, "PHONETREE_PUBLIC_URL": URL, **more}).call_back is on
    assert SECRET not in repr(found)


def test_the_services_are_those_of_the_settings(made: Console) -> None:
    assert of(made.app).settings is made.settings
