"""Writes what happened in a turn into the outbox, and keeps talking when it can't."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final, Protocol

from teddy_edge.conversation.generation import Generations
from teddy_edge.conversation.report import Recorded
from teddy_edge.outbox.entry import Context
from teddy_edge.outbox.errors import Stale
from teddy_shared.ages import AgeBand
from teddy_shared.envelope import Envelope, ProfileId
from teddy_shared.errors import TeddyError
from teddy_shared.events import Event
from teddy_shared.logs import log
from teddy_shared.tracing import Trace

PATIENCE: Final = 0.3  # seconds that a turn waits for a record; a child does not wait for a card
RETRY: Final = 5.0  # seconds until a card that refused is asked again
FAREWELL: Final = 3.0  # seconds for what is left when the process ends
OWED: Final = 256  # events that wait in memory for a card that takes nothing


@dataclass(frozen=True, slots=True)
class Turn:
    """Which turn this is and whose; goes with everything the turn produces."""

    id: str
    generation: int
    trace: Trace
    band: AgeBand
    profile: ProfileId | None
    decided_at: float  # seconds on the monotonic clock, when the child's turn was taken to be over
    # Set when the guard has judged what was heard and alerts are handed over; only then is it cancelled.
    understood: asyncio.Event = field(default_factory=asyncio.Event)


class Events(Protocol):
    """Where events become durable; the outbox is one."""

    async def append(
        self, event: Event, context: Context, *, still_wanted: Callable[[], bool] | None = None
    ) -> Envelope:
        """Returns when the event is on disk. Raises TeddyError where it can't be.

        `still_wanted` is asked at the last moment before the write, from whatever thread writes.
        """


class Journal:
    """A queue before the outbox, with a scribe of its own that outlives every turn.

    What is handed over is written whatever becomes of the turn: an interruption does not take it back. A
    card that is busy or full is tried again, safety alerts first, and must not keep the bear from talking:
    a turn waits for its records for PATIENCE at most.
    """

    def __init__(self, *, events: Events, generations: Generations) -> None:
        self._events = events
        self._generations = generations
        # At most a handful a turn, and one turn at a time: emptied faster than a child can speak, or owed.
        self._handed: asyncio.Queue[_Entry | None] = asyncio.Queue()
        self._owed: list[_Entry] = []  # what the card has not taken yet
        self._forgotten: set[ProfileId | None] = set()  # bounded by the children that are ever erased

    def hand_over(
        self, turn: Turn, event: Event, *, if_stale: Event | None = None
    ) -> asyncio.Future[Recorded | None]:
        """From now on the event is the scribe's. None comes back where the card does not take it yet.

        With `if_stale`, that is written in its place when the turn is no longer current at the moment of
        writing: an answer that was interrupted at its last word has ended once, and as interrupted.
        """
        entry = _Entry(turn, event, if_stale, asyncio.get_running_loop().create_future())
        self._handed.put_nowait(entry)
        return entry.done

    async def record(self, turn: Turn, event: Event, *, if_stale: Event | None = None) -> Recorded | None:
        """Returns when the event is on disk, or PATIENCE is over: then the talk goes on before it is."""
        done = self.hand_over(turn, event, if_stale=if_stale)
        await asyncio.wait([done], timeout=PATIENCE)
        return done.result() if done.done() else None

    async def forget_child(self, profile: ProfileId) -> None:
        """Nothing about this child is written any more: not of a turn under way, nor what is owed."""
        self._forgotten.add(profile)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[None]:
        """The scribe works while the block runs, and writes to the end what was handed over in it."""
        scribe = asyncio.create_task(self._write_all(), name="journal")
        try:
            yield
        finally:
            self._handed.put_nowait(None)
            await asyncio.wait([scribe], timeout=FAREWELL)
            scribe.cancel()
            await asyncio.wait([scribe])
            for entry in self._owed:
                log("journal").error("event not recorded", type=entry.event.label.type, turn=entry.turn.id)
        if not scribe.cancelled() and (error := scribe.exception()):
            raise error

    async def _write_all(self) -> None:
        while True:
            try:
                async with asyncio.timeout(RETRY if self._owed else None):
                    entry = await self._handed.get()
            except TimeoutError:
                await self._try_again()
                continue
            if entry is None:
                await self._try_again()
                return
            if not await self._write(entry):
                self._owe(entry)

    async def _try_again(self) -> None:
        """Safety alerts first; as soon as one is refused the others need not be asked."""
        self._owed.sort(key=lambda entry: entry.event.label.lane)
        while self._owed and await self._write(self._owed[0]):
            self._owed.pop(0)

    def _owe(self, entry: _Entry) -> None:
        """Bounded, since a card may stay full for days; a safety alert is the last to give way."""
        if not entry.done.done():
            entry.done.set_result(None)
        self._owed.append(entry)
        if len(self._owed) > OWED:
            lost = max(self._owed, key=lambda each: each.event.label.lane)
            self._owed.remove(lost)
            log("journal").error("event lost", type=lost.event.label.type, turn=lost.turn.id)

    async def _write(self, entry: _Entry) -> bool:
        """Whether the card has taken it, or it is not to be written at all."""
        turn, event = entry.turn, entry.event
        if turn.profile in self._forgotten:
            if not entry.done.done():
                entry.done.set_result(None)
            return True
        try:
            try:
                envelope = await self._events.append(event, _context(turn), still_wanted=self._wanted(entry))
            except Stale:
                assert entry.if_stale is not None  # or it would not have been asked
                event = entry.if_stale
                envelope = await self._events.append(event, _context(turn))
        except TeddyError as error:
            log("journal").warning("event waits", type=event.label.type, reason=str(error), turn=turn.id)
            return False
        if not entry.done.done():
            entry.done.set_result(Recorded(envelope, event))
        return True

    def _wanted(self, entry: _Entry) -> Callable[[], bool] | None:
        if entry.if_stale is None:
            return None
        return lambda: self._generations.is_current(entry.turn.generation)


@dataclass(frozen=True, slots=True)
class _Entry:
    turn: Turn
    event: Event
    if_stale: Event | None
    done: asyncio.Future[Recorded | None]


def _context(turn: Turn) -> Context:
    return Context(
        turn=turn.id,
        generation=turn.generation,
        profile=turn.profile,
        age_band=turn.band,
        correlation=turn.id,
        traceparent=turn.trace.traceparent,
    )
