"""The screens Accounts and You, and the one-time link: what they do, and what they refuse in words."""

import re
from html import unescape
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from phonetree.console import identity, passwords
from phonetree.store.actions import note, since
from phonetree.store.roles import Role
from tests.support.console import PASSWORD, URL, Client, Console, console

HOSTILE = "\"><script>alert(1)</script><b a='{{ 7*7 }}"


def text(answer: TestResponse) -> str:
    return unescape(answer.get_data(as_text=True))


def invited(made: Console, *roles: Role, name: str = "Ada Lovelace") -> str:
    """The path of the link of somebody who was invited on the screen."""
    answer = made.client(Role.ADMIN).post("/staff/accounts", {"name": name, "role": [str(role) for role in roles]})
    assert answer.status_code == 200
    found = re.search(rf"{URL}(/staff/link/[\w-]+)<", answer.get_data(as_text=True))
    assert found
    return found[1]


def test_moments_are_as_staff_say_them_and_those_of_the_list_have_their_date(made: Console) -> None:
    admin = made.client(Role.ADMIN)
    page = text(admin.post("/staff/accounts", {"name": "Ada", "role": "member"}))
    assert "It works once, until Monday 30 November 10:00." in " ".join(page.split())
    assert "invited, the link works until Monday 30 November 10:00" in text(admin.get("/staff/accounts"))
    assert "Mon 23 Nov 2026 10:00" in text(admin.get("/staff/accounts/actions"))


@pytest.mark.slow
def test_from_an_invitation_to_today(on_each: Console) -> None:
    link, client = invited(on_each, Role.EDITOR, Role.LISTENER), on_each.client()
    assert "For the account <b>Ada Lovelace</b>" in text(client.get(link))
    chosen = client.post(link, {"password": "  correct horse  battery "}, token=client.token(link))
    assert chosen.headers["Location"] == "/staff/"
    assert client.get("/staff/").headers["Location"] == "/staff/you/second-factor"
    page = client.get("/staff/you/second-factor").get_data(as_text=True)
    assert "<svg viewBox=" in page
    with client.flask.session_transaction(base_url=URL) as kept, on_each.app.app_context():
        code = identity.codes().generate_totp_password(kept["factor"])
        key = identity.codes().get_totp_pretty_key(kept["factor"])
    assert key in page
    assert key in text(client.get("/staff/you/second-factor")), "the same, when the page is loaded again"
    refused = client.post(
        "/staff/you/second-factor", {"code": "000000"}, token=client.token("/staff/you/second-factor")
    )
    assert refused.status_code == 422
    assert key in text(refused)
    done = client.post("/staff/you/second-factor", {"code": code}, token=client.token("/staff/you/second-factor"))
    codes = re.findall(r"<code>([0-9a-f-]{14})</code>", text(done))
    assert len(set(codes)) == 10
    assert client.get("/staff/").status_code == 200
    assert client.get(link).status_code == 410
    on_each.later(seconds=31)
    account = on_each.services.accounts.by_name("ada lovelace")
    assert account
    again = on_each.client().sign_in("ada lovelace", "  correct horse  battery ", on_each.code(account))
    assert again.status_code == 303
    assert on_each.client().sign_in("ada lovelace", "  correct horse  battery ", codes[0]).status_code == 303


def test_a_link_is_over_when_it_is_used_old_or_forged(made: Console) -> None:
    link, client = invited(made, Role.MEMBER), made.client()
    token = client.token()
    for path in (link + "x", "/staff/link/forged", link[:-1]):
        assert client.get(path).status_code == client.post(path, {"password": PASSWORD}, token=token).status_code == 410
    made.later(days=7)
    assert "used before, or is too old" in text(client.get(link))
    assert client.post(link, {"password": PASSWORD}, token=token).status_code == 410
    fresh = invited(made, Role.MEMBER, name="Bo")
    assert client.post(fresh, {"password": PASSWORD}, token=token).status_code == 303
    other = made.client()
    assert other.post(fresh, {"password": PASSWORD}).status_code == 410


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("eleven char", "11 characters; use 12 or more"),
        ("", "0 characters"),
        ("Password 1234", "among the first"),
        ("AAAAbbbbAAAAbbbb", "among the first"),
        ("only for the demo", "among the first"),
        ("my name is Lovelace", "has your name in it"),
        ("adalovelace!!", "has your name in it"),
        ("ádå lôvelàcé!", "has your name in it"),
        ("x" * 201, "use 200 or fewer"),
    ],
)
def test_a_password_that_is_easily_guessed_is_refused_with_the_reason(made: Console, password: str, why: str) -> None:
    link, client = invited(made, Role.MEMBER), made.client()
    refused = client.post(link, {"password": password}, token=client.token(link))
    assert refused.status_code == 422
    assert why in text(refused)
    assert not password or password not in text(refused)
    assert client.post(link, {"password": PASSWORD}, token=client.token(link)).status_code == 303


