"""One server in the clear, over lines of our own: an exchange costs half of what the library takes for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Final

from teddy_cloud.storage.lines import Line, Lines, ReplyError
from teddy_cloud.storage.wire import Command, Listener, Reply, ScriptMissing, Servers
from teddy_shared.errors import ConfigError, LinkError

PORT: Final = 6379

# By the first word of what the server says.
_AWAY: Final = frozenset({"CLUSTERDOWN", "LOADING", "MASTERDOWN", "OOM", "READONLY", "TRYAGAIN"})
_CANNOT_WRITE: Final = frozenset({"BUSY", "MISCONF", "NOREPLICAS"})


class Near:
    """Fits Servers. The library still listens, looks for keys, and knows what replies mean."""

    def __init__(
        self,
        *,
        place: Mapping[str, Any],  # host and port or path, and username, password, db where there are any
        library: Servers,
        told: Callable[[Command, Reply], Reply],
        seconds: float,
    ) -> None:
        self._place = place
        self._library = library
        self._told = told
        self._lines = Lines(dial=self._dialled, seconds=seconds)

    async def execute(self, command: Command) -> Reply:
        (reply,) = await self._lines.exchange([command])
        if isinstance(reply, ReplyError):
            raise _meaning(reply)
        return self._told(command, reply)

    async def execute_all(self, commands: Sequence[Command]) -> list[Reply | ScriptMissing]:
        replies = await self._lines.exchange(commands)
        return [self._reply(*both) for both in zip(commands, replies, strict=True)]

    async def keys(self, match: str) -> Sequence[bytes]:
        return await self._library.keys(match)

    def listening(self, channels: Sequence[str]) -> AbstractAsyncContextManager[Listener]:
        return self._library.listening(channels)

    async def close(self) -> None:
        await self._lines.close()
        await self._library.close()

    def _reply(self, command: Command, reply: Reply) -> Reply | ScriptMissing:
        if not isinstance(reply, ReplyError):
            return self._told(command, reply)
        meaning = _meaning(reply)
        if isinstance(meaning, ScriptMissing):
            return meaning
        raise meaning

    async def _dialled(self) -> Line:
        loop, place = asyncio.get_running_loop(), self._place
        line: Line
        if "path" in place:
            _, line = await loop.create_unix_connection(Line, place["path"])
        else:
            host, port = place.get("host", "localhost"), place.get("port", PORT)
            _, line = await loop.create_connection(Line, host, port)
        try:
            for reply in await line.exchange(_introduction(place)):
                if isinstance(reply, ReplyError):
                    raise _meaning(reply)
        except BaseException:
            line.abort()
            raise
        return line


def _introduction(place: Mapping[str, Any]) -> Sequence[Command]:
    """What is said first: which dialect, who we are, and which database."""
    hello: Command = ("HELLO", 3)
    if place.get("password"):
        hello = (*hello, "AUTH", place.get("username") or "default", place["password"])
    return [hello, ("SELECT", place["db"])] if place.get("db") else [hello]


def _meaning(error: ReplyError) -> Exception:
    """What this means to the cloud; the error itself where it is a mistake of ours."""
    text = str(error)
    match text.partition(" ")[0]:
        case "NOSCRIPT":
            return ScriptMissing()
        case "WRONGPASS" | "NOAUTH":
            return ConfigError("the store refuses the name or password in its address")
        case "NOPERM":
            return ConfigError(f"the store does not allow this name what the cloud needs: {text}")
        case "MOVED" | "ASK":
            return ConfigError("the store is a node of a cluster: write its address as redis+cluster://…")
        case word if word in _AWAY:
            return LinkError(f"the store is away: {text}")
        case word if word in _CANNOT_WRITE:
            return LinkError(f"the store cannot write: {text}")
    return error
