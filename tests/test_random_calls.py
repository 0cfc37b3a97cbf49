"""Random callers and random networks on random legal trees: every call ends, in time, at help."""

import io
import tempfile
from collections.abc import Mapping
from contextlib import redirect_stderr
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from phonetree.simulator.caller import Script
from phonetree.simulator.network import Clock, Network, Rules
from phonetree.simulator.phone import Call
from phonetree.simulator.transport import Reply, Transport, Unreachable
from phonetree.simulator.world import Answer, Behaviour, World
from tests.support import trees
from tests.support.lines import TOKEN, numbers, webhook

pytestmark = pytest.mark.long

CALLER = "+16175550198"
LONGEST_CALL = 3600
"""Seconds: far above what the deepest tree here can take with every try and wait used up."""

STEPS = st.sampled_from(
    [*"0123456789*#", *(f"{key}!" for key in "0123456789*#"), "wait", "20s", "1s#", "9sx", "hangup"]
)
HANGUPS = st.one_of(st.none(), st.integers(0, 300))
BEHAVIOURS = st.builds(Behaviour, st.sampled_from(Answer), st.integers(1, 30), st.integers(0, 60))
WORLDS = st.builds(World, st.dictionaries(st.sampled_from(trees.NUMBERS), BEHAVIOURS), st.one_of(st.none(), BEHAVIOURS))
RULES = st.builds(
    Rules,
    st.booleans(),
    st.booleans(),
    st.sampled_from(["completed", "no-answer"]),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["failed", "skipped", "error"]),
)


@dataclass
class Flaky:
    """A line on which some requests find no server."""

    line: Transport
    failing: frozenset[int]
    asked: int = field(default=0)

    def post(self, url: str, fields: Mapping[str, str], headers: Mapping[str, str], limit: float) -> Reply:
        self.asked += 1
        if self.asked in self.failing:
            raise Unreachable("rt", "the server takes too long")
        return self.line.post(url, fields, headers, limit)


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(
    site=trees.sites(),
    steps=st.lists(STEPS, max_size=25),
    hangs_up=HANGUPS,
    world=WORLDS,
    rules=RULES,
    minutes=st.integers(0, 400 * 24 * 60),
    failing=st.frozensets(st.integers(1, 30), max_size=3),
    verified=st.booleans(),
)
def test_every_call_ends_at_help(
    site: Any,
    steps: list[str],
    hangs_up: int | None,
    world: World,
    rules: Rules,
    minutes: int,
    failing: frozenset[int],
    verified: bool,
) -> None:
    clock = Clock(datetime(2026, 11, 1, tzinfo=UTC) + timedelta(minutes=minutes))
    caller = Script(",".join([*steps, *([f"hangup@{hangs_up}"] if hangs_up is not None else [])]))
    log = io.StringIO()
    with tempfile.TemporaryDirectory() as folder, redirect_stderr(log):
        line, sites = webhook(trees.write(Path(folder), site), clock)
        line = Flaky(line, failing)
        helpline = sites.current.helpline
        network = Network(line, TOKEN, numbers(helpline, verified=verified))
        call = Call(network, clock, caller, world, rules, CALLER).run()
    event(call.ended)
    assert call.ended in ("the caller hung up", "the helpline hung up"), str(call.transcript)
    if call.ended == "the helpline hung up":
        event(_help(call))
        assert _help(call) != "none", str(call.transcript)
    assert clock.elapsed < LONGEST_CALL
    for ringing in call.dialled:
        own = {line.number for line in sites.current.resources.values() if line.own_caller_id}
        assert ringing.caller_id in (helpline.number, helpline.provider_number) or set(ringing.numbers) <= own
    for secret in (CALLER, CALLER[2:], call.id):
        assert secret not in log.getvalue()


def _help(call: Call) -> str:
    """What the call ended at."""
    if call.spoke_with:
        return "a person or a line"
    if any(call.messages):
        return "a message"
    last = next((line for line in reversed(call.transcript.lines) if line.what != "ends"), None)
    if last is not None and last.what == "hears":
        return "words"
    if last is not None and last.what == "presses" and last.detail == "9":
        return "the caller's wish"
    return "none"
