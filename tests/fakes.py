"""Small working stand-ins that any room's tests may use."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import ParamSpec, TypeVar

from teddy_edge.inference.governor import Work

P = ParamSpec("P")
T = TypeVar("T")


class ChargedGovernor:
    """A Governor that runs the real work in a thread and charges a declared time for it.

    In virtual time the clock stands still while the thread works, so that a turn takes exactly what is
    declared here, however loaded the machine is.
    """

    def __init__(self, seconds: Mapping[Work, float] | None = None) -> None:
        self._seconds = seconds or {}
        self._free_at: dict[Work, float] = {}  # one worker a class, as on the bear
        self.runs: list[Work] = []

    async def run(self, work: Work, task: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        self.runs.append(work)
        loop = asyncio.get_running_loop()
        ends = max(loop.time(), self._free_at.get(work, 0.0)) + self._seconds.get(work, 0.0)
        self._free_at[work] = ends
        result = await asyncio.to_thread(task, *args, **kwargs)
        if (left := ends - loop.time()) > 0:
            await asyncio.sleep(left)
        return result
