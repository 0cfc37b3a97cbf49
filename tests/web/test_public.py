"""The public page: the whole tree to read, and nothing that tells on its reader."""

import re
from datetime import UTC, datetime

import pytest

from phonetree.core.events import TooLate
from phonetree.core.phrases import PHRASES
from phonetree.core.tree import Confidentiality
from phonetree.view.outline import outline
from phonetree.web.words import WORDS
from tests.support.lines import VPR
from tests.support.server import DAY, Server

NIGHT = datetime(2026, 11, 24, 4, 30, tzinfo=UTC)


@pytest.fixture
def server() -> Server:
    return Server(VPR)


def test_it_says_whether_somebody_is_there(server: Server) -> None:
    assert "Advocates are on the line now." in server.client.get("/").text
    server.now = NIGHT
    assert "The next one is here tomorrow at 9 AM." in server.client.get("/").text


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("now", [DAY, NIGHT])
def test_every_line_can_be_dialled_and_every_link_leads_somewhere(server: Server, language: str, now: datetime) -> None:
    server.now = now
    page = server.client.get(f"/?language={language}").text
    site = server.sites.current
    for section in outline(site, language, now):
        assert f'id="{section.node}"' in page
        if section.resource:
            assert f'href="tel:{section.resource.number}"' in page
    anchors = set(re.findall(r'href="#([^"]+)"', page))
    assert anchors <= set(re.findall(r'id="([^"]+)"', page))
    assert f'<html lang="{language}">' in page


def test_a_line_that_is_closed_now_says_so(server: Server) -> None:
    server.now = NIGHT
    assert "(not open at this hour)" in server.client.get("/").text


def test_texts_stand_there_as_one_writes_them(server: Server) -> None:
    page = server.client.get("/").text
    assert "dial 911, or 100 on campus" in page
    assert "MIT Violence Prevention &amp; Response" in page
    assert "9 1 1" not in page


def test_it_keeps_nothing_and_asks_nobody_else(server: Server) -> None:
    response = server.client.get("/?language=es")
    assert "Set-Cookie" not in response.headers
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert response.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    assert "<script" not in response.text
    assert re.findall(r'(?:src|href)="(https?://[^"]+)"', response.text) == ["https://www.weather.gov/"]


@pytest.mark.parametrize("language", ["xx", "", "<script>"])
def test_an_unknown_language_is_the_first_one(server: Server, language: str) -> None:
    page = server.client.get("/", query_string={"language": language}).text
    assert '<html lang="en">' in page
    assert "<script>" not in page


def test_both_languages_have_every_word() -> None:
    assert WORDS["en"].keys() == WORDS["es"].keys()


def test_there_are_words_for_whatever_a_line_does_with_what_it_is_told() -> None:
    for words in WORDS.values():
        assert words.keys() == WORDS["en"].keys()
        assert set(Confidentiality) <= words.keys()
    for phrases in PHRASES.values():
        assert set(Confidentiality) - {Confidentiality.CONFIDENTIAL} <= phrases.keys()
        assert set(TooLate) <= phrases.keys()


def test_an_address_in_a_text_leads_there(server: Server) -> None:
    page = server.client.get("/").text
    assert 'You can write to <a href="mailto:vpradvocate@mit.edu">vpradvocate@mit.edu</a>, or use' in page
    assert "in one word" not in page
