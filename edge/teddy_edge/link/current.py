"""A value that others watch: the newest is always there, the ones between may be missed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Current(Generic[T]):
    """One writer, any number of watchers, all on one loop."""

    def __init__(self, value: T) -> None:
        self._value = value
        self._change = asyncio.Event()

    @property
    def value(self) -> T:
        return self._value

    def set(self, value: T) -> None:
        self._value = value
        self._change.set()
        self._change = asyncio.Event()

    async def values(self) -> AsyncIterator[T]:
        """The value now, then the newest after each change. A slow watcher skips what was overtaken."""
        while True:
            change = self._change
            yield self._value
            await change.wait()
