"""What the bear asks the cloud, answered sentence by sentence while it still matters.

An answer that comes too late, twice, out of order, to a question of an earlier turn or to none at all is
dropped and counted: nobody hears what belongs to another moment.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from teddy_edge.link.wishes import seal_owner
from teddy_shared import messages
from teddy_shared.clock import Chance, Clock
from teddy_shared.envelope import BearId
from teddy_shared.errors import LinkError, MalformedEvent, SealError, TeddyError
from teddy_shared.logs import log
from teddy_shared.messages import Answer, Question, answer_place, question_place
from teddy_shared.seal import Seal

AT_ONCE: Final = 4  # questions that are open; one more is not asked
SENTENCES: Final = 64  # of one answer that nobody has read yet; beyond them the answer is cut

Send = Callable[[bytes], Awaitable[None]]
"""Brings a sealed question to the cloud. Raises LinkError."""


class NoAnswer(TeddyError):
    """There is none, or no more of it, in time: the bear goes on in its own words."""


class Dropped(StrEnum):
    UNREADABLE = "unreadable"
    UNKNOWN = "unknown"  # nobody asked, or whoever asked has turned away
    LATE = "late"
    STALE = "stale"  # of an earlier turn
    UNEXPECTED = "unexpected"  # not the next sentence: twice, or out of order
    FLOOD = "flood"


@dataclass(slots=True)
class _Open:
    """A question that waits for its answer."""

    generation: int
    until: float  # on the monotonic clock
    next: int = 0
    sentences: asyncio.Queue[Answer] = field(default_factory=lambda: asyncio.Queue(SENTENCES))


class Answers:
    """Hands each answer to whoever waits for it; `receive` takes what the link hears."""

    def __init__(self, *, bear: BearId, seal: Seal, clock: Clock) -> None:
        self._bear = bear
        self._seal = seal
        self._clock = clock
        self._open: dict[str, _Open] = {}
        self._newest = 0
        self.dropped: Counter[Dropped] = Counter()

    @contextmanager
    def expected(self, id_: str, *, generation: int, until: float) -> Iterator[asyncio.Queue[Answer]]:
        """While the block runs. Raises NoAnswer where too many wait, or the turn is over."""
        now = self._clock.monotonic()
        # Who stopped reading without closing what was read holds no place for longer than its question.
        self._open = {each: open_ for each, open_ in self._open.items() if open_.until > now}
        if generation < self._newest:
            raise NoAnswer("the turn is over")
        if len(self._open) >= AT_ONCE:
            raise NoAnswer("too many questions at once")
        self._newest = generation
        self._open[id_] = open_ = _Open(generation, until)
        try:
            yield open_.sentences
        finally:
            self._open.pop(id_, None)

    async def receive(self, data: bytes) -> None:
        try:
            # Off the loop: a key ring may look at its file.
            plain = await asyncio.to_thread(
                self._seal.open, seal_owner(self._bear), data, answer_place(self._bear)
            )
            answer = messages.from_bytes(Answer, plain)
        except (SealError, MalformedEvent):
            self._drop(Dropped.UNREADABLE, size=len(data))
            return
        why = self._hand_over(answer)
        if why is not None:
            self._drop(why, question=answer.id, index=answer.index)

    def _hand_over(self, answer: Answer) -> Dropped | None:
        """Why it is dropped; None where somebody gets it."""
        open_ = self._open.get(answer.id)
        if open_ is None:
            return Dropped.UNKNOWN
        if self._clock.monotonic() >= open_.until:
            return Dropped.LATE
        if open_.generation < self._newest:
            return Dropped.STALE
        if answer.index != open_.next:
            return Dropped.UNEXPECTED
        try:
            open_.sentences.put_nowait(answer)
        except asyncio.QueueFull:
            return Dropped.FLOOD
        open_.next += 1
        return None

    def _drop(self, why: Dropped, **facts: object) -> None:
        self.dropped[why] += 1
        log("questions").info("answer dropped", why=why.value, **facts)


class Questions:
    """Asks. Without a link there is no answer to anything."""

    def __init__(
        self, *, bear: BearId, seal: Seal, answers: Answers, send: Send | None, clock: Clock, chance: Chance
    ) -> None:
        self._bear = bear
        self._seal = seal
        self._answers = answers
        self._send = send
        self._clock = clock
        self._chance = chance

    async def ask(
        self, kind: str, text: str, *, deadline: float, generation: int
    ) -> AsyncGenerator[str, None]:
        """The sentences, each as it comes. Raises NoAnswer where one is missing after `deadline` seconds.

        To stop listening is to close it (`contextlib.aclosing`) or to be cancelled; what comes then is
        dropped, and so is what comes for an earlier turn once a later one has asked.
        """
        if self._send is None:
            raise NoAnswer("this bear has no cloud")
        until = self._clock.monotonic() + deadline
        question = Question(
            id=self._chance.token(8), kind=kind, text=text, deadline_ms=max(0, int(deadline * 1000))
        )
        plain = messages.to_bytes(question)
        with self._answers.expected(question.id, generation=generation, until=until) as sentences:
            sealed = await asyncio.to_thread(
                self._seal.seal, seal_owner(self._bear), plain, question_place(self._bear)
            )
            await self._ask(sealed, until)
            while True:
                answer = await self._next(sentences, until)
                if answer.refused:
                    raise NoAnswer(answer.refused)
                if answer.text:
                    yield answer.text
                if answer.last:
                    return

    async def _ask(self, sealed: bytes, until: float) -> None:
        assert self._send is not None
        try:
            async with asyncio.timeout(until - self._clock.monotonic()):
                await self._send(sealed)
        except (LinkError, TimeoutError) as error:
            raise NoAnswer(f"the question did not get out: {error or 'no time left'}") from None

    async def _next(self, sentences: asyncio.Queue[Answer], until: float) -> Answer:
        """What came in time may be read later, for speaking takes longer than answering."""
        if not sentences.empty():
            return sentences.get_nowait()
        try:
            async with asyncio.timeout(until - self._clock.monotonic()):
                return await sentences.get()
        except TimeoutError:
            raise NoAnswer("the answer did not come in time") from None
