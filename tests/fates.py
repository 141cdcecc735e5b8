"""Breaks a worker off at one of its points, as a kill, a cancellation or the network would."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from teddy_shared.errors import LinkError
from teddy_shared.state.memory import MemoryStore
from teddy_shared.state.store import Change, Row, Slot

How = Literal["kill", "cancel", "raise"]


class Killed(BaseException):
    """The process is gone: nothing of it acts any more."""


@dataclass
class Fate:
    """Breaks off the worker at its point number `at`."""

    at: int
    how: How
    passed: int = 0
    struck: bool = False

    async def point(self) -> None:
        if self.struck and self.how == "kill":
            raise Killed
        self.passed += 1
        if self.passed != self.at + 1:
            return
        self.struck = True
        match self.how:
            case "kill":
                raise Killed
            case "raise":
                raise LinkError("the network went at this point")
            case "cancel":
                task = asyncio.current_task()
                assert task is not None
                task.cancel()
                await asyncio.sleep(0)


class FatefulStore(MemoryStore):
    """The store as one worker sees it: it may be struck before and after each change."""

    def __init__(self, kept: MemoryStore, fate: Fate) -> None:
        super().__init__()
        self._shared = kept
        self._fate = fate

    async def get(self, slot: Slot, *, now: float) -> Row | None:
        await self._fate.point()
        return await self._shared.get(slot, now=now)

    async def put(self, slot: Slot, value: bytes, **how: Any) -> int:
        await self._fate.point()
        version = await self._shared.put(slot, value, **how)
        await self._fate.point()
        return version

    async def delete(self, slot: Slot, **how: Any) -> bool:
        await self._fate.point()
        return await self._shared.delete(slot, **how)

    def tell(self, listener: Callable[[Change], None]) -> None:
        self._shared.tell(listener)
