"""The documents are executed: every YAML block compiles, every command shown runs."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from phonetree.__main__ import main
from phonetree.config.site import load
from phonetree.errors import ConfigError
from phonetree.provider.twiml import OVERRIDES
from tests.support.databases import address
from tests.support.lines import ROOT, RULES

DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def _blocks(language: str) -> list[Any]:
    return [
        pytest.param(body, id=f"{path.name}-{number}")
        for path in DOCUMENTS
        for number, (name, body) in enumerate(BLOCK.findall(path.read_text(encoding="utf-8")))
        if name == language
    ]


def _merged(base: Any, part: Any) -> Any:
    if isinstance(base, dict) and isinstance(part, dict):
        return {**base, **{key: _merged(base.get(key), value) for key, value in part.items()}}
    return part


@pytest.mark.parametrize("block", _blocks("yaml"))
def test_every_yaml_block_fits_into_the_site(block: str, tmp_path: Path) -> None:
    """Each says on its first line which file it belongs to, and replaces what it speaks of there."""
    name = block.splitlines()[0].removeprefix("# ")
    for file in ("hours.yaml", "routing.yaml"):
        whole = yaml.load((ROOT / "config" / file).read_text(encoding="utf-8"), yaml.BaseLoader)  # noqa: S506
        if file == name:
            part = yaml.load(block, yaml.BaseLoader)  # noqa: S506
            whole = {**whole, "open": part["open"]} if "open" in part else _merged(whole, part)
        (tmp_path / file).write_text(json.dumps(whole), encoding="utf-8")
    try:
        load(tmp_path, RULES)
    except ConfigError as error:
        pytest.fail(str(error))


@pytest.mark.parametrize("block", _blocks("sh"))
def test_every_command_shown_runs(block: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("DATABASE_URL", address("sqlite", tmp_path))
    assert main(["migrate"]) == 0
    for line in block.splitlines():
        script, *arguments = shlex.split(line)
        assert (ROOT / script).is_file()
        assert script == "scripts/phonetree"
        assert main(arguments) == 0, line


def test_every_command_is_in_some_document() -> None:
    from phonetree.commands import phonetree

    text = "".join(path.read_text(encoding="utf-8") for path in DOCUMENTS)
    for name in phonetree.commands:
        assert re.search(rf"scripts/phonetree {name}|scripts/{name}\b", text), name


def test_every_limit_that_is_named_exists() -> None:
    text = (ROOT / "docs" / "engineers.md").read_text(encoding="utf-8")
    for names, file in re.findall(r"^\| (`[A-Z_`, ]+`) \| `(\S+\.py)`", text, re.MULTILINE):
        source = (ROOT / "phonetree" / file).read_text(encoding="utf-8")
        for name in re.findall(r"[A-Z_]+", names):
            assert re.search(rf"^{name} = ", source, re.MULTILINE), (name, file)


def test_every_setting_is_documented_and_every_documented_one_is_read() -> None:
    documented = set(
        re.findall(r"`((?:TWILIO|PHONETREE)_[A-Z_]+)`", (ROOT / "docs" / "operators.md").read_text(encoding="utf-8"))
    )
    read = set(
        re.findall(
            r'"((?:TWILIO|PHONETREE)_[A-Z_]+)"', (ROOT / "phonetree" / "settings.py").read_text(encoding="utf-8")
        )
    )
    assert documented == read - {"PHONETREE_DEMO"}


def test_every_link_between_documents_leads_to_a_file() -> None:
    for path in DOCUMENTS:
        for target in re.findall(r"\]\((?!http)([^)#]+)\)", path.read_text(encoding="utf-8")):
            assert (path.parent / target).exists(), (path.name, target)


def test_the_addresses_to_set_at_the_number_are_those_of_the_code() -> None:
    text = (ROOT / "docs" / "operators.md").read_text(encoding="utf-8")
    assert f"/voice{OVERRIDES}`" in text


def test_the_picture_of_the_tree_is_current(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *, rewrite: bool
) -> None:
    monkeypatch.chdir(ROOT)
    assert main(["tree", "--at", "2026-11-23 10:00", "--format", "svg"]) == 0
    printed = capsys.readouterr().out
    if rewrite:
        (ROOT / "docs" / "tree.svg").write_text(printed, encoding="utf-8")
    assert (ROOT / "docs" / "tree.svg").read_text(encoding="utf-8") == printed


def test_the_table_of_promises_is_current(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *, rewrite: bool
) -> None:
    monkeypatch.chdir(ROOT)
    assert main(["prove", "--at", "2026-11-22"]) == 0
    printed = capsys.readouterr().out
    path = ROOT / "docs" / "promises.md"
    head, _, _ = path.read_text(encoding="utf-8").partition("```text\n")
    current = f"{head}```text\n{printed}```\n"
    if rewrite:
        path.write_text(current, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == current
