"""The book of issued orders: in the store, and one that ends with the process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from teddy_cloud.eventstore.partitions import of_bear
from teddy_cloud.fleet.orders import Claim, Rings
from teddy_cloud.storage.client import Listener, StoreClient
from teddy_shared.envelope import BearId

RECORDED: Final = "orders-recorded"  # the channel; its messages are names of bears

_CLAIMED: Final = b"0"  # how a line of the book begins: its event may be missing
_RECORDED: Final = b"1"


class RedisOrderBook:
    """A line an order, in the bear's partition."""

    def __init__(self, *, client: StoreClient) -> None:
        self._client = client

    async def claim(self, bear: BearId, id_: str, sealed: bytes, *, seconds: int) -> Claim:
        while True:
            if await self._client.do("SET", _line(bear, id_), _CLAIMED + sealed, "NX", "EX", seconds):
                return Claim(sealed, recorded=False)
            found: bytes | None = await self._client.do("GET", _line(bear, id_))
            if found is not None:  # else its time has just come
                return Claim(found[1:], recorded=found[:1] == _RECORDED)

    async def recorded(self, bear: BearId, id_: str, sealed: bytes) -> None:
        await self._client.do("SET", _line(bear, id_), _RECORDED + sealed, "XX", "KEEPTTL")
        await self._client.do("PUBLISH", RECORDED, bear)

    @asynccontextmanager
    async def rings(self) -> AsyncIterator[Rings]:
        async with self._client.listening(RECORDED) as listener:
            yield _RedisRings(listener)


class _RedisRings:
    def __init__(self, listener: Listener) -> None:
        self._listener = listener

    async def next(self, seconds: float) -> BearId | None:
        heard = await self._listener.heard(seconds)
        return None if heard is None else BearId(heard.decode())


class MemoryOrderBook:
    """Forgets nothing before it ends."""

    def __init__(self) -> None:
        self._lines: dict[tuple[BearId, str], Claim] = {}
        self._rings: set[_MemoryRings] = set()

    async def claim(self, bear: BearId, id_: str, sealed: bytes, *, seconds: int) -> Claim:  # noqa: ARG002
        return self._lines.setdefault((bear, id_), Claim(sealed, recorded=False))

    async def recorded(self, bear: BearId, id_: str, sealed: bytes) -> None:
        self._lines[bear, id_] = Claim(sealed, recorded=True)
        for each in self._rings:
            each.ring(bear)

    @asynccontextmanager
    async def rings(self) -> AsyncIterator[Rings]:
        rings = _MemoryRings()
        self._rings.add(rings)
        try:
            yield rings
        finally:
            self._rings.remove(rings)


class _MemoryRings:
    def __init__(self) -> None:
        self._waiting: asyncio.Queue[BearId] = asyncio.Queue()  # bounded by what a test issues

    def ring(self, bear: BearId) -> None:
        self._waiting.put_nowait(bear)

    async def next(self, seconds: float) -> BearId | None:
        try:
            async with asyncio.timeout(seconds):
                return await self._waiting.get()
        except TimeoutError:
            return None


def _line(bear: BearId, id_: str) -> str:
    return of_bear("order", bear, id_)
