"""Signing in: what fits together gets in, and nothing else; nothing says which part was wrong."""

import json
import re
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from pathlib import Path
from statistics import median
from threading import Event
from urllib.parse import parse_qs, urlsplit

import pytest
from werkzeug.wrappers import Request, Response

from phonetree.console import identity
from phonetree.console.aside import LOOK
from phonetree.console.edge import THREADS
from phonetree.console.trying import MOST_NAMES, MOST_WAITING, Lockout, one_at_a_time
from phonetree.store.actions import since
from phonetree.store.roles import Role
from tests.support.console import PASSWORD, Console, console
from tests.support.programs import until
from tests.support.serving import served

WRONG = "That does not fit together"


def test_name_password_and_code_together_lead_to_today(on_each: Console) -> None:
    client, editor = on_each.client(), on_each.accounts[Role.EDITOR]
    answer = client.sign_in(" The  EDITOR ", code=" ".join(on_each.code(editor)))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/staff/")
    page = client.get("/staff/")
    assert page.status_code == 200
    assert "the editor" in page.get_data(as_text=True)


def test_nothing_says_which_part_was_wrong(made: Console) -> None:
    editor = made.accounts[Role.EDITOR]
    made.services.accounts.add("invited", [Role.EDITOR], "a test", 0, 9_999_999_999)
    tries = [
        ("the editor", "not the password", ""),
        ("the editor", "not the password", made.code(editor)),
        ("the editor", PASSWORD, ""),
        ("the editor", PASSWORD, "12345"),
        ("nobody", PASSWORD, ""),
        ("", "", ""),
        ("invited", PASSWORD, ""),
        ("invited", "", ""),
        ("x" * 5000, "y" * 5000, "z" * 5000),
        ("the editor\u200b", PASSWORD, "\u0663\u0663\u0663\u0663\u0663\u0663"),
    ]
    pages = set()
    for name, password, code in tries:
        made.services.lockout.succeeded("name the editor")
        answer = made.client().sign_in(name, password, code)
        assert answer.status_code == 401
        page = answer.get_data(as_text=True)
        assert WRONG in page
        pages.add(re.sub(r'value="[^"]*"', "", page))
    assert len(pages) == 1


def test_what_was_typed_is_still_there_but_the_password(made: Console) -> None:
    page = made.client().sign_in('Ada "<b>', "a wrong secret").get_data(as_text=True)
    assert "Ada &#34;&lt;b&gt;" in page
    assert "a wrong secret" not in page


def test_a_code_is_taken_once(made: Console) -> None:
    editor = made.accounts[Role.EDITOR]
    code = made.code(editor)
    assert made.client().sign_in("the editor", code=code).status_code == 303
    assert made.client().sign_in("the editor", code=code).status_code == 401


def test_a_wrong_password_uses_no_code_up(made: Console) -> None:
    code = made.code(made.accounts[Role.EDITOR])
    assert made.client().sign_in("the editor", "wrong", code).status_code == 401
    assert made.client().sign_in("the editor", code=code).status_code == 303


def test_a_recovery_code_is_taken_once_however_it_is_typed(made: Console) -> None:
    editor = made.accounts[Role.EDITOR]
    with made.app.app_context():
        plain, encrypted = identity.new_recovery_codes()
    made.services.accounts.set_recovery(editor, encrypted, 0)
    assert len(set(plain)) == identity.RECOVERY_CODES
    typed = plain[3].upper().replace("-", " ")
    assert made.client().sign_in("the editor", code=typed).status_code == 303
    assert made.client().sign_in("the editor", code=plain[3]).status_code == 401
    left = made.services.accounts.by_id(editor.id)
    assert left
    assert len(left.recovery) == identity.RECOVERY_CODES - 1
    assert any("recovery code used, 9 left" in each.what for each in since(made.services.store, 0))
    listed = made.client(Role.ADMIN).get("/staff/accounts/actions").get_data(as_text=True)
    assert "nobody's successful sign-ins, unless a recovery code was used for one" in listed
    assert "recovery code used, 9 left" in listed


