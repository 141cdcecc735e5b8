"""What goes to a store and what comes back, whichever servers it is made of."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

Part = str | bytes | int | float
Command = tuple[Part, ...]
Reply = Any  # what the server said; each adapter turns it into typed values at once


class ScriptMissing(Exception):
    """The server does not know a script by this name (it was restarted): send its text."""


class Listener(Protocol):
    """Hears what is published. What was published while nobody listened is gone."""

    async def heard(self, seconds: float) -> bytes | None:
        """The next message, or None after so many seconds. Raises LinkError where some may be missing."""


class Servers(Protocol):
    """One server, one behind sentinels, or a cluster.

    All of it raises LinkError while what it needs is away or moving, and ConfigError for a refused name or
    password, or an address of another form.
    """

    async def execute(self, command: Command) -> Reply:
        """Raises ScriptMissing too."""

    async def execute_all(self, commands: Sequence[Command]) -> list[Reply | ScriptMissing]:
        """In one go, without a transaction; in the order of the commands, whichever server answered."""

    async def keys(self, match: str) -> Sequence[bytes]:
        """All keys like this, of every server, each once."""

    def listening(self, channels: Sequence[str]) -> AbstractAsyncContextManager[Listener]: ...

    async def close(self) -> None: ...
