"""Edits of outside lines: names, numbers, hours, and when each was last dialled."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from phonetree.config.document import Value
from phonetree.config.edit_places import refuse_gone, refuse_taken, refuse_unfit, refuse_used, table, using_line
from phonetree.config.edit_prompts import texts, written_out
from phonetree.config.steps import Put, Step, new_or_other, value_at
from phonetree.errors import EditError

LINE_FIELDS = (
    "name", "about", "number", "text", "chat", "tty", "videophone", "web", "open", "languages", "confidential",
    "caller_id", "verified", "note",
)  # fmt: skip
"""What an outside line has, in the order of the shipped ones."""

_TEXTS = ("name", "about", "languages")


@dataclass(frozen=True, slots=True)
class SetLine:
    """Another value of an outside line."""

    line: str
    field: str
    before: Value | None
    after: Value | None


@dataclass(frozen=True, slots=True)
class Verify:
    """Somebody dialled a line on that day, and the number answered."""

    line: str
    number: str
    before: str | None
    on: date


@dataclass(frozen=True, slots=True)
class AddLine:
    """A new outside line, last, with at least a name, a number, hours, and whether it is confidential."""

    line: str
    content: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class RemoveLine:
    """An outside line less, which nothing names any more. `before` is what it says."""

    line: str
    before: Value


LineEdit = SetLine | Verify | AddLine | RemoveLine


def of_line(edit: LineEdit, said: Value) -> Iterator[Step]:
    path = ("resources", edit.line)
    if not isinstance(edit, AddLine):
        refuse_gone(table(said, "resources"), edit.line)
    match edit:
        case SetLine(_, field, before, after) if field in _TEXTS:
            yield from texts(said, (*path, field), before, after, LINE_FIELDS, field)
        case SetLine(_, field, before, after):
            yield new_or_other(said, (*path, field), before, after, LINE_FIELDS, field=field)
        case Verify(_, number, before, on):
            if (now := value_at(said, (*path, "number"))) != number:
                raise EditError({"verified": f"The number was changed meanwhile: it is now {now}; dial that one"})
            yield new_or_other(said, (*path, "verified"), before, f"{on}", LINE_FIELDS, field="verified")
        case AddLine(line, content):
            refuse_unfit(line, "line")
            refuse_taken(table(said, "resources"), line, "line")
            known = {field: written_out(content[field]) for field in LINE_FIELDS if field in content}
            written = {field: value for field, value in known.items() if value is not None}
            yield new_or_other(said, path, None, written, levels=1)
        case RemoveLine(line, before):
            refuse_used(using_line(said, line), line)
            yield Put(path, before, None)
