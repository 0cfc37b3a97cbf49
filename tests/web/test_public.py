"""The public page: who is there, whom to call, the whole tree to read, and nothing that tells on its reader."""

import base64
import hashlib
import re
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from shutil import copytree

import pytest

from phonetree.core.events import TooLate
from phonetree.core.phrases import PHRASES
from phonetree.core.tree import Confidentiality
from phonetree.view.outline import outline
from phonetree.view.words import WORDS
from phonetree.web.limits import MOST_LANGUAGE_CHARACTERS
from phonetree.web.public import make
from tests.support.lines import ROOT, URL, VPR
from tests.support.server import DAY, Server

NIGHT = datetime(2026, 11, 24, 4, 30, tzinfo=UTC)
HOLIDAY = datetime(2026, 11, 26, 15, 0, tzinfo=UTC)


@pytest.fixture
def server() -> Server:
    return Server(VPR)


def edited(folder: Path, *edits: tuple[str, str, str]) -> Server:
    """A server over a copy of the files with some words replaced."""
    config = Path(copytree(VPR, folder / "config"))
    for name, old, new in edits:
        text = (config / name).read_text(encoding="utf-8")
        assert old in text
        (config / name).write_text(text.replace(old, new), encoding="utf-8")
    return Server(config)


# -- now


def test_it_says_whether_somebody_is_there_until_when_and_why_not(server: Server) -> None:
    assert "Advocates are on the line now, until 5 PM." in server.client.get("/").text
    server.now = NIGHT
    page = server.client.get("/").text
    assert "No advocate is on the line now. The next advocate is here tomorrow at 9 AM." in page
    server.now = HOLIDAY
    page = server.client.get("/").text
    assert "We are closed today for Thanksgiving. The next advocate is here on Monday at 9 AM." in page
    assert "Hoy está cerrado por el Día de Acción de Gracias." in server.client.get("/es").text


def test_when_nobody_is_there_the_line_that_always_answers_comes_first(server: Server) -> None:
    assert _calls(server.client.get("/").text) == ["+16172532300"]
    server.now = NIGHT
    assert _calls(server.client.get("/").text) == ["+18008418371", "+16172532300"]
    assert "Call the Boston Area Rape Crisis Center" in server.client.get("/").text


def _calls(page: str) -> list[str]:
    """The numbers on the buttons."""
    return re.findall(r'class="call[^"]*" href="tel:([^"]+)"', page)


def test_names_are_escaped_once(tmp_path: Path) -> None:
    server = edited(tmp_path, ("routing.yaml", "en: the Boston Area Rape Crisis Center", 'en: "<b>A & B"'))
    server.now = NIGHT
    page = server.client.get("/en").text
    assert "Call &lt;b&gt;A &amp; B" in page
    assert "<b>A" not in page
    assert "&amp;amp;" not in page
    assert "&amp;lt;" not in page


# -- the whole tree


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("now", [DAY, NIGHT, HOLIDAY])
def test_every_line_can_be_dialled_and_every_link_leads_somewhere(server: Server, language: str, now: datetime) -> None:
    server.now = now
    page = server.client.get(f"/{language}").text
    site = server.sites.current
    for section in outline(site, language, now):
        anchor = f"line-{section.resource.id}" if section.resource else f"at-{section.node}"
        assert page.count(f'id="{anchor}"') == 1
    for line in site.resources.values():
        assert f'href="tel:{line.number}"' in page
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)
    assert f'<html lang="{language}">' in page


@pytest.mark.parametrize("folder", ["harbour", "forwarded"])
def test_it_shows_other_sites_too(folder: str) -> None:
    server = Server(ROOT / "tests" / "sites" / folder)
    for now in (DAY, NIGHT, HOLIDAY):
        server.now = now
        for language in server.sites.current.languages:
            page = server.client.get(f"/{language}").text
            assert set(re.findall(r'href="#([^"]+)"', page)) <= set(re.findall(r'\bid="([^"]+)"', page))


