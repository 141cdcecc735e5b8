"""Everything that the bear knows about a child, forgotten because the cloud orders it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Final

from teddy_shared.backoff import delays
from teddy_shared.clock import Chance
from teddy_shared.commands import EraseChild
from teddy_shared.envelope import ProfileId
from teddy_shared.errors import TeddyError
from teddy_shared.logs import log

TRIES: Final = 6  # about half a minute, in which a busy card may take it after all

Forget = Callable[[ProfileId], Awaitable[None]]
"""Forgets a child in one place. Again does no harm. Raises TeddyError where it cannot."""


class Erasing:
    """Asks every place to forget, whatever becomes of the others."""

    def __init__(self, *, places: Sequence[Forget], chance: Chance) -> None:
        self._places = list(places)  # in the order in which they are asked
        self._brief: list[Forget] = []  # those of a talk
        self._chance = chance

    @contextmanager
    def also(self, place: Forget) -> Iterator[None]:
        """A place that is there while the block runs. It is asked before the others."""
        self._brief.append(place)
        try:
            yield
        finally:
            self._brief.remove(place)

    async def erase(self, command: EraseChild) -> None:
        """Raises TeddyError where one of the places could not forget."""
        profile = ProfileId(command.profile)
        for wait in islice(delays(self._chance), TRIES - 1):
            try:
                await self._ask_all(profile)
                return
            except TeddyError as error:
                log("erasing").warning("not all is forgotten, trying again", reason=str(error))
            await asyncio.sleep(wait)
        await self._ask_all(profile)

    async def _ask_all(self, profile: ProfileId) -> None:
        failed: TeddyError | None = None
        for forget in (*self._brief, *self._places):
            try:
                await forget(profile)
            except TeddyError as error:
                failed = failed or error
        if failed is not None:
            raise failed