def test_there_are_no_rules_about_kinds_of_characters() -> None:
    for password in (
        "this is a plain sentence",
        "\u6b63\u786e\u7684\u9a6c\u7535\u6c60\u8ba2\u4e66\u9489\u4e00\u4e8c\u4e09",
        "7294 1183 5561",
    ):
        assert passwords.problem(password, "Ada") is None
    assert all(len(each) >= 12 for each in passwords.COMMON)


def test_a_new_link_does_not_replace_the_second_factor(made: Console) -> None:
    editor, admin = made.accounts[Role.EDITOR], made.client(Role.ADMIN)
    signed_in = made.client(Role.EDITOR)
    page = text(admin.post(f"/staff/accounts/{editor.id}/link", token=admin.token("/staff/accounts")))
    link = re.findall(rf"{URL}(/staff/link/[\w-]+)<", page)[0]
    assert signed_in.get("/staff/").status_code == 303, "signed out at once"
    client = made.client()
    assert client.sign_in("the editor", code=made.code(editor)).status_code == 401
    chosen = client.post(link, {"password": "another long one"}, token=client.token(link))
    assert chosen.headers["Location"] == "/staff/sign-in"
    assert client.get("/staff/").status_code == 303
    made.later(seconds=31)
    assert client.sign_in("the editor", "another long one", made.code(editor)).status_code == 303


def test_every_change_by_an_admin_takes_effect_at_once(made: Console) -> None:
    editor, admin = made.accounts[Role.EDITOR], made.client(Role.ADMIN)
    where = f"/staff/accounts/{editor.id}"

    def done(what: str, **fields: object) -> TestResponse:
        return admin.post(f"{where}/{what}", fields, token=admin.token("/staff/accounts"))

    signed_in = made.client(Role.EDITOR)
    assert done("sign-out").headers["Location"] == where
    assert signed_in.get("/staff/").status_code == 303
    signed_in = made.client(Role.EDITOR)
    assert done("roles", role=["member", "listener"]).status_code == 303
    assert "Your roles: member, listener." in text(signed_in.get("/staff/you"))
    assert done("second-factor").status_code == 303
    assert signed_in.get("/staff/").headers["Location"] == "/staff/sign-in"
    assert made.client(editor).get("/staff/").headers["Location"] == "/staff/you/second-factor"
    signed_in = made.client(editor)
    assert done("remove").headers["Location"] == "/staff/accounts"
    assert signed_in.get("/staff/you").headers["Location"].startswith("/staff/sign-in")
    assert made.client().sign_in("the editor").status_code == 401
    assert done("remove").status_code == 404
    listed = [(each.by, each.what) for each in since(made.services.store, 0)[:4]]
    assert listed == [
        ("the admin", "account the editor: removed"),
        ("the admin", "account the editor: second factor reset"),
        ("the admin", "account the editor: now member, listener"),
        ("the admin", "account the editor: signed out everywhere"),
    ]


def test_what_cannot_be_done_is_said_where_it_was_tried(made: Console) -> None:
    admin, client = made.accounts[Role.ADMIN], made.client(Role.ADMIN)
    for what, fields in (("remove", {}), ("link", {}), ("roles", {"role": ["member"]})):
        refused = client.post(f"/staff/accounts/{admin.id}/{what}", fields, token=client.token("/staff/accounts"))
        assert refused.status_code == 409
        assert "The last admin cannot go" in text(refused)
    refused = client.post("/staff/accounts", {"name": "Bo \u202e", "role": "editor"})
    assert refused.status_code == 422
    assert "right-to-left override" in text(refused)
    assert re.search(r'value="editor"[^>]* checked', text(refused)), "what was ticked stays"
    assert "Choose at least one role" in text(client.post("/staff/accounts", {"name": "Bo", "role": "boss"}))
    assert "There is an account THE EDITOR already; choose another name." in text(
        client.post("/staff/accounts", {"name": "THE EDITOR", "role": "member"})
    )


