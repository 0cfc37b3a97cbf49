"""A database that is seized every morning of a month: do its copies show in which nights somebody called?

    .venv/bin/python -m bench.seized [--nights 30] [--kind sqlite|compose] [--seed 0]

A server lives through the nights in time of our own: the real worker's rounds (one an hour, to be quick), calls of
every kind in half of the nights, every second one with a message. Staff delete these in the morning, and then
somebody takes a copy, so that they have one of each day. Two messages wait in each copy, whatever the night was: one
from the evening, one from the morning. Postgres runs with the settings of deploy/compose.yaml.

Then the attacker guesses, clue by clue. A clue is a number that a copy shows, such as the file's size, or by how much
it grew since the copy of the day before. Of two nights, one with calls and one without, the attacker says that calls
were in the one with the larger number; or with the smaller, whichever is right more often, which is generous. `hits` is
how often that is right; `chance` is what 95 of 100 attackers reach who guess among nights that were shuffled. So one
clue in twenty may be above it; the bench fails where one is above what 999 of 1,000 reach.
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from math import exp
from pathlib import Path

from sqlalchemy import Integer, select

from phonetree.core.turn import Outcome
from phonetree.store.counts import by_month
from phonetree.store.database import Store
from phonetree.store.tables import metadata
from tests.support.databases import SHIPPED
from tests.support.rounds import Server, server

BEGAN = int(datetime(2027, 3, 1, 20, tzinfo=UTC).timestamp())
HOUR, DAY = 3600, 24 * 3600
NIGHT_HOURS = 12
WAITING_SECONDS = 5
SHUFFLES = 2000
EPSILON = 1

Copy = dict[str, float]
"""What a copy shows, clue by clue."""


def live(one: Server, nights: int, dice: random.Random) -> tuple[list[bool], list[Copy]]:
    """In which nights somebody called, and a copy from before the first night and after each."""
    one.rounds()
    called, copies = [night % 2 == 0 for night in range(nights)], [copy(one.store, 0, 0)]
    dice.shuffle(called)
    for night in range(nights):
        evening = one.now = BEGAN + (night + 1) * DAY
        for message in one.voicemails.listed():
            one.voicemails.delete(message.id)
        one.call(Outcome.MESSAGE, WAITING_SECONDS)
        calls = sorted(dice.uniform(0, NIGHT_HOURS) for _ in range(dice.randint(3, 8) if called[night] else 0))
        for hour in range(NIGHT_HOURS):
            while calls and calls[0] < hour + 1:
                one.now = evening + int(calls.pop(0) * HOUR)
                outcome = dice.choice((Outcome.MESSAGE, Outcome.MESSAGE, Outcome.ADVOCATE, Outcome.LINE))
                one.call(outcome, dice.randint(6, 20) if outcome is Outcome.MESSAGE else 0)
            one.now = evening + hour * HOUR
            one.rounds(seconds=HOUR)
        one.call(Outcome.MESSAGE, WAITING_SECONDS)
        for message in one.voicemails.listed():
            if message.seconds != WAITING_SECONDS:
                one.voicemails.delete(message.id)
        one.rounds(2, HOUR)
        copies.append(copy(one.store, evening, one.now))
    one.worker.finish()
    return called, copies


def released(one: Server) -> str:
    """What the counts of the month say, besides how it was."""
    counted = [found for (_, outcome), found in by_month(one.store).items() if outcome is Outcome.CALL]
    return f"{one.calls} calls ({sum(each.number for each in counted)} by the counts)"


def copy(store: Store, began: int, ended: int) -> Copy:
    """What can be read from a database that was taken: `moments` are numbers in rows between two moments."""
    with store.alone() as run:
        found: Copy = {"moments": 0, "counts": 0}
        for table in metadata.sorted_tables:
            with store.read() as connection:
                rows = connection.execute(select(table)).all()
            found[f"rows of {table.name}"] = len(rows)
            whole = [at for at, column in enumerate(table.columns) if isinstance(column.type, Integer)]
            if table.name not in ("presence", "outages"):  # the server's own marks, whether anybody calls or not
                found["moments"] += sum(began <= (row[at] or 0) <= ended for row in rows for at in whole)
            if table.name in ("outcomes", "times"):
                found["counts"] += sum(row.number for row in rows)
        ask: Callable[[str], float] = lambda query: float(run(query)[0][0] or 0)  # noqa: E731 -- one line
        if store.sqlite:
            path = Path(str(store.engine.url.database))
            content = path.read_bytes()
            found |= {
                "size": len(content), "free pages": ask("PRAGMA freelist_count"),
                "bytes that are not zero": len(content) - content.count(0),
                "files beside it": len(list(path.parent.iterdir())),
                "transactions": int.from_bytes(content[24:28]), "changes of the schema": ask("PRAGMA schema_version"),
            }  # fmt: skip
            for (name,) in run("SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE '%WITHOUT ROWID'"):
                found[f"row numbers of {name}"] = ask(f"SELECT max(rowid) - min(rowid) FROM {name}")  # noqa: S608
            return found
        large = run("SELECT reltoastrelid::regclass::text FROM pg_class WHERE relname = 'parts'")[0][0]
        apart = "SELECT max({0}::text::bigint) - min({0}::text::bigint) FROM {1}"
        return found | {
            "numbers of large values": ask(apart.format("chunk_id", large)),
            "transactions between messages": ask(apart.format("xmin", "messages")),
            "size": ask("SELECT sum(pg_relation_size(oid)) FROM pg_class WHERE relkind IN ('r', 't', 'i')"),
            "free space": ask("SELECT sum(pg_relation_size(oid, 'fsm')) FROM pg_class WHERE oid > 16384"),
            "rows by pg_class": ask("SELECT sum(reltuples) FROM pg_class WHERE oid > 16384"),
            "rows that came": ask("SELECT sum(n_tup_ins) FROM pg_stat_user_tables"),
            "rows that went": ask("SELECT sum(n_tup_del + n_dead_tup) FROM pg_stat_user_tables"),
            "scans": ask("SELECT sum(seq_scan + coalesce(idx_scan, 0)) FROM pg_stat_user_tables"),
            "samples": ask("SELECT count(*) FROM pg_stats WHERE schemaname = 'public'"),
            "commits": ask("SELECT sum(xact_commit) FROM pg_stat_database WHERE datname = current_database()"),
            "files of the log": ask("SELECT count(*) FROM pg_ls_waldir()"),
            "transactions": ask("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint"),
        }


def clues(copies: list[Copy]) -> dict[str, list[float]]:
    """Each number of each night's copy, and by how much it grew; those that never differ left out."""
    found: dict[str, list[float]] = {}
    for name in copies[-1]:
        values = [each.get(name, 0) for each in copies]
        found[name] = values[1:]
        if not name.startswith("moments"):
            found[f"{name}, more than the day before"] = [b - a for a, b in pairwise(values)]
    return found


