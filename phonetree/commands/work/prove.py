"""`prove`: the promises, each kept, or broken with the call that breaks it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from phonetree.commands.work.reading import load_for_reading, moment, tell_if_not_heard
from phonetree.config.documents import DOCUMENTS
from phonetree.config.promises import apart_from_phones, breaches_of
from phonetree.core.speech import whole_seconds
from phonetree.proof.budgets import TimeToHelp
from phonetree.proof.counterexample import replay
from phonetree.proof.prove import Proof, Verdict, prove

if TYPE_CHECKING:
    from phonetree.simulator.golden import Golden

_TIMES = (
    "Seconds until a phone rings, with the longest words that callers may hear, such as the longest date: with one",
    "key, and for a caller who presses nothing.",
)


def prove_command(at: str | None, form: str, config: Path) -> int:
    """Runs `prove`."""
    tell_if_not_heard(config)
    site = load_for_reading(config).site
    now = moment(at, site.schedule.zone) if at else datetime.now(UTC).astimezone(site.schedule.zone)
    proof = prove(site, now.date(), DOCUMENTS)
    cause, _ = apart_from_phones(site, now.date(), tuple(breaches_of(site, proof)))
    click.echo(_json(proof, cause, config) if form == "json" else _text(proof, cause, config))
    return 0 if proof.kept else 1


def _text(proof: Proof, cause: str, config: Path) -> str:
    lines = [f"{proof.turns:,} turns at {proof.kinds} kinds of moment.", ""]
    if cause:
        lines += [f"{cause[:1].upper()}{cause[1:]}", ""]
    for verdict in proof.verdicts:
        lines.append(f"{'kept  ' if verdict.kept else 'BROKEN'}  {verdict.promise}")
        lines += [f"          {breach.text}" for breach in verdict.breaches]
        if call := _counterexample(proof, verdict, config):
            lines += ["", *(f"          {line}".rstrip() for line in str(call).splitlines()), ""]
    lines += ["", *_TIMES, ""]
    lines.append(f"{'when':<9}{'as on':<19}{'language':<10}{'advocate':>9}{'line':>7}{'nothing':>9}")
    return "\n".join([*lines, *map(_row, proof.times_to_help)])


def _counterexample(proof: Proof, verdict: Verdict, config: Path) -> Golden | None:
    """The shortest call that breaks a promise, as it is heard."""
    paths = [breach for breach in verdict.breaches if breach.path]
    if not paths:
        return None
    # a whole server and a phone, which kept promises do not need
    from phonetree.commands.work.line import play
    from phonetree.simulator.golden import Golden

    shortest = min(paths, key=lambda breach: len(breach.path))
    found = replay(shortest.path, proof.walk, proof.moments)
    call = Golden(shortest.text, {"at": found.at, "keys": found.keys, "world": found.world})
    return replace(call, transcript=str(play(call, config)))


def _row(time: TimeToHelp) -> str:
    numbers = (time.advocate, time.line, time.silent)
    advocate, line, silent = ("-" if number is None else f"{whole_seconds(number)}" for number in numbers)
    return f"{time.kind:<9}{time.at:<19}{time.language:<10}{advocate:>9}{line:>7}{silent:>9}"


def _json(proof: Proof, cause: str, config: Path) -> str:
    promises = [
        {
            "id": verdict.id,
            "promise": verdict.promise,
            "kept": verdict.kept,
            "breaches": [breach.text for breach in verdict.breaches],
            "call": str(call) if (call := _counterexample(proof, verdict, config)) else None,
        }
        for verdict in proof.verdicts
    ]
    times = [
        {name: getattr(time, name) for name in ("kind", "at", "language", "advocate", "line", "silent")}
        for time in proof.times_to_help
    ]
    return json.dumps({"kept": proof.kept, "cause": cause or None, "promises": promises, "arrivals": times}, indent=1)
