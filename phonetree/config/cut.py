"""A file that was cut off has many problems, and one cause."""

from collections.abc import Sequence

from phonetree.config.document import Item, Listing, Scalar, Table
from phonetree.config.reader import Findings
from phonetree.config.slips import RESTORE

ENOUGH_LOST = 3
"""Undefined nodes that are mentioned: so many are not misspelt, but lost."""

BRING_BACK = f"restore the rest: {RESTORE}"


def explain(table: Table, findings: Findings, *, lost: Sequence[str] = (), ended: bool = False) -> None:
    """Replaces all problems of a file that seems to end too early by one: it ends with nothing after a colon, nodes
    that it mentions are `lost`, or its last part is missing (`ended`). What a form wrote was not cut off."""
    if findings.single:
        return
    last, number = _last(table), sum(problem.where.file == table.where.file for problem in findings.problems)
    bare = isinstance(last, Scalar) and not last.text
    if number > 1 and (bare or ended or len(lost) >= ENOUGH_LOST):
        gone = f"; no node is called {', '.join(map(repr, lost[:ENOUGH_LOST]))}" if lost else ""
        findings.explain(last.where, f"the file seems to end too early, with this line{gone}; {BRING_BACK}")


def _last(item: Item) -> Item:
    """The last item of a file."""
    match item:
        case Table(entries=[*_, (_, last)]) | Listing(items=[*_, last]):
            return _last(last)
    return item
