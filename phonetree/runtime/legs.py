"""What this server knows of calls that are ringing right now: which phones were picked up, which leg accepted, and
whether the caller hung up.

In memory, for two minutes, under a random token that is made when ringing begins. Both legs carry the token in their
addresses, so that a proxy can send all requests of one ringing to one server. Reading a fact does not remove it: the
network may ask for a turn again. On another server nothing is known, and the call goes on by its address alone.
"""

from dataclasses import dataclass, field
from secrets import randbelow
from threading import Lock

from phonetree.core.events import Event, TooLate
from phonetree.core.ringing import ACCEPT_KEY, MOST_AT_ONCE
from phonetree.core.state import LARGEST_TOKEN, State, Step
from phonetree.provider.request import LegFacts, Request, event
from phonetree.runtime.recent import Recent

MOST_CALLS = 10_000
"""More calls than ring in two minutes."""

_NOTHING = LegFacts()


@dataclass(slots=True)
class _Round:
    """One round of ringing. `accepted_by` is a digest of the leg's id."""

    accepted_by: bytes | None = None
    gone: bool = False
    picked_up: set[str] = field(default_factory=set)


class LegTracker:
    """Knows the legs of calls that are ringing."""

    def __init__(self) -> None:
        self._rounds = Recent[_Round](MOST_CALLS)
        self._hung_up = Recent[bool](MOST_CALLS)
        self._lock = Lock()

    def __len__(self) -> int:
        """How many rounds of ringing it knows."""
        return len(self._rounds)

    def begun(self, state: State) -> State:
        """The state in which the engine takes the turn: with a token, if this turn begins the ringing."""
        return state._replace(token=1 + randbelow(LARGEST_TOKEN)) if state.step is Step.RING else state

    def event(self, state: State, request: Request) -> Event:
        """What happened on a call that was in `state`, with what is known of its other legs."""
        return event(state, request, self._facts(state, request))

    def hang_up(self, call: str) -> None:
        """Records that the caller hung up."""
        self._hung_up.keep(call, value=True)

    def expire(self) -> None:
        """Drops what is older than two minutes."""
        self._rounds.expire()
        self._hung_up.expire()

    def _facts(self, state: State, request: Request) -> LegFacts:
        if state.step not in (Step.SCREEN, Step.ACCEPT, Step.RUNG) or not state.token:
            return _NOTHING
        round_ = self._rounds.keep(f"{state.token} {state.round}", _Round())
        with self._lock:
            if state.step is Step.SCREEN:
                if len(round_.picked_up) < MOST_AT_ONCE:
                    round_.picked_up.add(request.leg)
            elif state.step is Step.ACCEPT and request.keys == ACCEPT_KEY:
                return LegFacts(too_late=self._accept(round_, request))
            elif state.step is Step.RUNG and request.ended:
                round_.gone = True
            elif state.step is Step.RUNG:
                return LegFacts(round_.accepted_by is not None, frozenset(round_.picked_up))
        return _NOTHING

    def _accept(self, round_: _Round, request: Request) -> TooLate | None:
        """Records that a leg accepts; returns why that is too late, if it is."""
        leg = self._rounds.digest(request.call)
        if round_.gone or self._hung_up.get(request.parent):
            return TooLate.GONE
        if round_.accepted_by not in (None, leg):
            return TooLate.TAKEN
        round_.accepted_by = leg
        return None
