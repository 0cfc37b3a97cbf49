"""Edits of what is true of the helpline as a whole: its name, its pages, limits in seconds, and promises."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from phonetree.config.document import Value
from phonetree.config.edit_places import ROUTING_KEYS
from phonetree.config.steps import Put, Step, new_or_other, value_at
from phonetree.errors import EditError

HELPLINE_FIELDS = ("name", "number", "provider_number", "caller_id", "email", "exit", "emergency")
BUDGETS = ("advocate", "crisis_line", "silent", "whole_wait")
PROMISE_FIELDS = ("when", "language", "keys", "reaches", "within")


@dataclass(frozen=True, slots=True)
class SetHelpline:
    """Another name, number or address of the helpline."""

    field: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class SetLink:
    """Another address of one of the helpline's own pages; "": it has none, and sentences that speak of it are left
    out."""

    name: str
    before: str | None
    after: str


@dataclass(frozen=True, slots=True)
class SetBudget:
    """Another limit in seconds."""

    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class SetAlike:
    """Other groups of nodes that count as the same."""

    before: tuple[tuple[str, ...], ...]
    after: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class AddPromise:
    """A new promise of the helpline's own, last. `field` is what a form calls it, here and below."""

    promise: Mapping[str, Value]
    field: str = "promises.new"


@dataclass(frozen=True, slots=True)
class RemovePromise:
    """A promise less, found by what it says."""

    before: Mapping[str, Value]
    field: str = "promises"


RuleEdit = SetHelpline | SetLink | SetBudget | SetAlike | AddPromise | RemovePromise


def of_rule(edit: RuleEdit, said: Value) -> Iterator[Step]:
    match edit:
        case SetHelpline(field, before, after):
            yield new_or_other(said, ("helpline", field), before, after, HELPLINE_FIELDS, field=f"helpline.{field}")
        case SetLink(name, before, after):
            yield new_or_other(said, ("links", name), before, after, field=f"links.{name}")
        case SetBudget(name, before, after):
            yield new_or_other(said, ("budgets", name), before, after, BUDGETS, field=f"budgets.{name}")
        case SetAlike(before, after):
            yield new_or_other(said, ("alike",), before or None, after or None, ROUTING_KEYS, levels=1, field="alike")
        case AddPromise(promise, field):
            promises = _promises(said)
            if not promise.get("reaches"):
                raise EditError({f"{field}.reaches": "Choose what callers reach"})
            entry = {field: promise[field] for field in PROMISE_FIELDS if field in promise}
            if promises:
                yield Put(("promises", len(promises)), None, entry, field=field)
            else:
                now = value_at(said, ("promises",))
                yield new_or_other(said, ("promises",), now, (entry,), ROUTING_KEYS, levels=1, field=field, around=1)
        case RemovePromise(before, field):
            promises = _promises(said)
            if before not in promises:
                raise EditError({field: "This promise is not there any more; see what is there now"})
            if len(promises) == 1:
                yield Put(("promises",), promises, None, field=field)
            else:
                yield Put(("promises", promises.index(before)), before, None, field=field)


def _promises(said: Value) -> tuple[Value, ...]:
    promises = value_at(said, ("promises",))
    return promises if isinstance(promises, tuple) else ()
