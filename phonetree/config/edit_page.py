"""Edits of the passages of the public page, each by its number, together with what stands there. `name` is what a form
calls the passage."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from phonetree.config.document import Value
from phonetree.config.edit_places import ROUTING_KEYS
from phonetree.config.edit_prompts import Prompt, texts, written_out
from phonetree.config.steps import Move, Put, Step, new_or_other, value_at
from phonetree.errors import EditError

PASSAGE_FIELDS = ("heading", "text", "points")
"""What a passage has, in that order."""


@dataclass(frozen=True, slots=True)
class SetPassage:
    """Another heading or another text of a passage."""

    number: int
    field: str
    before: Prompt
    after: Prompt
    name: str = ""


@dataclass(frozen=True, slots=True)
class SetPoint:
    """Other words of a point of a passage; it is gone if there are none after, and new if there were none before."""

    number: int
    point: int
    before: Prompt
    after: Prompt
    name: str = ""


@dataclass(frozen=True, slots=True)
class AddPassage:
    """A new passage, last: its heading, its text, its points."""

    passage: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class RemovePassage:
    """A passage less. `before` is what it says."""

    number: int
    before: Value
    name: str = ""


@dataclass(frozen=True, slots=True)
class MovePassage:
    """A passage behind another one, or first; it is the one with this heading."""

    number: int
    behind: int | None
    heading: Prompt
    name: str = ""


PageEdit = SetPassage | SetPoint | AddPassage | RemovePassage | MovePassage


def of_page(edit: PageEdit, said: Value) -> Iterator[Step]:
    if isinstance(edit, AddPassage):
        yield _added(said, edit.passage)
        return
    there, name = passages(said), edit.name or f"page.{edit.number}"
    match edit:
        case SetPassage(_, "heading", _, after) if written_out(after) is None:
            raise EditError({f"{name}.heading": "Write a heading, or remove the passage"})
        case SetPassage(number, field, before, after):
            yield from texts(said, ("page", number, field), before, after, PASSAGE_FIELDS, f"{name}.{field}")
        case SetPoint(number, point, before, after):
            yield from _of_point(said, number, point, (before, after), f"{name}.points.{point}")
        case RemovePassage(number, before):
            only = len(there) == 1
            yield Put(
                ("page",) if only else ("page", number), (before,) if only else before, None, field=f"{name}.remove"
            )
        case MovePassage(number, behind, heading):
            if value_at(there, (number, "heading")) != written_out(heading):
                raise EditError({name: "Somebody else changed the passages meanwhile; see what is there now"})
            yield Move(("page", number), behind, there, field=name)


def _added(said: Value, passage: Mapping[str, Value]) -> Put:
    found = {field: written_out(passage.get(field)) for field in PASSAGE_FIELDS}
    entry = {field: value for field, value in found.items() if value is not None}
    there = passages(said)
    if entry in there:
        raise EditError({"page.new": "This passage is there already"})
    if there:
        return Put(("page", len(there)), None, entry, levels=1, field="page.new")
    now = value_at(said, ("page",))
    return new_or_other(said, ("page",), now, (entry,), ROUTING_KEYS, levels=2, field="page.new")


def _of_point(said: Value, number: int, point: int, change: tuple[Prompt, Prompt], field: str) -> Iterator[Put]:
    path, before, after = ("page", number, "points"), change[0], written_out(change[1])
    points = value_at(said, path)
    there = points if isinstance(points, tuple) else ()
    if before is None and after is not None and point != len(there):
        raise EditError({field: "Somebody else changed the points meanwhile; see what is there now"})
    if not there and after is not None and before is None:
        yield new_or_other(said, path, points, (after,), PASSAGE_FIELDS, levels=1, field=field)
    elif len(there) == 1 and after is None and before is not None:
        yield Put(path, (before,), None, field=field)
    else:
        yield from texts(said, (*path, point), before, after, (), field)


def passages(said: Value) -> tuple[Value, ...]:
    """Those of routing.yaml, in order."""
    found = value_at(said, ("page",))
    return found if isinstance(found, tuple) else ()
