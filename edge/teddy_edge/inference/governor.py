"""Who may run a model when: one thread a class of work, and the more urgent class goes first."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from enum import IntEnum
from typing import ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Work(IntEnum):
    """Classes of model work; a smaller number is more urgent. The ear has a thread of its own."""

    GUARD = 0
    HEARING = 1
    MEANING = 2
    VOICE = 3
    AHEAD = 4  # what nobody waits for yet: lines that are rendered before they are needed
    SPECULATION = 5  # what may never be needed: words that a child may go on from


class Governor(Protocol):
    """Runs blocking model work off the loop. A deadline is the caller's `asyncio.timeout`."""

    async def run(self, work: Work, task: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What `task` returns or raises. Cancelling the wait lets a run that has begun finish unheard."""


class ThreadGovernor:
    """At most `lanes` runs at once, the most urgent of those who wait first. Close it after its users.

    Nothing that has begun is pushed aside: the longest run of a less urgent class is the longest wait.
    Who waits is bounded by the callers: a turn has one run at a time, rendering ahead has one.
    """

    def __init__(self, *, lanes: int = 2) -> None:
        self._threads = {
            work: ThreadPoolExecutor(max_workers=1, thread_name_prefix=work.name.lower())
            for work in (Work.GUARD, Work.HEARING, Work.MEANING, Work.VOICE)
        }
        self._threads[Work.AHEAD] = self._threads[Work.VOICE]  # the voice has one caller at a time
        self._threads[Work.SPECULATION] = self._threads[Work.HEARING]  # so has hearing
        self._free = lanes
        self._order = 0
        self._runs = 0
        self._under_way: dict[Work, int] = {}
        self._waiting: list[tuple[Work, int, asyncio.Future[None]]] = []

    @property
    def under_way(self) -> Mapping[Work, int]:
        """For each class that runs at this moment, the number of that run. For any thread."""
        return dict(self._under_way)

    async def run(self, work: Work, task: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        await self._lane(work)
        context = copy_context()  # what a model logs belongs to the turn that asked
        try:
            running = asyncio.get_running_loop().run_in_executor(
                self._threads[work], lambda: self._noted(work, lambda: context.run(task, *args, **kwargs))
            )
        except BaseException:
            self._leave()
            raise
        # The lane is left when the thread is done, not when the caller has lost interest.
        running.add_done_callback(lambda _: self._leave())
        return await asyncio.shield(running)

    def close(self) -> None:
        for thread in self._threads.values():
            thread.shutdown(wait=True, cancel_futures=True)

    def _noted(self, work: Work, run: Callable[[], T]) -> T:
        self._runs += 1
        self._under_way[work] = self._runs
        try:
            return run()
        finally:
            del self._under_way[work]

    async def _lane(self, work: Work) -> None:
        if self._free > 0:
            self._free -= 1
            return
        mine = asyncio.get_running_loop().create_future()
        self._order += 1
        heapq.heappush(self._waiting, (work, self._order, mine))
        try:
            await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():
                self._leave()  # it was given a lane at the moment it gave up
            raise

    def _leave(self) -> None:
        while self._waiting:
            _, _, next_ = heapq.heappop(self._waiting)
            if not next_.done():
                next_.set_result(None)
                return
        self._free += 1
