"""Links, and the sentences that speak of them."""

from pathlib import Path
from shutil import copytree

from phonetree.config.numbers import NumberRules
from phonetree.config.site import Loaded, load
from phonetree.core.tree import Email, Link, Message, Text
from tests.support.lines import ROOT

LIVE = NumberRules({"ADVOCATE_1": "+16172530001", "ADVOCATE_2": "+16172530002"})
TEXT = "Read more. You can use {links.form}. Write to ann@example.org."


def _loaded(folder: Path, links: str) -> Loaded:
    config = copytree(ROOT / "tests" / "broken" / "base", folder / "config")
    path = config / "routing.yaml"
    text = path.read_text(encoding="utf-8")
    about = f'  about: {{message: {{say: "{TEXT}", go: bye}}}}\n'
    text = text.replace(
        "2: {label: for the line, go: line}",
        "2: {label: for the line, go: line}\n        3: {label: for words, go: about}",
    )
    path.write_text(links + text + about, encoding="utf-8")
    return load(config, LIVE)


def _said(loaded: Loaded) -> tuple[object, ...]:
    about = loaded.site.nodes["about"]
    assert isinstance(about, Message)
    return about.say["en"]


def _warnings(loaded: Loaded) -> list[str]:
    return [warning.text for warning in loaded.warnings if "form" in warning.text]


def test_one_with_an_address_is_part_of_the_text(tmp_path: Path) -> None:
    loaded = _loaded(tmp_path, "links: {form: https://example.org/form}\n")
    assert _said(loaded) == (
        Text("Read more. You can use "),
        Link("form", "https://example.org/form"),
        Text(". Write to "),
        Email("ann@example.org"),
        Text("."),
    )
    assert not _warnings(loaded)


def test_one_without_takes_its_sentence_with_it_and_is_told_once(tmp_path: Path) -> None:
    loaded = _loaded(tmp_path, "links: {form: }\n")
    assert _said(loaded) == (Text("Read more. Write to "), Email("ann@example.org"), Text("."))
    assert _warnings(loaded) == ["links: 'form' has no address; the sentences that speak of it are left out"]


def test_one_that_is_not_written_is_told_where_a_text_speaks_of_it(tmp_path: Path) -> None:
    loaded = _loaded(tmp_path, "")
    assert _said(loaded) == (Text("Read more. Write to "), Email("ann@example.org"), Text("."))
    assert _warnings(loaded) == [
        "message 'about': 'say': {links.form} is not set, so its sentence is left out; "
        "write its address under links, or take the sentence out"
    ]
