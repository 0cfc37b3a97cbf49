"""The tree, drawn."""

from datetime import UTC, datetime
from xml.etree import ElementTree

from phonetree.config.site import load
from phonetree.view.mermaid import as_mermaid
from phonetree.view.outline import outline
from phonetree.view.svg import as_svg
from phonetree.view.text import as_text
from tests.support.lines import RULES, VPR

SITE = load(VPR, RULES).site
DAY = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
NIGHT = datetime(2026, 11, 24, 4, 30, tzinfo=UTC)


def test_by_day_the_first_key_is_an_advocate_and_by_night_a_line() -> None:
    day, night = (as_text(outline(SITE, "en", now)).splitlines() for now in (DAY, NIGHT))
    assert day[0].startswith('welcome: menu, "MIT Violence Prevention and Response. Advocates are here.')
    assert day[1:3] == ["  1  To speak with an advocate", '     advocate: connect, "I am calling an advocate now."']
    assert night[1] == "  1  To speak now with the Boston Area Rape Crisis Center"
    assert night[2] == "     barcc_now: connects with The Boston Area Rape Crisis Center, +18008418371"


def test_every_node_that_can_be_met_is_drawn_once() -> None:
    sections = outline(SITE, "es", DAY)
    lines = [line.strip() for line in as_text(sections).splitlines()]
    for section in sections:
        assert sum(line.startswith(f"{section.node}: ") for line in lines) == 1


def test_a_line_that_is_closed_says_so() -> None:
    assert "A Call for Change (not open at this hour)" in as_text(outline(SITE, "en", NIGHT))


def test_mermaid_names_every_arrow_end_and_escapes_words() -> None:
    sections = outline(SITE, "en", DAY)
    drawn = as_mermaid(sections)
    assert drawn.startswith("flowchart TD\n")
    assert 'n_welcome -- "2: For crisis lines" --> n_crisis' in drawn
    for section in sections:
        assert f"  n_{section.node}[" in drawn
    assert "&quot;" in drawn


def test_the_image_is_sound_holds_every_node_and_reads_as_text() -> None:
    sections = outline(SITE, "en", NIGHT)
    svg = ElementTree.fromstring(as_svg(sections, "A & B"))  # noqa: S314 -- our own
    title, description, *_ = svg
    assert title.text == "A & B"
    assert description.text == as_text(sections)
    assert svg.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
    boxes = [group for group in svg if group.tag.endswith("}g")]
    assert len(boxes) == len(sections)
    drawn = " ".join(svg.itertext())
    for section in sections:
        assert section.says in drawn
    assert "not open at this hour" in drawn
