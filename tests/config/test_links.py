"""Links, and the sentences that speak of them."""

from pathlib import Path
from shutil import copytree

import pytest

from phonetree.config.numbers import NumberRules
from phonetree.config.site import Loaded, load
from phonetree.core.tree import Audio, Email, Goodbye, Link, Message, Text
from phonetree.errors import ConfigError
from tests.support.lines import ROOT

LIVE = NumberRules({"ADVOCATE_1": "+16172530001", "ADVOCATE_2": "+16172530002"})
TEXT = "Read more. You can use {links.form}. Write to ann@example.org."


def _loaded(folder: Path, links: str, said: str = TEXT) -> Loaded:
    config = copytree(ROOT / "tests" / "broken" / "base", folder / "config")
    path = config / "routing.yaml"
    text = path.read_text(encoding="utf-8")
    about = f'  about: {{message: {{say: "{said}", go: bye}}}}\n'
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


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ('They say: \\"Dial 911.\\" You can use {links.form}. Good.', 'They say: "Dial 911." Good.'),
        ("Dial 911… Use {links.form}. Good.", "Dial 911… Good."),
        ("Ask Dr. Smith about {links.form}. Good.", "Good."),
        ("Use {links.form}, e.g. at night. Good.", "Good."),
        ("(Not us!) ¿Use {links.form}? Good.", "(Not us!) Good."),
    ],
)
def test_no_other_sentence_goes_with_it(text: str, left: str, tmp_path: Path) -> None:
    assert _said(_loaded(tmp_path, "links: {form: }\n", text)) == (Text(left),)


def test_one_that_is_not_written_is_told_where_a_text_speaks_of_it(tmp_path: Path) -> None:
    loaded = _loaded(tmp_path, "")
    assert _said(loaded) == (Text("Read more. Write to "), Email("ann@example.org"), Text("."))
    assert _warnings(loaded) == [
        "message 'about': 'say': {links.form} is not set, so its sentence is left out; "
        "write its address under links, or take the sentence out"
    ]


def test_a_recordings_words_keep_numbers_and_addresses(tmp_path: Path) -> None:
    config = copytree(ROOT / "tests" / "broken" / "base", tmp_path / "config")
    (config / "audio").mkdir()
    (config / "audio" / "a.mp3").write_bytes(b"sound")
    path = config / "routing.yaml"
    words = "Call {crisis.number} or {helpline.number}, or write to ann@example.org."
    said = f'{{audio: a.mp3, text: "{words}"}}'
    path.write_text(path.read_text("utf-8").replace("say: Goodbye.", f"say: {{en: {said}}}"), "utf-8")
    bye = load(config, LIVE).site.nodes["bye"]
    assert isinstance(bye, Goodbye)
    assert bye.say
    assert bye.say["en"] == (Audio("a.mp3", "Call 800-841-8371 or 617-253-2300, or write to ann@example.org."),)
    path.write_text(path.read_text("utf-8").replace(words, "Call again {next_opening}."), "utf-8")
    with pytest.raises(ConfigError, match="cannot say what depends on the moment"):
        load(config, LIVE)
