"""Rails for every test: no network beyond this machine, no home directory; and one option."""

import gc
import os
import socket
from pathlib import Path

import pytest
from hypothesis import settings

from tests.support import kept
from tests.support.chromium import CHROMIUM, MISSING
from tests.support.lines import VPR

kept.keep()

settings.register_profile("usual", derandomize=bool(os.environ.get("CI")), deadline=None)
settings.load_profile("usual")  # in CI the same examples each time; new ones on every developer's run


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rewrite", action="store_true", help="write golden calls as they are heard now; then read them")


def pytest_collection_finish() -> None:
    """What was imported and collected stays, so looking at it for garbage again and again would be in vain."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A test in a browser is skipped where there is none, but never in CI."""
    if item.get_closest_marker("browser") and not CHROMIUM:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(MISSING)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says it loudly."""
    skipped = [each for each in terminalreporter.stats.get("skipped", ()) if MISSING in str(each.longrepr)]
    if skipped:
        terminalreporter.write_line(f"{len(skipped)} tests in a browser were SKIPPED. {MISSING}", red=True, bold=True)


@pytest.fixture
def rewrite(request: pytest.FixtureRequest) -> bool:
    """Whether golden calls are to be written anew."""
    return bool(request.config.getoption("--rewrite"))


@pytest.fixture(autouse=True)
def _rails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    connect = socket.socket.connect

    def loopback_only(self: socket.socket, address: object) -> None:
        if self.family != socket.AF_UNIX and not str(address[0]).startswith(("127.", "::1", "localhost")):  # type: ignore[index]
            raise AssertionError(f"a test reaches for the network: {address}")
        connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", loopback_only)
    monkeypatch.setenv("HOME", str(tmp_path / "no-home"))
    for name in ("TWILIO_AUTH_TOKEN", "PHONETREE_CONFIG", "ADVOCATE_1", "ADVOCATE_2"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """The address of an empty database of the test's own, which commands find."""
    from tests.support.databases import address

    made = address("sqlite", tmp_path)
    monkeypatch.setenv("DATABASE_URL", made)
    return made


@pytest.fixture
def config() -> Path:
    """The folder of the site that is shipped."""
    return VPR
