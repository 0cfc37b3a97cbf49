"""What staff did to the helpline: overrides, resealing, accounts. Never what they did about a message.

Who claimed or handled a message is stored with the message, and deleted with it: a list here would show,
after the message is gone, that there was one.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, insert, select

from phonetree.store.database import Store
from phonetree.store.tables import actions

KEEP_SECONDS = 2 * 366 * 24 * 3600
"""Actions are kept as long as counts are: two years."""

PHONE = "the phone itself"
"""Who confirmed a phone, in the list: whoever has it."""


@dataclass(frozen=True, slots=True)
class Action:
    """Somebody did something, at a moment in seconds since 1970."""

    at: int
    by: str
    what: str


def note(connection: Connection, by: str, what: str, now: int) -> None:
    """Stores an action, in the transaction of the change; deletes expired ones."""
    connection.execute(insert(actions).values(at=now, by=by, what=what))
    connection.execute(actions.delete().where(actions.c.at < now - KEEP_SECONDS))


def since(store: Store, moment: int) -> tuple[Action, ...]:
    """Actions since a moment, newest first."""
    query = select(actions.c.at, actions.c.by, actions.c.what).where(actions.c.at >= moment)
    with store.read() as connection:
        return tuple(Action(*row) for row in connection.execute(query.order_by(actions.c.number.desc())))


@dataclass(frozen=True, slots=True)
class Numbered:
    """An action with its number; later ones have larger numbers."""

    number: int
    action: Action


def page(store: Store, before: int | None, size: int) -> tuple[Numbered, ...]:
    """Actions, newest first: at most `size`, those before a number if one is given."""
    query = select(actions.c.number, actions.c.at, actions.c.by, actions.c.what)
    if before is not None:
        query = query.where(actions.c.number < before)
    with store.read() as connection:
        rows = connection.execute(query.order_by(actions.c.number.desc()).limit(size)).all()
    return tuple(Numbered(row.number, Action(row.at, row.by, row.what)) for row in rows)
