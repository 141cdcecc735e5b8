"""Who may run a model when: one thread a class of work, so that nothing blocks the loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from enum import IntEnum
from typing import ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Work(IntEnum):
    """Classes of model work; a smaller number is more urgent."""

    GUARD = 0
    HEARING = 1
    VOICE = 2


class Governor(Protocol):
    """Runs blocking model work off the loop."""

    async def run(self, work: Work, task: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What `task` returns or raises. Cancelling the wait lets a run that has begun finish unheard."""


class ThreadGovernor:
    """One worker thread a class of work. Close it after the tasks that use it."""

    def __init__(self) -> None:
        self._threads = {
            work: ThreadPoolExecutor(max_workers=1, thread_name_prefix=work.name.lower()) for work in Work
        }

    async def run(self, work: Work, task: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads[work], lambda: task(*args, **kwargs))

    def close(self) -> None:
        for thread in self._threads.values():
            thread.shutdown(wait=True, cancel_futures=True)
