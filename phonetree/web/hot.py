"""Documents of the present minute: a turn that somebody took within it is not worked out again.

A turn depends on the site, the state, the event and the minute; only ringing counts seconds, and is left
out here. When the minute is over everything is forgotten, so that memory tells nothing of earlier calls.
"""

from datetime import datetime

from phonetree.core import engine
from phonetree.core.events import Event
from phonetree.core.state import State, Step
from phonetree.core.tree import Site
from phonetree.core.turn import Turn
from phonetree.provider.twiml import Renderer

MOST_DOCUMENTS = 10_000
"""A few kilobytes each; more callers than that in a minute are answered all the same, only slower."""

_BY_THE_SECOND = frozenset({Step.RING, Step.RUNG})


class Hot:
    """Takes turns and renders them."""

    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer
        self._minute = -1
        self._documents: dict[tuple[Site, State, Event], tuple[Turn, bytes]] = {}

    def turn(self, site: Site, state: State, event: Event, now: datetime) -> tuple[Turn, bytes]:
        """A turn and its document. Raises StateError as `engine.turn` does."""
        if state.step in _BY_THE_SECOND:
            ringing = engine.turn(site, state, event, now)
            return ringing, self._renderer.write(ringing.verbs)
        minute = int(now.timestamp()) // 60
        if minute != self._minute or len(self._documents) >= MOST_DOCUMENTS:
            self._minute, self._documents = minute, {}
        key = (site, state, event)
        found = self._documents.get(key)
        if found is None:
            turn = engine.turn(site, state, event, now)
            found = self._documents[key] = turn, self._renderer.render(turn.verbs)
        return found
