"""Screens of the console in a real browser: windows, a keyboard, and what axe says."""

from typing import Literal

import pytest
from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from playwright.sync_api import Browser, BrowserContext, Page

WIDTHS = [(360, 740), (1280, 800)]
EACH_WIDTH = pytest.mark.parametrize(
    "width", [WIDTHS[0], pytest.param(WIDTHS[1], marks=pytest.mark.long)], ids=["phone", "desk"]
)
"""What can be seen on a phone can be on a desk, nearly always; it is looked at in the long runs."""

AXE: dict[str, object] = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "rules": {"target-size": {"enabled": True}},
    "resultTypes": ["violations"],  # what passes need not be written up, which takes half the time
}
COLOURS = AXE | {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
"""The rules that look at colours."""

SCHEMES: tuple[tuple[Literal["dark", "light"], dict[str, object]], ...] = (("dark", COLOURS), ("light", AXE))
"""Nothing but colours is different in the dark, and they are the same in a wide window (`test_colours.py`)."""


def window(browser: Browser, width: tuple[int, int] = WIDTHS[0], *, scripts: bool = True) -> BrowserContext:
    """A browser of somebody who was never here, and wants nothing to move."""
    return browser.new_context(
        viewport={"width": width[0], "height": width[1]},
        java_script_enabled=scripts,
        ignore_https_errors=True,
        reduced_motion="reduce",
    )


def keys(page: Page, *typed: str) -> None:
    """What somebody types who has no mouse."""
    for each in typed:
        if each in ("Tab", "Shift+Tab", "Enter", "Space"):
            page.keyboard.press(each)
        else:
            page.keyboard.insert_text(each)


def tab_to(page: Page, name: str) -> None:
    """Goes from one thing to the next until the one with this name has the focus, which can be seen."""
    for _ in range(40):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            """() => {
                const e = document.activeElement, box = e.getBoundingClientRect(), style = getComputedStyle(e);
                const label = e.labels && e.labels[0] ? e.labels[0].textContent : e.textContent;
                return {
                    label: label.trim(), seen: box.top >= 0 && box.bottom <= innerHeight && box.width > 0,
                    outline: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
                };
            }"""
        )
        assert focused["seen"], f"2.4.11: the focus is hidden at {focused['label']}"
        assert focused["outline"], f"2.4.7: the focus cannot be seen at {focused['label']}"
        if focused["label"].startswith(name):
            return
    raise AssertionError(f"the keyboard does not get to {name}")


def look(page: Page) -> None:
    """In light, and on a phone in dark, axe finds nothing; nothing is wider than the window, and nothing is too small
    to be tapped. Nothing moves: colours are at once what they will be."""
    size = page.viewport_size
    schemes = SCHEMES if size and size["width"] == WIDTHS[0][0] else SCHEMES[1:]
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    for scheme, rules in schemes:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        result = AxeResults(page.evaluate("options => axe.run(options)", rules))
        assert result.violations_count == 0, f"{page.url}, {scheme}\n{result.generate_report()}"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url
    small = page.evaluate(
        """() => [...document.querySelectorAll("main a.btn, main button, main input")]
            .filter(e => !e.matches("[aria-hidden], [hidden], [type=hidden]"))
            .map(e => [e.textContent || e.name, e.getBoundingClientRect()]).filter(([_, b]) => b.width && b.height < 24)
            .map(([name]) => name)"""
    )
    assert small == [], page.url
