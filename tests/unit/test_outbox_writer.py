"""The thread that owns the outbox's database."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import pytest

from teddy_edge.outbox.writer import GATHERED, Job, Writer

T = TypeVar("T")


class Call(Job[T]):
    def __init__(self, call: Callable[[], T], *, weight: int = 1) -> None:
        super().__init__(asyncio.get_running_loop(), weight)
        self.call = call


class Keeper:
    """Notes how much came together; holds each commit until it is let go."""

    def __init__(self) -> None:
        self.groups: list[int] = []
        self.tended: list[bool] = []
        self.chores = 0
        self.rested = threading.Event()
        self.untidy = True
        self.busy = threading.Event()
        self.go = threading.Event()

    def commit(self, jobs: Sequence[Call[Any]]) -> tuple[int, bool]:
        self.groups.append(len(jobs))
        self.busy.set()
        self.go.wait(5)
        for job in jobs:
            job.did(job.call())
        return len(self.groups), self.untidy

    def tend(self, *, idle: bool) -> int | None:
        self.tended.append(idle)
        if idle and self.chores:
            self.chores -= 1
            return 0
        if idle:
            self.rested.set()
        return None


@asynccontextmanager
async def running(
    keeper: Keeper, heard: Callable[[Sequence[Any], int | None], None] = lambda _jobs, _news: None
) -> AsyncIterator[Writer[int]]:
    writer = Writer(name="test", keeper=keeper, heard=heard)
    writer.start()
    try:
        yield writer
    finally:
        keeper.go.set()
        await writer.stop()


async def do(writer: Writer[int], call: Callable[[], T], *, weight: int = 1) -> T:
    return await writer.put(Call(call, weight=weight))


async def start(writer: Writer[int], tasks: asyncio.TaskGroup, numbers: range) -> list[asyncio.Task[int]]:
    started = [tasks.create_task(do(writer, lambda n=n: n), name=f"job-{n}") for n in numbers]  # type: ignore[misc]
    await asyncio.sleep(0)
    return started


async def test_what_comes_while_a_commit_runs_is_gathered_into_the_next() -> None:
    keeper = Keeper()
    async with running(keeper) as writer, asyncio.TaskGroup() as tasks:
        await start(writer, tasks, range(1))
        await asyncio.to_thread(keeper.busy.wait, 5)
        later = await start(writer, tasks, range(1, 11))
        keeper.go.set()

    assert keeper.groups == [1, 10]
    assert [task.result() for task in later] == list(range(1, 11))


async def test_no_commit_gathers_without_end() -> None:
    keeper = Keeper()
    async with running(keeper) as writer, asyncio.TaskGroup() as tasks:
        await start(writer, tasks, range(1))
        await asyncio.to_thread(keeper.busy.wait, 5)
        await start(writer, tasks, range(GATHERED + 5))
        keeper.go.set()

    assert keeper.groups == [1, GATHERED, 5]


async def test_a_job_whose_caller_gave_up_before_its_turn_is_not_done() -> None:
    keeper, done = Keeper(), list[str]()
    async with running(keeper) as writer, asyncio.TaskGroup() as tasks:
        tasks.create_task(do(writer, lambda: done.append("first")), name="first")
        await asyncio.to_thread(keeper.busy.wait, 5)
        given_up = tasks.create_task(do(writer, lambda: done.append("given up")), name="given-up")
        tasks.create_task(do(writer, lambda: done.append("last")), name="last")
        await asyncio.sleep(0)
        given_up.cancel()
        await asyncio.sleep(0)
        keeper.go.set()

    assert done == ["first", "last"]


async def test_a_large_batch_does_not_wait_for_the_next_one() -> None:
    keeper = Keeper()
    async with running(keeper) as writer, asyncio.TaskGroup() as tasks:
        await start(writer, tasks, range(1))
        await asyncio.to_thread(keeper.busy.wait, 5)
        for n in range(2):
            tasks.create_task(do(writer, lambda: None, weight=GATHERED), name=f"batch-{n}")
        await asyncio.sleep(0)
        keeper.go.set()

    assert keeper.groups == [1, 1, 1]


async def test_a_bug_in_a_commit_reaches_every_caller_and_the_thread_lives_on() -> None:
    keeper, news = Keeper(), list[int | None]()
    keeper.go.set()
    async with running(keeper, lambda _, each: news.append(each)) as writer:
        with pytest.raises(ZeroDivisionError):
            await do(writer, lambda: 1 // 0)

        assert await do(writer, lambda: 7) == 7
    assert news == [None, 2]


async def test_the_news_of_a_commit_is_heard_before_its_callers_go_on() -> None:
    keeper, order = Keeper(), list[str]()
    keeper.go.set()
    async with running(keeper, lambda jobs, _: order.append(f"heard of {len(jobs)}")) as writer:
        await do(writer, lambda: None)
        order.append("went on")

    assert order == ["heard of 1", "went on"]


async def test_what_can_wait_is_done_while_nobody_waits_and_between_commits_one_step() -> None:
    keeper = Keeper()
    keeper.chores = 3
    keeper.go.set()
    async with running(keeper) as writer:
        await asyncio.to_thread(keeper.rested.wait, 5)
        assert keeper.tended == [True] * 4

        await do(writer, lambda: None)

    assert keeper.tended[4] is False


async def test_a_tidy_keeper_is_asked_at_the_start_alone() -> None:
    keeper = Keeper()
    keeper.untidy = False
    keeper.go.set()
    async with running(keeper) as writer:
        await asyncio.to_thread(keeper.rested.wait, 5)
        for _ in range(3):
            await do(writer, lambda: None)

    assert keeper.tended == [True]


async def test_a_bug_in_what_can_wait_does_not_end_the_recording() -> None:
    class Slovenly(Keeper):
        def tend(self, *, idle: bool) -> int | None:
            raise ZeroDivisionError

    keeper = Slovenly()
    keeper.go.set()
    async with running(keeper) as writer:
        assert await do(writer, lambda: 7) == 7


async def test_stopping_waits_for_what_was_handed_over() -> None:
    keeper = Keeper()
    keeper.go.set()
    async with asyncio.TaskGroup() as tasks, running(keeper) as writer:
        jobs = await start(writer, tasks, range(50))

    assert [task.result() for task in jobs] == list(range(50))
