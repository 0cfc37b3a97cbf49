"""Whether somebody is there now, as data; and the hours in words."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from phonetree.core.phrases import PHRASES
from phonetree.core.schedule import Kind, Override, Span, Week
from phonetree.core.tree import Always, HelplineHours
from phonetree.view.words import WORDS
from phonetree.web.hours import in_words, week_in_words
from tests.support.lines import ROOT, URL, VPR
from tests.support.server import DAY, Server
from tests.web.test_public import HOLIDAY, NIGHT, edited


@pytest.fixture
def server() -> Server:
    return Server(VPR)


def _told(server: Server) -> Any:
    return server.client.get("/status.json").json


def test_others_may_read_it_and_keep_it_for_a_minute(server: Server) -> None:
    response = server.client.get("/status.json", headers={"Origin": "https://vpr.example.edu"})
    assert response.content_type == "application/json"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["Cache-Control"] == "public, max-age=60"
    assert "Set-Cookie" not in response.headers
    assert "Access-Control-Allow-Credentials" not in response.headers


def test_it_tells_by_day(server: Server) -> None:
    assert _told(server) == {
        "open": True,
        "reason": "open",
        "closure": {},
        "until": "2026-11-23T17:00-05:00",
        "next_opening": "2026-11-24T09:00-05:00",
        "number": "+16172532300",
        "crisis_line": {
            "name": {"en": "The Boston Area Rape Crisis Center", "es": "El Boston Area Rape Crisis Center"},
            "number": "+18008418371",
        },
        "text": {
            "en": "Advocates are on the line now, until 5 PM.",
            "es": "Hasta las 5\u00a0p.\u00a0m. hay consejeras en la línea.",
        },
        "notice": {},
        "page": {"en": f"{URL}/en", "es": f"{URL}/es"},
    }


def test_it_tells_by_night_and_on_a_holiday(server: Server) -> None:
    server.now = NIGHT
    told = _told(server)
    assert (told["open"], told["reason"], told["until"]) == (False, "closed", "2026-11-24T09:00-05:00")
    server.now = HOLIDAY
    told = _told(server)
    assert (told["open"], told["reason"]) == (False, "holiday")
    assert told["closure"] == {"en": "Thanksgiving", "es": "el Día de Acción de Gracias"}
    assert told["next_opening"] == "2026-11-30T09:00-05:00"
    assert told["text"]["en"] == "We are closed today for Thanksgiving. The next advocate is here on Monday at 9 AM."


def test_it_follows_what_staff_say_at_short_notice(server: Server) -> None:
    words = {"en": "A storm is near.", "es": "Viene una tormenta."}
    override = Override(DAY - timedelta(hours=1), DAY + timedelta(hours=2), Kind.CLOSED, words)
    assert server.sites.override((override,))
    told = _told(server)
    assert (told["open"], told["until"], told["notice"]) == (False, "2026-11-23T12:00-05:00", words)


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2027, 7, 2, 14, 0, tzinfo=UTC), "Advocates are on the line now, until noon. Different hours today: "),
        (datetime(2027, 7, 2, 18, 0, tzinfo=UTC), "No advocate is on the line now. Different hours today: "),
    ],
)
def test_a_day_with_other_hours_says_why(moment: datetime, text: str, tmp_path: Path) -> None:
    half_day = "closures:\n  - {date: 2027-07-02, open: 9:00-12:00, name: the day before the holiday}\n"
    server = edited(tmp_path, ("hours.yaml", "closures:\n", half_day))
    server.now = moment
    assert _told(server)["text"]["en"].startswith(f"{text}the day before the holiday.")


WEEKDAYS = {language: PHRASES[language]["weekdays"].split(", ") for language in ("en", "es")}
NINE_TO_FIVE, NIGHTS, WHOLE = (Span(9 * 60, 17 * 60),), (Span(18 * 60, 26 * 60),), (Span(0, 24 * 60),)


@pytest.mark.parametrize(
    ("days", "english", "spanish"),
    [
        ((NINE_TO_FIVE,) * 7, "Every day, 9 AM to 5 PM", "Todos los días, de las 9 a. m. a las 5 p. m."),
        (
            ((),) + (NINE_TO_FIVE,) * 4 + (NIGHTS,) + ((),),
            "Tuesday to Friday, 9 AM to 5 PM; Saturday, 6 PM to 2 AM",
            "Martes a viernes, de las 9 a. m. a las 5 p. m.; sábado, de las 6 p. m. a las 2 a. m.",
        ),
        (
            ((Span(60, 12 * 60), Span(13 * 60 + 30, 24 * 60)),) + ((),) * 6,
            "Monday, 1 AM to noon, 1:30 PM to midnight",
            "Lunes, de la 1 a. m. a mediodía, de la 1:30 p. m. a medianoche",
        ),
        (((),) * 6 + (WHOLE,), "Sunday, day and night", "Domingo, de día y de noche"),
    ],
)
def test_hours_are_written_in_words(days: tuple[tuple[Span, ...], ...], english: str, spanish: str) -> None:
    for language, text in (("en", english), ("es", spanish)):
        said = week_in_words(Week(days), WORDS[language], WEEKDAYS[language])
        assert said.replace("\u00a0", " ") == text


def test_other_hours_are_written_in_words() -> None:
    words = WORDS["en"]
    assert in_words(Always(), words, WEEKDAYS["en"]) == "Day and night"
    assert in_words(HelplineHours(inside=True), words, WEEKDAYS["en"]) == "When our advocates are here"
    assert in_words(HelplineHours(inside=False), words, WEEKDAYS["en"]) == "When our advocates are not here"


def test_the_document_shows_what_is_told(server: Server) -> None:
    server.now = HOLIDAY
    document = (ROOT / "docs" / "page.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```json\n(.*?)^```", document, re.MULTILINE | re.DOTALL)
    shown, told = json.loads(block), _told(server)
    assert shown.keys() == told.keys()
    for name in ("open", "reason", "closure", "until", "next_opening", "number"):
        assert shown[name] == told[name]
    assert shown["text"]["en"] == told["text"]["en"]