def test_names_are_text_on_every_page(made: Console) -> None:
    link = invited(made, Role.ADMIN, name=HOSTILE)
    hostile = made.services.accounts.by_name(HOSTILE)
    assert hostile
    client = made.client()
    client.post(link, {"password": PASSWORD}, token=client.token(link))
    factored = made.staff(Role.ADMIN, name=HOSTILE + "2")
    made.services.accounts.reset_factor(hostile.id, HOSTILE, made.services.seconds())
    pages = [client.get(path) for path in ("/staff/you/second-factor", "/staff/nothing")]
    for one in (made.client(factored), made.client(Role.ADMIN)):
        pages += [one.get(path) for path in ("/staff/", "/staff/accounts", "/staff/you", "/staff/accounts/actions")]
        pages.append(one.get(f"/staff/accounts/{hostile.id}"))
        pages.append(one.post("/staff/accounts", {"name": HOSTILE, "role": "member"}))
    pages.append(made.client().sign_in(HOSTILE, "wrong"))
    pages.append(made.client().get("/staff/sign-in?next=" + HOSTILE))
    pages.append(made.client(Role.ADMIN).post("/staff/accounts", {HOSTILE: HOSTILE}, token="wrong"))
    shown = 0
    for page in pages:
        shown += "&lt;script&gt;" in page.get_data(as_text=True)
        assert "<script>" not in page.get_data(as_text=True)
        assert "49" not in re.findall(r"<b a='(.*)", text(page))
    assert shown >= 10


def test_what_staff_did_is_shown_a_page_at_a_time(made: Console) -> None:
    with made.services.store.write() as connection:
        for number in range(120):
            note(connection, "Ada", f"override {number:03}: closed", made.services.seconds())
    client, path, seen = made.client(Role.ADMIN), "/staff/accounts/actions", []
    for _ in range(3):
        page = text(client.get(path))
        seen += re.findall(r"override (\d+): closed", page)
        older = re.search(r'href="([^"]+)">Older', page)
        path = older[1] if older else ""
    assert seen == [f"{number:03}" for number in reversed(range(120))]
    for odd in ("x", "-1", "9" * 30, "\u0663"):
        assert client.get(f"/staff/accounts/actions?before={odd}").status_code == 200


# -- You


def _you(client: Client, what: str, **fields: str) -> TestResponse:
    return client.post(f"/staff/you/{what}", fields, token=client.token("/staff/you"))


def test_a_changed_password_signs_out_everywhere_else(made: Console) -> None:
    here, elsewhere = made.client(Role.EDITOR), made.client(Role.EDITOR)
    fields = {"password": PASSWORD, "new-password": "quite another one"}
    assert "not your password" in text(_you(here, "password", **fields | {"password": "wrong"}))
    assert "use 12 or more" in text(_you(here, "password", **fields | {"new-password": "short"}))
    assert elsewhere.get("/staff/").status_code == 200
    assert _you(here, "password", **fields).status_code == 303
    assert here.get("/staff/").status_code == 200
    assert elsewhere.get("/staff/").status_code == 303
    code = made.code(made.accounts[Role.EDITOR])
    assert made.client().sign_in("the editor", code=code).status_code == 401
    assert made.client().sign_in("the editor", "quite another one", code).status_code == 303


@pytest.mark.slow
def test_a_changed_password_does_not_make_the_session_longer(made: Console) -> None:
    client = made.client(Role.EDITOR)
    for _ in range(47):
        made.later(minutes=15)
        assert client.get("/staff/").status_code == 200
    _you(client, "password", password=PASSWORD, **{"new-password": "quite another one"})
    assert client.get("/staff/").status_code == 200
    made.later(minutes=15)
    assert client.get("/staff/").headers["Location"] == "/staff/sign-in?over=1"


def test_another_second_factor_or_new_codes_need_the_password(made: Console) -> None:
    client, editor = made.client(Role.EDITOR), made.accounts[Role.EDITOR]
    client.get("/staff/you/second-factor")
    with client.flask.session_transaction(base_url=URL) as kept, made.app.app_context():
        secret = kept["factor"]
        code = identity.codes().generate_totp_password(secret)
    for password, status in (("wrong", 422), (PASSWORD, 200)):
        assert _you(client, "second-factor", password=password, code=code).status_code == status
        assert _you(client, "recovery-codes", password=password).status_code == status
    changed = made.services.accounts.by_id(editor.id)
    assert changed
    assert changed.factor == secret != editor.factor
    assert set(changed.recovery).isdisjoint(editor.recovery)


