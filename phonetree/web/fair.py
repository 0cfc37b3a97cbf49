"""Who comes next: one request in each round of the event loop, and one of each client before a second one of any.

Whoever asks faster than we can refuse waits behind nobody but themselves. A client that resets its connections never
has too many of them, so what it has sent is limited here.
"""

import asyncio
from collections import deque


class FairQueue:
    """Requests that wait. When there are `most` of them, no client may have more than its share."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._number = 0
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}

    async def next(self, client: str) -> bool:
        """Returns when a request of a client may go on; at once, and False, when too many of its others wait."""
        loop = asyncio.get_running_loop()
        others = self._waiting.get(client, deque())
        if self._number >= self._most and len(others) >= max(1, self._most // len(self._waiting)):
            return False
        if not self._waiting:
            loop.call_soon(self._let_one_go, loop)
        self._waiting[client] = others
        self._number += 1
        others.append(own := loop.create_future())
        await own
        return True

    def _let_one_go(self, loop: asyncio.AbstractEventLoop) -> None:
        client = next(iter(self._waiting))
        requests = self._waiting.pop(client)
        first = requests.popleft()
        self._number -= 1
        if requests:
            self._waiting[client] = requests  # behind the others
        if not first.done():
            first.set_result(None)
        if self._waiting:
            loop.call_soon(self._let_one_go, loop)
