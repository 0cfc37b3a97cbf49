"""docs/own-line.md as a newcomer follows it: every command that it shows, in its order, on one machine."""

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree

import pytest

from tests.support.lines import ROOT
from tests.support.programs import free_port, start, stop, until

pytestmark = pytest.mark.long

GUIDE = (ROOT / "docs" / "own-line.md").read_text(encoding="utf-8")
ZONE = "America/Chicago"
SHOWN = re.findall(r"^ {4}(\S.*)$", GUIDE, re.MULTILINE)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A machine with the examples, and nothing else of this folder."""
    copytree(ROOT / "examples", tmp_path / "examples")
    return tmp_path


def _environ(**more: str) -> dict[str, str]:
    return {"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"], "HOME": "/nonexistent"} | more


def _run(folder: Path, *arguments: str, typed: str = "") -> str:
    ran = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "phonetree", *arguments],
        cwd=folder, env=_environ(), input=typed, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def test_these_are_the_commands_that_it_shows() -> None:
    """The tests below run each of them."""
    assert [" ".join(shlex.split(line)[:2]) for line in SHOWN] == [
        "scripts/phonetree init",
        "PHONETREE_CONFIG=our-line scripts/serve",
        "scripts/call",
        "scripts/phonetree check",
        "scripts/phonetree call",
        "scripts/phonetree tree",
        "cp -r",
        "scripts/phonetree call",
    ]


@pytest.fixture
def served(folder: Path) -> Iterator[tuple[str, str]]:
    """Steps 1 and 2: what `init` says, and the address at which the line answers. Enter for every question but the
    zone, whose default is where this machine is."""
    said = _run(folder, *shlex.split(SHOWN[0])[1:], typed=f"\n\n{ZONE}\n" + "\n" * 5)
    setting, _ = SHOWN[1].split()
    port = free_port()
    name, _, value = setting.partition("=")
    server = start(folder, port, _environ(**{name: value}), "--demo")
    try:
        yield said, f"http://127.0.0.1:{port}"
    finally:
        stop(server)


def test_ten_minutes_lead_to_a_call_a_change_and_another_call(folder: Path, served: tuple[str, str]) -> None:
    said, url = served
    for line in SHOWN[1:4]:
        assert line in said, "init says the same commands"
    assert "Edit our-line/routing.yaml or our-line/hours.yaml" in (folder / "log").read_text(encoding="utf-8")
    first = _run(folder, "call", "--url", url, "--keys", "2,1")
    assert "Our Helpline." in first
    assert "rings     +18007997233; they see +16175550121" in first
    assert "keeps a recording of 20 s" in _run(folder, "call", "--url", url, "--keys", "3,20s#")
    demo = folder / "var" / "demo" / url.rpartition(":")[2] / "demo.json"
    followed = json.loads(demo.read_text(encoding="utf-8"))["folder"]
    assert Path(followed) == (folder / "our-line").resolve(), "commands with --demo go by it"
    routing = folder / "our-line" / "routing.yaml"
    text = routing.read_text(encoding="utf-8").replace("Our Helpline. ", "The Lantern Line. ")
    routing.write_text(text, encoding="utf-8")
    until(lambda: "The Lantern Line." in _run(folder, "call", "--url", url, "--keys", "hangup"))
    checked, called, drawn = (_run(folder, *shlex.split(line)[1:]) for line in SHOWN[3:6])
    assert "No problems" in checked
    for warning in re.findall(r"warning: (.*)", checked):
        assert any(row in warning for row in _rows()), warning
    assert "Nobody is here now" in called
    assert "rings     +18007997233" in called
    assert "1  To speak with someone" in drawn


def _rows() -> list[str]:
    """The warnings that the guide explains, without the name of a phone and the year."""
    rows = re.findall(r"^\| [`\"](.*?)[`\"] \|", GUIDE, re.MULTILINE)
    return [re.sub(r"^\$ADVOCATE_1 |^\$HELPLINE_NUMBER | \d{4}$", "", row) for row in rows]


def test_an_example_is_copied_and_called(folder: Path) -> None:
    subprocess.run(shlex.split(SHOWN[6]), cwd=folder, check=True)  # noqa: S603
    heard = _run(folder, *shlex.split(SHOWN[7])[1:])
    assert "Juniper House. Aquí hay alguien." in heard
    assert "rings     +16175550103; they see +16175550121" in heard