def test_a_first_second_factor_needs_the_password_unless_it_was_typed_just_now(made: Console) -> None:
    plain = made.staff(Role.MEMBER, name="plain", factor=False)
    here, elsewhere = made.client(plain), made.client(plain)
    assert 'name="password"' not in text(here.get("/staff/you/second-factor"))
    made.later(minutes=11)
    assert 'name="password"' in text(here.get("/staff/you/second-factor"))
    with here.flask.session_transaction(base_url=URL) as kept, made.app.app_context():
        code = identity.codes().generate_totp_password(kept["factor"])
    for password in ("", "wrong"):
        refused = _you(here, "second-factor", password=password, code=code)
        assert (refused.status_code, "not your password" in text(refused)) == (422, True)
    unchanged = made.services.accounts.by_id(plain.id)
    assert unchanged
    assert unchanged.factor is None
    assert elsewhere.get("/staff/").status_code == 200
    assert _you(here, "second-factor", password=PASSWORD, code=code).status_code == 200
    assert [each.get("/staff/").status_code for each in (here, elsewhere)] == [200, 303]


def test_whoever_finds_an_open_session_cannot_guess_the_password_in_it(made: Console) -> None:
    client = made.client(Role.EDITOR)
    for _ in range(5):
        _you(client, "recovery-codes", password="wrong")
    assert _you(client, "recovery-codes", password=PASSWORD).status_code == 422
    made.later(seconds=61)
    assert _you(client, "recovery-codes", password=PASSWORD).status_code == 200


def test_signing_out_everywhere_ends_all_sessions(made: Console) -> None:
    here, elsewhere, other = made.client(Role.EDITOR), made.client(Role.EDITOR), made.client(Role.ADMIN)
    assert _you(here, "sign-out-everywhere").headers["Location"] == "/staff/sign-in"
    assert [each.get("/staff/").status_code for each in (here, elsewhere, other)] == [303, 303, 200]


def test_notices_go_when_an_admin_has_seen_them(made: Console) -> None:
    accounts, client = made.services.accounts, made.client(Role.ADMIN)
    accounts.reset_factor(made.accounts[Role.EDITOR].id, "Eve", made.services.seconds())
    page = text(client.get("/staff/you"))
    assert "Account the editor: second factor reset (by Eve)." in page
    assert "second factor reset" not in text(made.client(Role.MEMBER).get("/staff/"))
    until = re.findall(r'name="until" value="(\d+)"', page)[0]
    accounts.reset_factor(made.accounts[Role.LISTENER].id, "Eve", made.services.seconds() + 1)
    seen = client.post("/staff/notices/seen", {"until": until, "back": "/staff/you"}, token=client.token("/staff/you"))
    assert seen.headers["Location"] == "/staff/you"
    page = text(client.get("/staff/you"))
    assert "Account the editor" not in page
    assert "Account the listener" in page
    away = client.post("/staff/notices/seen", {"until": "x", "back": "//a.example"}, token=client.token("/staff/you"))
    assert away.headers["Location"] == "/staff/"


def test_notices_are_for_admins_who_have_their_second_factor(made: Console) -> None:
    bare = made.staff(Role.ADMIN, name="bare", factor=False)
    made.services.accounts.reset_factor(made.accounts[Role.EDITOR].id, "Eve", made.services.seconds())
    page = text(made.client(bare).get("/staff/you/second-factor"))
    assert "Set up your second factor" in page
    assert "Account the editor" not in page
    assert "Account the editor" in text(made.client(Role.ADMIN).get("/staff/you/second-factor"))


def test_in_the_demo_there_is_no_second_factor_and_every_page_warns(tmp_path: Path) -> None:
    with console("sqlite", tmp_path, demo=True) as made:
        made.staff(Role.ADMIN, name="demo admin", factor=False)
        client = made.client()
        assert 'name="code"' not in text(client.get("/staff/sign-in"))
        assert client.sign_in("demo admin").headers["Location"] == "/staff/"
        for path in ("/staff/", "/staff/accounts", "/staff/you", "/staff/nothing", "/staff/sign-in"):
            assert "This is a demo" in text(client.get(path))
    with console("sqlite", tmp_path / "usual") as made:
        assert "This is a demo" not in text(made.client(Role.ADMIN).get("/staff/"))
