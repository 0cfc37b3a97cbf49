"""`phrases`: a file to translate, which is completed and never loses what somebody wrote."""

import re
from pathlib import Path
from shutil import copytree

import pytest

from phonetree.__main__ import KNOWN_PROBLEM, main
from phonetree.config.document import parse
from phonetree.config.phrases import PARTS, english_of, fields_of
from phonetree.core.phrases import EXAMPLES
from tests.support.lines import ROOT

PORTUGUESE = ROOT / "tests" / "sites" / "portuguese"
TRANSLATED = (PORTUGUESE / "phrases" / "pt.yaml").read_text(encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with the base of the broken files, which has no fictional number, and no Portuguese."""
    copytree(ROOT / "tests" / "broken" / "base", tmp_path / "config")
    monkeypatch.chdir(tmp_path)
    for name, number in (("ADVOCATE_1", "+16172530001"), ("ADVOCATE_2", "+16172530002")):
        monkeypatch.setenv(name, number)
    return tmp_path


def _phrases(capsys: pytest.CaptureFixture[str], *more: str) -> str:
    assert main(["phrases", "--language", "pt", *more]) == 0
    return capsys.readouterr().out


def _refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(list(arguments)) == KNOWN_PROBLEM
    said = capsys.readouterr()
    return said.out + said.err


def _values(path: Path) -> dict[tuple[str, str], str]:
    return {
        (part.text, key.text): value.text  # type: ignore[union-attr]
        for part, table in parse(path.read_bytes(), str(path)).entries
        for key, value in table.entries  # type: ignore[union-attr]
    }


def test_it_writes_every_phrase_below_its_english_with_what_may_stand_in_it(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = _phrases(capsys)
    path = folder / "config" / "phrases" / "pt.yaml"
    names = {(part, name) for part in PARTS for name in english_of(part)}
    assert _values(path) == dict.fromkeys(names, "")
    text = path.read_text(encoding="utf-8")
    for part in PARTS:
        for name, english in english_of(part).items():
            entry = rf'^  # {re.escape(english)}\n(?:  #   .*\n)*  {name}: ""$'
            assert re.search(entry, text, re.MULTILINE), name
    assert "  #   {weekday}: Monday; {time}: at 9 AM\n  this_week: " in text
    assert "  #   7 names, with commas between them\n  weekdays: " in text
    assert "114 phrases" in said
    assert "  pt: {voice: Polly.Camila-Neural, code: pt-BR, name: português, fallback: en}" in said
    assert "  7: {language: pt}" in said


def test_every_field_has_an_example() -> None:
    fields = {field for part in PARTS for english in english_of(part).values() for field in fields_of(english)}
    assert fields == EXAMPLES.keys()


def test_check_tells_what_is_missing_as_one_problem_with_the_command(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    routing = folder / "config" / "routing.yaml"
    text = routing.read_text(encoding="utf-8")
    own = "  pt: {voice: Polly.Camila-Neural, code: pt-BR, name: português, fallback: en}\n"
    text = text.replace("{voice: Polly.Joanna-Neural}\n", f"{{voice: Polly.Joanna-Neural}}\n{own}", 1)
    routing.write_text(text, encoding="utf-8")
    said = _refused(capsys, "check")
    assert (
        "language 'pt' lacks 114 of the product's 114 phrases: choice, language, again (phone), wrong_key, no_key"
        in said
    )
    assert "to translate them: scripts/phonetree phrases --language pt\n" in said
    _phrases(capsys)
    said = _refused(capsys, "check")
    assert said.startswith("config/phrases/pt.yaml: language 'pt' lacks 114 of the product's 114 phrases")
    assert "phrases --language pt\n" in said
    (folder / "config" / "phrases" / "pt.yaml").write_text(TRANSLATED, encoding="utf-8")
    assert main(["check"]) == 0
    said = capsys.readouterr().out
    assert "no key leads to português: nobody hears it; write one under always, such as 7: {language: pt}" in said
    assert "8 of 9 texts are not written in 'pt', and are given in 'en'" in said, "a name is the same in every language"


def test_what_is_written_stays_and_what_is_missing_is_added(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Also what only its author understands: comments, another order, other quotes."""
    path = folder / "config" / "phrases" / "pt.yaml"
    path.parent.mkdir()
    mine = (
        "# by Ana\npage:\n    # not sure\n    leave: Sair desta página\n\n# ask Rui about these\nphone:\n"
        "    again: 'Para ouvir de novo, pressione asterisco.'   # ok\n    choice: \"\"\n    # to be continued"
    )
    path.write_text(mine, encoding="utf-8")
    path.chmod(0o640)
    assert "still to be translated" in _phrases(capsys)
    text = path.read_text(encoding="utf-8")
    for line in mine.splitlines():
        assert line in text.splitlines()
    values = _values(path)
    assert values.keys() == {(part, name) for part in PARTS for name in english_of(part)}
    assert values["phone", "again"] == "Para ouvir de novo, pressione asterisco."
    assert values["page", "leave"] == "Sair desta página"
    assert path.stat().st_mode & 0o777 == 0o640
    assert [each.name for each in path.parent.iterdir()] == ["pt.yaml"]
    before = path.stat().st_mtime_ns
    assert "has every phrase; still to be translated: 112 phrases" in _phrases(capsys)
    assert path.stat().st_mtime_ns == before, "a complete file is not written again"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("phone: {choice: 'a'}\n", "cannot be added to as it is written"),
        ('phone:\n  choice: "a\n', "pt.yaml:2"),
        ("\n", "is empty"),
        ("phone:\n  choice: a\n  choice: b\n", "occurs twice"),
    ],
)
def test_a_file_that_cannot_be_added_to_is_left_as_it_is(
    text: str, said: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "pt.yaml").write_text(text, encoding="utf-8")
    assert said in _refused(capsys, "phrases", "--language", "pt", "--out", "pt.yaml")
    assert (folder / "pt.yaml").read_text(encoding="utf-8") == text


def test_a_failure_while_it_writes_loses_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "pt.yaml").write_text("phone:\n  choice: mine\n", encoding="utf-8")

    def full(self: Path, *_: object, **__: object) -> None:
        raise OSError(28, "")

    monkeypatch.setattr(Path, "write_text", full)
    assert "the disk is full" in _refused(capsys, "phrases", "--language", "pt", "--out", "pt.yaml")
    assert (folder / "pt.yaml").read_text(encoding="utf-8") == "phone:\n  choice: mine\n"
    assert sorted(path.name for path in folder.iterdir()) == ["config", "pt.yaml"]


def test_languages_of_the_product_need_no_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "'es' comes with the product" in _refused(capsys, "phrases", "--language", "es")
    assert main(["phrases", "--language", "Portuguese"]) == 2
    assert "two or three small letters" in capsys.readouterr().err
    assert not (folder / "config" / "phrases").exists()


def test_a_file_whose_language_the_site_does_not_have_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _phrases(capsys)
    assert main(["check"]) == 0
    told = "config/phrases/pt.yaml: warning: 'pt' is not one of the languages; add it under languages in routing.yaml"
    assert told in capsys.readouterr().out
