"""Takes batches and hellos from the broker, stores, and answers. Never answers before the store did."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final, Protocol, TypeVar

from teddy_cloud.eventstore.store import Delivery, EventStore
from teddy_cloud.ingest.intake import Intake, StrangeBear, Unreadable
from teddy_cloud.ingest.presence import record_presence
from teddy_cloud.ingest.rollcall import RollCall
from teddy_shared import messages, topics
from teddy_shared.backoff import delays
from teddy_shared.clock import Chance, Clock
from teddy_shared.envelope import BearId, Lane
from teddy_shared.errors import LinkError, MalformedEvent
from teddy_shared.logs import log
from teddy_shared.messages import Ack, Online

T = TypeVar("T")

# Hellos are heard by every worker, not shared among them: a shared subscription gets no retained
# messages, and a cloud that starts after its bears would never learn that they are there.
SUBSCRIPTIONS: Final = (topics.INGEST_EVENTS, topics.EVERY_STATUS)

_log = log("ingest")


class Incoming(Protocol):
    @property
    def topic(self) -> str: ...

    @property
    def payload(self) -> bytes: ...


class Post(Protocol):
    """The broker as the ingest needs it."""

    def messages(self) -> AsyncIterator[Incoming]: ...

    async def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None: ...


class Ingest:
    """One worker. Any number may run; whatever one of them knows is in the store."""

    def __init__(
        self,
        *,
        post: Post,
        store: EventStore,
        intake: Intake,
        roll_call: RollCall,
        clock: Clock,
        chance: Chance,
    ) -> None:
        self._post = post
        self._store = store
        self._intake = intake
        self._roll_call = roll_call
        self._clock = clock
        self._chance = chance

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._take_all(), name="ingest-messages")
            tasks.create_task(self._roll_call.run(), name="ingest-roll-call")

    async def _take_all(self) -> None:
        async for message in self._post.messages():
            await self._take(message.topic, message.payload)

    async def _take(self, topic: str, payload: bytes) -> None:
        try:
            address = topics.parse(topic)
            if address.what == "up" and address.lane is not None:
                await self._batch(address.bear, address.lane, payload)
            elif address.what == "status" and payload:  # empty: the retained one was taken away
                await self._status(address.bear, messages.status_from_bytes(payload))
        except MalformedEvent as error:
            _log.warning("unreadable message", topic=topic, size=len(payload), reason=str(error))
        except StrangeBear:
            # Not stored and not acknowledged: the bear keeps its events until a family owns it.
            _log.warning("message of a bear that no family owns", topic=topic)

    async def _batch(self, bear: BearId, lane: Lane, payload: bytes) -> None:
        taken = await asyncio.to_thread(self._intake.take, bear, lane, payload)
        match taken:
            case Delivery():
                await self._store_and_acknowledge(taken)
            case Unreadable(_, _, reason, size, sealed):
                _log.warning("batch put aside", bear=bear, lane=int(lane), size=size, reason=reason)
                await self._once_stored(
                    lambda: self._store.bury(bear, reason=reason, size=size, sealed=sealed, lane=lane)
                )

    async def _store_and_acknowledge(self, taken: Delivery) -> None:
        mark = await self._once_stored(
            lambda: self._store.append_batch(
                bear=taken.bear,
                epoch=taken.epoch,
                lane=taken.lane,
                first=taken.first,
                items=taken.items,
                covers=taken.covers,
            )
        )
        await self._acknowledge(taken.bear, Ack(epoch=taken.epoch, lane=taken.lane, mark=mark))
        _log.debug("stored", bear=taken.bear, lane=int(taken.lane), events=len(taken.items), mark=mark)

    async def _status(self, bear: BearId, status: messages.Status) -> None:
        if not await asyncio.to_thread(self._intake.knows, bear):
            raise StrangeBear(bear)
        await self._once_stored(lambda: record_presence(self._store, self._clock, bear, status))
        if isinstance(status, Online):
            self._roll_call.present(bear)
            marks = await self._once_stored(lambda: self._store.marks(bear, status.epoch))
            for lane in Lane:
                mark = marks.get(lane, 0)
                await self._acknowledge(bear, Ack(epoch=status.epoch, lane=lane, mark=mark))

    async def _acknowledge(self, bear: BearId, ack: Ack) -> None:
        try:
            # QoS 0: acknowledgements are cumulative and may be lost; the next hello makes up for it.
            await self._post.publish(topics.ack(bear), messages.to_bytes(ack), qos=0)
        except LinkError:
            _log.info("not acknowledged, the broker is away", bear=bear, mark=ack.mark)

    async def _once_stored(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """Try until the store is back. What queues up behind this meanwhile is bounded by the broker."""
        for wait in delays(self._chance, first=0.1, most=2.0):
            try:
                return await attempt()
            except LinkError as error:
                _log.warning("not stored, trying again", reason=str(error))
            await asyncio.sleep(wait)
        raise AssertionError("delays never end")
