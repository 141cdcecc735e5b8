"""The governor lets the urgent go first and never runs more at once than it has lanes for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from threading import Event, Lock

import pytest

from teddy_edge.inference.governor import DEADLINES, ThreadGovernor, Work


@pytest.fixture
async def narrow() -> AsyncIterator[ThreadGovernor]:
    governor = ThreadGovernor(lanes=1, quiet=0)
    yield governor
    await asyncio.to_thread(governor.close)


async def test_of_those_who_wait_the_most_urgent_goes_first(narrow: ThreadGovernor) -> None:
    gate, order = Event(), list[Work]()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(narrow.run(Work.AHEAD, gate.wait))
        await asyncio.sleep(0)
        for work in (Work.AHEAD, Work.SPECULATION, Work.VOICE, Work.HEARING, Work.GUARD):
            tasks.create_task(narrow.run(work, order.append, work))
        await asyncio.sleep(0)
        gate.set()

    assert order == [Work.GUARD, Work.HEARING, Work.VOICE, Work.SPECULATION, Work.AHEAD]


async def test_no_more_runs_at_once_than_there_are_lanes() -> None:
    governor, lock = ThreadGovernor(lanes=2, quiet=0), Lock()
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


async def test_a_model_that_hangs_is_not_waited_for_beyond_its_deadline() -> None:
    governor, gate = ThreadGovernor(deadlines={**DEADLINES, Work.HEARING: 0.01}), Event()

    with pytest.raises(TimeoutError):
        await governor.run(Work.HEARING, gate.wait, 2)

    assert await governor.run(Work.VOICE, int, "7") == 7  # the other lane goes on
    gate.set()
    await asyncio.to_thread(governor.close)


async def test_a_deadline_counts_the_wait_for_a_lane_as_the_child_does() -> None:
    governor, gate = ThreadGovernor(lanes=1, deadlines={**DEADLINES, Work.VOICE: 0.01}), Event()
    running = asyncio.create_task(governor.run(Work.HEARING, gate.wait, 2))
    await asyncio.sleep(0)

    with pytest.raises(TimeoutError):
        await governor.run(Work.VOICE, int)

    gate.set()
    await running
    await asyncio.to_thread(governor.close)


async def test_speculation_may_wait_for_its_lane_as_long_as_it_must() -> None:
    governor, gate = ThreadGovernor(lanes=1, deadlines={**DEADLINES, Work.SPECULATION: 0.05}), Event()
    running = asyncio.create_task(governor.run(Work.HEARING, gate.wait))
    await asyncio.sleep(0)
    guess = asyncio.create_task(governor.run(Work.SPECULATION, int, "7"))
    await asyncio.sleep(0.1)

    gate.set()

    assert await guess == 7
    await running
    await asyncio.to_thread(governor.close)


@pytest.mark.virtual_time
async def test_nothing_is_rendered_ahead_while_somebody_seems_to_talk_with_the_bear() -> None:
    governor, loop = ThreadGovernor(quiet=1.5), asyncio.get_running_loop()
    await governor.run(Work.AHEAD, int)
    at_once = loop.time()

    await governor.run(Work.HEARING, int)
    rendering = asyncio.create_task(governor.run(Work.AHEAD, int))
    await asyncio.sleep(1.0)
    await governor.run(Work.VOICE, int)
    await rendering
    await asyncio.to_thread(governor.close)

    assert at_once == 0
    assert loop.time() == pytest.approx(2.5, abs=0.2)
