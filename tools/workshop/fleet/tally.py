"""Who of a simulated fleet is there, and how hard it knocked."""

from __future__ import annotations

import asyncio
import time
from collections import Counter

from teddy_shared.envelope import BearId


class Tally:
    def __init__(self, bears: int) -> None:
        self.sent_again = 0  # events, for want of an acknowledgement
        self._bears = bears
        self._there: set[BearId] = set()  # connected, and the hello answered
        self._dials: list[float] = []
        self._changed = asyncio.Event()

    def dials(self) -> None:
        """A bear knocks at the broker, whatever comes of it."""
        self._dials.append(time.monotonic())

    def came(self, bear: BearId) -> None:
        self._there.add(bear)
        self._changed.set()

    def left(self, bear: BearId) -> None:
        self._there.discard(bear)
        self._changed.set()

    async def until(self, *, complete: bool) -> float:
        """When the fleet was complete, or was not any more."""
        while (len(self._there) == self._bears) is not complete:
            self._changed.clear()
            await self._changed.wait()
        return time.monotonic()

    def knocks_since(self, began: float) -> tuple[int, int]:
        """How many in all, and how many in the second with most of them."""
        seconds = Counter(int(at - began) for at in self._dials if at >= began)
        return sum(seconds.values()), max(seconds.values(), default=0)
