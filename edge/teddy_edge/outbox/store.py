"""Events on the card: durable before anyone acts on them, numbered without gaps, sealed."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from teddy_edge.outbox.condition import Condition, condition_of
from teddy_edge.outbox.draft import Draft
from teddy_edge.outbox.entry import NO_TURN, Context, Mark, Waiting
from teddy_edge.outbox.jobs import Acknowledgement, Append, Reading, Task, Work
from teddy_edge.outbox.ledger import Ledger, Standing
from teddy_edge.outbox.room import LIMIT
from teddy_edge.outbox.shelf import Shelf
from teddy_edge.outbox.stencil import Stencils
from teddy_edge.outbox.writer import Writer
from teddy_shared.clock import Chance, Clock
from teddy_shared.codec import BATCH_BYTES, BATCH_EVENTS
from teddy_shared.envelope import BearId, Envelope, Lane, ProfileId
from teddy_shared.events import Event
from teddy_shared.seal import Seal

T = TypeVar("T")

__all__ = ["Condition", "Context", "Outbox", "open_outbox"]


@asynccontextmanager
async def open_outbox(
    path: Path, *, bear: BearId, seal: Seal, clock: Clock, chance: Chance, limit: int = LIMIT
) -> AsyncIterator[Outbox]:
    """Raises ConfigError where the folder cannot be made. Damage is healed and told in `healed`.

    Where the disk does not take a new database it is away, and tried again with everything recorded.
    Beyond `limit` bytes the oldest gives way (see `room`).
    """
    shelf = Shelf(path=path, bear=bear, seal=seal, clock=clock, chance=chance, limit=limit)
    await asyncio.to_thread(shelf.open_or_away)
    view = _View(shelf.standing)
    writer = Writer(name="outbox", keeper=shelf, heard=view.heard)
    writer.start()
    try:
        yield Outbox(shelf=shelf, writer=writer, view=view, clock=clock, limit=limit)
    finally:
        await writer.stop()
        await asyncio.to_thread(shelf.close)


class Outbox:
    """Made by `open_outbox`."""

    def __init__(
        self, *, shelf: Shelf, writer: Writer[Standing], view: _View, clock: Clock, limit: int
    ) -> None:
        self.boot = shelf.boot  # which start of the process; stands in every envelope
        self._shelf = shelf
        self._writer = writer
        self._view = view
        self._clock = clock
        self._limit = limit
        self._started = clock.monotonic()
        self._loop = asyncio.get_running_loop()
        self._stencils = Stencils(NO_TURN)

    @property
    def epoch(self) -> str:
        return self._view.standing.ground.epoch

    @property
    def healed(self) -> tuple[str, ...]:
        """What had to be set aside or begun anew, at the start and since."""
        return tuple(self._shelf.healed)

    def marks(self) -> Mapping[Lane, Mark]:
        """Where each lane stands, as of the last commit."""
        return self._view.standing.marks

    def condition(self) -> Condition:
        standing = self._view.standing
        return condition_of(
            [standing.mark(lane) for lane in Lane],
            standing.gaps,
            used=standing.used,
            limit=self._limit,
            reserve=standing.reserve,
        )

    async def append(
        self, event: Event, context: Context, *, still_wanted: Callable[[], bool] | None = None
    ) -> Envelope:
        """Returns when the event is durable; the numbers of a lane follow the order of the commits.

        `still_wanted` is asked in the writer's thread at the last moment before the write. Raises
        Stale where it says no, EventTooLarge, and OutboxAway where the disk does not take the event.
        """
        if self._writer.is_full:
            await self._writer.has_room()
        append = self._append((event,), context, still_wanted)
        self._view.guess(append)
        return append.draft.only_head(await self._writer.put(append))

    async def append_all(
        self, events: Sequence[Event], context: Context, *, still_wanted: Callable[[], bool] | None = None
    ) -> Sequence[Envelope]:
        """All of them in one transaction, or none. Each envelope is made when it is looked at."""
        if self._writer.is_full:
            await self._writer.has_room()
        append = self._append(events, context, still_wanted)
        self._view.guess(append)  # while the card writes the batch before
        return append.draft.heads(await self._writer.put(append))

    async def pending(
        self, lane: Lane, after: int, *, events: int = BATCH_EVENTS, size: int = BATCH_BYTES
    ) -> list[Waiting]:
        """What waits above a number, in order and without a hole: one event at least, if any waits.

        Where events made room, one stands for all of them, and comes alone.
        """
        return await self._read(lambda ledger: ledger.pending(lane, after, events, size))

    async def acknowledged(self, lane: Lane, mark: int, *, epoch: str) -> None:
        """The cloud has stored everything of this epoch up to `mark`. It stays for a day (see `grace`)."""
        await self._writer.has_room()
        await self._writer.put(Acknowledgement(lane, mark, epoch, self._clock.monotonic(), self._loop))

    async def rewind(self, lane: Lane, mark: int, *, epoch: str) -> None:
        """The cloud has lost what it had stored behind `mark`: what of it is still here waits again."""
        await self._do(lambda ledger: ledger.rewind(lane, mark, epoch))

    async def renew(self, reason: str) -> None:
        """Begin a new epoch, in which what still waits is numbered from 1 again.

        For when the cloud stands where this outbox has never been, or behind what it still holds.
        """
        await self._do(lambda ledger: self._shelf.renew(ledger, reason))

    async def withhold(self, lane: Lane, numbers: Sequence[int], *, epoch: str) -> None:
        """Before stand-ins travel in their place: what was not granted does not stay here either."""
        await self._do(lambda ledger: ledger.withhold(lane, numbers, epoch))

    async def holds(self, type_: str, correlation: str, *, lane: Lane, after: int) -> bool:
        """Whether such an event was recorded behind this number, be it stored by the cloud or not.

        Not for what is gone: a day and more ago, or to make room.
        """
        return await self._read(lambda ledger: ledger.holds(lane, after, type_, correlation))

    async def forget_profile(self, profile: ProfileId) -> None:
        """Replace what is about this child and was recorded until now by stand-ins, sent or not."""
        after: int | None = 0
        while after is not None:
            after = await self._do(lambda ledger, after=after: ledger.forget(profile, after))  # type: ignore[misc]
        await self._do(lambda _: self._shelf.scrub())

    def tell(self, listener: Callable[[], None]) -> None:
        """Calls it on the loop after every commit that moved a lane."""
        self._view.listeners.append(listener)

    def _append(
        self, events: Sequence[Event], context: Context, still_wanted: Callable[[], bool] | None
    ) -> Append:
        now = self._clock.monotonic()
        if context is not self._stencils.context:  # a turn records several events in one
            self._stencils = Stencils(context)
        at, wall = now - self._started, self._clock.wall()
        draft = Draft(events, self._stencils, boot=self.boot, at=at, wall=wall)
        return Append(draft, still_wanted, now, self._loop)

    async def _read(self, call: Callable[[Ledger], T]) -> T:
        await self._writer.has_room()
        return await self._writer.put(Reading(call, self._clock.monotonic(), self._loop))

    async def _do(self, call: Callable[[Ledger], T]) -> T:
        await self._writer.has_room()
        return await self._writer.put(Task(call, self._clock.monotonic(), self._loop))


class _View:
    """Where the outbox stands as far as the loop was told, and what is on its way there."""

    def __init__(self, standing: Standing) -> None:
        self.standing = standing
        self.listeners: list[Callable[[], None]] = []
        self._under_way: deque[Append] = deque()  # in the order in which they will be heard of
        self._next = standing.last  # where they will have led, if all goes well

    def guess(self, append: Append) -> None:
        """Its rows, if all goes well with those before it. The writer looks whether it did."""
        self._under_way.append(append)
        ground = self.standing.ground
        if ground.seal is None:
            self._next = append.draft.after(self._next)
            return
        append.rows = append.draft.rows(ground, self._next)
        self._next = append.rows.after

    def heard(self, jobs: Sequence[Work], standing: Standing | None) -> None:
        adrift = False
        for job in jobs:
            if type(job) is Append:
                self._under_way.popleft()
                adrift = adrift or job.value is not job.rows
        before = self.standing
        if standing is None or standing is before:
            return
        self.standing = standing
        if adrift or standing.ground is not before.ground:
            self._next = standing.last
            for append in self._under_way:
                self._next = append.draft.after(self._next)
        if before.last != standing.last or before.acked != standing.acked:
            for listener in self.listeners:
                listener()
