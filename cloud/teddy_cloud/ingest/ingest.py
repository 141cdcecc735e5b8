"""Takes batches from the broker, stores, and answers. Never answers before the store did."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Sequence, Set
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol, TypeVar

from teddy_cloud.eventstore.store import Delivery, EventStore
from teddy_cloud.ingest.hellos import Hellos
from teddy_cloud.ingest.intake import Hand, Intake, StrangeBear, Unreadable, sealed_batch
from teddy_cloud.ingest.post import Arrived
from teddy_cloud.ingest.reading import Closed, Opened, read_batch
from teddy_cloud.ingest.rollcall import RollCall
from teddy_cloud.ingest.storing import once_stored
from teddy_shared import messages, topics
from teddy_shared.clock import Chance, Clock
from teddy_shared.envelope import Lane
from teddy_shared.errors import LinkError, MalformedEvent
from teddy_shared.logs import log
from teddy_shared.messages import Ack

T = TypeVar("T")

SUBSCRIPTIONS: Final = (topics.INGEST_EVENTS,)
TOGETHER: Final = 32  # messages, at most, that are read and stored in one go
# After a small group the next one is left to grow: ten thousand bears send one event each, and what a group
# costs besides its messages is more than what they cost. A bear alone does not wait.
SMALL: Final = 8  # messages
GROWING: Final = 0.004  # seconds
BREATH: Final = 8  # of them, about 4 ms, until the loop may do something else
GROUPS: Final = 3  # of them under way to the store; while all are, messages wait at the broker

# An answer that comes late asks the bear for a rest as long as it was late.
LATE: Final = 0.5  # seconds
LONGEST_REST: Final = 10.0

_log = log("ingest")


class Post(Protocol):
    """The broker as the ingest needs it."""

    def some(self, most: int) -> Awaitable[Sequence[Arrived]]: ...

    async def publish(self, topic: str, payload: bytes) -> None: ...


@dataclass(frozen=True, slots=True)
class _Due:
    """What is to be stored and then acknowledged."""

    delivery: Delivery
    at: float  # when it came


class Ingest:
    """One worker. Any number may run; whatever one of them knows is in the store."""

    def __init__(
        self,
        *,
        post: Post,
        store: EventStore,
        intake: Intake,
        hellos: Hellos,
        roll_call: RollCall,
        clock: Clock,
        chance: Chance,
    ) -> None:
        self._post = post
        self._store = store
        self._intake = intake
        self._hellos = hellos
        self._roll_call = roll_call
        self._clock = clock
        self._chance = chance

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._take_all(), name="ingest-batches")
            tasks.create_task(self._hellos.run(), name="ingest-hellos")
            tasks.create_task(self._roll_call.run(), name="ingest-roll-call")

    async def _take_all(self) -> None:
        room = asyncio.Semaphore(GROUPS)
        holding: dict[str, asyncio.Task[None]] = {}  # who has a topic in hand; bounded by the groups
        async with asyncio.TaskGroup() as tasks:
            while True:
                await room.acquire()
                arrived = await self._post.some(TOGETHER)
                lanes = {each.topic for each in arrived}
                before = {holding[lane] for lane in lanes if lane in holding}
                group = tasks.create_task(self._serve(arrived, before), name="ingest-group")
                holding |= dict.fromkeys(lanes, group)
                group.add_done_callback(partial(_let_go, holding, lanes))
                group.add_done_callback(lambda _: room.release())
                if 1 < len(arrived) <= SMALL:
                    await asyncio.sleep(GROWING)

    async def _serve(self, arrived: Sequence[Arrived], before: Set[asyncio.Task[None]]) -> None:
        """`before`: those who have earlier batches of the same lanes in hand, lest they be overtaken."""
        read: list[tuple[Arrived, Opened | Closed]] = []
        async for each in _breathing(arrived):
            if (batch := _read(each)) is not None:
                read.append((each, batch))
        hand = await self._intake.hand([batch for _, batch in read])
        due: list[_Due] = []
        unreadable: list[Unreadable] = []
        async for each, batch in _breathing(read):
            match _sealed(each, batch, hand):
                case Delivery() as delivery:
                    due.append(_Due(delivery, each.at))
                case Unreadable() as found:
                    unreadable.append(found)
        if before:
            await asyncio.wait(before)
        await self._store_and_acknowledge(due)
        for found in unreadable:
            await self._put_aside(found)

    async def _store_and_acknowledge(self, due: Sequence[_Due]) -> None:
        try:
            marks = await self._store.append_all([each.delivery for each in due])
        except LinkError as error:
            _log.warning("not stored, trying again", batches=len(due), reason=str(error))
            # Each by itself from now on: of a cluster only a part may be away.
            await asyncio.gather(*(self._insist(each) for each in due))
        else:
            for each, mark in zip(due, marks, strict=True):
                await self._acknowledge(each, mark)

    async def _insist(self, due: _Due) -> None:
        (mark,) = await once_stored(lambda: self._store.append_all([due.delivery]), self._chance)
        await self._acknowledge(due, mark)

    async def _acknowledge(self, due: _Due, mark: int) -> None:
        delivery = due.delivery
        pause = self._rest(delivery.lane, self._clock.monotonic() - due.at)
        ack = Ack(epoch=delivery.epoch, lane=delivery.lane, mark=mark, pause_ms=int(1000 * pause))
        try:
            # QoS 0: acknowledgements are cumulative and may be lost; the next, or a hello, makes up for it.
            await self._post.publish(topics.ack(delivery.bear), messages.to_bytes(ack))
        except LinkError:
            _log.info("not acknowledged, the broker is away", bear=delivery.bear, mark=mark)

    def _rest(self, lane: Lane, late: float) -> float:
        """Seconds that a bear should wait; not all bears equally long, and never with an alert."""
        if late < LATE or lane is Lane.SAFETY:
            return 0.0
        return self._chance.between(0.5, 1.0) * min(late, LONGEST_REST)

    async def _put_aside(self, found: Unreadable) -> None:
        _log.warning(
            "batch put aside", bear=found.bear, lane=int(found.lane), size=found.size, reason=found.reason
        )
        await once_stored(
            lambda: self._store.bury(
                found.bear, reason=found.reason, size=found.size, sealed=found.sealed, lane=found.lane
            ),
            self._chance,
        )


async def _breathing(items: Sequence[T]) -> AsyncIterator[T]:
    """One after the other, and now and then whatever else waits."""
    for number, each in enumerate(items, 1):
        yield each
        if number % BREATH == 0:
            await asyncio.sleep(0)


def _read(arrived: Arrived) -> Opened | Closed | None:
    try:
        address = topics.parse(arrived.topic)
        if address.lane is None:
            raise MalformedEvent(arrived.payload, "what it is does not travel this way")
    except MalformedEvent as error:
        _log.warning("unreadable message", size=len(arrived.payload), reason=str(error))
        return None
    return read_batch(address.bear, address.lane, arrived.payload)


def _sealed(arrived: Arrived, batch: Opened | Closed, hand: Hand) -> Delivery | Unreadable | None:
    try:
        return sealed_batch(batch, hand)
    except StrangeBear:
        # Not stored and not acknowledged: the bear keeps its events until a family owns it.
        _log.warning("message of a bear that no family owns", topic=arrived.topic)
        return None


def _let_go(holding: dict[str, asyncio.Task[None]], lanes: Set[str], group: asyncio.Task[None]) -> None:
    for lane in lanes:
        if holding.get(lane) is group:
            del holding[lane]
