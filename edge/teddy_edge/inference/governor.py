"""Who may run a model when, and for how long: the more urgent class of work goes first."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from enum import IntEnum
from typing import Final, ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Work(IntEnum):
    """Classes of model work; a smaller number is more urgent. The ear has a thread of its own."""

    GUARD = 0
    HEARING = 1
    MEANING = 2
    VOICE = 3
    SPECULATION = 4  # what may never be needed: words before a pause, behind which a child may go on
    AHEAD = 5  # what nobody waits for yet: lines that are rendered before they are needed


DEADLINES: Final[Mapping[Work, float]] = {
    Work.GUARD: 2.0,
    Work.HEARING: 10.0,  # 15 s of speech take three on the smallest board
    Work.MEANING: 4.0,
    Work.VOICE: 5.0,  # a clause
    Work.SPECULATION: 10.0,
    Work.AHEAD: 30.0,  # a clause, on a board that has all else to do
}
"""Seconds after which a model counts as hung: of whoever is waited for from the question on, of the
others from the moment when they began."""

QUIET: Final = 1.5  # seconds without a model at work, behind which nobody seems to be talking with the bear
_LOOK: Final = 0.1  # seconds between two looks whether it is quiet


class Governor(Protocol):
    """Runs blocking model work off the loop."""

    async def run(self, work: Work, task: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What `task` returns or raises; TimeoutError behind the deadline of its class.

        Cancelling the wait, as a deadline does, lets a run that has begun finish unheard.
        """


class ThreadGovernor:
    """At most `lanes` runs at once, the most urgent of those who wait first. Close it after its users.

    Nothing that has begun is pushed aside: the longest run of a less urgent class is the longest wait.
    So what is rendered ahead does not even begin between two runs of a turn, where it would keep the
    voice's only thread: it waits until it has been quiet for a while.
    Who waits is bounded by the callers: a turn has one run at a time, rendering ahead has one.
    """

    def __init__(
        self, *, lanes: int = 2, quiet: float = QUIET, deadlines: Mapping[Work, float] = DEADLINES
    ) -> None:
        self._threads = {
            work: ThreadPoolExecutor(max_workers=1, thread_name_prefix=work.name.lower())
            for work in (Work.GUARD, Work.HEARING, Work.MEANING, Work.VOICE)
        }
        self._threads[Work.AHEAD] = self._threads[Work.VOICE]  # the voice has one caller at a time
        self._threads[Work.SPECULATION] = self._threads[Work.HEARING]  # so has hearing
        self._lanes = self._free = lanes
        self._quiet = quiet
        self._deadlines = deadlines
        self._last: float | None = None  # on the loop's clock: when something that was not AHEAD ended
        self._order = 0
        self._runs = 0
        self._under_way: dict[Work, int] = {}
        self._waiting: list[tuple[Work, int, asyncio.Future[None]]] = []

    @property
    def under_way(self) -> Mapping[Work, int]:
        """For each class that runs at this moment, the number of that run. For any thread."""
        return dict(self._under_way)

    async def run(self, work: Work, task: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        if work in (Work.SPECULATION, Work.AHEAD):
            if work is Work.AHEAD:
                await self._until_quiet()
            await self._lane(work)
            async with asyncio.timeout(self._deadlines[work]):
                return await self._begin(work, task, *args, **kwargs)
        async with asyncio.timeout(self._deadlines[work]):
            await self._lane(work)
            return await self._begin(work, task, *args, **kwargs)

    async def _begin(self, work: Work, task: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        context = copy_context()  # what a model logs belongs to the turn that asked
        loop = asyncio.get_running_loop()

        def ended(_: asyncio.Future[T]) -> None:
            if work is not Work.AHEAD:
                self._last = loop.time()
            self._leave()

        try:
            running = loop.run_in_executor(
                self._threads[work], lambda: self._noted(work, lambda: context.run(task, *args, **kwargs))
            )
        except BaseException:
            self._leave()
            raise
        # The lane is left when the thread is done, not when the caller has lost interest.
        running.add_done_callback(ended)
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

    async def _until_quiet(self) -> None:
        """Returns when nothing has run for a while, at once where nothing ever has."""
        loop = asyncio.get_running_loop()
        while True:
            left = 0.0 if self._last is None else self._last + self._quiet - loop.time()
            if left <= 0 and self._free == self._lanes:
                return
            await asyncio.sleep(max(left, _LOOK))

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
