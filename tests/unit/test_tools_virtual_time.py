"""Virtual time jumps to the next timer, waits for threads, and says when nothing can happen."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
import time

import pytest

from tests.virtual_time import SEPTEMBER, Stalled, VirtualClock, VirtualLoop, run_virtual


async def a_year() -> float:
    await asyncio.sleep(365 * 24 * 3600)
    return asyncio.get_running_loop().time()


def test_a_year_of_waiting_takes_no_time() -> None:
    began = time.monotonic()

    passed = run_virtual(a_year())

    assert passed == pytest.approx(365 * 24 * 3600)
    assert time.monotonic() - began < 1


@pytest.mark.virtual_time
async def test_a_marked_test_runs_in_virtual_time() -> None:
    assert isinstance(asyncio.get_running_loop(), VirtualLoop)


async def test_an_unmarked_test_runs_in_real_time() -> None:
    assert not isinstance(asyncio.get_running_loop(), VirtualLoop)


@pytest.mark.virtual_time
async def test_timers_fire_in_the_order_of_their_times_whatever_the_order_of_their_setting() -> None:
    seen: list[tuple[str, float]] = []

    async def call(name: str, delay: float) -> None:
        await asyncio.sleep(delay)
        seen.append((name, asyncio.get_running_loop().time()))

    async with asyncio.TaskGroup() as tasks:
        for name, delay in (("last", 0.3), ("first", 0.1), ("middle", 0.2)):
            tasks.create_task(call(name, delay), name=name)

    assert [name for name, _ in seen] == ["first", "middle", "last"]
    assert [at for _, at in seen] == pytest.approx([0.1, 0.2, 0.3])


@pytest.mark.virtual_time
async def test_work_that_is_ready_goes_before_time_passes() -> None:
    loop = asyncio.get_running_loop()
    steps: list[float] = []

    async def busy() -> None:
        for _ in range(100):
            await asyncio.sleep(0)
            steps.append(loop.time())

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(asyncio.sleep(0.001), name="timer")
        tasks.create_task(busy(), name="busy")

    assert steps == [0.0] * 100


@pytest.mark.virtual_time
async def test_a_deadline_passes_at_its_time() -> None:
    clock = VirtualClock()

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(7.5):
            await asyncio.Event().wait()

    assert clock.monotonic() == pytest.approx(7.5)
    assert clock.wall() == pytest.approx(SEPTEMBER + 7.5)
    assert clock.synchronised()


@pytest.mark.virtual_time
async def test_the_clock_stands_still_while_a_thread_works() -> None:
    release = threading.Event()
    loop = asyncio.get_running_loop()
    timer_fired = False

    def mark() -> None:
        nonlocal timer_fired
        timer_fired = True

    def work() -> str:
        release.wait(5)
        time.sleep(0.05)  # long enough for a loop that does not wait to have jumped
        return "done"

    loop.call_later(0.001, mark)
    working = loop.run_in_executor(None, work)
    release.set()
    async with asyncio.timeout(0.0005):
        result = await working

    assert result == "done"
    assert not timer_fired
    assert loop.time() == 0.0


@pytest.mark.virtual_time
async def test_a_thread_whose_result_nobody_awaits_any_more_still_holds_the_clock() -> None:
    began, finish, finished = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        began.set()
        finish.wait(5)
        time.sleep(0.02)
        finished.set()

    loop = asyncio.get_running_loop()
    abandoned = loop.run_in_executor(None, work)
    await asyncio.to_thread(began.wait, 5)
    abandoned.cancel()
    finish.set()
    await asyncio.sleep(60)

    assert finished.is_set()
    assert loop.time() == pytest.approx(60)


@pytest.mark.virtual_time
async def test_work_that_was_cancelled_before_it_began_lets_time_go_on() -> None:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    one = concurrent.futures.ThreadPoolExecutor(1)
    release = threading.Event()

    first = loop.run_in_executor(one, release.wait, 5)
    second = loop.run_in_executor(one, time.sleep, 5)
    second.cancel()
    await asyncio.sleep(0)  # only now does the executor hear of it
    release.set()
    await first
    await asyncio.sleep(10)
    one.shutdown(wait=False)

    assert not loop.working
    assert loop.time() == pytest.approx(10)


@pytest.mark.virtual_time
async def test_a_wrapped_future_of_any_thread_holds_the_clock() -> None:
    promise: concurrent.futures.Future[int] = concurrent.futures.Future()

    def fulfil() -> None:
        time.sleep(0.03)
        promise.set_result(7)

    thread = threading.Thread(target=fulfil)
    thread.start()
    async with asyncio.timeout(1):
        answer = await asyncio.wrap_future(promise)
    thread.join()

    assert answer == 7
    assert asyncio.get_running_loop().time() == 0.0


def test_waiting_for_nothing_is_told_instead_of_hanging() -> None:
    async def wait_forever() -> None:
        await asyncio.Event().wait()

    loop = VirtualLoop(patience=0.05)
    try:
        waiting = loop.create_task(wait_forever(), name="waits-for-nobody")
        with pytest.raises(Stalled, match="waits-for-nobody"):
            loop.run_until_complete(waiting)
        waiting.cancel()
        loop.run_until_complete(asyncio.wait([waiting]))
    finally:
        loop.close()


def test_the_same_conversation_goes_the_same_way_every_time() -> None:
    async def talk() -> list[str]:
        said: list[str] = []

        async def speaker(name: str, pause: float) -> None:
            for number in range(5):
                await asyncio.sleep(pause)
                said.append(f"{name}{number}")
                await asyncio.to_thread(len, name)

        async with asyncio.TaskGroup() as tasks:
            for name, pause in (("a", 0.3), ("b", 0.7), ("c", 0.1)):
                tasks.create_task(speaker(name, pause), name=name)
        return said

    assert len({tuple(run_virtual(talk())) for _ in range(20)}) == 1
