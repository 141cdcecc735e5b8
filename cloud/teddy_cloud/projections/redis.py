"""Read models in Redis: a hash a page, all keys of a bear in its partition's slot."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Final

from teddy_cloud.eventstore.partitions import PARTITIONS, of_bear
from teddy_cloud.eventstore.store import BEGINNING, Position
from teddy_cloud.projections.readmodels import Cell, EveryNotice, Notices, Source, Step
from teddy_cloud.storage.client import Command, Listener, Moved, StoreClient
from teddy_shared.envelope import BearId

EVERY: Final = BearId("*")  # no bear's name: the pattern that every channel fits
AT_ONCE: Final = 1024  # bears in one look


class RedisReadModels:
    def __init__(self, *, client: StoreClient) -> None:
        self._client = client

    async def checkpoints(self, projection: str) -> Mapping[int, Position]:
        found: list[bytes | None] = await self._client.do_all(
            [("GET", _checkpoint(projection, partition)) for partition in range(PARTITIONS)]
        )
        return {at: _position(value) for at, value in enumerate(found)}

    async def cells(self, projection: str, cells: Iterable[Cell]) -> Mapping[Cell, bytes]:
        wanted = list(cells)
        found: list[bytes | None] = await self._client.do_all(
            [("HGET", _page(projection, cell.bear, cell.page), cell.line) for cell in wanted]
        )
        return {cell: value for cell, value in zip(wanted, found, strict=True) if value is not None}

    async def applied(self, projection: str, sources: Iterable[Source]) -> Mapping[Source, int]:
        wanted = list(sources)
        found: list[bytes | None] = await self._client.do_all(
            [("HGET", _applied(projection, source.bear), _counted(source)) for source in wanted]
        )
        return {each: int(value) for each, value in zip(wanted, found, strict=True) if value is not None}

    async def write(self, projection: str, step: Step) -> bool:
        checkpoint = _checkpoint(projection, step.partition)
        commands: list[Command] = [("SET", checkpoint, step.after)]
        for cell, value in step.cells.items():
            commands.append(("HSET", _page(projection, cell.bear, cell.page), cell.line, value))
        for source, number in step.applied.items():
            commands.append(("HSET", _applied(projection, source.bear), _counted(source), number))
        for bear in sorted({cell.bear for cell in step.cells}):
            commands.append(("PUBLISH", _channel(bear), bear))
        expected = None if step.before == BEGINNING else step.before.encode()
        try:
            await self._client.do_at_once(commands, guard=checkpoint, expected=expected)
        except Moved:
            return False
        return True

    async def page(self, projection: str, bear: BearId, page: str) -> Mapping[str, bytes]:
        lines: dict[bytes, bytes] = await self._client.do("HGETALL", _page(projection, bear, page))
        return {line.decode(): value for line, value in lines.items()}

    async def drop(self, projection: str) -> None:
        keys: dict[int, list[str]] = defaultdict(list)
        for key in await self._client.scan("rm-*"):
            if projection in key.split(":"):
                keys[int(key[key.index("{") + 1 : key.index("}")])].append(key)
        for each in keys.values():
            # Numbers and checkpoint of a partition go together: a projector that runs meanwhile sees
            # both or neither, so it neither skips nor repeats.
            await self._client.do_at_once([("DEL", key) for key in each])

    @asynccontextmanager
    async def notices(self, bear: BearId) -> AsyncIterator[Notices]:
        async with self._client.listening(_channel(bear)) as listener:
            yield _RedisNotices(listener)

    @asynccontextmanager
    async def every_notice(self) -> AsyncIterator[EveryNotice]:
        async with self._client.listening(_channel(EVERY)) as listener:
            yield _RedisEveryNotice(listener)


class _RedisNotices:
    def __init__(self, listener: Listener) -> None:
        self._listener = listener

    async def changed(self, seconds: float) -> bool:
        if await self._listener.heard(seconds) is None:
            return False
        while await self._listener.heard(0.0) is not None:
            pass  # many changes at once are one look
        return True


class _RedisEveryNotice:
    def __init__(self, listener: Listener) -> None:
        self._listener = listener

    async def changed(self, seconds: float) -> frozenset[BearId]:
        bears = set()
        heard = await self._listener.heard(seconds)
        while heard is not None:  # take what is there already, so that many changes are one look
            bears.add(BearId(heard.decode()))
            heard = await self._listener.heard(0.0) if len(bears) < AT_ONCE else None
        return frozenset(bears)


def _page(projection: str, bear: BearId, page: str) -> str:
    return of_bear("rm-page", bear, projection, page)


def _applied(projection: str, bear: BearId) -> str:
    return of_bear("rm-applied", bear, projection)


def _checkpoint(projection: str, partition: int) -> str:
    return f"rm-at:{{{partition}}}:{projection}"


def _channel(bear: BearId) -> str:
    return f"changed:{bear}"


def _counted(source: Source) -> str:
    return f"{source.epoch}/{int(source.lane)}"


def _position(value: bytes | None) -> Position:
    return BEGINNING if value is None else Position(value.decode())