def hits(called: list[bool], values: list[float]) -> float:
    """How often an attacker is right about two nights, one with calls and one without."""
    busy = [value for value, one in zip(values, called, strict=True) if one]
    quiet = [value for value, one in zip(values, called, strict=True) if not one]
    larger = sum((a > b) + (a == b) / 2 for a in busy for b in quiet) / (len(busy) * len(quiet))
    return max(larger, 1 - larger)


def guess(kind: str, called: list[bool], copies: list[Copy], dice: random.Random) -> bool:
    """Prints how well each clue does; whether none does better than chance."""
    well, alike = True, []
    for name, values in clues(copies).items():
        if len(set(values)) == 1:
            alike.append(name)
            continue
        shuffled = []
        for _ in range(SHUFFLES):
            dice.shuffle(mixed := called.copy())
            shuffled.append(hits(mixed, values))
        shuffled.sort()
        reached = hits(called, values)
        beyond = reached > shuffled[int(0.999 * SHUFFLES)]
        well &= not beyond
        print(
            f"{kind:<8} {name:<50} hits {reached:4.0%}, chance {shuffled[int(0.95 * SHUFFLES)]:4.0%}"
            f"{'  <- shows it' if beyond else ''}",
            flush=True,
        )
    print(f"{kind:<8} the same every day: {len(alike)} clues")
    return well


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--nights", type=int, default=30)
    parser.add_argument("--kind", choices=SHIPPED)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    well = True
    for kind in [arguments.kind] if arguments.kind else SHIPPED:
        dice, began = random.Random(arguments.seed), time.monotonic()  # noqa: S311 -- no secrets
        with tempfile.TemporaryDirectory() as folder, server(kind, Path(folder) / "server", BEGAN) as one:
            called, copies = live(one, arguments.nights, dice)
            month = released(one)
        print(
            f"{kind:<8} {arguments.nights} nights, calls in {sum(called)} of them, {month}, "
            f"lived in {time.monotonic() - began:.0f} s",
            flush=True,
        )
        well &= guess(kind, called, copies, dice)
    bound = exp(EPSILON) / (1 + exp(EPSILON))
    print(f"The bound for one call, from the counts of a whole month (epsilon {EPSILON}): {bound:.0%}")
    sys.exit(0 if well else 1)


if __name__ == "__main__":
    main()
