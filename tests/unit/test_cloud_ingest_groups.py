"""One ingest worker whose post and store do as a test wants: order, patience, and rest for bears."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from teddy_cloud.eventstore.memory import MemoryEventStore
from teddy_cloud.eventstore.partitions import partition_of
from teddy_cloud.eventstore.store import BEGINNING, Delivery
from teddy_cloud.fleet.household import device_owner, link_owner
from teddy_cloud.ingest.hellos import Hellos
from teddy_cloud.ingest.ingest import GROUPS, TOGETHER, Ingest
from teddy_cloud.ingest.intake import Intake
from teddy_cloud.ingest.post import Arrived
from teddy_cloud.ingest.rollcall import RollCall
from teddy_shared import messages, topics
from teddy_shared.clock import SeededChance
from teddy_shared.codec import decode_head
from teddy_shared.envelope import BearId, Lane
from teddy_shared.errors import LinkError
from teddy_shared.events import SafetyAlertRaised
from teddy_shared.messages import Ack, Offline, Online, Status
from teddy_shared.purposes import Purpose
from teddy_shared.seal import ChaChaSeal, MemoryKeyRing
from tests.cloud_bear import BEAR, CHILD, batch_of, turns, wired
from tests.virtual_time import VirtualClock

pytestmark = pytest.mark.virtual_time

OTHER = BearId("bear-2")


class Desk:
    """A post whose messages a test puts there, and which remembers what was answered."""

    def __init__(self) -> None:
        self.waiting: list[Arrived] = []
        self.answered: list[tuple[BearId, Ack]] = []
        self.away = False
        self._news = asyncio.Event()
        self._clock = VirtualClock()

    def put(self, bear: BearId, first: int, count: int = 1, *, lane: Lane = Lane.INTERACTION) -> None:
        if lane is Lane.SAFETY:
            events = [wired(SafetyAlertRaised(category="lost", advice="call"), first, bear=bear)]
        else:
            events = turns(count, first=first, bear=bear)
        self._put(topics.up(bear, lane), batch_of(events, first, lane=lane))

    def tell(self, bear: BearId, status: Status) -> None:
        self._put(topics.status(bear), messages.to_bytes(status))

    async def some(self, most: int) -> Sequence[Arrived]:
        while not self.waiting:
            self._news.clear()
            await self._news.wait()
        taken, self.waiting = self.waiting[:most], self.waiting[most:]
        return taken

    async def publish(self, topic: str, payload: bytes) -> None:
        if self.away:
            raise LinkError("the broker is away")
        self.answered.append((topics.parse(topic).bear, messages.from_bytes(Ack, payload)))

    def marks(self, bear: BearId = BEAR) -> list[int]:
        return [ack.mark for whose, ack in self.answered if whose == bear]

    def _put(self, topic: str, payload: bytes) -> None:
        self.waiting.append(Arrived(topic, payload, self._clock.monotonic()))
        self._news.set()


class MoodyStore(MemoryEventStore):
    """Takes its time, or is away for some bears."""

    def __init__(self) -> None:
        super().__init__()
        self.takes: list[float] = []  # seconds, call by call
        self.away: set[BearId] = set()
        self.under_way = 0

    async def append_all(self, deliveries: Sequence[Delivery]) -> Sequence[int]:
        self.under_way += len(deliveries)
        try:
            await asyncio.sleep(self.takes.pop(0) if self.takes else 0.0)
            if any(each.bear in self.away for each in deliveries):
                raise LinkError("a part of the store is away")
            return await super().append_all(deliveries)
        finally:
            self.under_way -= len(deliveries)


class World:
    def __init__(self) -> None:
        self.desk, self.hellos, self.store = Desk(), Desk(), MoodyStore()

    async def heads(self, bear: BearId = BEAR) -> list[tuple[str, int]]:
        entries = await self.store.read(partition_of(bear), BEGINNING, 1000)
        heads = [decode_head(entry.head) for entry in entries]
        return [(head.type, head.place.seq) for head in heads if head.place.bear == bear]


@asynccontextmanager
async def ingesting() -> AsyncIterator[World]:
    world, chance, clock = World(), SeededChance(3), VirtualClock()
    keys = MemoryKeyRing(chance=chance)
    keys.create(CHILD)
    for bear in (BEAR, OTHER):
        keys.create_all([device_owner(bear), link_owner(bear)])
        granted = frozenset({Purpose.ACTIVITY, Purpose.SAFETY})
        await world.store.permit(bear, consent=granted, profiles=frozenset({CHILD}))
    intake = Intake(seal=ChaChaSeal(keys=keys, chance=chance))
    roll_call = RollCall(connections=Never(), roster=Nobody(), store=world.store, clock=clock)
    hellos = Hellos(
        post=world.hellos,
        store=world.store,
        intake=intake,
        roll_call=roll_call,
        clock=clock,
        chance=chance,
    )
    ingest = Ingest(
        post=world.desk,
        store=world.store,
        intake=intake,
        hellos=hellos,
        roll_call=roll_call,
        clock=clock,
        chance=chance,
    )
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(ingest.run(), name="ingest")
        yield world
        running.cancel()


class Never:
    async def connection_after(self, number: int) -> int:
        await asyncio.Event().wait()
        raise AssertionError


class Nobody:
    async def all_bears(self) -> Sequence[BearId]:
        return []


async def test_a_lanes_batches_keep_their_order_though_the_first_takes_longer() -> None:
    async with ingesting() as world:
        world.store.takes = [5.0, 0.0]
        world.desk.put(BEAR, 1, 2)
        await asyncio.sleep(1)
        world.desk.put(BEAR, 3, 2)
        world.desk.put(OTHER, 1)
        await asyncio.sleep(10)

        assert world.desk.marks() == [2, 4]


async def test_one_bears_slow_batch_holds_up_no_other_bear() -> None:
    async with ingesting() as world:
        world.store.takes = [5.0, 0.0]
        world.desk.put(BEAR, 1)
        await asyncio.sleep(1)
        world.desk.put(OTHER, 1)
        await asyncio.sleep(1)

        assert (world.desk.marks(), world.desk.marks(OTHER)) == ([], [1])


async def test_a_part_of_the_store_that_is_away_holds_up_only_its_own_bears() -> None:
    async with ingesting() as world:
        world.store.away = {OTHER}
        world.desk.put(BEAR, 1)
        world.desk.put(OTHER, 1)
        await asyncio.sleep(5)
        before = (world.desk.marks(), world.desk.marks(OTHER))
        world.store.away = set()
        await asyncio.sleep(5)

        assert before == ([1], [])
        assert world.desk.marks(OTHER) == [1]


async def test_while_the_store_is_slow_only_so_much_is_taken_from_the_broker() -> None:
    async with ingesting() as world:
        world.store.takes = [60.0] * GROUPS
        for first in range(1, 1000):
            world.desk.put(BEAR if first % 2 else OTHER, first)
        await asyncio.sleep(30)

        assert len(world.desk.waiting) >= 999 - (GROUPS + 1) * TOGETHER


async def test_an_answer_that_was_late_asks_for_a_rest_but_never_of_alerts() -> None:
    async with ingesting() as world:
        world.desk.put(BEAR, 1)
        await asyncio.sleep(1)
        world.store.takes = [4.0]
        world.desk.put(BEAR, 2)
        world.desk.put(BEAR, 1, lane=Lane.SAFETY)
        await asyncio.sleep(10)

        quick, late, alert = (ack for _, ack in world.desk.answered)
        assert (quick.pause_ms, alert.lane, alert.pause_ms) == (0, Lane.SAFETY, 0)
        assert 2_000 <= late.pause_ms <= 4_000


async def test_what_is_stored_while_the_broker_is_away_is_answered_when_it_comes_again() -> None:
    async with ingesting() as world:
        world.desk.away = True
        world.desk.put(BEAR, 1)
        await asyncio.sleep(1)
        world.desk.away = False
        world.desk.put(BEAR, 1)
        await asyncio.sleep(1)

        assert world.desk.marks() == [1]
        assert await world.heads() == [("turn.ended", 1)]


async def test_messages_that_are_none_of_ours_are_passed_over() -> None:
    async with ingesting() as world:
        for topic in ("teddy/v1/bear-1/up/9", "teddy/v1/bear-1/status", "else"):
            world.desk.waiting.append(Arrived(topic, b"x", 0.0))
        world.desk.put(BEAR, 1)
        world.desk.put(BearId("bear-9"), 1)  # nobody's
        await asyncio.sleep(1)

        assert [whose for whose, _ in world.desk.answered] == [BEAR]


async def test_what_a_bear_says_of_itself_is_noted_in_its_order() -> None:
    online, offline = Online(boot="b-1", epoch="e-1", acked={}), Offline(boot="b-1", orderly=True)
    async with ingesting() as world:
        for status in (online, offline, online):
            world.hellos.tell(BEAR, status)
            world.hellos.tell(OTHER, status)
        world.hellos.tell(BearId("bear-9"), online)
        await asyncio.sleep(1)

        expected = [("link.online", 1), ("link.offline", 2), ("link.online", 3)]
        assert [await world.heads(bear) for bear in (BEAR, OTHER)] == [expected, expected]
        assert len(world.hellos.answered) == 2 * 2 * len(Lane)