def test_a_member_needs_no_second_factor_but_may_have_one(made: Console) -> None:
    made.staff(Role.MEMBER, name="plain", factor=False)
    assert made.client().sign_in("plain", code="123456").status_code == 303
    assert made.client().sign_in("the member").status_code == 401
    assert made.client().sign_in("the member", code=made.code(made.accounts[Role.MEMBER])).status_code == 303


@pytest.mark.parametrize(
    ("next_", "leads"),
    [
        ("/staff/accounts", "/staff/accounts"),
        ("/staff/accounts/actions?before=3", "/staff/accounts/actions?before=3"),
        ("//elsewhere.example/staff/", "/staff/"),
        ("https://elsewhere.example/staff/", "/staff/"),
        ("/staff/../elsewhere", "/staff/"),
        ("/\\elsewhere.example", "/staff/"),
        ("/staff\\@elsewhere.example", "/staff/"),
        ("/staff/nothing", "/staff/"),
        ("javascript:alert(1)", "/staff/"),
        ("/staff/sign-in", "/staff/"),
        ("", "/staff/"),
    ],
)
def test_signing_in_leads_on_to_our_own_pages_and_nowhere_else(made: Console, next_: str, leads: str) -> None:
    code = made.code(made.accounts[Role.ADMIN])
    answer = made.client().sign_in("the admin", code=code, next=next_)
    assert answer.headers["Location"] == leads


def test_the_page_that_was_wanted_is_asked_for_again_after_signing_in(made: Console) -> None:
    client = made.client()
    led = client.get("/staff/accounts/actions?before=3").headers["Location"]
    assert parse_qs(urlsplit(led).query) == {"next": ["/staff/accounts/actions?before=3"]}
    assert 'name="next" value="/staff/accounts/actions?before=3"' in client.get(led).get_data(as_text=True)


