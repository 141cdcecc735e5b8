"""What the event bus may rely on, in memory, on Redis, on Valkey and on a cluster."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import pytest

from teddy_cloud.bus.deliveries import Deliveries, Delivery, Grave
from teddy_cloud.bus.memory import MemoryDeliveries
from teddy_cloud.bus.redis import RedisDeliveries
from teddy_cloud.eventstore.memory import MemoryEventStore
from teddy_cloud.eventstore.partitions import PARTITIONS, partition_of
from teddy_cloud.eventstore.redis import RedisEventStore
from teddy_cloud.eventstore.store import EventStore, Item
from teddy_cloud.storage.client import connect
from teddy_shared.clock import SystemClock
from teddy_shared.envelope import BearId, Lane
from teddy_shared.purposes import Purpose
from tests.servers import Server

ONE, TWO = BearId("bear-1"), BearId("bear-2")
HERE, THERE = partition_of(ONE), partition_of(TWO)
BOTH = (HERE, THERE)
GRAVE = Grave(ONE, "turn.ended", "it broke", 3, 1_000)
LONG = 60.0


@dataclass(frozen=True)
class Bus:
    store: EventStore
    deliveries: Deliveries

    async def happens(self, *numbers: int, bear: BearId = ONE) -> None:
        items = [
            Item(b"head %d" % each, Purpose.DEVICE, None, "bear:1", b"sealed %d" % each) for each in numbers
        ]
        await self.store.append_batch(bear=bear, epoch="e1", lane=Lane.BULK, first=numbers[0], items=items)

    async def fetch(self, worker: str = "w1", group: str = "mail", count: int = 10) -> Sequence[Delivery]:
        return await self.deliveries.fetch(group, worker, BOTH, count)


def heads(found: Sequence[Delivery]) -> list[bytes]:
    return [each.entry.head for each in found]


class DeliveriesContract:
    async def test_each_event_goes_to_one_worker_of_a_group_and_to_every_group(self, bus: Bus) -> None:
        await bus.happens(1, 2, 3)
        await bus.happens(1, bear=TWO)

        first = await bus.fetch("w1", count=2)
        second = await bus.fetch("w2")
        others = await bus.fetch("w1", "push")

        assert heads(first) == [b"head 1", b"head 2", b"head 1"]
        assert heads(second) == [b"head 3"]
        assert len(others) == 4
        assert await bus.fetch("w3") == []
        assert {each.tries for each in (*first, *second)} == {1}
        assert first[0].entry.owner == "bear:1"
        assert first[0].entry.sealed == b"sealed 1"

    async def test_an_empty_store_hands_out_nothing_and_keeps_nothing(self, bus: Bus) -> None:
        assert await bus.deliveries.fetch("mail", "w1", range(PARTITIONS), 10) == []
        assert await bus.deliveries.claim("mail", "w1", idle=0, count=10) == []
        assert await bus.deliveries.letters() == []

    async def test_what_is_settled_is_never_claimed(self, bus: Bus) -> None:
        await bus.happens(1, 2)
        done, left = await bus.fetch("w1")

        await bus.deliveries.settle("mail", [(HERE, done.entry.position)])
        claimed = await bus.deliveries.claim("mail", "w2", idle=0, count=10)

        assert heads(claimed) == [left.entry.head]
        assert claimed[0].tries == 2

    async def test_what_a_living_worker_has_in_hand_is_not_claimed(self, bus: Bus) -> None:
        await bus.happens(1)
        await bus.fetch("w1")

        assert await bus.deliveries.claim("mail", "w2", idle=LONG, count=10) == []

    async def test_of_many_who_claim_together_one_gets_it(self, bus: Bus) -> None:
        await bus.happens(1)
        await bus.fetch("w1")
        await asyncio.sleep(0.06)

        claims = await asyncio.gather(
            *(bus.deliveries.claim("mail", f"c{each}", idle=0.05, count=10) for each in range(4))
        )

        assert sorted(map(len, claims)) == [0, 0, 0, 1]

    async def test_a_worker_takes_its_own_once_more_until_another_has_it(self, bus: Bus) -> None:
        await bus.happens(1)
        (mine,) = await bus.fetch("w1")

        again = await bus.deliveries.again("mail", "w1", HERE, mine.entry.position, tries=4)
        (claimed,) = await bus.deliveries.claim("mail", "w2", idle=0, count=10)
        lost = await bus.deliveries.again("mail", "w1", HERE, mine.entry.position, tries=5)

        assert again is not None
        assert (again.entry, again.tries, claimed.tries) == (mine.entry, 4, 5)
        assert lost is None

    async def test_what_is_buried_is_settled_and_a_letter_without_what_the_event_says(self, bus: Bus) -> None:
        await bus.happens(1)
        (mine,) = await bus.fetch("w1")

        await bus.deliveries.bury("mail", mine, GRAVE)
        await bus.deliveries.bury("mail", mine, GRAVE)  # by one who came too late

        (letter,) = await bus.deliveries.letters()
        assert (letter.group, letter.partition, letter.position) == ("mail", HERE, mine.entry.position)
        assert letter.grave == GRAVE
        assert await bus.deliveries.claim("mail", "w2", idle=0, count=10) == []

    async def test_a_redriven_letter_is_claimed_as_if_it_were_new(self, bus: Bus) -> None:
        await bus.happens(1)
        (mine,) = await bus.fetch("w1")
        await bus.deliveries.bury("mail", mine, GRAVE)
        (letter,) = await bus.deliveries.letters()

        done = await bus.deliveries.redrive(letter)
        (claimed,) = await bus.deliveries.claim("mail", "w2", idle=LONG, count=10)

        assert (done, claimed.entry, claimed.tries) == (True, mine.entry, 1)
        assert await bus.deliveries.letters() == []


class TestMemoryDeliveries(DeliveriesContract):
    @pytest.fixture
    def bus(self) -> Bus:
        store = MemoryEventStore()
        return Bus(store, MemoryDeliveries(store=store, clock=SystemClock()))


class TestRedisDeliveries(DeliveriesContract):
    @pytest.fixture
    async def bus(self, store_server: Server) -> AsyncIterator[Bus]:
        client = connect(store_server.url)
        yield Bus(RedisEventStore(client=client), RedisDeliveries(client=client))
        await client.close()

    async def test_a_letter_whose_event_is_no_longer_in_the_stream_stays(
        self, bus: Bus, store_server: Server
    ) -> None:
        await bus.happens(1)
        (mine,) = await bus.fetch("w1")
        await bus.deliveries.bury("mail", mine, GRAVE)
        client = connect(store_server.url)
        await client.do("XDEL", f"ev:{{{HERE}}}", mine.entry.position)
        await client.close()
        (letter,) = await bus.deliveries.letters()

        assert not await bus.deliveries.redrive(letter)
        assert await bus.deliveries.letters() == [letter]
