"""The documents are executed: every YAML block compiles, every command shown runs."""

import json
import re
import shlex
from pathlib import Path
from shutil import copytree
from typing import Any

import click
import pytest
import yaml

from phonetree.__main__ import main
from phonetree.commands import NAMES, phonetree
from phonetree.config.site import load
from phonetree.errors import ConfigError
from phonetree.mailbox.collector import NEW_MESSAGE
from phonetree.mailbox.notices import REMINDER
from phonetree.provider.twiml import OVERRIDES
from phonetree.runtime.alerts import AWAY, FAILED, FELL_BACK, UNANSWERED
from tests.support.commands import inner
from tests.support.lines import ROOT, RULES, VPR

PHRASES = ROOT / "tests" / "sites" / "portuguese" / "phrases"
"""For the language that the documents add."""

DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
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
        whole = yaml.load((VPR / file).read_text(encoding="utf-8"), yaml.BaseLoader)  # noqa: S506
        if file == name:
            part = yaml.load(block, yaml.BaseLoader)  # noqa: S506
            whole = {**whole, "open": part["open"]} if "open" in part else _merged(whole, part)
        (tmp_path / file).write_text(json.dumps(whole), encoding="utf-8")
    copytree(PHRASES, tmp_path / "phrases")
    try:
        load(tmp_path, RULES)
    except ConfigError as error:
        pytest.fail(str(error))


@pytest.mark.slow
@pytest.mark.parametrize("block", _blocks("sh"))
@pytest.mark.usefixtures("database")
def test_every_command_shown_runs(block: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("PHONETREE_CONFIG", str(VPR))
    assert main(["migrate"]) == 0
    for line in block.splitlines():
        script, *arguments = shlex.split(line)
        assert (ROOT / script).is_file()
        assert script == "scripts/phonetree"
        assert main(arguments) == 0, line


def test_every_command_is_in_some_document() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in DOCUMENTS)
    for name in NAMES:
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


def test_the_example_of_an_environment_has_settings_that_exist() -> None:
    example = (ROOT / "deploy" / "environment.example").read_text(encoding="utf-8")
    operators = (ROOT / "docs" / "operators.md").read_text(encoding="utf-8")
    names = re.findall(r"^([A-Z_0-9]+)=", example, re.MULTILINE)
    assert len(names) == 12
    assert all(f"`{name}`" in operators for name in names)


def test_every_link_between_documents_leads_to_a_place() -> None:
    for path in DOCUMENTS:
        for target in re.findall(r"\]\((?!http)([^)]+)\)", path.read_text(encoding="utf-8")):
            name, _, anchor = target.partition("#")
            there = (path.parent / name) if name else path
            assert there.exists(), (path.name, target)
            if anchor:
                titles = re.findall(r"^#+ (.+)$", there.read_text(encoding="utf-8"), re.MULTILINE)
                anchors = {re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-") for title in titles}
                assert anchor in anchors, (path.name, target)


def test_every_command_that_is_named_anywhere_exists_with_its_options() -> None:
    found = 0
    for path in DOCUMENTS:
        for span in re.findall(r"`(scripts/phonetree [^`]+)`", path.read_text(encoding="utf-8")):
            _exists(shlex.split(span)[1:], f"{path.name}: {span}")
            found += 1
        for line in re.findall(r"^ {4}(?:\S+=\S+ )?(scripts/phonetree .+)$", path.read_text("utf-8"), re.MULTILINE):
            _exists(shlex.split(line.partition(">")[0])[1:], f"{path.name}: {line}")
            found += 1
    assert found > 60


def _exists(words: list[str], where: str) -> None:
    command: click.Command = phonetree
    known, before = {"--help"}, ""
    for word in words:
        known |= {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
        if word.startswith("--"):
            assert word in known, where
        elif word in inner(command):
            command = inner(command)[word]
        else:
            assert command is not phonetree or before == "--settings", where
        before = word


def test_whatever_staff_are_told_and_the_doctor_names_leads_to_a_page() -> None:
    index = (ROOT / "docs" / "wrong.md").read_text(encoding="utf-8")
    pages = {path.name for path in (ROOT / "docs" / "wrong").glob("*.md")}
    assert pages == {name.removeprefix("wrong/") for name in re.findall(r"\]\((wrong/\S+)\)", index)}
    for told in (UNANSWERED, FAILED, FELL_BACK, AWAY, NEW_MESSAGE, REMINDER):
        assert " ".join(told.split()[:5]) in index, told
    doctor = (ROOT / "phonetree" / "commands" / "work" / "doctor.py").read_text(encoding="utf-8")
    about_the_account = re.findall(r'^        "(\w+)": \(', doctor, re.MULTILINE)
    assert len(about_the_account) == 6
    for check in {*re.findall(r'Finding\(\s*"(\w+)"', doctor), *about_the_account}:
        assert f"`{check}`" in index, check


def test_every_line_about_what_is_kept_names_a_test_that_exists() -> None:
    text = (ROOT / "docs" / "threats.md").read_text(encoding="utf-8")
    kept, taken = (
        text.partition(f"\n## {title}")[2].partition("\n## ")[0] for title in ("What is kept", "Somebody who")
    )
    rows = re.findall(r"^\|.*\|$", kept, re.MULTILINE)[2:]
    points = re.split(r"^(?=- )", taken.partition("\n### ")[0], flags=re.MULTILINE)[1:]
    assert (len(rows), len(points)) >= (15, 10)
    for line in (*rows, *points):
        assert re.search(r"[|\[]\s*`tests/\S+\.py`.*[|\]]", line, re.DOTALL), line
    for name in re.findall(r"`(tests/\S+\.py)`", text):
        assert "def test_" in (ROOT / name).read_text(encoding="utf-8"), name


def test_the_addresses_to_set_at_the_number_are_those_of_the_code() -> None:
    text = (ROOT / "docs" / "operators.md").read_text(encoding="utf-8")
    assert f"/voice{OVERRIDES}`" in text


def test_the_picture_of_the_tree_is_current(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *, rewrite: bool
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("PHONETREE_CONFIG", str(VPR))
    assert main(["tree", "--at", "2026-11-23 10:00", "--format", "svg"]) == 0
    printed = capsys.readouterr().out
    if rewrite:
        (ROOT / "docs" / "tree.svg").write_text(printed, encoding="utf-8")
    assert (ROOT / "docs" / "tree.svg").read_text(encoding="utf-8") == printed


def test_the_table_of_promises_is_current(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *, rewrite: bool
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("PHONETREE_CONFIG", str(VPR))
    assert main(["prove", "--at", "2026-11-22"]) == 0
    printed = capsys.readouterr().out
    path = ROOT / "docs" / "promises.md"
    head, _, _ = path.read_text(encoding="utf-8").rpartition("```text\n")
    current = f"{head}```text\n{printed}```\n"
    if rewrite:
        path.write_text(current, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == current
