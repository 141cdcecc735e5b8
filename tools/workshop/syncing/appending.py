"""What the event store would send, made beforehand, so that sending it costs next to nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from urllib.parse import urlsplit

from teddy_cloud.eventstore.redis import RedisEventStore
from teddy_cloud.eventstore.store import Item
from teddy_cloud.storage.client import Command, Listener, Part, Reply, StoreClient
from teddy_shared.envelope import BearId, Lane


class _Notebook:
    """A store that only writes down what it is told to do."""

    def __init__(self) -> None:
        self.commands: list[Command] = []

    async def execute(self, command: Command) -> Reply:
        self.commands.append(command)
        return [1]

    async def execute_all(self, commands: Sequence[Command]) -> list[Reply]:
        return [await self.execute(command) for command in commands]

    async def keys(self, match: str) -> Sequence[bytes]:
        raise NotImplementedError(f"no key like {match} is in a notebook")

    def listening(self, channels: Sequence[str]) -> AbstractAsyncContextManager[Listener]:
        raise NotImplementedError(f"nothing is heard of {channels} in a notebook")

    async def close(self) -> None:
        pass


async def append_commands(batches: Iterable[tuple[BearId, int, Item]], lane: Lane) -> list[bytes]:
    """What goes over the wire for each, as single-event batches."""
    notebook = _Notebook()
    store = RedisEventStore(client=StoreClient(notebook))
    for bear, seq, item in batches:
        await store.append_batch(bear=bear, epoch="load", lane=lane, first=seq, items=[item])
    return [_encoded(command) for command in notebook.commands]


@asynccontextmanager
async def sending(url: str) -> AsyncIterator[asyncio.StreamWriter]:
    """A bare connection to the store; its replies are thrown away."""
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    async with asyncio.TaskGroup() as tasks:
        draining = tasks.create_task(_drain(reader), name="drain")
        yield writer
        draining.cancel()
        writer.close()


async def _drain(reader: asyncio.StreamReader) -> None:
    while await reader.read(1 << 16):
        pass


def _encoded(command: Command) -> bytes:
    parts = [_bytes(part) for part in command]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%b\r\n" % (len(part), part) for part in parts)


def _bytes(part: Part) -> bytes:
    return part if isinstance(part, bytes) else str(part).encode()
