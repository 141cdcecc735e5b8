"""The store as the cloud uses it: commands in, replies out, and one error for "the store is away"."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from importlib.resources import files
from typing import Final

from teddy_cloud.storage.redis import dial
from teddy_cloud.storage.wire import Command, Listener, Part, Reply, ScriptMissing, Servers
from teddy_shared.addresses import store_address

__all__ = [
    "Call",
    "Command",
    "Listener",
    "Moved",
    "Part",
    "Reply",
    "Script",
    "StoreClient",
    "connect",
]

LONGEST: Final = 4000  # parts of a command that goes at once with others: Lua's stack holds 8,000


class Moved(Exception):
    """Another writer was faster; read again and decide again."""


class Script:
    """A Lua script and the name under which servers know it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.sha = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


Call = tuple[Script, Sequence[str], Sequence[Part]]
"""A script, its keys (all in one slot), its arguments."""

_AT_ONCE: Final = Script(files(__package__).joinpath("at_once.lua").read_text())


class StoreClient:
    """A pool of connections to one store. Makes no connection until it is used.

    A store may be a cluster. There, all keys of one command, one script or one call of `do_at_once` must
    lie in one slot: give them the same {tag}. Commands of many slots may go out together in `do_all`.
    """

    def __init__(self, servers: Servers) -> None:
        self._servers = servers

    async def do(self, *command: Part) -> Reply:
        """Run one command."""
        return await self._servers.execute(command)

    async def do_all(self, commands: Sequence[Command]) -> list[Reply]:
        """Run many commands in one go, without a transaction; those of one slot in their order."""
        return await self._servers.execute_all(commands) if commands else []

    async def do_at_once(
        self, commands: Sequence[Command], *, guard: str | None = None, expected: bytes | None = None
    ) -> list[Reply]:
        """Run all in one transaction. With a guard, raise Moved where its string is not as expected.

        Replies are as a server gives them to a script. The first part of a command after its name is its
        key, but for PUBLISH.
        """
        if not commands:
            return []
        keys = [_text(command[1]) for command in commands if command[0] != "PUBLISH"]
        condition = "" if guard is None else "absent" if expected is None else "found"
        arguments: list[Part] = [condition, expected or b""]
        for command in commands:
            if len(command) > LONGEST:
                raise ValueError(f"a command of {len(command)} parts is too long to go with others")
            arguments += (len(command), *command)
        replies = await self.run(_AT_ONCE, [*([] if guard is None else [guard]), *keys], arguments)
        if not replies:
            raise Moved
        return list(replies[1:])

    async def run(self, script: Script, keys: Sequence[str], arguments: Sequence[Part]) -> Reply:
        """Run a script, sending its text only where the server does not have it."""
        try:
            return await self.do("EVALSHA", script.sha, len(keys), *keys, *arguments)
        except ScriptMissing:
            return await self.do("EVAL", script.text, len(keys), *keys, *arguments)

    async def run_all(self, calls: Sequence[Call]) -> list[Reply]:
        """Run many scripts in one go, each for itself; their replies in the order of the calls.

        Those whose script a server does not have yet run after the others: where one call needs that
        another went before it, they do not belong into one go.
        """
        replies = await self.do_all(
            [("EVALSHA", script.sha, len(keys), *keys, *arguments) for script, keys, arguments in calls]
        )
        missing = [at for at, reply in enumerate(replies) if isinstance(reply, ScriptMissing)]
        again = await self.do_all([_with_its_text(calls[at]) for at in missing])
        for at, reply in zip(missing, again, strict=True):
            replies[at] = reply
        return replies

    async def scan(self, match: str) -> Sequence[str]:
        """All keys like this pattern, of every server. Those that come or go meanwhile may be in it."""
        return [key.decode() for key in await self._servers.keys(match)]

    @asynccontextmanager
    async def listening(self, *channels: str) -> AsyncIterator[Listener]:
        """Subscribed, and confirmed so, from the start of the block to its end. A `*` fits anything."""
        async with self._servers.listening(channels) as listener:
            yield listener

    async def close(self) -> None:
        await self._servers.close()


def connect(url: str) -> StoreClient:
    """A client for the store at this address. Nothing is sent yet. Raises ConfigError."""
    return StoreClient(dial(store_address(url)))


def _with_its_text(call: Call) -> Command:
    script, keys, arguments = call
    return ("EVAL", script.text, len(keys), *keys, *arguments)


def _text(part: Part) -> str:
    return part.decode() if isinstance(part, bytes) else str(part)
