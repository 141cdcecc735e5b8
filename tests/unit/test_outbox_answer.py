"""Whoever awaits an answer goes on within the call that settles it, and can give up as with any future."""

from __future__ import annotations

import asyncio

import pytest

from teddy_edge.outbox.answer import Answer


def new() -> Answer[int]:
    return Answer(asyncio.get_running_loop())


async def wait_for(answer: Answer[int], heard: list[object]) -> int:
    try:
        heard.append(await answer)
    except BaseException as error:
        heard.append(type(error))
        raise
    await asyncio.sleep(0)
    return 7


async def test_a_coroutine_goes_on_within_the_call_that_settles_its_answer() -> None:
    answer, heard = new(), list[object]()
    task = asyncio.create_task(wait_for(answer, heard), name="waits")
    await asyncio.sleep(0)
    seen: list[object] = []

    def settle() -> None:
        answer.settle(3, None)
        seen.extend(heard)

    asyncio.get_running_loop().call_soon(settle)

    assert await task == 7
    assert seen == [3]


async def test_an_answer_that_is_there_already_is_not_waited_for() -> None:
    answer = new()
    answer.settle(3, None)

    assert await answer == 3
    assert asyncio.isfuture(answer)


async def test_a_refusal_is_raised_where_it_is_awaited() -> None:
    answer, heard = new(), list[object]()
    task = asyncio.create_task(wait_for(answer, heard), name="waits")
    await asyncio.sleep(0)
    asyncio.get_running_loop().call_soon(answer.settle, None, ZeroDivisionError())

    with pytest.raises(ZeroDivisionError):
        await task

    assert heard == [ZeroDivisionError]


async def test_whoever_is_cancelled_hears_of_it_and_of_no_answer_that_comes_later() -> None:
    answer, heard = new(), list[object]()
    task = asyncio.create_task(wait_for(answer, heard), name="waits")
    await asyncio.sleep(0)

    task.cancel()
    await asyncio.wait([task])
    answer.settle(3, None)

    assert task.cancelled()
    assert answer.cancelled()
    assert heard == [asyncio.CancelledError]
    assert not answer.cancel()


async def test_a_deadline_around_an_answer_is_kept() -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await new()


async def test_the_context_of_each_task_is_its_own() -> None:
    names: list[str] = []

    async def tell(answer: Answer[int]) -> None:
        await answer
        task = asyncio.current_task()
        assert task is not None
        names.append(task.get_name())

    answers = [new(), new()]
    async with asyncio.TaskGroup() as tasks:
        for number, answer in enumerate(answers):
            tasks.create_task(tell(answer), name=f"task-{number}")
        await asyncio.sleep(0)
        for answer in answers:
            asyncio.get_running_loop().call_soon(answer.settle, 1, None)

    assert names == ["task-0", "task-1"]


async def test_a_callback_that_was_taken_back_is_not_called() -> None:
    answer, called = new(), list[str]()

    def first(_: object) -> None:
        called.append("first")

    answer.add_done_callback(first)
    answer.add_done_callback(lambda _: called.append("second"))

    assert answer.remove_done_callback(first) == 1
    answer.settle(1, None)

    assert called == ["second"]
