"""The broker as dispatch needs it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol


class Incoming(Protocol):
    @property
    def topic(self) -> str: ...

    @property
    def payload(self) -> bytes: ...


class Post(Protocol):
    async def connection_after(self, number: int) -> int:
        """Wait until a connection with a higher number stands; give its number."""

    async def publish(
        self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False, expires: int | None = None
    ) -> None:
        """Raises LinkError. `expires`: seconds for which it may wait at the broker."""

    def messages(self) -> AsyncIterator[Incoming]:
        """For one reader."""
