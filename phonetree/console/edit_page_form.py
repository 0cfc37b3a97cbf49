"""The form of the passages of the public page, besides the tree."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from phonetree.config.document import Value
from phonetree.config.edit_page import AddPassage, MovePassage, RemovePassage, SetPassage, SetPoint, passages
from phonetree.config.edit_places import table
from phonetree.config.edit_prompts import Prompt
from phonetree.config.edits import FormEdit
from phonetree.config.positions import Path
from phonetree.console.form_fields import Button, Group, Input, Languages, Typed, dotted, named, text_of
from phonetree.errors import EditError

NEW = "page.new"
_POINTS = "A point whose words are removed in all languages is gone."
_NEW = (
    "It is the last one at first. What stands here is read on the page, and never spoken. {helpline.email}, "
    "{links.form}, and the {name} and {number} of a line are filled in."
)


@dataclass(frozen=True, slots=True)
class PageForm:
    """The form of all passages."""

    routing: Value
    languages: Languages

    def now(self) -> Value:
        """What the file says."""
        return {"page": passages(self.routing)}

    def field_at(self, way: Path) -> str:
        """What the fields are called of a place in the file."""
        match way:
            case ("page", int(number), *rest):
                return dotted((tuple(_named(self.now()))[number], *rest))
            case _:
                return dotted(way)

    def groups(self, said: Value) -> Iterator[Group]:
        """A group for each passage, and one for a new one."""
        there = _named(said)
        for number, (name, passage) in enumerate(there.items()):
            inputs = [*self._texts(f"{name}.heading", "Heading", table(passage).get("heading"))]
            inputs += self._texts(f"{name}.text", "Text", table(passage).get("text"), required=False)
            for point, text in enumerate((*_points(passage), None)):
                label = "A new point" if text is None else f"Point {point + 1}"
                inputs += self._texts(f"{name}.points.{point}", label, text, required=text is not None)
            inputs.append(Input(f"{name}.remove", "Remove this passage", "", "tick"))
            buttons = [Button(f"up.{name}", f"Move passage {number + 1} up")] if number else []
            if number < len(there) - 1:
                buttons.append(Button(f"down.{name}", f"Move passage {number + 1} down"))
            legend = f"Passage {number + 1}: {_heading(passage)}"
            yield Group(legend, tuple(inputs), _POINTS, tuple(buttons), wide=True, about=name, folded=True)
        new = [*self._texts(f"{NEW}.heading", "Heading", None, required=False)]
        new += self._texts(f"{NEW}.text", "Text", None, required=False)
        new += self._texts(f"{NEW}.points.0", "A point", None, required=False)
        yield Group("A new passage", tuple(new), _NEW, wide=True, about=NEW)

    def _texts(self, name: str, label: str, value: Prompt, *, required: bool = True) -> Iterator[Input]:
        for each in self.languages.texts(name, value, required=required):
            yield replace(each, label=f"{label}, {each.label}")

    def edits(self, before: Value, typed: Typed) -> Iterator[FormEdit]:
        """What to do so that the page says what was typed, where that differs from `before`."""
        shown, now = _named(before), list(_named(self.routing))
        gone = [name for name in shown if typed.get(f"{name}.remove")]
        for name, passage in shown.items():
            made = [*self._of_passage(name, now.index(name) if name in now else -1, passage, typed)]
            if name not in now and (name in gone or any(each.before != each.after for each in made)):
                raise EditError(
                    {name: "Somebody else removed this passage, or changed its heading; see what is there now"}
                )
            if name in now and name not in gone:
                yield from made
        for name in sorted(gone, key=now.index, reverse=True):
            yield RemovePassage(now.index(name), shown[name], name)
        new: dict[str, Value | None] = {
            field: self.languages.typed(typed, f"{NEW}.{field}", None) for field in ("heading", "text")
        }
        new["points"] = tuple(filter(None, [self.languages.typed(typed, f"{NEW}.points.0", None)])) or None
        if any(new.values()):
            yield AddPassage({field: each for field, each in new.items() if each is not None})
        left = [name for name in now if name not in gone]
        yield from self._moved(left, shown, typed)

    def _of_passage(self, name: str, number: int, passage: Value, typed: Typed) -> Iterator[SetPassage | SetPoint]:
        points = _points(passage)
        after = [
            self.languages.typed(typed, f"{name}.points.{point}", was) for point, was in enumerate((*points, None))
        ]
        kept = [point for point in range(len(points)) if after[point] is not None]
        yield from (SetPoint(number, point, points[point], after[point], name) for point in kept)
        if after[-1] is not None:
            yield SetPoint(number, len(points), None, after[-1], name)
        for point in (each for each in reversed(range(len(points))) if each not in kept):
            yield SetPoint(number, point, points[point], None, name)
        for field in ("heading", "text"):
            was = table(passage).get(field)
            yield SetPassage(number, field, was, self.languages.typed(typed, f"{name}.{field}", was), name)

    def _moved(self, left: list[str], shown: Mapping[str, Value], typed: Typed) -> Iterator[FormEdit]:
        direction, _, name = typed.get("action", "").partition(".")
        if direction not in ("up", "down") or name not in left or name not in shown:
            return
        number = left.index(name)
        behind = number - 2 if direction == "up" else number + 1
        if number > 0 if direction == "up" else behind < len(left):
            heading = self.languages.typed(typed, f"{name}.heading", table(shown[name]).get("heading"))
            yield MovePassage(number, behind if behind >= 0 else None, heading, name)


def _named(said: Value) -> Mapping[str, Value]:
    """The passages, each with what its fields begin with."""
    there = passages(said)
    return dict(zip(named("page", map(_heading, there)), there, strict=True))


def _heading(passage: Value) -> str:
    """A heading in the first language."""
    heading = table(passage).get("heading") or ""
    return heading if isinstance(heading, str) else next((text_of(each) for each in table(heading).values()), "")


def _points(passage: Value) -> tuple[Value, ...]:
    points = table(passage).get("points")
    return points if isinstance(points, tuple) else ()
