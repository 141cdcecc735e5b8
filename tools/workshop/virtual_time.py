"""An event loop whose clock jumps to the next timer, so that waiting costs nothing and goes one way.

Tests and soaks run on it; see `run_virtual`. While work is out in an executor, or with a writer of the
outbox, the clock stands still and the loop really waits for it; whoever hands work to a thread by yet other
means is not seen.
Not for real sockets: their peers live in real time.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import functools
import selectors
from collections.abc import Callable, Coroutine, Mapping
from selectors import SelectorKey
from typing import Any, Final, TypeVar

from teddy_edge.outbox.answer import Answer
from teddy_edge.outbox.writer import Job, Writer

T = TypeVar("T")

PATIENCE: Final = 20.0  # real seconds to wait for a thread, or for a wake-up from nowhere
SEPTEMBER: Final = 1_788_249_600.0  # 2026-09-01, 08:00 UTC: when every virtual day begins


class Stalled(Exception):
    """Every task waits, no timer is set and no thread works: the test would hang."""


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop in which time passes only when there is nothing else to do."""

    def __init__(self, *, patience: float = PATIENCE) -> None:
        self._now = 0.0
        self._out = 0  # pieces of work in executors
        self._patience = patience
        _count_work_in_threads()
        super().__init__(_JumpingSelector(self))
        # Timers closer than this fire together. The default of 1 ns vanishes beside a year in a float,
        # and the loop would never find its own timer due.
        self._clock_resolution = 1e-6

    def time(self) -> float:
        return self._now

    def advance(self, seconds: float) -> None:
        self._now += seconds

    def work_left(self) -> None:
        self._out += 1

    def work_came_back(self) -> None:
        self._out -= 1

    @property
    def working(self) -> bool:
        """Whether an executor still works for this loop."""
        return self._out > 0

    def stalled(self) -> Stalled:
        names = sorted(task.get_name() for task in asyncio.all_tasks(self))
        where = "a thread does not come back" if self.working else "no timer is set and no thread works"
        return Stalled(f"nothing happens at {self._now:.3f} s of virtual time: {where}; tasks: {names}")

    @property
    def patience(self) -> float:
        return self._patience

    async def shutdown_default_executor(
        self,
        timeout: float | None = None,  # noqa: ARG002, ASYNC109  # the name is asyncio's
    ) -> None:
        # From Python 3.12 on, a deadline on this loop's clock stands around the joining of the threads.
        self.work_left()
        try:
            await super().shutdown_default_executor()
        finally:
            self.work_came_back()


class VirtualClock:
    """A `teddy_shared.clock.Clock` over a loop's time; the running loop's unless another is given."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop | None = None, *, wall_at_start: float = SEPTEMBER
    ) -> None:
        self._loop = loop
        self._wall_at_start = wall_at_start

    def monotonic(self) -> float:
        return (self._loop or asyncio.get_running_loop()).time()

    def wall(self) -> float:
        return self._wall_at_start + self.monotonic()

    def synchronised(self) -> bool:
        return True


def run_virtual(main: Coroutine[Any, Any, T]) -> T:
    """`asyncio.run` in virtual time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)


class _JumpingSelector(selectors.BaseSelector):
    """Looks whether something is ready; if not, moves the loop's clock instead of sleeping."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop
        self._real = selectors.DefaultSelector()

    def select(self, timeout: float | None = None) -> list[tuple[SelectorKey, int]]:
        ready = self._real.select(0)
        if ready or (timeout is not None and timeout <= 0):
            return ready
        if timeout is not None and not self._loop.working:
            self._loop.advance(timeout)
            return []
        # The clock stands still: only a thread can go on, by waking the loop through its socket.
        ready = self._real.select(self._loop.patience)
        if not ready:
            raise self._loop.stalled()
        return ready

    def register(self, fileobj: Any, events: int, data: Any = None) -> SelectorKey:
        return self._real.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> SelectorKey:
        return self._real.unregister(fileobj)

    def modify(self, fileobj: Any, events: int, data: Any = None) -> SelectorKey:
        return self._real.modify(fileobj, events, data)

    def get_map(self) -> Mapping[Any, SelectorKey]:
        return self._real.get_map()

    def close(self) -> None:
        self._real.close()


@functools.cache
def _count_work_in_threads() -> None:
    """Make asyncio tell a virtual loop of every future that a thread will finish.

    `run_in_executor`, `to_thread` and `wrap_future` all chain an asyncio future to a concurrent one in
    one private function, and nothing public shows it. Other loops see no difference.
    """
    chain: Callable[[Any, Any], None] = asyncio.futures._chain_future  # type: ignore[attr-defined]

    def counted(source: Any, destination: Any) -> None:
        chain(source, destination)
        loop = destination.get_loop() if asyncio.isfuture(destination) else None
        if isinstance(source, concurrent.futures.Future) and isinstance(loop, VirtualLoop):
            loop.work_left()
            source.add_done_callback(functools.partial(_came_back, loop))

    asyncio.futures._chain_future = counted  # type: ignore[attr-defined]
    put = Writer.put

    def counted_put(writer: Writer[Any], job: Job[T]) -> Answer[T]:
        answer = put(writer, job)
        loop = answer.get_loop()
        if isinstance(loop, VirtualLoop):
            loop.work_left()
            answer.add_done_callback(lambda _: loop.work_came_back())
        return answer

    Writer.put = counted_put  # type: ignore[assignment, method-assign]  # it has a bell of its own


def _came_back(loop: VirtualLoop, _: concurrent.futures.Future[Any]) -> None:
    """Runs in the thread, after the result was scheduled, so the count falls after the result is in."""
    if not loop.is_closed():
        loop.call_soon_threadsafe(loop.work_came_back)
