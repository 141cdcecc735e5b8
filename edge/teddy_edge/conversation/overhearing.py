"""Listens to what is said over a reply, before anybody decides whether the reply goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from teddy_edge.conversation.hearing_ahead import MOST, HearingAhead
from teddy_edge.conversation.inbox import Said
from teddy_shared.logs import log


class Overhearing:
    """One utterance after the other, since there is one pair of ears; each comes back as `Said`."""

    def __init__(self, *, hearing: HearingAhead, post: Callable[[Said], None]) -> None:
        self._hearing = hearing
        self._post = post
        self._tasks: set[asyncio.Task[None]] = set()  # a handful: an utterance takes longer than its hearing

    @property
    def under_way(self) -> frozenset[asyncio.Task[None]]:
        return frozenset(self._tasks)

    def listen(self, said: Said, tasks: asyncio.TaskGroup) -> None:
        task = tasks.create_task(self._listen(said), name="overhearing")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _listen(self, said: Said) -> None:
        try:
            async with asyncio.timeout(MOST):
                understood = await self._hearing.hear(said.utterance)
        except Exception as error:  # barrier: whoever takes it as a turn hears anew, and tells what is broken
            log("hearing").warning("not overheard", error=type(error).__name__)
            understood = None
        self._post(replace(said, understood=understood))
