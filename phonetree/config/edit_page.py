"""Edits of the passages of the public page, each by its number, together with what stands there."""

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


@dataclass(frozen=True, slots=True)
class SetPoint:
    """Other words of a point of a passage; it is gone if there are none after, and new if there were none before."""

    number: int
    point: int
    before: Prompt
    after: Prompt


@dataclass(frozen=True, slots=True)
class AddPassage:
    """A new passage, last: its heading, its text, its points."""

    passage: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class RemovePassage:
    """A passage less. `before` is what it says."""

    number: int
    before: Value


@dataclass(frozen=True, slots=True)
class MovePassage:
    """A passage behind another one, or first. `order` are all of them as they were."""

    number: int
    behind: int | None
    order: tuple[Value, ...]


PageEdit = SetPassage | SetPoint | AddPassage | RemovePassage | MovePassage


def of_page(edit: PageEdit, said: Value) -> Iterator[Step]:
    match edit:
        case SetPassage(number, "heading", _, after) if written_out(after) is None:
            raise EditError({f"page.{number}.heading": "Write a heading, or remove the passage"})
        case SetPassage(number, field, before, after):
            path = ("page", number, field)
            yield from texts(said, path, before, after, PASSAGE_FIELDS, f"page.{number}.{field}")
        case SetPoint(number, point, before, after):
            yield from _of_point(said, ("page", number, "points"), point, before, after)
        case AddPassage(passage):
            found = {field: written_out(passage.get(field)) for field in PASSAGE_FIELDS}
            entry = {field: value for field, value in found.items() if value is not None}
            if entry in (there := passages(said)):
                raise EditError({"page.new": "This passage is there already"})
            if there:
                yield Put(("page", len(there)), None, entry, levels=1, field="page.new")
            else:
                now = value_at(said, ("page",))
                yield new_or_other(said, ("page",), now, (entry,), ROUTING_KEYS, levels=2, field="page.new")
        case RemovePassage(number, before):
            if len(passages(said)) == 1:
                yield Put(("page",), (before,), None, field=f"page.{number}")
            else:
                yield Put(("page", number), before, None, field=f"page.{number}")
        case MovePassage(number, behind, order):
            yield Move(("page", number), behind, order, field=f"page.{number}")


def _of_point(said: Value, path: tuple[str | int, ...], point: int, before: Prompt, after: Prompt) -> Iterator[Put]:
    field = ".".join(map(str, (*path, point)))
    points = value_at(said, path)
    there = points if isinstance(points, tuple) else ()
    after = written_out(after)
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
