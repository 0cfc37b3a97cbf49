"""Nothing is written twice, and nothing is there that nobody uses."""

import ast
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from tests.support.lines import ROOT

LINES = 7
"""As many equal lines are a copy."""


def _code(path: Path) -> list[tuple[int, str]]:
    """The lines of a file with their numbers, without what may be written twice: imports, signatures, descriptions,
    comments, brackets."""
    text, left_out = path.read_text(encoding="utf-8"), set[int]()
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Import() | ast.ImportFrom() | ast.Expr(value=ast.Constant(value=str())):
                left_out.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                left_out.update(range(node.lineno, node.body[0].lineno))
    lines = ((number, line.split("#")[0].strip()) for number, line in enumerate(text.splitlines(), 1))
    return [(number, line) for number, line in lines if number not in left_out and any(map(str.isalnum, line))]


def _copies(folder: Path) -> Iterator[list[str]]:
    """Where each text of so many lines stands, if it stands in several places."""
    places = defaultdict[tuple[str, ...], list[str]](list)
    for path in folder.rglob("*.py"):
        code = _code(path)
        for begins in range(len(code) - LINES + 1):
            window = code[begins : begins + LINES]
            places[tuple(line for _, line in window)].append(f"{path}:{window[0][0]}")
    return (each for each in places.values() if len(each) > 1)


def test_nothing_is_written_twice() -> None:
    assert list(_copies(ROOT / "phonetree")) == []


def test_a_copy_is_found_whatever_stands_around_it(tmp_path: Path) -> None:
    copied = "\n".join(f"    do({number})  # {{}}" for number in range(LINES))
    (tmp_path / "one.py").write_text(f"def one() -> None:\n{copied.format(*'1234567')}\n")
    (tmp_path / "two.py").write_text(f"import os\n\n\ndef two() -> None:\n    do(9)\n{copied.format(*'abcdefg')}\n")
    assert [sorted(map(str, each)) for each in _copies(tmp_path)] == [[f"{tmp_path}/one.py:2", f"{tmp_path}/two.py:6"]]


def test_nothing_is_there_that_nobody_uses() -> None:
    program = str(Path(sys.executable).parent / "vulture")
    run = subprocess.run([program], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603
    assert run.stdout == ""
