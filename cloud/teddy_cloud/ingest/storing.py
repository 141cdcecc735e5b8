"""What must be stored, however long the store is away."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from teddy_shared.backoff import delays
from teddy_shared.clock import Chance
from teddy_shared.errors import LinkError
from teddy_shared.logs import log

T = TypeVar("T")

_log = log("ingest")


async def once_stored(attempt: Callable[[], Awaitable[T]], chance: Chance) -> T:
    """Try until the store is back. What queues up behind this meanwhile is bounded by the broker."""
    for wait in delays(chance, first=0.1, most=2.0):
        try:
            return await attempt()
        except LinkError as error:
            _log.warning("not stored, trying again", reason=str(error))
        await asyncio.sleep(wait)
    raise AssertionError("delays never end")
