"""Whatever a client sends, it is answered as the client's mistake: neither as ours, nor as the database's."""

import logging
import re
from functools import partial
from pathlib import Path
from urllib.parse import quote

import pytest

from phonetree import console
from phonetree.store.roles import Role
from tests.support.console import OURS, URL, Console

FIELDS = tuple(
    sorted(
        {
            name
            for path in Path(console.__file__).parent.glob("*.py")
            for name in re.findall(r"\.(?:form|args|sent)\.get(?:list)?\(\"([a-z_-]+)\"", path.read_text("utf-8"))
        }
        | {"until", "until_at", "begins", "begins_at", "away", "by", "first", "last", "open", "name.en", "words-en"}
    )
)
"""What forms and addresses hold."""

TEXTS = {
    "NUL": "a\0",
    "a large number": "9" * 20,
    "a large number for Postgres": f"{2**40}",
    "an address": "http://[",
    "long": "x" * 5000,
}


_quoted = partial(quote, safe="", errors="surrogatepass")
"""A text in an address. Letters stay: it takes long to read three bytes for each of them."""


@pytest.mark.long
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_nothing_that_is_sent_is_an_error_of_ours(
    on_each: Console, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    staff = on_each.client(on_each.staff(*Role, name="everything"))
    token, values = staff.token("/staff/you"), dict.fromkeys(FIELDS, text.encode("utf-8", "surrogatepass"))
    query, wrong, asked = f"{_quoted('x')}&" + "&".join(f"{name}={_quoted(text)}" for name in FIELDS), [], 0
    with caplog.at_level(logging.WARNING):
        for rule in on_each.app.url_map.iter_rules():
            path = re.sub(r"<(?!path)[^>]*>", _quoted(text), rule.rule.replace("<path:name>", "x"))
            for method in sorted((rule.methods or set()) & {"GET", "POST"}):
                if "sign-out" in path:
                    continue
                answer = staff.flask.open(
                    f"{path}?{query}", method=method, base_url=URL, headers=OURS,
                    data={"csrf_token": token, "go": "save", "action": "save"} | values if method == "POST" else None,
                )  # fmt: skip
                asked += 1
                if answer.status_code >= 500:
                    wrong.append(f"{method} {path[:80]}: {answer.status_code}")
    assert asked > 45
    assert wrong == []
    assert caplog.messages == []


@pytest.mark.parametrize("text", ["a\0", "a\ud800"])
def test_what_no_database_and_no_page_takes_is_refused(made: Console, text: str) -> None:
    assert not console.readable.readable(text)
    quoted = _quoted("a\0")
    client = made.client(Role.MEMBER)
    assert client.post("/staff/calendar/address", {"member": "a\0"}).status_code == 400
    assert client.get(f"/staff/?done={quoted}").status_code == 400
    assert client.get(f"/staff/?{quoted}=1").status_code == 400
    assert client.get(f"/staff/today/{quoted}").status_code == 400
    assert made.client().sign_in("a\0").status_code == 400


@pytest.mark.parametrize("name", ["Origin", "Referer", "Host", "Sec-Fetch-Site", "Cookie", "Content-Type"])
@pytest.mark.parametrize("value", ["http://[", "a\xff;=,=", "multipart/form-data; boundary="])
def test_no_header_is_an_error_of_ours(made: Console, name: str, value: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        for path in ("/staff/sign-in", "/staff/sign-out"):
            answer = made.client().flask.post(path, base_url=URL, data={"name": "x"}, headers={name: value})
            assert answer.status_code < 500
    assert caplog.messages == []


@pytest.mark.parametrize("next_", ["http://[", "//[", "/staff//[", "/staff/\\["])
def test_after_a_sign_in_a_malformed_address_leads_to_today(made: Console, next_: str) -> None:
    staff = made.staff(Role.MEMBER, name="Ada", factor=False)
    answer = made.client().sign_in(staff.name, next=next_)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/staff/")
