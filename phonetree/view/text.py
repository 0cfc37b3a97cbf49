"""An outline as text, for terminals."""

from phonetree.view.outline import Section
from phonetree.view.rows import rows


def as_text(sections: tuple[Section, ...]) -> str:
    """The tree as indented lines."""
    return "".join(f"{_indent(row.depth)}{row.text}\n" for row in rows(sections))


def _indent(depth: int) -> str:
    """Keys are indented by two columns, what they lead to by three more."""
    return " " * (depth // 2 * 5 + depth % 2 * 2)
