"""One listener a process: tells the cache, and whoever waits, that a bear's pages changed."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final, Protocol

from teddy_cloud.bus.cache import Cache
from teddy_shared.backoff import delays
from teddy_shared.clock import Chance
from teddy_shared.envelope import BearId
from teddy_shared.errors import LinkError
from teddy_shared.logs import log

LISTEN: Final = 5.0  # seconds of listening before looking whether the store still answers
PATIENCE: Final = 1.0  # seconds that a newcomer waits for the watch to stand

_log = log("bus")


class Notices(Protocol):
    """Tells whose pages changed."""

    async def changed(self, seconds: float) -> Iterable[BearId]:
        """None of them after so many seconds. Raises LinkError where some may be missing."""


class Watch:
    """The cache is open while this listens. Whoever waits here is woken after the cache was told."""

    def __init__(
        self, *, notices: Callable[[], AbstractAsyncContextManager[Notices]], cache: Cache, chance: Chance
    ) -> None:
        self._notices = notices
        self._cache = cache
        self._chance = chance
        self._standing = asyncio.Event()
        self._waiting: defaultdict[BearId, set[Waiter]] = defaultdict(set)

    async def run(self) -> None:
        """Ends by being cancelled."""
        waits = delays(self._chance, first=0.2, most=5.0)
        while True:
            try:
                async with self._notices() as notices:
                    waits = delays(self._chance, first=0.2, most=5.0)
                    self._cache.open()
                    self._standing.set()
                    while True:
                        for bear in await notices.changed(LISTEN):
                            self._tell(bear)
            except LinkError as error:
                _log.info("not watching for changes, trying again", reason=str(error))
            finally:
                self._fall()
            await asyncio.sleep(next(waits))

    @asynccontextmanager
    async def of(self, bear: BearId) -> AsyncIterator[Waiter]:
        """Changes of one bear from now on. Raises LinkError where nobody watches."""
        try:
            async with asyncio.timeout(PATIENCE):
                await self._standing.wait()
        except TimeoutError:
            raise LinkError("nobody watches for changes now") from None
        waiter = Waiter()
        self._waiting[bear].add(waiter)
        try:
            yield waiter
        finally:
            self._forget(bear, waiter)

    def _tell(self, bear: BearId) -> None:
        self._cache.changed(bear)
        for waiter in self._waiting.get(bear, ()):
            waiter.news.set()

    def _fall(self) -> None:
        self._standing.clear()
        self._cache.close()
        for waiters in self._waiting.values():
            for waiter in waiters:
                waiter.lost = True
                waiter.news.set()

    def _forget(self, bear: BearId, waiter: Waiter) -> None:
        waiters = self._waiting[bear]
        waiters.discard(waiter)
        if not waiters:
            del self._waiting[bear]


class Waiter:
    """One who waits for changes of a bear; many changes at once are one."""

    def __init__(self) -> None:
        self.news = asyncio.Event()
        self.lost = False

    async def changed(self, seconds: float) -> bool:
        """True as soon as something did, False after so many seconds. Raises LinkError."""
        try:
            async with asyncio.timeout(seconds):
                await self.news.wait()
        except TimeoutError:
            return False
        if self.lost:
            raise LinkError("changes may have been missed")
        self.news.clear()
        return True