def test_every_choice_has_a_heading_and_no_level_is_left_out(server: Server) -> None:
    page = server.client.get("/en").text
    headings = re.findall(r"<h(\d)[^>]*>(.*?)</h\d>", page)
    levels = [int(level) for level, _ in headings]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert ("3", "To speak with an advocate") in headings
    assert ("3", "The Boston Area Rape Crisis Center") in headings


def test_a_line_has_its_hours_languages_and_what_it_does_with_what_it_is_told(server: Server) -> None:
    page = server.client.get("/en").text
    line = page.partition('id="line-safelink"')[2].partition("</li>")[0]
    assert "877-785-2020" in line
    assert "Day and night" in line
    assert "Languages: more than 130 languages." in line
    assert "Confidential, with a few limits." in line
    assert "2026-11-22" in line
    line = page.partition('id="line-call_for_change"')[2].partition("</li>")[0]
    assert "Every day, 10 AM to 10 PM" in line


def test_a_line_that_is_closed_now_says_so(server: Server) -> None:
    server.now = NIGHT
    assert "(not open at this hour)" in server.client.get("/").text


def test_texts_stand_there_as_one_writes_them(server: Server) -> None:
    page = server.client.get("/").text
    assert "dial 911, or 100 on campus" in page
    assert "MIT Violence Prevention &amp; Response" in page
    assert "9 1 1" not in page


def test_there_are_ways_without_speaking(tmp_path: Path) -> None:
    ways = (
        "tty: +1 877 521 2601\n    text: 988\n    chat: https://chat.example.org/\n"
        "    web: https://www.example.org/\n    videophone: +1 617 555 0123"
    )
    page = edited(tmp_path, ("routing.yaml", "tty: +1 877 521 2601", ways)).client.get("/en").text
    part = page.partition('id="without-speaking"')[2].partition("<h2")[0]
    for address in (
        "tel:711", "mailto:vpradvocate@mit.edu", "tel:+18775212601", "sms:988", "https://chat.example.org/",
        "https://www.example.org/", "tel:+16175550123",
    ):  # fmt: skip
        assert f'href="{address}"' in part
    assert WORDS["en"]["email_seen"] in part
    assert part.count('rel="noreferrer noopener"') == 2


# -- nothing kept, nobody asked


def test_it_keeps_nothing_and_asks_nobody_else(server: Server) -> None:
    response = server.client.get("/es")
    assert "Set-Cookie" not in response.headers
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert response.headers["Cache-Control"] == "no-store"
    policy = response.headers["Content-Security-Policy"]
    script = re.search(r"<script>(.*?)</script>", response.text, re.DOTALL)
    assert script
    source = base64.b64encode(hashlib.sha256(script[1].encode()).digest()).decode()
    assert f"default-src 'none'; script-src 'sha256-{source}'; style-src 'self';" in policy
    assert not re.search(r"localStorage|sessionStorage|document\.cookie|fetch\(|https?:|innerHTML", script[1])
    assert response.text.index("<script>") < response.text.index("<title>"), "a page that was left gets no title"
    assert "unsafe" not in policy
    assert re.findall(r'<(?:script|img|iframe|link rel="stylesheet")[^>]*(?:src|href)="([^"]+)"', response.text) == [
        "/static/page.css",
    ]
    assert response.text.count("<script") == 1
    assert not re.search(r"<style|style=|\son[a-z]+=", response.text)
    elsewhere = {link for link in re.findall(r'href="(https?://[^"]+)"', response.text) if not link.startswith(URL)}
    assert elsewhere == {"https://www.weather.gov/"}


def test_no_browser_keeps_the_stylesheet(server: Server) -> None:
    response = server.client.get("/static/page.css")
    assert response.content_type == "text/css; charset=utf-8"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("name", ["public.py", "..%2fpublic.py", "page.css/", ""])
