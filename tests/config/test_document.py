"""Rubbish in place of a file gets a sentence, quickly, and never a traceback."""

import os
import time
from contextlib import suppress
from pathlib import Path
from shutil import copytree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phonetree.config import document
from phonetree.config.site import load
from phonetree.errors import ConfigError
from tests.config.test_broken import BROKEN, LIVE

QUICKLY = 5.0
"""Seconds; far more than any of these takes, far less than a bomb or a slow parser would."""


def _refusal(data: bytes) -> str:
    with pytest.raises(ConfigError) as caught:
        document.parse(data, "hours.yaml")
    assert len(caught.value.problems) == 1
    return str(caught.value)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "hours.yaml: is empty; restore it: undo in the editor, or take it from a copy or from History"),
        (
            b"# only a comment\n",
            "hours.yaml: is empty; restore it: undo in the editor, or take it from a copy or from History",
        ),
        (b"- a\n- b\n", "hours.yaml:1:1: the file has to consist of lines like 'name: value'"),
        (b"just words\n", "hours.yaml:1:1: the file has to consist of lines like 'name: value'"),
        (b"open: caf\xe9\n", "hours.yaml:1:1: is not text in UTF-8; save it as UTF-8 in your editor"),
        (b"? [a, b]\n: c\n", "hours.yaml:1:3: a key has to be a single word or number"),
    ],
)
def test_what_is_no_table_is_refused_in_a_sentence(data: bytes, expected: str) -> None:
    assert _refusal(data) == expected


def test_binary_data_is_refused() -> None:
    assert "hours.yaml" in _refusal(bytes(range(256)) * 10)
    assert _refusal(b"\x00\x01\x02") == (
        "hours.yaml:1:1: holds a character that cannot be seen or spoken (U+0000, a control character); remove it"
    )


def test_a_yaml_bomb_is_refused_before_it_grows() -> None:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    lines += [f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]" for a, b in zip("abcdefgh", "bcdefghi", strict=True)]
    began = time.monotonic()
    assert "uses & or * to repeat a part" in _refusal("\n".join(lines).encode())
    assert time.monotonic() - began < QUICKLY


def test_deep_nesting_is_refused() -> None:
    assert "more than 12 deep" in _refusal(b"a: " + b"[" * 100_000)
    assert "more than 12 deep" in _refusal(b"".join(b" " * n + b"a:\n" for n in range(400)))


def test_a_file_of_ten_megabytes_is_refused_unread(tmp_path: Path) -> None:
    config = copytree(BROKEN / "base", tmp_path / "config")
    (config / "routing.yaml").write_bytes(b"# nothing\n" * 1024 * 1024)
    began = time.monotonic()
    with pytest.raises(ConfigError) as caught:
        load(config, LIVE)
    assert str(caught.value).endswith("routing.yaml: is larger than 4 MB; this cannot be the right file")
    assert time.monotonic() - began < QUICKLY


def test_a_missing_file_and_a_folder_in_its_place_are_told_apart(tmp_path: Path) -> None:
    config = copytree(BROKEN / "base", tmp_path / "config")
    (config / "hours.yaml").unlink()
    (config / "routing.yaml").unlink()
    (config / "routing.yaml").mkdir()
    with pytest.raises(ConfigError) as caught:
        load(config, LIVE)
    assert [str(problem).partition(": ")[2] for problem in caught.value.problems] == [
        "does not exist; restore it (undo, its old name, a copy), or name the folder that has it",
        "is not a file; it has to be a text file",
    ]


def test_a_named_pipe_does_not_hang(tmp_path: Path) -> None:
    config = copytree(BROKEN / "base", tmp_path / "config")
    (config / "routing.yaml").unlink()
    os.mkfifo(config / "routing.yaml")
    with pytest.raises(ConfigError, match="is not a file"):
        load(config, LIVE)


def test_a_file_without_permission_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = copytree(BROKEN / "base", tmp_path / "config")

    def refuse(*arguments: object, **named: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)  # root may read everything, so chmod would prove nothing
    with pytest.raises(ConfigError, match="cannot be read; give the server permission to read it"):
        load(config, LIVE)


def test_scalars_stay_as_typed() -> None:
    table = document.parse(b"open: 10:00\nnumber: +1 617\nday: 0015\nyes: no\nempty:\n", "x")
    assert {key.text: item.text for key, item in table.entries if isinstance(item, document.Scalar)} == {
        "open": "10:00",
        "number": "+1 617",
        "day": "0015",
        "yes": "no",
        "empty": "",
    }


def test_a_byte_order_mark_does_no_harm() -> None:
    table = document.parse(b"\xef\xbb\xbfopen: 1\n", "x")
    assert table.entries[0][0].text == "open"


@pytest.mark.parametrize("text", ["a: b\u2028\u2028\u2028\u2028 c: d: e\n", "a: {b\u2029\u2029\u2029\u2029"])
def test_line_breaks_that_no_editor_shows_do_no_harm(text: str) -> None:
    with pytest.raises(ConfigError):
        document.parse(text.encode(), "x")


@given(st.binary(max_size=400))
def test_any_bytes_are_a_table_or_a_problem(data: bytes) -> None:
    with suppress(ConfigError):
        document.parse(data, "x")


@given(st.data())
def test_any_damage_to_a_good_file_is_a_site_or_problems(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    good = (BROKEN / "base" / "routing.yaml").read_text(encoding="utf-8")
    start = data.draw(st.integers(0, len(good)))
    length = data.draw(st.integers(0, 40))
    inserted = data.draw(
        st.sampled_from(["", "{", "}", ": ", "\n", "0", "'", "[", "]", "go: desk", "\n  ", "~", "null"])
    )
    config = copytree(BROKEN / "base", tmp_path_factory.mktemp("damaged") / "config")
    (config / "routing.yaml").write_text(good[:start] + inserted + good[start + length :], encoding="utf-8")
    with suppress(ConfigError):
        load(config, LIVE)
