"""Where ear, mouth, paw and turns leave their news for the brain, from whatever thread they are on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from teddy_edge.audio.mouth import MouthEvent
from teddy_edge.body.mute import MuteTurned
from teddy_edge.body.paw import Squeezed
from teddy_edge.conversation.hearing_ahead import Understood
from teddy_edge.ear.segmenter import Utterance
from teddy_edge.ear.thread import Noticed

SIZE: Final = 256
"""The brain takes microseconds for each piece of news and there are a few a second. A full inbox means
that the loop hangs; then the process should end rather than lose a child's words."""


@dataclass(frozen=True, slots=True)
class TurnFinished:
    generation: int


@dataclass(frozen=True, slots=True)
class Said:
    """What a child said, and what was understood of it, where somebody has listened already."""

    utterance: Utterance
    at: float  # seconds on the monotonic clock, when it was taken to be over
    understood: Understood | None = None


@dataclass(frozen=True, slots=True)
class LimitsTurned:
    """Whether the bear may talk has changed, by time or by the family's wish."""


News = Noticed | MouthEvent | MuteTurned | Squeezed | TurnFinished | Said | LimitsTurned


class Inbox:
    """A bounded queue that any thread may post to and one task reads.

    News that finds it full is lost, and whoever `when_full` named hears of it on the loop.
    """

    def __init__(self, *, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._queue: asyncio.Queue[News] = asyncio.Queue(SIZE)
        self._failed: Callable[[BaseException], None] = _raise

    def when_full(self, failed: Callable[[BaseException], None]) -> None:
        self._failed = failed

    def post(self, news: News) -> None:
        self._loop.call_soon_threadsafe(self._put, news)

    async def next(self) -> News:
        return await self._queue.get()

    def done(self) -> None:
        """What `next` gave has been dealt with."""
        self._queue.task_done()

    async def dealt_with(self) -> None:
        """Returns when everything that was posted has been dealt with."""
        await asyncio.sleep(0)  # what this thread has just posted arrives on the loop's next round
        await self._queue.join()

    @property
    def empty(self) -> bool:
        return self._queue.empty()

    def _put(self, news: News) -> None:
        try:
            self._queue.put_nowait(news)
        except asyncio.QueueFull as full:
            self._failed(full)


def _raise(error: BaseException) -> None:
    raise error
