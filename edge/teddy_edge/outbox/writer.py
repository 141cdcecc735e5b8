"""One thread that owns a database: at once when idle, and in one go what arrives meanwhile."""

from __future__ import annotations

import asyncio
import os
import threading
from asyncio import AbstractEventLoop
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from typing import Any, Final, Generic, Protocol, TypeVar

from teddy_edge.outbox.answer import Answer
from teddy_shared.logs import log

T = TypeVar("T")
N_co = TypeVar("N_co", covariant=True)
N = TypeVar("N")

# What one commit gathers at most, so that the first of them does not wait for ever; and so that two large
# batches take turns, one being written out while the other one is being made ready.
GATHERED: Final = 64
WAITING: Final = 1024  # jobs that may wait; the next caller waits for room, since events are never dropped


class Job(Generic[T]):
    """One piece of work, and what became of it. Its maker awaits `answer`."""

    __slots__ = ("answer", "error", "value", "weight")

    def __init__(self, loop: AbstractEventLoop, weight: int = 1) -> None:
        self.answer: Answer[T] = Answer(loop)
        self.weight = weight  # of GATHERED
        self.value: T | None = None  # none unless it was done
        self.error: BaseException | None = None

    def did(self, value: T) -> None:
        self.value = value
        self.error = None

    def refuse(self, error: BaseException) -> None:
        self.error = error


class Keeper(Protocol[N_co]):
    """Who owns the database. Called in the writer's thread alone."""

    def commit(self, jobs: Sequence[Any]) -> tuple[N_co, bool]:
        """Answers or refuses every job; comes back with the news, and whether there is something to tend."""

    def tend(self, *, idle: bool) -> N_co | None:
        """One small step of what can wait; None where there is nothing to do."""


class Writer(Generic[N]):
    """Hands groups of jobs to its keeper in a thread. Made on the loop, and for it alone.

    `heard` is called on the loop, in order and before the callers go on, with what was handed over and the
    news of it; None where the keeper broke.
    """

    def __init__(
        self, *, name: str, keeper: Keeper[N], heard: Callable[[Sequence[Any], N | None], None]
    ) -> None:
        self._waiting = 0
        self._room = asyncio.Event()
        self._keeper = keeper
        self._heard = heard
        self._loop = asyncio.get_running_loop()
        self._jobs: SimpleQueue[Job[Any] | None] = SimpleQueue()
        self._done: SimpleQueue[tuple[Sequence[Job[Any]], N | None]] = SimpleQueue()
        # Half the price of call_soon_threadsafe, which is what a single append pays for most.
        self._bell = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._thread = threading.Thread(target=self._run, name=name)

    def start(self) -> None:
        self._loop.add_reader(self._bell, self._listen)
        self._thread.start()

    @property
    def is_full(self) -> bool:
        return self._waiting >= WAITING

    async def has_room(self) -> None:
        """Wait for it before `put` where it is full."""
        while self.is_full:
            self._room.clear()
            await self._room.wait()

    def put(self, job: Job[T]) -> Answer[T]:
        """What became of it, once that is durable. Cancelled before its turn, it is not done."""
        self._waiting += 1
        self._jobs.put(job)
        return job.answer

    async def stop(self) -> None:
        """Returns when everything that waited is done and the thread has ended."""
        self._jobs.put(None)
        await asyncio.to_thread(self._thread.join)
        self._loop.remove_reader(self._bell)
        os.close(self._bell)
        self._loop.call_soon(self._tell)  # what is left, outside of the task that runs this
        await asyncio.sleep(0)

    def _listen(self) -> None:
        os.eventfd_read(self._bell)
        self._tell()

    def _tell(self) -> None:
        while not self._done.empty():
            jobs, news = self._done.get()
            self._heard(jobs, news)
            self._waiting -= len(jobs)
            self._room.set()
            for job in jobs:
                job.answer.settle(job.value, job.error)

    def _run(self) -> None:
        going, untidy = True, True
        while going:
            while untidy and self._jobs.empty():
                untidy = self._tend(idle=True)
            jobs, going = self._gather()
            # Behind a commit as little as can be: what is done here keeps its callers from going on.
            if jobs and (untidy := self._commit(jobs)):
                self._tend(idle=False)

    def _gather(self) -> tuple[list[Job[Any]], bool]:
        """What waits, up to a limit, and whether there is more to come."""
        jobs: list[Job[Any]] = []
        weight = 0
        job = self._jobs.get()
        while job is not None:
            jobs.append(job)
            weight += job.weight
            if weight >= GATHERED:
                return jobs, True
            if self._jobs.empty():
                return jobs, True
            job = self._jobs.get()
        return jobs, False

    def _commit(self, jobs: Sequence[Job[Any]]) -> bool:
        wanted = [job for job in jobs if not job.answer.cancelled()]
        news: N | None = None
        untidy = False
        try:
            news, untidy = self._keeper.commit(wanted)
        except BaseException as error:  # a barrier: a caller must never wait for a thread that has died
            for job in wanted:
                job.refuse(error)
        self._post(jobs, news)
        return untidy

    def _tend(self, *, idle: bool) -> bool:
        """Whether there may be more to do."""
        try:
            news = self._keeper.tend(idle=idle)
        except Exception as error:  # a barrier, as above: recording goes on
            log("outbox").error("what can wait is not done for now", reason=repr(error))
            return False
        if news is not None:
            self._post((), news)
        return news is not None

    def _post(self, jobs: Sequence[Job[Any]], news: N | None) -> None:
        self._done.put((jobs, news))
        os.eventfd_write(self._bell, 1)
