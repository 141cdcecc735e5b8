"""What a door does so that no library swallows a cancellation."""

from __future__ import annotations

import asyncio


def pass_on_cancellation() -> None:
    """Raise the cancellation that came while a library waited, if it dropped it.

    `asyncio.wait_for` of Python 3.11, which aiomqtt and redis-py wait with, gives its result and forgets
    a cancellation that comes in the same tick; the task would then go on for ever. Call it behind such
    a library's await. Mended in Python 3.12.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
