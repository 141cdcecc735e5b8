"""A line to a server on which one answer is lost: what was asked is done, and who asked never hears it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from tests.servers import HOST, Server


@asynccontextmanager
async def answer_lost(server: Server, *, to: bytes) -> AsyncIterator[str]:
    """The address of the line. It is cut once, in place of the first answer to what holds these bytes."""
    lost = False

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal lost
        place = urlsplit(server.url)
        behind, onward = await asyncio.open_connection(place.hostname, place.port)
        try:
            while asked := await reader.read(1 << 20):
                onward.write(asked)
                answer = await behind.read(1 << 20)
                # A script that the server does not know yet is not done, so that answer counts for nothing.
                if to in asked and not lost and not answer.startswith(b"-"):
                    lost = True
                    return
                writer.write(answer)
        finally:
            onward.close()
            writer.close()

    async with await asyncio.start_server(serve, HOST, 0) as line:
        port = line.sockets[0].getsockname()[1]
        yield f"redis://{HOST}:{port}"
    assert lost, "nothing was asked that would have been lost"
