"""A cancellation that a library swallows is raised at our door."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from teddy_shared.cancelling import pass_on_cancellation


async def library() -> str:
    """As `asyncio.wait_for` of Python 3.11: the answer comes, and the cancellation is gone."""
    with suppress(asyncio.CancelledError):
        await asyncio.sleep(60)
    return "answer"


async def door() -> str:
    answer = await library()
    pass_on_cancellation()
    return answer


async def test_a_swallowed_cancellation_ends_the_task() -> None:
    task = asyncio.create_task(door(), name="door")
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])

    assert task.cancelled()


async def test_a_deadline_around_the_door_is_still_a_timeout() -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await door()
    pass_on_cancellation()  # the deadline is over, and nothing is left to pass on
