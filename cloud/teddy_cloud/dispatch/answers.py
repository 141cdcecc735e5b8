"""What bears ask, answered sentence by sentence, each sealed for the bear that asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final, Protocol

from teddy_cloud.dispatch.post import Post
from teddy_cloud.fleet.household import link_owner
from teddy_shared import messages, topics
from teddy_shared.clock import Clock
from teddy_shared.envelope import BearId
from teddy_shared.errors import LinkError, MalformedEvent, SealError, TeddyError
from teddy_shared.logs import log
from teddy_shared.messages import Answer, Question, answer_place, question_place
from teddy_shared.seal import Seal

AT_ONCE: Final = 32  # questions that are being answered
WAITING: Final = 128  # questions behind those; when it is full, more are dropped, and their bears give up

_log = log("answers")


class Declined(TeddyError):
    """The cloud does not answer this; its message says why, to an operator and never to a child."""


class Answerer(Protocol):
    """Whoever knows answers."""

    def answer(self, bear: BearId, question: Question) -> AsyncGenerator[str, None]:
        """Sentence by sentence, in order, none longer than 4096 characters. Raises Declined."""


class ChatIsOff:
    """The answerer of a cloud without open chat: bears talk in their own words alone."""

    async def answer(self, bear: BearId, question: Question) -> AsyncGenerator[str, None]:  # noqa: ARG002
        raise Declined("open chat is off")
        yield ""  # what makes it an iterator


@dataclass(frozen=True, slots=True)
class _Asked:
    bear: BearId
    sealed: bytes
    at: float  # on the monotonic clock


class Answers:
    """`take` what arrives; `run` answers. The broker gives each question to one of all dispatchers."""

    def __init__(self, *, post: Post, seal: Seal, answerer: Answerer, clock: Clock) -> None:
        self._post = post
        self._seal = seal
        self._answerer = answerer
        self._clock = clock
        self._waiting: asyncio.Queue[_Asked] = asyncio.Queue(WAITING)

    def take(self, bear: BearId, sealed: bytes) -> None:
        try:
            self._waiting.put_nowait(_Asked(bear, sealed, self._clock.monotonic()))
        except asyncio.QueueFull:
            _log.warning("question dropped, too many wait", bear=bear)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            for number in range(AT_ONCE):
                tasks.create_task(self._work(), name=f"answers-{number}")

    async def _work(self) -> None:
        while True:
            asked = await self._waiting.get()
            try:
                await self._answer(asked)
            except (MalformedEvent, SealError) as error:
                _log.warning("unreadable question", bear=asked.bear, reason=str(error))
            except LinkError as error:
                _log.info("answer broken off", bear=asked.bear, reason=str(error))
            except TimeoutError:
                _log.info("answer broken off, its time is over", bear=asked.bear)

    async def _answer(self, asked: _Asked) -> None:
        bear, place = asked.bear, question_place(asked.bear)
        plain = await asyncio.to_thread(self._seal.open, link_owner(bear), asked.sealed, place)
        question = messages.from_bytes(Question, plain)
        until = asked.at + question.deadline_ms / 1000
        async with asyncio.timeout(until - self._clock.monotonic()):
            index, refused = 0, ""
            try:
                async with aclosing(self._answerer.answer(bear, question)) as sentences:
                    async for sentence in sentences:
                        await self._send(bear, Answer(id=question.id, index=index, text=sentence), until)
                        index += 1
            except Declined as error:
                refused = str(error)
                _log.info("question declined", bear=bear, kind=question.kind, reason=refused)
            await self._send(bear, Answer(id=question.id, index=index, last=True, refused=refused), until)

    async def _send(self, bear: BearId, answer: Answer, until: float) -> None:
        plain = messages.to_bytes(answer)
        sealed = await asyncio.to_thread(self._seal.seal, link_owner(bear), plain, answer_place(bear))
        # It does not wait at the broker for a bear that has gone away meanwhile.
        left = max(1, int(until - self._clock.monotonic()))
        await self._post.publish(topics.answer(bear), sealed, expires=left)