def test_a_link_in_a_message_signs_nobody_out(made: Console) -> None:
    """Browsers send no cookie that is SameSite=Strict then: the page is asked for again, from here."""
    client = made.client()
    answer = client.get("/staff/accounts", **{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"})
    assert answer.status_code == 200
    assert 'content="0; url=/staff/accounts"' in answer.get_data(as_text=True)
    assert "Set-Cookie" not in answer.headers


# -- the lock-out


def test_guessing_takes_longer_and_longer() -> None:
    clock = 0
    lockout, waits = Lockout(lambda: float(clock)), []
    for _ in range(12):
        while wait := lockout.begin("somebody"):
            waits.append(round(wait))
            clock += round(wait)
    assert waits == [60, 120, 240, 480, 900, 900, 900]


def test_a_locked_name_stays_locked_however_many_others_are_tried() -> None:
    lockout = Lockout(lambda: 0.0)
    for _ in range(5):
        lockout.begin("somebody")
    for number in range(MOST_NAMES + 10):
        lockout.begin(f"nobody {number}")
    assert lockout.begin("somebody") == 60
    assert lockout.locked("somebody") == 5


def test_after_five_failures_nobody_gets_in_for_a_while_with_or_without_an_account(made: Console) -> None:
    for name in ("the editor", "nobody"):
        client = made.client()
        said = [client.sign_in(name, "wrong").get_data(as_text=True) for _ in range(7)]
        assert [WRONG in page for page in said] == [True] * 5 + [False] * 2
        assert "Wait a minute, then try again" in said[-1]
    editor = made.accounts[Role.EDITOR]
    assert made.client().sign_in("the editor", code=made.code(editor)).status_code == 401
    made.later(seconds=61)
    assert made.client().sign_in("the editor", code=made.code(editor)).status_code == 303
    assert made.client().sign_in("the editor", "wrong").status_code == 401, "counted from the beginning"


def test_a_browser_that_was_used_before_gets_in_whatever_strangers_try(made: Console) -> None:
    known, editor = made.client(), made.accounts[Role.EDITOR]
    known.sign_in("the editor", code=made.code(editor))
    known.post("/staff/sign-out", token=known.token("/staff/you"))
    for _ in range(9):
        made.client().sign_in("the editor", "wrong")
    assert made.client().sign_in("the editor", code=made.code(editor)).status_code == 401
    made.later(seconds=31)  # for another code
    assert known.sign_in("the editor", code=made.code(editor)).status_code == 303


def test_a_known_browser_is_locked_out_for_its_own_failures_and_for_no_other_account(made: Console) -> None:
    known = made.client()
    known.sign_in("the editor", code=made.code(made.accounts[Role.EDITOR]))
    for _ in range(5):
        assert WRONG in known.sign_in("the editor", "wrong").get_data(as_text=True)
    assert WRONG not in known.sign_in("the editor", "wrong").get_data(as_text=True)
    assert WRONG in known.sign_in("the admin", "wrong").get_data(as_text=True), "it is not known for that one"
    forged = made.client()
    forged.flask.set_cookie("__Host-device", "WyJhIl0.forged", domain="helpline.example.org")
    for _ in range(6):
        page = forged.sign_in("the listener", "wrong").get_data(as_text=True)
    assert WRONG not in page


def test_on_a_browser_that_several_use_a_sign_in_of_ones_own_gives_no_more_guesses(made: Console) -> None:
    shared, admin = made.client(), made.accounts[Role.ADMIN]
    insider = made.staff(Role.MEMBER, name="Insider", factor=False)
    shared.sign_in("the admin", code=made.code(admin))
    for each in range(5):
        assert shared.sign_in(insider.name).status_code == 303
        answer = shared.sign_in("the admin", f"guess {each}").get_data(as_text=True)
        assert WRONG in answer
    assert shared.sign_in(insider.name).status_code == 303
    assert "too many tries" in shared.sign_in("the admin", "another").get_data(as_text=True)
    until(lambda: any("failed sign-ins" in each.text for each in made.services.accounts.notices(admin)))


def test_a_lockout_is_told_to_admins_and_holds_no_address(made: Console) -> None:
    for _ in range(5):
        made.client().sign_in("THE editor", "wrong")
        made.client().sign_in("no such name", "wrong")
    admin = made.accounts[Role.ADMIN]
    until(lambda: bool(made.services.accounts.notices(admin)))
    (notice,) = made.services.accounts.notices(admin)
    assert notice.text == "Account the editor: 5 failed sign-ins; more are refused for a while (by somebody)."
    listed = [each.what for each in since(made.services.store, 0)]
    assert sum("failed sign-ins" in what for what in listed) == 1
    assert not [what for what in listed if "127.0.0.1" in what or "no such name" in what]
    page = made.client(Role.ADMIN).get("/staff/").get_data(as_text=True)
    assert "5 failed sign-ins" in page


def test_channels_are_told_without_a_name(tmp_path: Path) -> None:
    told: list[str] = []

    def office(environ, start_response):  # type: ignore[no-untyped-def]
        told.append(json.loads(Request(environ).get_data())["message"])
        return Response()(environ, start_response)

    with served(office) as url, console("sqlite", tmp_path, notify=url.replace("http", "json")) as made:
        client = made.client(Role.ADMIN)
        where = f"/staff/accounts/{made.accounts[Role.EDITOR].id}/second-factor"
        assert client.post(where, token=client.token("/staff/accounts")).status_code == 303
        until(lambda: len(told) == 1)
        for _ in range(5):
            made.client().sign_in("the member", "wrong")
        until(lambda: len(told) == 2)
        assert set(told) == {LOOK}
        assert "member" not in LOOK


@pytest.mark.long
def test_five_sign_in_at_once_and_a_flood_leaves_threads_for_others(tmp_path: Path) -> None:
    with console("sqlite", tmp_path, costly=True) as made, ThreadPoolExecutor(30) as pool:
        clients = [made.client() for _ in range(30)]
        tokens = [client.token() for client in clients]

        def statuses(number: int) -> list[int]:
            def send(each: int) -> int:
                fields = {"name": f"nobody {each}", "password": "wrong"}
                return clients[each].post("/staff/sign-in", fields, token=tokens[each]).status_code

            return list(pool.map(send, range(number)))

        assert statuses(5) == [401] * 5
        flood = Counter(statuses(30))
        assert flood.keys() == {401, 429}
        assert flood[401] >= MOST_WAITING
    assert 2 * MOST_WAITING < THREADS


def test_a_flood_of_strangers_keeps_no_known_browser_out(made: Console) -> None:
    """Nor does it count as failures of anybody, or make a stranger wait behind a lock."""
    known, editor, stranger = made.client(), made.accounts[Role.EDITOR], made.client()
    known.sign_in("the editor", code=made.code(editor))
    made.later(seconds=31)
    signed_in = made.client(Role.EDITOR)
    leave = Event()

    def wait() -> None:
        with one_at_a_time(known=False):
            leave.wait(20)

    with ThreadPoolExecutor(MOST_WAITING + 2) as pool:
        try:
            for _ in range(MOST_WAITING):
                pool.submit(wait)
            until(lambda: stranger.sign_in("nobody").status_code == 429)
            for _ in range(8):
                assert stranger.sign_in("the editor").status_code == 429
            entered = pool.submit(known.sign_in, "the editor", code=made.code(editor))
            token = signed_in.token("/staff/you")
            confirmed = pool.submit(signed_in.post, "/staff/you/recovery-codes", {"password": PASSWORD}, token=token)
            assert not wait_for([entered, confirmed], 0.3).done, "they have a place in a queue"
        finally:
            leave.set()
        assert (entered.result().status_code, confirmed.result().status_code) == (303, 200)
    assert made.services.lockout.wait("name the editor") == 0
    assert WRONG in stranger.sign_in("the editor", "wrong").get_data(as_text=True)


def test_a_link_makes_a_browser_known(made: Console) -> None:
    """Whoever was given a new link gets in, whatever strangers try meanwhile."""
    editor = made.accounts[Role.EDITOR]
    token = made.services.accounts.renew_link(editor.id, "a test", made.services.seconds(), 9_999_999_999)
    client = made.client()
    client.post(f"/staff/link/{token}", {"password": "quite another one"})
    for _ in range(6):
        made.client().sign_in("the editor", "wrong")
    assert client.sign_in("the editor", "quite another one", made.code(editor)).status_code == 303


def test_nothing_is_written_when_somebody_signs_in(tmp_path: Path) -> None:
    with console("sqlite", tmp_path) as made:
        file = tmp_path / "phonetree.db"
        before = file.read_bytes()
        client = made.client()
        client.sign_in("the editor", code=made.code(made.accounts[Role.EDITOR]))
        client.get("/staff/")
        client.sign_in("the editor", "wrong")
        client.sign_in("nobody", "wrong")
        assert file.read_bytes() == before


@pytest.mark.long
def test_a_name_without_an_account_takes_as_long_as_one_with(tmp_path: Path) -> None:
    with console("sqlite", tmp_path, costly=True) as made:
        _take_as_long(made)


def _take_as_long(made: Console) -> None:
    def seconds(name: str, password: str) -> float:
        client = made.client()
        token = client.token()
        began = time.perf_counter()
        client.post("/staff/sign-in", {"name": name, "password": password, "code": "123456"}, token=token)
        took = time.perf_counter() - began
        made.services.lockout.succeeded(f"name {name}")
        return took

    kinds = (("nobody", "wrong"), ("the editor", "wrong"), ("the editor", PASSWORD))
    taken: dict[tuple[str, str], list[float]] = {kind: [] for kind in kinds}
    for kind in (*kinds, *kinds * 5):
        taken[kind].append(seconds(*kind))
    medians = [median(each) for each in taken.values()]
    assert max(medians) / min(medians) < 1.5, medians
