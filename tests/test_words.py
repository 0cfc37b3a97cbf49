"""Words that belong to one room only, or to none."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.support.lines import ROOT

SOURCES = ROOT / "phonetree"
NETWORK = ("provider", "simulator")
"""The room that knows Twilio, and the simulated network, which asks as it does."""

PARAMETERS = re.compile(
    r"\b(?:(?:Account|Call|ParentCall|Recording|Message|Trunk|VoiceApplication)Sid"
    r"|(?:Call|DialCall|Recording)(?:Status|Duration)|DialBridged|Digits|FinishedOnKey|ForwardedFrom"
    r"|Recording(?:Url|Channels|Source)|Error(?:Url|Code)|(?:Voice|VoiceFallback)(?:Url|Method)|StatusCallback\w*"
    r"|(?:From|To|Caller|Called)(?:City|State|Zip|Country)|ApiVersion|StirVerstat)\b"
)
SHORT = {"To", "From", "Caller", "Called", "Direction", "msg"}
"""Names that are words as well: looked for as whole strings."""


def _strings(path: Path) -> Iterator[str]:
    """The strings of a file that are no docstrings, and the names of arguments."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    docs = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node.value
        if isinstance(node, ast.keyword) and node.arg:
            yield node.arg


def test_only_the_provider_knows_the_names_of_its_parameters() -> None:
    for path in SOURCES.rglob("*.py"):
        room = path.relative_to(SOURCES).parts[0]
        if room not in NETWORK:
            found = {text for text in _strings(path) if PARAMETERS.search(text) or text in SHORT}
            assert not found, (path, found)


def test_the_names_are_those_that_the_provider_room_reads() -> None:
    """So that the list above does not fall behind."""
    read = (SOURCES / "provider" / "request.py").read_text(encoding="utf-8")
    names = set(re.findall(r'fields\.get\("(\w+)"', read))
    assert len(names) > 8
    assert all(PARAMETERS.fullmatch(name) or name in SHORT for name in names)
