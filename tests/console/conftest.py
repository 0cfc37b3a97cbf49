"""Consoles for the tests of this folder, and a browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.support.chromium import CHROMIUM
from tests.support.console import Console, console, running
from tests.support.databases import KINDS

expect.set_options(timeout=30_000)
"""Milliseconds: a busy machine is no failure."""


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Console]:
    """A console over a new database, with one account for each role."""
    with console("sqlite", tmp_path) as opened:
        yield opened


@pytest.fixture(params=KINDS)
def on_each(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Console]:
    """The same, on each kind of database."""
    with console(request.param, tmp_path) as opened:
        yield opened


@pytest.fixture(scope="module")
def url(made: Console, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the console of a module is served, which is that module's own `made`."""
    with running(made, tmp_path_factory.mktemp("certificate")) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The system's Chromium. Tests that use it are marked `browser`."""
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"]) as started,
    ):
        yield started
