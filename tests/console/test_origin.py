"""What another site can do: fill in no form, sign nobody out, get nothing shown."""

from html import unescape

import pytest

from phonetree.console.origin import MOST_TOLD, TOLD_SECONDS
from phonetree.store.roles import Role
from tests.support.console import URL, Client, Console

ATTACK = {"action": "save", "begins": "now", "until": "today", "words-en": "Call 617 555 0199", "name": "Mallory"}
NAVIGATED = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}

ELSEWHERE = {
    "another site": {"Sec-Fetch-Site": "cross-site", "Origin": "https://mallory.example"},
    "another site that hides": {"Sec-Fetch-Site": "cross-site", "Origin": "null"},
    "a sister site": {"Sec-Fetch-Site": "same-site", "Origin": "https://other.example.org"},
    "an old browser": {"Origin": "https://mallory.example"},
    "an old browser that hides": {"Origin": "null"},
    "the same host without https": {"Origin": URL.replace("https", "http")},
    "another port": {"Origin": f"{URL}:8443"},
    "only a referrer": {"Referer": f"https://mallory.example/?{URL}"},
    "a lookalike": {"Origin": f"{URL}.mallory.example"},
    "nothing": {},
    "an address that was typed": {"Sec-Fetch-Site": "none"},
    "two that disagree": {"Sec-Fetch-Site": "same-origin", "Origin": "https://mallory.example"},
}
OURS = {
    "a browser": {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
    "one that names us": {"Sec-Fetch-Site": "same-origin", "Origin": URL},
    "an old browser": {"Origin": URL},
    "only a referrer": {"Referer": f"{URL}/staff/today/close"},
}


@pytest.mark.parametrize("headers", ELSEWHERE.values(), ids=ELSEWHERE)
@pytest.mark.parametrize("who", [None, Role.MEMBER])
@pytest.mark.parametrize("path", ["/staff/today/close", "/staff/sign-in", "/staff/link/x"])
def test_what_another_site_sends_is_never_in_a_form(
    made: Console, path: str, who: Role | None, headers: dict[str, str]
) -> None:
    answer = made.client(who).post(path, ATTACK, token="forged", headers=headers)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 403
    assert "617 555 0199" not in page
    assert "Mallory" not in page
    assert "Send again" not in page
    assert who or "Set-Cookie" not in answer.headers


def test_a_page_of_ours_at_another_address_is_told_which_one_is_expected(
    made: Console, capsys: pytest.CaptureFixture[str]
) -> None:
    client, told = made.client(Role.MEMBER), []
    client.post("/staff/today/close", ATTACK, headers=ELSEWHERE["another site"])
    for number in range(MOST_TOLD + 1):
        headers = {"Sec-Fetch-Site": "same-origin", "Origin": f"http://desk{number}.example.org"}
        for _ in range(2):
            answer = client.post("/staff/today/close", ATTACK, headers=headers)
        told += capsys.readouterr().err.splitlines()
    page = " ".join(unescape(answer.get_data(as_text=True)).split())
    assert answer.status_code == 403
    assert f"the page was opened at http://desk{MOST_TOLD}.example.org" in page
    assert f"expects to be opened at {URL} (PHONETREE_PUBLIC_URL)" in page
    assert len(told) == MOST_TOLD, "each once"
    for number, line in enumerate(told):
        assert f"refused what was sent from http://desk{number}.example.org" in line
        assert "set PHONETREE_PUBLIC_URL to that" in line


@pytest.mark.parametrize(
    ("headers", "told_of"),
    [
        ({"Origin": "null"}, "desk.example.org:8081"),
        ({"Origin": "http://desk.example.org:8081"}, "http://desk.example.org:8081"),
    ],
    ids=["a form", "a script"],
)  # what browsers send over plain http: nothing of fetch metadata, and no cookie that is for https alone
def test_a_page_that_was_opened_over_plain_http_says_so_and_leads_to_https(
    made: Console, capsys: pytest.CaptureFixture[str], headers: dict[str, str], told_of: str
) -> None:
    sent = {"name": "the member", "password": "four words of a test"}
    for _ in range(2):
        answer = made.client().post(
            "/staff/sign-in", sent, token="", headers=headers | {"Host": "desk.example.org:8081"}
        )
    page = " ".join(unescape(answer.get_data(as_text=True)).split())
    assert answer.status_code == 403
    assert "It seems that this page was opened over http" in page
    assert f'href="{URL}/staff/"' in page
    assert "set PHONETREE_PUBLIC_URL to that" not in page, "which has to begin with https"
    assert "four words" not in page
    (line,) = capsys.readouterr().err.splitlines()
    assert f"refused what was sent from {told_of} over http" in line
    assert f"the console works over https alone, at {URL}/staff/ (PHONETREE_PUBLIC_URL)" in line
    assert "have the proxy lead from http to https" in line


def test_a_stranger_keeps_no_wrong_address_out_of_the_log(made: Console, capsys: pytest.CaptureFixture[str]) -> None:
    def told(client: Client, name: str) -> bool:
        headers = {"Sec-Fetch-Site": "same-origin", "Origin": f"https://{name}.example.org"}
        client.post("/staff/today/close", ATTACK, headers=headers)
        return f"refused what was sent from https://{name}.example.org" in capsys.readouterr().err

    stranger, member = made.client(), made.client(Role.MEMBER)
    stranger.token("/staff/sign-in")  # and so has a cookie of ours
    assert [told(stranger, f"invented{number}") for number in range(MOST_TOLD + 2)] == [True] * MOST_TOLD + [False] * 2
    assert told(member, "desk")
    made.later(seconds=TOLD_SECONDS)
    assert told(made.client(), "desk-at-which-nobody-can-sign-in")


@pytest.mark.parametrize("headers", OURS.values(), ids=OURS)
def test_what_a_page_of_ours_sent_is_kept(made: Console, headers: dict[str, str]) -> None:
    answer = made.client().post("/staff/today/close", ATTACK, token="old", headers=headers)
    assert answer.status_code == 401
    assert 'value="Call 617 555 0199"' in answer.get_data(as_text=True)


@pytest.mark.parametrize("origin", ["https://mallory.example", "null"])
def test_another_site_acts_for_nobody_even_with_the_right_token(made: Console, origin: str) -> None:
    client = made.client(Role.MEMBER)
    token = client.token("/staff/you")
    headers = {"Sec-Fetch-Site": "cross-site", "Origin": origin}
    assert client.post("/staff/today/close", ATTACK, token=token, headers=headers).status_code == 403
    assert made.services.overrides.kept(made.services.seconds()) == ()


@pytest.mark.parametrize(
    "path", ["/staff/sign-in", "/staff/link/x", "/staff/", "/staff/nothing", "/staff/sign-in?over=1"]
)
def test_a_link_on_another_site_begins_no_session(made: Console, path: str) -> None:
    """Browsers send no cookie that is SameSite=Strict then, and would take a new one for whoever is signed in."""
    headers = {"Sec-Fetch-Site": "cross-site", **NAVIGATED}
    answer = made.client().get(path, **headers)
    assert "Set-Cookie" not in answer.headers
    if path != "/staff/nothing":
        assert f'content="0; url={path.partition("?")[0]}"' in answer.get_data(as_text=True)
    framed = made.client().get(path, **headers | {"Sec-Fetch-Mode": "no-cors"})
    assert "Set-Cookie" not in framed.headers


def test_a_link_on_another_site_fills_in_no_edit(made: Console) -> None:
    path, client = "/staff/schedule/2026-12-04/preview", made.client(Role.EDITOR)
    query = "?first=2026-12-04&name.en=Mallory&go=see"
    assert "Mallory" in client.get(path + query).get_data(as_text=True)
    led = made.client().get(path + query, **{"Sec-Fetch-Site": "cross-site", **NAVIGATED}).get_data(as_text=True)
    assert f'url={path}"' in led
    for answer in (client.get(path), client.get(path + query, **{"Sec-Fetch-Site": "same-site"})):
        assert (answer.status_code, answer.headers["Location"]) == (303, "/staff/schedule/2026-12-04")
