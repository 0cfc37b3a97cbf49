"""Public pages are made at most once a minute, however many clients ask for them."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Event

from phonetree.config.site import load, overridden
from phonetree.core.schedule import Kind, Override
from phonetree.core.tree import Site
from phonetree.web.pages import Pages
from tests.support.lines import RULES, VPR

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


def test_they_are_made_once_a_minute_and_whenever_the_site_changes() -> None:
    site, made = load(VPR, RULES).site, []

    def make(site: Site, now: datetime) -> Mapping[str, bytes]:
        made.append(now)
        return {"en": str(len(made)).encode(), "es": b"es"}

    pages = Pages(make)
    assert not pages.made(site, NOW)
    for second in (0, 1, 59):
        assert pages.page(site, "en", NOW + timedelta(seconds=second)) == b"1"
        assert pages.page(site, "es", NOW + timedelta(seconds=second)) == b"es"
    assert pages.made(site, NOW)
    assert pages.page(site, "en", NOW + timedelta(seconds=60)) == b"2"
    closed = overridden(site, (Override(NOW, NOW + timedelta(hours=1), Kind.CLOSED, {}),))
    assert pages.page(closed, "en", NOW + timedelta(seconds=61)) == b"3", (
        "what staff say at short notice is there at once"
    )
    assert made == [NOW, NOW + timedelta(seconds=60), NOW + timedelta(seconds=61)]


def test_all_who_ask_while_they_are_made_wait_for_the_same() -> None:
    site, made, goes_on = load(VPR, RULES).site, [], Event()

    def make(site: Site, now: datetime) -> Mapping[str, bytes]:
        made.append(now)
        goes_on.wait(10)
        return {"en": b"page"}

    pages = Pages(make)
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(pages.page, site, "en", NOW) for _ in range(8)]
        goes_on.set()
        assert {each.result() for each in asked} == {b"page"}
    assert made == [NOW]
