"""Who gets where: every address against every kind of visitor, as the table here says."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from phonetree.store.roles import Role
from tests.support.console import Console, console

ANYBODY = "anybody"
PROVIDER = "the provider"
ADMIN, EDITOR, LISTENER = (frozenset({role}) for role in (Role.ADMIN, Role.EDITOR, Role.LISTENER))
STAFF = frozenset(Role)

TABLE: dict[str, str | frozenset[Role]] = {
    "GET /healthz": ANYBODY,
    "GET /staff/": STAFF,
    "GET /staff/accounts": ADMIN,
    "POST /staff/accounts": ADMIN,
    "GET /staff/accounts/<account_id>": ADMIN,
    "POST /staff/accounts/<account_id>/link": ADMIN,
    "POST /staff/accounts/<account_id>/remove": ADMIN,
    "POST /staff/accounts/<account_id>/roles": ADMIN,
    "POST /staff/accounts/<account_id>/second-factor": ADMIN,
    "POST /staff/accounts/<account_id>/sign-out": ADMIN,
    "GET /staff/accounts/actions": ADMIN,
    "GET /staff/counts": STAFF,
    "GET /staff/counts/outcomes.csv": STAFF,
    "GET /staff/counts/times.csv": STAFF,
    "GET /staff/call-back": LISTENER,
    "POST /staff/call-back": LISTENER,
    "POST /staff/call-back/connect": PROVIDER,
    "POST /staff/call-back/ended": PROVIDER,
    "POST /staff/call-back/over": PROVIDER,
    "POST /staff/call-back/words": PROVIDER,
    "GET /staff/edit": EDITOR,
    "POST /staff/edit": EDITOR,
    "POST /staff/edit/anew": EDITOR,
    "GET /staff/edit/<id_>": EDITOR,
    "GET /staff/edit/<id_>/helpline": EDITOR,
    "POST /staff/edit/<id_>/helpline": EDITOR,
    "GET /staff/edit/<id_>/always": EDITOR,
    "POST /staff/edit/<id_>/always": EDITOR,
    "GET /staff/edit/<id_>/languages": EDITOR,
    "POST /staff/edit/<id_>/languages": EDITOR,
    "GET /staff/edit/<id_>/added": EDITOR,
    "GET /staff/edit/<id_>/new-line": EDITOR,
    "POST /staff/edit/<id_>/new-line": EDITOR,
    "GET /staff/edit/<id_>/new-message": EDITOR,
    "POST /staff/edit/<id_>/new-message": EDITOR,
    "GET /staff/edit/<id_>/page": EDITOR,
    "POST /staff/edit/<id_>/page": EDITOR,
    "GET /staff/edit/<id_>/hours": EDITOR,
    "POST /staff/edit/<id_>/hours": EDITOR,
    "GET /staff/edit/<id_>/lines/<line>": EDITOR,
    "POST /staff/edit/<id_>/lines/<line>": EDITOR,
    "GET /staff/edit/<id_>/nodes/<node>": EDITOR,
    "POST /staff/edit/<id_>/nodes/<node>": EDITOR,
    "GET /staff/edit/<id_>/parts": EDITOR,
    "POST /staff/edit/<id_>/parts": EDITOR,
    "GET /staff/edit/<id_>/phrases": EDITOR,
    "POST /staff/edit/<id_>/phrases": EDITOR,
    "POST /staff/edit/<id_>/remove": EDITOR,
    "GET /staff/edit/<id_>/teams/<team>": EDITOR,
    "POST /staff/edit/<id_>/teams/<team>": EDITOR,
    "GET /staff/edit/of/<node>": EDITOR,
    "POST /staff/edit/of/<node>": EDITOR,
    "GET /staff/edit/<id_>/text": EDITOR,
    "POST /staff/edit/<id_>/text": EDITOR,
    "POST /staff/edit/<id_>/check": EDITOR,
    "POST /staff/edit/<id_>/up-to-date": EDITOR,
    "GET /staff/edit/<id_>/publish": EDITOR,
    "POST /staff/edit/<id_>/publish": EDITOR,
    "POST /staff/edit/<id_>/throw-away": EDITOR,
    "GET /staff/history": STAFF,
    "GET /staff/history/<int:number>": STAFF,
    "POST /staff/history/<int:number>": EDITOR,
    "GET /staff/history/<int:number>/following": STAFF,
    "GET /staff/history/compare": STAFF,
    "GET /staff/tree": STAFF,
    "GET /staff/try": STAFF,
    "POST /staff/try/promise": frozenset({Role.EDITOR}),
    "GET /staff/following": STAFF,
    "GET /staff/calendar": STAFF,
    "POST /staff/calendar/address": STAFF,
    "POST /staff/calendar/address/end": STAFF,
    "POST /staff/calendar/reminders": STAFF,
    "POST /staff/calendar/reminders/switch": STAFF,
    "GET /staff/feeds/<token>.ics": ANYBODY,
    "GET /staff/keys": LISTENER | ADMIN,
    "POST /staff/keys": LISTENER,
    "POST /staff/keys/<name>/approve": ADMIN,
    "GET /staff/keys/<name>/withdraw": LISTENER | ADMIN,
    "POST /staff/keys/<name>/withdraw": LISTENER | ADMIN,
    "GET /staff/keys/device": LISTENER,
    "GET /staff/keys/lacking": LISTENER,
    "GET /staff/keys/new": LISTENER,
    "GET /staff/keys/standing": LISTENER,
    "GET /staff/link/<token>": ANYBODY,
    "POST /staff/link/<token>": ANYBODY,
    "GET /staff/messages": LISTENER,
    "POST /staff/messages/<message>/claim": LISTENER,
    "POST /staff/messages/<message>/delete": LISTENER,
    "GET /staff/messages/<message>/envelope": LISTENER,
    "POST /staff/messages/<message>/handled": LISTENER,
    "GET /staff/messages/<message>/parts/<int:number>": LISTENER,
    "POST /staff/messages/<message>/release": LISTENER,
    "POST /staff/messages/<message>/reopen": LISTENER,
    "POST /staff/messages/<message>/wrapped": LISTENER,
    "GET /staff/messages/list": LISTENER,
    "POST /staff/notices/seen": ADMIN,
    "GET /staff/people": STAFF,
    "GET /staff/people/<name>": ADMIN,
    "POST /staff/people/<name>": ADMIN,
    "POST /staff/people/<name>/call": ADMIN,
    "POST /staff/people/<name>/remove": ADMIN,
    "POST /staff/people/<name>/restore": ADMIN,
    "POST /staff/people/<name>/withdraw": ADMIN,
    "POST /staff/phones/confirm": PROVIDER,
    "POST /staff/phones/ended": PROVIDER,
    "GET /staff/schedule": STAFF,
    "GET /staff/schedule/<day>": STAFF,
    "POST /staff/schedule/<day>": EDITOR,
    "GET /staff/schedule/<day>/preview": EDITOR,
    "POST /staff/schedule/undo": EDITOR,
    "GET /staff/sign-in": ANYBODY,
    "POST /staff/sign-in": ANYBODY,
    "POST /staff/sign-out": STAFF,
    "GET /staff/static/<path:name>": ANYBODY,
    "GET /staff/today/<change>": STAFF,
    "POST /staff/today/<change>": STAFF,
    "POST /staff/today/servers/taken-away": ADMIN,
    "POST /staff/today/overrides/<int:number>/again": STAFF,
    "POST /staff/today/overrides/<int:number>/end": STAFF,
    "GET /staff/you": STAFF,
    "POST /staff/you/password": STAFF,
    "POST /staff/you/recovery-codes": STAFF,
    "GET /staff/you/second-factor": STAFF,
    "POST /staff/you/second-factor": STAFF,
    "POST /staff/you/sign-out-everywhere": STAFF,
}
"""Every address there is, and whom it is for."""

WITHOUT_FACTOR = {
    "GET /staff/you/second-factor", "POST /staff/you/second-factor", "POST /staff/sign-out",
    "POST /staff/you/sign-out-everywhere",
}  # fmt: skip
"""What is open to somebody who has to set up a second factor first, besides what is open to anybody."""

FILLED = {
    "<account_id>": "0" * 32,
    "<token>": "forged",
    "<path:name>": "console.css",
    "<day>": "2026-12-04",
    "<change>": "close",
    "<int:number>": "1",
    "<name>": "ADVOCATE_9",
    "<message>": "0" * 32,
    "<id_>": "0" * 32,
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with console("sqlite", tmp_path_factory.mktemp("console"), call_back=True) as opened:
        yield opened


def _path(address: str) -> str:
    path = address.partition(" ")[2]
    for part, value in FILLED.items():
        path = path.replace(part, value)
    return path


def test_the_table_has_every_address_that_there_is(made: Console) -> None:
    rules = made.app.url_map.iter_rules()
    found = {f"{method} {rule.rule}" for rule in rules for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}}
    assert found == TABLE.keys()


UNKEPT = ("POST /staff/people/<name>", "POST /staff/call-back")
"""Their forms have the number of a person, and are answered with no page that could show it."""


@pytest.mark.parametrize("address", TABLE)
def test_without_signing_in_there_is_nothing_but_what_is_for_anybody(made: Console, address: str) -> None:
    client, path = made.client(), _path(address)
    answer = client.get(path) if address.startswith("GET") else client.post(path)
    if TABLE[address] == ANYBODY:
        assert answer.status_code in (200, 401, 404, 410)
        return
    if TABLE[address] == PROVIDER:
        assert answer.status_code == 403, "it is not signed"
        return
    if address.startswith("GET") or address in UNKEPT:
        assert (answer.status_code, answer.headers["Location"].partition("?")[0]) == (303, "/staff/sign-in")
    else:
        assert answer.status_code == 401
        assert "You were signed out" in answer.get_data(as_text=True)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("address", [each for each, whom in TABLE.items() if whom not in (ANYBODY, STAFF, PROVIDER)])
def test_another_role_is_not_enough(made: Console, address: str, role: Role) -> None:
    client, path = made.client(role), _path(address)
    answer = client.get(path) if address.startswith("GET") else client.post(path)
    assert (answer.status_code == 403) == (role not in TABLE[address]), (answer.status_code, role)


@pytest.mark.parametrize(
    "address", [each for each, whom in TABLE.items() if each.startswith("POST") and whom != PROVIDER]
)
def test_nothing_is_taken_without_a_token_of_the_session(made: Console, address: str) -> None:
    whom = TABLE[address]
    who = Role.ADMIN if isinstance(whom, str) or Role.ADMIN in whom else next(iter(whom))
    client = made.client(who)
    for token in ("", "forged", made.client(who).token()):
        answer = client.post(_path(address), {"name": "typed <b>"}, token=token)
        if address in UNKEPT:
            assert (answer.status_code, answer.headers["Location"]) == (303, _path(address))
            continue
        assert answer.status_code == 400
        text = answer.get_data(as_text=True)
        assert "Please send this once more" in text
        assert "typed &lt;b&gt;" in text
        assert "<b>" not in text


@pytest.mark.parametrize("address", [each for each, whom in TABLE.items() if whom not in (ANYBODY, PROVIDER)])
@pytest.mark.parametrize(("much", "over"), [(29, False), (31, True)])
def test_a_session_ends_when_it_is_not_used(made: Console, address: str, much: int, over: bool) -> None:
    client = made.client(Role.ADMIN)
    token = client.token("/staff/you")
    made.later(minutes=much)
    answer = client.get(_path(address)) if address.startswith("GET") else client.post(_path(address), token=token)
    assert (answer.status_code == 401 or "/sign-in?over=1" in answer.headers.get("Location", "")) == over


POLLED = ("/staff/following", "/staff/messages/list")
"""What pages ask by themselves."""


@pytest.mark.parametrize(("paths", "over"), [(POLLED, True), (("/staff/people",), False)])
def test_a_page_that_is_left_open_does_not_keep_a_session_going(
    made: Console, paths: tuple[str, ...], over: bool
) -> None:
    client = made.client(Role.LISTENER)
    for _ in range(5):
        made.later(minutes=7)
        for path in paths:
            client.get(path)
    assert client.get("/staff/you").headers.get("Location", "").startswith("/staff/sign-in") == over


@pytest.mark.parametrize("address", [each for each, whom in TABLE.items() if whom not in (ANYBODY, PROVIDER)])
def test_without_the_second_factor_that_a_role_needs_there_is_nothing_else(made: Console, address: str) -> None:
    bare = made.services.accounts.by_name("bare") or made.staff(Role.ADMIN, name="bare", factor=False)
    client, path = made.client(bare), _path(address)
    answer = client.get(path) if address.startswith("GET") else client.post(path, token=client.token())
    led = answer.headers.get("Location", "") == "/staff/you/second-factor"
    given_back = "Set it up, in a new tab" in answer.get_data(as_text=True)
    assert (led or given_back) == (address not in WITHOUT_FACTOR or address == "POST /staff/you/second-factor")
    assert not given_back or (address.startswith("POST") and answer.status_code == 403)


def test_a_role_that_is_taken_away_is_gone_at_once(tmp_path: Path) -> None:
    with console("sqlite", tmp_path) as made:
        both = made.staff(Role.ADMIN, Role.EDITOR, name="both")
        client = made.client(both)
        assert client.get("/staff/accounts").status_code == 200
        made.services.accounts.set_roles(both.id, {Role.EDITOR}, "a test", 0)
        assert client.get("/staff/accounts").status_code == 403
        made.services.accounts.remove(both.id, "a test", 0)
        assert client.get("/staff/").headers["Location"] == "/staff/sign-in"
