"""Notes which bears come and go, and tells each that comes where its lanes stand in the store."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterator, Sequence
from typing import Final, Protocol

from teddy_cloud.eventstore.store import EventStore
from teddy_cloud.ingest.intake import Intake
from teddy_cloud.ingest.post import Arrived
from teddy_cloud.ingest.presence import Told, record_presence
from teddy_cloud.ingest.rollcall import RollCall
from teddy_cloud.ingest.storing import once_stored
from teddy_shared import messages, topics
from teddy_shared.clock import Chance, Clock
from teddy_shared.envelope import BearId, Lane
from teddy_shared.errors import LinkError, MalformedEvent
from teddy_shared.logs import log
from teddy_shared.messages import Ack, Online

# Hellos are heard by every worker, not shared among them: a shared subscription gets no retained
# messages, and a cloud that starts after its bears would never learn that they are there.
SUBSCRIPTIONS: Final = (topics.EVERY_STATUS,)
TOGETHER: Final = 64  # statuses that are noted in one go

_log = log("ingest")


class StatusPost(Protocol):
    """The broker as it is needed here."""

    def some(self, most: int) -> Awaitable[Sequence[Arrived]]: ...

    async def publish(self, topic: str, payload: bytes) -> None: ...


class Hellos:
    """One group after the other, so that what a bear says first is noted first."""

    def __init__(
        self,
        *,
        post: StatusPost,
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
        while True:
            arrived = await self._post.some(TOGETHER)
            told = [each for one in arrived if (each := _read(one)) is not None]
            known = await asyncio.to_thread(self._intake.known, {each.bear for each in told})
            for bear in {each.bear for each in told} - known:
                _log.warning("status of a bear that no family owns", bear=bear)
            for together in _each_bear_once([each for each in told if each.bear in known]):
                await self._note(together)

    async def _note(self, told: Sequence[Told]) -> None:
        sources = [(each.bear, each.status.epoch) for each in told if isinstance(each.status, Online)]
        for bear, _ in sources:
            self._roll_call.present(bear)
        await once_stored(lambda: record_presence(self._store, self._clock, told), self._chance)
        marks = await once_stored(lambda: self._store.marks_of(sources), self._chance)
        for (bear, epoch), of_lanes in zip(sources, marks, strict=True):
            for lane in Lane:
                await self._answer(bear, Ack(epoch=epoch, lane=lane, mark=of_lanes.get(lane, 0)))

    async def _answer(self, bear: BearId, ack: Ack) -> None:
        try:
            await self._post.publish(topics.ack(bear), messages.to_bytes(ack))
        except LinkError:
            _log.info("hello not answered, the broker is away", bear=bear)


def _read(arrived: Arrived) -> Told | None:
    try:
        address = topics.parse(arrived.topic)
        if address.what != "status" or not arrived.payload:  # empty: the retained one was taken away
            return None
        return Told(address.bear, messages.status_from_bytes(arrived.payload))
    except MalformedEvent as error:
        _log.warning("unreadable status", size=len(arrived.payload), reason=str(error))
        return None


def _each_bear_once(told: Sequence[Told]) -> Iterator[Sequence[Told]]:
    """In their order, cut before a bear that speaks again."""
    together: dict[BearId, Told] = {}
    for each in told:
        if each.bear in together:
            yield list(together.values())
            together = {}
        together[each.bear] = each
    if together:
        yield list(together.values())
