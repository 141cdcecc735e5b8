"""The thread that owns the outbox's database."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from teddy_edge.outbox.writer import GATHERED, Job, Writer


class Committer:
    """Notes how many jobs came together; holds each commit until it is let go."""

    def __init__(self) -> None:
        self.groups: list[int] = []
        self.busy = threading.Event()
        self.go = threading.Event()

    def commit(self, jobs: Sequence[Job[Any]]) -> None:
        self.groups.append(len(jobs))
        self.busy.set()
        self.go.wait(5)
        for job in jobs:
            job.future.set_result(job.work())


@asynccontextmanager
async def running(committer: Committer) -> AsyncIterator[Writer]:
    writer = Writer(name="test", commit=committer.commit)
    writer.start()
    try:
        yield writer
    finally:
        committer.go.set()
        await writer.stop()


async def start(writer: Writer, tasks: asyncio.TaskGroup, numbers: range) -> list[asyncio.Task[int]]:
    started = [tasks.create_task(writer.do(lambda n=n: n), name=f"job-{n}") for n in numbers]  # type: ignore[misc]
    await asyncio.sleep(0)
    return started


async def test_what_comes_while_a_commit_runs_is_gathered_into_the_next() -> None:
    committer = Committer()
    async with running(committer) as writer, asyncio.TaskGroup() as tasks:
        await start(writer, tasks, range(1))
        await asyncio.to_thread(committer.busy.wait, 5)
        later = await start(writer, tasks, range(1, 11))
        committer.go.set()

    assert committer.groups == [1, 10]
    assert [task.result() for task in later] == list(range(1, 11))


async def test_no_commit_gathers_without_end() -> None:
    committer = Committer()
    async with running(committer) as writer, asyncio.TaskGroup() as tasks:
        await start(writer, tasks, range(1))
        await asyncio.to_thread(committer.busy.wait, 5)
        await start(writer, tasks, range(GATHERED + 5))
        committer.go.set()

    assert committer.groups == [1, GATHERED, 5]


async def test_a_job_whose_caller_gave_up_before_its_turn_is_not_done() -> None:
    committer, done = Committer(), list[str]()
    async with running(committer) as writer, asyncio.TaskGroup() as tasks:
        tasks.create_task(writer.do(lambda: done.append("first")), name="first")
        await asyncio.to_thread(committer.busy.wait, 5)
        given_up = tasks.create_task(writer.do(lambda: done.append("given up")), name="given-up")
        tasks.create_task(writer.do(lambda: done.append("last")), name="last")
        await asyncio.sleep(0)
        given_up.cancel()
        await asyncio.sleep(0)
        committer.go.set()

    assert done == ["first", "last"]


async def test_a_bug_in_a_commit_reaches_every_caller_and_the_thread_lives_on() -> None:
    def commit(jobs: Sequence[Job[Any]]) -> None:
        for job in jobs:
            job.future.set_result(job.work())

    writer = Writer(name="test", commit=commit)
    writer.start()
    try:
        with pytest.raises(ZeroDivisionError):
            await writer.do(lambda: 1 // 0)

        assert await writer.do(lambda: 7) == 7
    finally:
        await writer.stop()


async def test_stopping_waits_for_what_was_handed_over() -> None:
    committer = Committer()
    committer.go.set()
    writer = Writer(name="test", commit=committer.commit)
    writer.start()
    async with asyncio.TaskGroup() as tasks:
        jobs = await start(writer, tasks, range(50))
        await writer.stop()

    assert [task.result() for task in jobs] == list(range(50))
