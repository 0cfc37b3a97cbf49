"""Who comes next: one request in each round of the event loop, and one of each client before a second one of any.

Whoever asks faster than we can refuse waits behind nobody but themselves. A client that resets its connections never
has too many of them, so what it has sent is limited here.
"""

import asyncio
from collections import deque


class FairQueue:
    """Requests that wait, at most so many of one client."""

    def __init__(self, most_of_one: int) -> None:
        self._most_of_one = most_of_one
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}

    async def next(self, client: str) -> bool:
        """Returns when a request of a client may go on; at once, and False, when too many of its others wait."""
        loop = asyncio.get_running_loop()
        if not self._waiting:
            loop.call_soon(self._let_one_go, loop)
        others = self._waiting.setdefault(client, deque())
        if len(others) >= self._most_of_one:
            return False
        others.append(own := loop.create_future())
        await own
        return True

    def _let_one_go(self, loop: asyncio.AbstractEventLoop) -> None:
        client = next(iter(self._waiting))
        requests = self._waiting.pop(client)
        first = requests.popleft()
        if requests:
            self._waiting[client] = requests  # behind the others
        if not first.done():
            first.set_result(None)
        if self._waiting:
            loop.call_soon(self._let_one_go, loop)