def test_no_other_file_is_given_out(server: Server, name: str) -> None:
    assert server.client.get(f"/static/{name}").status_code == 403


def test_quick_exit_is_the_first_link_and_leads_where_the_site_says(tmp_path: Path) -> None:
    exit_ = ("routing.yaml", "email: vpr", "exit: https://www.example.org/weather\n  email: vpr")
    page = edited(tmp_path, exit_).client.get("/").text
    first = re.search(r"<a [^>]+>", page)
    assert first
    assert 'id="leave" href="https://www.example.org/weather" rel="noreferrer noopener"' in first[0]
    assert page.count("example.org/weather") == 1


@pytest.mark.parametrize("language", ["en", "es"])
def test_it_says_what_leaving_does_not_erase(server: Server, language: str) -> None:
    page = server.client.get(f"/{language}").text
    assert WORDS[language]["traces"].replace("'", "&#39;") in page
    assert f'<noscript><p class="small screen">{WORDS[language]["no_script"]}' in page


# -- languages


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        ("es", "es"), ("es-MX,es;q=0.9,en;q=0.8", "es"), ("fr, es;q=0.5", "es"), ("en-GB, es", "en"), ("fr", "en"),
        ("", "en"), ("*", "en"), ("es;q=0, fr", "en"), (";q=x,,\x00", "en"),
        ("es" + " " * MOST_LANGUAGE_CHARACTERS, "en"),
    ],
)  # fmt: skip
def test_the_start_page_speaks_the_language_that_the_browser_asks_for(
    server: Server, asked: str, language: str
) -> None:
    environ = {"HTTP_ACCEPT_LANGUAGE": asked} if asked else {}
    response = server.client.get("/", environ_overrides=environ)
    assert f'<html lang="{language}">' in response.text
    assert response.headers["Content-Language"] == language
    assert response.headers["Vary"] == "Accept-Language"


def test_every_language_has_an_address_which_the_others_name(server: Server) -> None:
    for language, other in (("en", "es"), ("es", "en")):
        page = server.client.get(f"/{language}", headers={"Accept-Language": other}).text
        assert f'<html lang="{language}">' in page
        assert f'<a href="/{other}" lang="{other}" hreflang="{other}">' in page
        for each in ("en", "es"):
            assert f'<link rel="alternate" hreflang="{each}" href="{URL}/{each}">' in page
        assert f'<link rel="alternate" hreflang="x-default" href="{URL}/">' in page


def test_the_former_address_of_a_language_is_good_still(server: Server) -> None:
    page = server.client.get("/?language=es", headers={"Accept-Language": "en"}).text
    assert '<html lang="es">' in page


@pytest.mark.parametrize("language", ["xx", "", "<script>"])
def test_an_unknown_language_is_the_first_one(server: Server, language: str) -> None:
    page = server.client.get("/", query_string={"language": language}).text
    assert '<html lang="en">' in page
    assert page.count("<script") == 1, "it is not repeated"


@pytest.mark.parametrize("path", ["/fr", "/e", "/en-gb", "/english"])
def test_a_language_that_the_site_does_not_have_has_no_address(server: Server, path: str) -> None:
    assert server.client.get(path).status_code == 403


@pytest.mark.parametrize("path", ["/ES", "/Es", "/es/", "/ES/"])
def test_an_address_as_a_phone_writes_it_is_found(server: Server, path: str) -> None:
    assert server.client.get(path).text == server.client.get("/es").text


def test_the_page_tells_the_keys_that_change_the_language(server: Server) -> None:
    for language, other, name in (("en", "es", "Español"), ("es", "en", "English")):
        page = server.client.get(f"/{language}").text
        assert f'8</kbd><span><span lang="{other}">{name}</span></span>' in page


