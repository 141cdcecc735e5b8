"""A network between two programs on this machine that can be slow, and can be cut."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

HOST: Final = "127.0.0.1"
CHUNK: Final = 64 * 1024


class Proxy:
    """Listens on a port of its own and passes everything on. Made by `proxied`."""

    def __init__(self, *, target: int, dice: random.Random, slowest: float) -> None:
        self.port = 0
        self._target = target
        self._dice = dice
        self._slowest = slowest
        self._open: set[asyncio.StreamWriter] = set()
        self._cut = False
        self._taking: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"mqtt://{HOST}:{self.port}"

    async def cut(self, seconds: float) -> None:
        """Every connection breaks, and for so long none is taken."""
        self._cut = True
        for writer in list(self._open):
            writer.transport.abort()
        await asyncio.sleep(seconds)
        self._cut = False

    def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # A task of ours: those that asyncio makes for coroutines complain when a loop ends under them.
        task = asyncio.create_task(self._take(reader, writer), name="proxy-connection")
        self._taking.add(task)
        task.add_done_callback(self._taking.discard)

    async def close(self) -> None:
        await self.cut(0.0)
        if self._taking:
            await asyncio.wait(self._taking)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._cut:
            writer.transport.abort()
            return
        try:
            far_reader, far_writer = await asyncio.open_connection(HOST, self._target)
        except OSError:
            writer.transport.abort()
            return
        both = (writer, far_writer)
        self._open.update(both)
        try:
            async with asyncio.TaskGroup() as ways:
                ways.create_task(self._pass_on(reader, far_writer), name="proxy-up")
                ways.create_task(self._pass_on(far_reader, writer), name="proxy-down")
        except* (OSError, asyncio.IncompleteReadError):
            pass  # either end is gone: the other learns of it below
        finally:
            self._open.difference_update(both)
            for each in both:
                each.transport.abort()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(CHUNK):
            if self._slowest:
                await asyncio.sleep(self._dice.uniform(0, self._slowest))
            writer.write(data)
            await writer.drain()
        raise ConnectionResetError


@asynccontextmanager
async def proxied(target: int, *, seed: int, slowest: float = 0.0) -> AsyncIterator[Proxy]:
    """`slowest`: seconds that a stretch of bytes is held back at most, each by chance."""
    proxy = Proxy(target=target, dice=random.Random(seed), slowest=slowest)
    server = await asyncio.start_server(proxy.take, HOST, 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        await proxy.close()
