"""Read models in Redis as readers see them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from contextlib import asynccontextmanager
from importlib.resources import files
from typing import Final

from teddy_cloud.eventstore.partitions import partition_of
from teddy_cloud.projections import keys
from teddy_cloud.projections.copies import Copy
from teddy_cloud.projections.readmodels import Cell, EveryNotice, Notices
from teddy_cloud.storage.client import Call, Listener, Script, StoreClient
from teddy_shared.envelope import BearId

EVERY: Final = BearId("*")  # no bear's name: the pattern that every channel fits
AT_ONCE: Final = 1024  # bears in one look

_SHOWN: Final = Script(files(__package__).joinpath("shown.lua").read_text())
_PAGES: Final = Script(files(__package__).joinpath("pages.lua").read_text())
_ERASE: Final = Script(files(__package__).joinpath("erase.lua").read_text())


class RedisReadModels:
    def __init__(self, *, client: StoreClient) -> None:
        self._client = client

    async def page(self, model: str, bear: BearId, page: str) -> Mapping[str, bytes]:
        row: list[bytes] = await self._client.run(*_call(model, bear, page))
        return {line.decode(): value for line, value in zip(row[::2], row[1::2], strict=True)}

    async def cells(self, model: str, cells: Iterable[Cell]) -> Mapping[Cell, bytes]:
        by_page: dict[tuple[BearId, str], list[Cell]] = defaultdict(list)
        for cell in cells:
            by_page[cell.bear, cell.page].append(cell)
        rows: list[list[bytes | None]] = await self._client.run_all(
            [_call(model, *place, *(cell.line for cell in wanted)) for place, wanted in by_page.items()]
        )
        return {
            cell: value
            for wanted, row in zip(by_page.values(), rows, strict=True)
            for cell, value in zip(wanted, row, strict=True)
            if value is not None
        }

    async def pages(self, model: str, bear: BearId) -> Collection[str]:
        found: list[bytes] = await self._client.run(_PAGES, _everything(model, bear), [model, bear])
        return {each.decode() for each in found}

    async def erase(self, model: str, bear: BearId, pages: Collection[str]) -> int:
        return int(await self._client.run(_ERASE, _everything(model, bear), [model, bear, *sorted(pages)]))

    @asynccontextmanager
    async def notices(self, bear: BearId) -> AsyncIterator[Notices]:
        async with self._client.listening(keys.channel(bear)) as listener:
            yield _RedisNotices(listener)

    @asynccontextmanager
    async def every_notice(self) -> AsyncIterator[EveryNotice]:
        async with self._client.listening(keys.channel(EVERY)) as listener:
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


def _everything(model: str, bear: BearId) -> list[str]:
    place = partition_of(bear)
    return [keys.standing(place), *(keys.listing(place, model, copy) for copy in Copy)]


def _call(model: str, bear: BearId, page: str, *lines: str) -> Call:
    partition = partition_of(bear)
    both = (keys.page(partition, bear, model, copy, page) for copy in (Copy.A, Copy.B))
    return _SHOWN, [keys.standing(partition), *both], [model, *lines]
