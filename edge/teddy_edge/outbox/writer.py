"""One thread that owns a database: at once when idle, and in one go what arrives meanwhile."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import Any, Final, Generic, TypeVar

T = TypeVar("T")

GATHERED: Final = 256  # jobs in one transaction at most, so that the first of them does not wait for ever
WAITING: Final = 1024  # jobs that may wait; the next caller waits for room, since events are never dropped


class Job(Generic[T]):
    """One piece of work and the future that its caller waits for."""

    __slots__ = ("future", "work")

    def __init__(self, work: Callable[[], T]) -> None:
        self.work = work
        self.future: Future[T] = Future()


class Writer:
    """Hands groups of jobs to `commit` in its thread. `commit` settles every job's future."""

    def __init__(self, *, name: str, commit: Callable[[Sequence[Job[Any]]], None]) -> None:
        self._commit = commit
        self._jobs: SimpleQueue[Job[Any] | None] = SimpleQueue()
        self._room = asyncio.Semaphore(WAITING)
        self._thread = threading.Thread(target=self._run, name=name)

    def start(self) -> None:
        self._thread.start()

    async def do(self, work: Callable[[], T]) -> T:
        """What `work` returns or raises, once it is durable. Cancelled before its turn, it is not done."""
        async with self._room:
            job = Job(work)
            self._jobs.put(job)
            return await asyncio.wrap_future(job.future)

    async def stop(self) -> None:
        """Returns when everything that waited is done and the thread has ended."""
        self._jobs.put(None)
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        going = True
        while going:
            waiting = [self._jobs.get()]
            while len(waiting) < GATHERED:
                try:
                    waiting.append(self._jobs.get_nowait())
                except Empty:
                    break
            going = None not in waiting
            jobs = [job for job in waiting if job and job.future.set_running_or_notify_cancel()]
            if jobs:
                self._settle(jobs)

    def _settle(self, jobs: Sequence[Job[Any]]) -> None:
        try:
            self._commit(jobs)
        except BaseException as error:  # a barrier: a caller must never wait for a thread that has died
            for job in jobs:
                if not job.future.done():
                    job.future.set_exception(error)
