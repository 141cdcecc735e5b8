"""Who wants to hear of changes, and a bounded stream for each."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable

from teddy_shared.state.store import Change


class Changes:
    """What changed since the block began, oldest first.

    When it is full the oldest change is dropped and counted in `missed`: an observer that fell
    behind reads the current value, which is all that the dropped ones could have told it.
    """

    def __init__(self, *, wanted: Callable[[Change], bool], room: int) -> None:
        self._wanted = wanted
        self._waiting: deque[Change] = deque()
        self._room = room
        self._news = asyncio.Event()
        self.missed = 0

    def take(self, change: Change) -> None:
        if not self._wanted(change):
            return
        if len(self._waiting) == self._room:
            self._waiting.popleft()
            self.missed += 1
        self._waiting.append(change)
        self._news.set()

    async def next(self) -> Change:
        while not self._waiting:
            self._news.clear()
            await self._news.wait()
        return self._waiting.popleft()

    async def __aiter__(self) -> AsyncIterator[Change]:
        while True:
            yield await self.next()
