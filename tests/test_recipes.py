"""The recipes of CONTRIBUTING.md, followed on a copy: the files that they list are enough."""

import os
import re
import subprocess
import sys
from pathlib import Path
from shutil import copytree

import pytest

from tests.support.lines import ROOT, VPR

pytestmark = pytest.mark.long


class Copy:
    """A copy of the project, in which only the files of one recipe may be changed."""

    def __init__(self, folder: Path, recipe: str) -> None:
        self.folder = folder
        for name in ("phonetree", "tests", "docs", "examples"):
            copytree(ROOT / name, folder / name, ignore=lambda *_: ["__pycache__"])
        (folder / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
        text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
        steps = text.partition(f"## {recipe}\n")[2].partition("\n## ")[0]
        self.listed = set(re.findall(r"`(phonetree/\S+\.py)`", steps))
        self.changed: set[str] = set()

    def change(self, name: str, old: str, new: str) -> None:
        """One step of the recipe."""
        assert name in self.listed, f"{name} is not in the recipe"
        self.changed.add(name)
        path = self.folder / name
        text = path.read_text(encoding="utf-8")
        assert old in text, (name, old)
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    def run(self, *arguments: str) -> str:
        """What a program of the copy prints. Fails when it fails."""
        environ = {**os.environ, "PYTHONPATH": str(self.folder), "PHONETREE_DEMO": "1"}
        command = [sys.executable, *arguments]
        ran = subprocess.run(command, cwd=self.folder, env=environ, capture_output=True, text=True, check=False)  # noqa: S603
        assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-3000:]
        return ran.stdout

    def test(self, *names: str) -> None:
        """Tests of the copy."""
        self.run("-m", "pytest", "-q", "-p", "no:cacheprovider", *names)


@pytest.fixture
def language(tmp_path: Path) -> Copy:
    return Copy(tmp_path, "A language")


@pytest.fixture
def phrase(tmp_path: Path) -> Copy:
    return Copy(tmp_path, "A phrase")


def test_a_language(language: Copy) -> None:
    language.change("phonetree/core/phrases.py", '{"en": MappingProxyType(ENGLISH), ', _FRENCH)
    language.change("phonetree/view/words.py", '    "es": {', '    "fr": {\n' + _french_page() + '    },\n    "es": {')
    language.change(
        "phonetree/config/languages.py", '"es": ("es-US", ', '"fr": ("fr-FR", "français"), "es": ("es-US", '
    )
    language.change("phonetree/config/advice.py", "press|oprima", "press|appuyez sur|oprima")
    assert language.changed == language.listed
    for name in ("hours.yaml", "routing.yaml"):
        text = (VPR / name).read_text(encoding="utf-8")
        text = re.sub(r"\bes:(?=\s)", "fr:", text).replace("language: es", "language: fr")
        text = text.replace("crisis_line: 25", "crisis_line: 27")  # with its dates in English it takes longer
        (language.folder / "tests" / "sites" / "vpr" / name).write_text(text, encoding="utf-8")
    site = str(language.folder / "tests" / "sites" / "vpr")
    assert "No problems" in language.run("-m", "phonetree", "check", "--config", site)
    heard = language.run(
        "-m", "phonetree", "call", "--config", site, "--at", "2026-11-23 10:00", "--keys", "8!,wait,hangup"
    )
    assert "press 8." in heard, "the way back to English is offered in English"
    language.test("tests/web/test_public.py::test_there_are_words_for_whatever_a_line_does_with_what_it_is_told")


_FRENCH = '{"fr": MappingProxyType({**ENGLISH, "ended": "Au revoir."}), "en": MappingProxyType(ENGLISH), '


def _french_page() -> str:
    """The words of the page, as somebody would begin to translate them."""
    text = (ROOT / "phonetree" / "view" / "words.py").read_text(encoding="utf-8")
    return text.partition('    "en": {\n')[2].partition("    },\n")[0]


def test_a_phrase(phrase: Copy) -> None:
    for language, words in (("    # when one of our turns", "Take care."), ('    "trouble": "Disculpe', "Cuídese.")):
        phrase.change("phonetree/core/phrases.py", language, f'    "take_care": "{words}",\n{language}')
    said = 'here.speak.phrase("ended")'
    phrase.change("phonetree/core/engine.py", said, f'{said}, here.speak.phrase("take_care")')
    phrase.change("phonetree/diff/changes.py", '"choice",', '"choice", "take_care",')
    assert phrase.changed == phrase.listed
    phrase.test("tests/diff", "-k", "phrase or catalogue")
    heard = phrase.run(
        "-m", "phonetree", "call", "--config", str(ROOT / "tests" / "sites" / "harbour"), "--at", "2026-11-23 10:00",
        "--keys", "1", "--world", "*=accepts talks 5",
    )  # fmt: skip
    assert "Take care." in heard