def test_a_line_says_whom_it_is_for(tmp_path: Path) -> None:
    about = '    about: {en: "For <anybody>.", es: "Para todas."}\n'
    site = edited(tmp_path, ("routing.yaml", "    number: +1 877 785 2020\n", f"    number: +1 877 785 2020\n{about}"))
    assert "<p>For &lt;anybody&gt;.</p>" in site.client.get("/en").text
    assert "<p>Para todas.</p>" in site.client.get("/es").text


def test_a_language_that_is_written_from_right_to_left_is_shown_so(tmp_path: Path) -> None:
    shown = Server(VPR)
    assert "dir=" not in shown.client.get("/en").text
    site = shown.sites.current
    words, phrases = {**site.page_words, "ar": site.page_words["en"]}, {**site.phrases, "ar": site.phrases["en"]}
    info = replace(site.languages["en"], id="ar", fallback="en")
    made = replace(site, languages={**site.languages, "ar": info}, page_words=words, phrases=phrases)
    with shown.app.test_request_context():
        assert '<html lang="ar" dir="rtl">' in make(made, DAY, URL)["ar"].decode()


def test_all_languages_have_every_word_with_the_same_fields() -> None:
    for words in WORDS.values():
        assert words.keys() == WORDS["en"].keys()
        for name, text in words.items():
            assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", WORDS["en"][name])), name


def test_there_are_words_for_whatever_a_line_does_with_what_it_is_told() -> None:
    for words in WORDS.values():
        assert set(Confidentiality) <= words.keys()
    for phrases in PHRASES.values():
        assert set(Confidentiality) - {Confidentiality.CONFIDENTIAL} <= phrases.keys()
        assert set(TooLate) <= phrases.keys()


def test_an_address_in_a_text_leads_there(server: Server) -> None:
    page = server.client.get("/").text
    assert 'You can write to <a href="mailto:vpradvocate@mit.edu">vpradvocate@mit.edu</a>, or use' in page
    assert "in one word" not in page


def test_what_else_the_site_says_is_there_to_read() -> None:
    page = Server(ROOT / "tests" / "sites" / "mit").client.get("/en").text
    assert "<h2>A safety plan</h2>" in page
    assert "<li>think your options through with you</li>" in page
    assert '<a href="mailto:idhr@mit.edu">idhr@mit.edu</a>' in page
    assert '<a href="tel:+18778983411">877-898-3411</a>' in page
    spanish = Server(ROOT / "tests" / "sites" / "mit").client.get("/es").text
    assert "<h2>Un plan de seguridad</h2>" in spanish


# -- in another country


def abroad(folder: Path, *edits: tuple[str, str, str]) -> Server:
    """A server of a helpline in Spain."""
    ours = ("routing.yaml", "number: +1 617 253 2300", "number: +34 717 003 717")
    return edited(folder, ours, *edits)


def test_numbers_are_written_as_in_the_country_of_the_helpline(tmp_path: Path) -> None:
    page = abroad(tmp_path, ("routing.yaml", "+1 800 841 8371", "+34 900 123 456")).client.get("/").text
    assert '<a class="tel" href="tel:+34900123456">900 123 456</a>' in page
    assert 'href="tel:+34717003717">Call an advocate <b>717 00 37 17</b></a>' in page
    assert '">+1 800-799-7233</a>' in page


def test_it_names_the_emergency_number_of_the_country_and_no_relay_of_another(server: Server, tmp_path: Path) -> None:
    page = abroad(tmp_path).client.get("/").text
    assert 'In an emergency call <a href="tel:112">112</a>.' in page
    assert "tel:911" not in page
    assert "tel:711" not in page
    here = server.client.get("/").text
    assert "tel:911" in here
    assert "tel:711" in here


def test_it_names_no_emergency_number_that_is_not_known(tmp_path: Path) -> None:
    ours = ("routing.yaml", "number: +1 617 253 2300", "number: +55 11 3123 4567")
    page = edited(tmp_path, ours).client.get("/").text
    assert "In an emergency call" not in page
    assert "tel:911" not in page
