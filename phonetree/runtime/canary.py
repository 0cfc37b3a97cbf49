"""The canary: a call that the server places to itself every minute, by the same path as callers: a connection to
its own socket, signature, engine and rendering. A server that no longer accepts connections fails it.

The voice path is monitored only by this call: a counter of real calls would show that there was one.
Its caller never presses a key; it must reach a point where somebody is rung.
"""

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from threading import Event
from time import monotonic, perf_counter

from phonetree import log
from phonetree.runtime.sites import Sites
from phonetree.simulator.caller import Script
from phonetree.simulator.network import Clock, Network, NumberSettings
from phonetree.simulator.phone import Call
from phonetree.simulator.transport import OverHttp, Reply, Transport
from phonetree.simulator.world import parse_world

CALL_SECONDS = 60.0

START_SECONDS = 30.0
"""How long a starting server may take to listen, before its test call fails."""

RESCUE_HEADER = "X-Phonetree-Rescue"
"""Marks an answer that is the rescue after a failed turn."""


def call_id(token: str) -> str:
    """The id of test calls: the same for all servers with this token, since one may answer another's at their port."""
    return f"CA{hmac.new(token.encode(), b'canary', 'sha256').hexdigest()[:32]}"


@dataclass
class _Timed:
    """A line to the application that records the slowest answer, and whether one was a rescue."""

    line: Transport
    slowest: float = 0.0
    rescued: bool = False

    def post(self, url: str, fields: Mapping[str, str], headers: Mapping[str, str], limit: float) -> Reply:
        began = perf_counter()
        reply = self.line.post(url, fields, headers, limit)
        self.slowest = max(self.slowest, perf_counter() - began)
        self.rescued = self.rescued or RESCUE_HEADER in reply.headers
        return reply


@dataclass
class Canary:
    """`ok` and `seconds` (of the slowest turn) are those of the last call; None before the first one."""

    line: Transport | None
    """The connection to this server; None if its address is unknown. Then no call is placed."""
    token: str
    public_url: str
    sites: Sites
    now: Callable[[], datetime]
    id: str
    ok: bool | None = None
    seconds: float = 0.0

    def wait_for_the_server(self, stopping: Event) -> None:
        """Returns when the server listens, when it should have by now, or on stop."""
        until = monotonic() + START_SECONDS
        while isinstance(self.line, OverHttp) and not self.line.listens() and monotonic() < until:
            if stopping.wait(0.1):
                return

    def call(self) -> bool | None:
        """Places a call; returns whether it succeeded, None when none was placed. Raises nothing."""
        if self.line is None:
            return None
        try:
            well = self._placed(self.line)
        except Exception as error:  # noqa: BLE001 -- whatever it is, callers would have hit it
            log.failure("canary", error)
            well = False
        before, self.ok = self.ok, well
        if not well and before is not False:
            log.warning("canary", problem="the server failed its own test call")
        if well and before is False:
            log.info("canary", problem="over")
        return well

    def _placed(self, way: Transport) -> bool:
        helpline, voice = self.sites.current.helpline, f"{self.public_url}/voice"
        number, dialled = helpline.way_in
        line = _Timed(way)
        network = Network(line, self.token, NumberSettings(number, voice, None, f"{voice}/status", dialled))
        call = Call(network, Clock(self.now()), Script(""), parse_world("*=no-answer"))
        call.id = self.id
        call.run()
        self.seconds = line.slowest
        return bool(call.dialled) and not network.errors and not line.rescued
