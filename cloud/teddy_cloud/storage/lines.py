"""Connections to one server, each of which carries many exchanges at a time."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast

from hiredis import PushNotification, Reader, ReplyError, pack_command

from teddy_cloud.storage.wire import Command, Reply
from teddy_shared.errors import LinkError

MOST: Final = 8  # connections; above that, exchanges share them

_MORE: Final = object()  # what the reader gives while a reply is not whole

__all__ = ["Line", "Lines", "ReplyError", "packed"]


def packed(commands: Sequence[Command]) -> bytes:
    """As they go over the wire. In C, since the library's own packing is seven times slower."""
    return b"".join([pack_command(each) for each in commands])  # type: ignore[arg-type]  # its stub


@dataclass(slots=True, eq=False)
class _Exchange:
    count: int  # replies that are due
    done: asyncio.Future[list[Reply]]
    replies: list[Reply] = field(default_factory=list)


class Line(asyncio.Protocol):
    """One connection. Replies come in the order of the commands; one that nobody waits for is dropped."""

    def __init__(self) -> None:
        self._reader = Reader(notEnoughData=_MORE)
        self._due: deque[_Exchange] = deque()  # bounded by those who wait
        self._transport: asyncio.Transport | None = None
        self._may_write = asyncio.Event()
        self._may_write.set()
        self._gone = asyncio.Event()

    @property
    def lost(self) -> bool:
        return self._gone.is_set()

    @property
    def busy(self) -> int:
        return len(self._due)

    async def exchange(self, commands: Sequence[Command]) -> list[Reply]:
        """The server's replies, its errors among them as ReplyError. Raises LinkError."""
        await self._may_write.wait()
        if self.lost or self._transport is None:
            raise LinkError("the store is away: the connection is lost")
        exchange = _Exchange(len(commands), asyncio.get_running_loop().create_future())
        self._due.append(exchange)
        self._transport.write(packed(commands))
        return await exchange.done

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    async def close(self) -> None:
        """Returns when its socket is closed."""
        self.abort()
        await self._gone.wait()

    # --- what asyncio calls ----------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._reader.feed(data)
        while (reply := self._reader.gets()) is not _MORE:
            if isinstance(reply, PushNotification):
                continue  # nothing that we asked for
            exchange = self._due[0]
            exchange.replies.append(reply)
            if len(exchange.replies) == exchange.count:
                self._due.popleft()
                if not exchange.done.done():  # else whoever asked has gone
                    exchange.done.set_result(exchange.replies)

    def pause_writing(self) -> None:
        self._may_write.clear()

    def resume_writing(self) -> None:
        self._may_write.set()

    def connection_lost(self, error: Exception | None) -> None:
        self._gone.set()
        self._may_write.set()
        while self._due:
            done = self._due.popleft().done
            if not done.done():
                done.set_exception(LinkError(f"the store is away: {error or 'it closed the connection'}"))


Dial = Callable[[], Coroutine[Any, Any, Line]]
"""Gives a line on which the server agreed to talk. Raises OSError, LinkError, or what the server says."""


class Lines:
    """A few connections, made when they are needed. An exchange takes one that is idle, if there is one."""

    def __init__(self, *, dial: Dial, seconds: float) -> None:
        self._dial = dial
        self._seconds = seconds  # for an exchange, dialling included
        self._lines: list[Line] = []
        self._closed = False
        self._dialling = asyncio.Lock()

    async def exchange(self, commands: Sequence[Command]) -> list[Reply]:
        """Raises LinkError while the server is away.

        Asks once more where a line is lost, which may have been so while it was idle, without a word: so
        the server may have done the same twice.
        """
        line: Line | None = None
        try:
            async with asyncio.timeout(self._seconds):
                line = self._idle() or await self._line()
                try:
                    return await line.exchange(commands)
                except LinkError:
                    line = self._idle() or await self._line()
                    return await line.exchange(commands)
        except TimeoutError:
            if line is not None:
                line.abort()  # an answer that comes late holds up all behind it
            raise LinkError("the store is away: it does not answer") from None
        except OSError as error:
            raise LinkError(f"the store is away: {error}") from None

    async def close(self) -> None:
        """Also while somebody still dials: what that comes to is closed."""
        self._closed = True
        async with self._dialling:
            while self._lines:
                await self._lines.pop().close()

    def _idle(self) -> Line | None:
        self._lines = [line for line in self._lines if not line.lost]
        return next((line for line in self._lines if not line.busy), None)

    async def _line(self) -> Line:
        """An idle one, a new one, or the one with the least to do."""
        async with self._dialling:
            found = self._idle()
            if found is not None:
                return found
            if self._closed:
                raise LinkError("the store is away: its client is closed")
            if len(self._lines) >= MOST:
                return min(self._lines, key=lambda line: line.busy)
            line = await self._dial()
            self._lines.append(line)
            return line
