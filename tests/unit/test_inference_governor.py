"""The governor lets the urgent go first and never runs more at once than it has lanes for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from threading import Event, Lock

import pytest

from teddy_edge.inference.governor import ThreadGovernor, Work


@pytest.fixture
async def narrow() -> AsyncIterator[ThreadGovernor]:
    governor = ThreadGovernor(lanes=1)
    yield governor
    await asyncio.to_thread(governor.close)


async def test_of_those_who_wait_the_most_urgent_goes_first(narrow: ThreadGovernor) -> None:
    gate, order = Event(), list[Work]()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(narrow.run(Work.AHEAD, gate.wait))
        await asyncio.sleep(0)
        for work in (Work.AHEAD, Work.VOICE, Work.HEARING, Work.GUARD):
            tasks.create_task(narrow.run(work, order.append, work))
        await asyncio.sleep(0)
        gate.set()

    assert order == [Work.GUARD, Work.HEARING, Work.VOICE, Work.AHEAD]


async def test_no_more_runs_at_once_than_there_are_lanes() -> None:
    governor, lock = ThreadGovernor(lanes=2), Lock()
    now = most = 0

    def busy() -> None:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        Event().wait(0.01)
        with lock:
            now -= 1

    async with asyncio.TaskGroup() as tasks:
        for work in list(Work) * 3:
            tasks.create_task(governor.run(work, busy))
    await asyncio.to_thread(governor.close)

    assert most == 2


async def test_who_gives_up_leaves_no_lane_behind(narrow: ThreadGovernor) -> None:
    gate = Event()
    running = asyncio.create_task(narrow.run(Work.HEARING, gate.wait))
    await asyncio.sleep(0)
    waiting = asyncio.create_task(narrow.run(Work.VOICE, int))
    await asyncio.sleep(0)

    for task in (waiting, running):
        task.cancel()
    await asyncio.wait([waiting, running])
    gate.set()

    async with asyncio.timeout(5):
        assert await narrow.run(Work.GUARD, int, "7") == 7


async def test_an_error_reaches_the_caller_and_frees_the_lane(narrow: ThreadGovernor) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        await narrow.run(Work.HEARING, int, "seven")

    assert await narrow.run(Work.HEARING, int, "7") == 7


async def test_a_deadline_is_the_callers_timeout(narrow: ThreadGovernor) -> None:
    gate = Event()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await narrow.run(Work.HEARING, gate.wait)
    gate.set()
