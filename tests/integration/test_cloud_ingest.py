"""The way up through real brokers and a real store: nothing acknowledged that is not stored, nothing lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from teddy_cloud.eventstore.partitions import partition_of
from teddy_cloud.eventstore.presence import OFFLINE, ONLINE, UNHEARD
from teddy_cloud.eventstore.redis import RedisEventStore
from teddy_cloud.eventstore.store import BEGINNING, EventStore
from teddy_cloud.fleet.household import device_owner, link_owner
from teddy_cloud.ingest import hellos, ingest
from teddy_cloud.ingest.hellos import Hellos
from teddy_cloud.ingest.ingest import Ingest
from teddy_cloud.ingest.intake import Intake
from teddy_cloud.ingest.post import BrokerPost
from teddy_cloud.ingest.rollcall import RollCall
from teddy_cloud.storage.client import StoreClient, connect
from teddy_shared import messages, topics
from teddy_shared.addresses import broker_address
from teddy_shared.clock import SeededChance, SystemClock
from teddy_shared.codec import WireEvent, decode_head
from teddy_shared.envelope import WITHHELD, BearId, Envelope, Lane
from teddy_shared.events import SafetyAlertRaised
from teddy_shared.messages import Offline
from teddy_shared.purposes import Purpose
from teddy_shared.seal import ChaChaSeal, MemoryKeyRing
from tests.cloud_bear import BEAR, CHILD, EPOCH, SECONDS, ended, turns, wire_to, wired
from tests.servers import Server


@dataclass(frozen=True, slots=True)
class Cloud:
    store: EventStore
    keys: MemoryKeyRing
    broker: BrokerPost
    client: StoreClient

    async def heads(self, bear: BearId = BEAR) -> Sequence[Envelope]:
        entries = await self.store.read(partition_of(bear), BEGINNING, 1000)
        return [decode_head(entry.head) for entry in entries]

    async def stored(self) -> list[int]:
        """The numbers of what came from the bear's own lanes."""
        return [head.place.seq for head in await self.heads() if head.place.epoch != "cloud"]

    async def types(self, count: int) -> list[str]:
        """The types of all stored events, once there are so many."""
        async with asyncio.timeout(SECONDS):
            async with self.store.doorbell() as bell:
                while len(found := await self.heads()) < count:
                    await bell.rung(1)
        return [head.type for head in found]


class OneBear:
    """The roster of a fleet of one."""

    async def all_bears(self) -> Sequence[BearId]:
        return [BEAR]


@asynccontextmanager
async def ingesting(broker: Server, store: Server, *, grace: float = 60.0) -> AsyncIterator[Cloud]:
    chance = SeededChance(3)
    keys = MemoryKeyRing(chance=chance)
    keys.create(CHILD)
    keys.create(device_owner(BEAR))
    keys.create(link_owner(BEAR))
    client = connect(store.url)
    events = RedisEventStore(client=client)
    await events.permit(
        BEAR, consent=frozenset({Purpose.ACTIVITY, Purpose.SAFETY}), profiles=frozenset({CHILD})
    )
    clock = SystemClock()
    post, hello_post = (
        BrokerPost(
            address=broker_address(broker.url),
            identifier=f"cloud-{name}",
            subscriptions=subscriptions,
            clock=clock,
            chance=chance,
        )
        for name, subscriptions in (("batches", ingest.SUBSCRIPTIONS), ("hellos", hellos.SUBSCRIPTIONS))
    )
    intake = Intake(seal=ChaChaSeal(keys=keys, chance=chance))
    roll_call = RollCall(connections=hello_post, roster=OneBear(), store=events, clock=clock, grace=grace)
    greeter = Hellos(
        post=hello_post, store=events, intake=intake, roll_call=roll_call, clock=clock, chance=chance
    )
    worker = Ingest(
        post=post,
        store=events,
        intake=intake,
        hellos=greeter,
        roll_call=roll_call,
        clock=clock,
        chance=chance,
    )
    try:
        async with asyncio.TaskGroup() as tasks:
            roles = [
                tasks.create_task(post.run(), name="post"),
                tasks.create_task(hello_post.run(), name="hello-post"),
                tasks.create_task(worker.run(), name="ingest"),
            ]
            await post.connection_after(0)
            await hello_post.connection_after(0)
            yield Cloud(events, keys, post, client)
            for role in roles:
                role.cancel()
    finally:
        await client.close()


async def test_an_acknowledgement_means_that_it_is_stored(broker: Server, redis_server: Server) -> None:
    async with ingesting(broker, redis_server) as cloud, wire_to(broker) as bear:
        await bear.send(turns(16), 1)

        assert await bear.acknowledged() == 16
        assert await cloud.stored() == list(range(1, 17))


async def test_duplicates_and_resends_are_acknowledged_and_stored_once(
    mosquitto: Server, redis_server: Server
) -> None:
    async with ingesting(mosquitto, redis_server) as cloud, wire_to(mosquitto) as bear:
        await bear.send(turns(4), 1)
        await bear.send(turns(4), 1)
        await bear.send(turns(4, first=3), 3)

        assert [await bear.acknowledged() for _ in range(3)] == [4, 4, 6]
        assert await cloud.stored() == [1, 2, 3, 4, 5, 6]


async def test_a_gap_is_answered_with_the_mark_from_which_to_begin_again(
    mosquitto: Server, redis_server: Server
) -> None:
    async with ingesting(mosquitto, redis_server) as cloud, wire_to(mosquitto) as bear:
        await bear.send(turns(2), 1)
        await bear.send(turns(2, first=5), 5)

        assert [await bear.acknowledged() for _ in range(2)] == [2, 2]
        assert await cloud.stored() == [1, 2]


async def test_poison_counts_as_stored_and_lies_among_the_dead_letters(
    mosquitto: Server, redis_server: Server
) -> None:
    async with ingesting(mosquitto, redis_server) as cloud:
        one, _, three = turns(3)
        async with wire_to(mosquitto) as bear:
            await bear.send([one, WireEvent(b'{"no": "head"}', b"{}"), three], 1)

            assert await bear.acknowledged() == 3
        assert await cloud.stored() == [1, 3]
        (letter,) = await cloud.store.dead_letters(partition_of(BEAR))
        assert "head" in letter.reason


async def test_what_is_not_granted_is_acknowledged_and_not_kept(
    mosquitto: Server, redis_server: Server
) -> None:
    async with ingesting(mosquitto, redis_server) as cloud:
        async with wire_to(mosquitto) as bear:
            await bear.send(turns(2, purpose=Purpose.TRANSCRIPT), 1)

            assert await bear.acknowledged() == 2
        assert [head.type for head in await cloud.heads()] == [WITHHELD, WITHHELD]
        stream = await cloud.client.do("XRANGE", f"ev:{{{partition_of(BEAR)}}}", "-", "+")
        assert b"turn-1" not in repr(stream).encode()


async def test_an_unreadable_batch_is_put_aside_and_moves_nothing(
    mosquitto: Server, redis_server: Server
) -> None:
    async with ingesting(mosquitto, redis_server) as cloud:
        async with wire_to(mosquitto) as bear:
            await bear.send_raw(b"not a batch")
            await bear.send(turns(1), 1)

            assert await bear.acknowledged() == 1
        (letter,) = await cloud.store.dead_letters(partition_of(BEAR))
        assert letter.size == len(b"not a batch")
        assert b"not a batch" not in letter.sealed


async def test_a_bear_that_no_family_owns_is_neither_stored_nor_acknowledged(
    mosquitto: Server, redis_server: Server
) -> None:
    async with ingesting(mosquitto, redis_server) as cloud:
        stranger = BearId("bear-9")
        async with wire_to(mosquitto, stranger) as bear:
            await bear.send([wired(ended(), 1, bear=stranger)], 1)
            await bear.hello()

            assert await bear.nothing_acknowledged()
        assert await cloud.heads(stranger) == []


async def test_lanes_are_acknowledged_each_for_itself(mosquitto: Server, redis_server: Server) -> None:
    async with ingesting(mosquitto, redis_server) as cloud:
        alert = wired(SafetyAlertRaised(category="lost", advice="call"), 1)
        async with wire_to(mosquitto) as bear:
            await bear.send(turns(2), 1)
            await bear.send([alert], 1, lane=Lane.SAFETY)

            assert await bear.acknowledged(Lane.SAFETY) == 1
        assert await cloud.store.marks(BEAR, EPOCH) == {Lane.INTERACTION: 2, Lane.SAFETY: 1}


async def test_a_hello_is_answered_with_the_marks_and_noted(broker: Server, redis_server: Server) -> None:
    async with ingesting(broker, redis_server) as cloud, wire_to(broker) as bear:
        await bear.send(turns(3), 1)
        await bear.acknowledged()

        await bear.hello()

        assert await bear.acknowledged(Lane.SAFETY) == 0
        assert await bear.acknowledged() == 3
        goodbye = Offline(boot="boot-1", orderly=True)
        await bear.client.publish(topics.status(BEAR), messages.to_bytes(goodbye), qos=1, retain=True)
        assert (await cloud.types(5))[3:] == [ONLINE, OFFLINE]


async def test_a_cloud_that_starts_after_its_bears_hears_that_they_are_there(
    broker: Server, redis_server: Server
) -> None:
    async with wire_to(broker) as bear:
        await bear.hello()
        async with ingesting(broker, redis_server) as cloud:
            assert await bear.acknowledged() == 0
            assert await cloud.types(1) == [ONLINE]


async def test_while_the_store_is_away_nothing_is_acknowledged_and_afterwards_nothing_is_missing(
    broker: Server, redis_server: Server
) -> None:
    events = turns(4)
    async with ingesting(broker, redis_server) as cloud, wire_to(broker) as bear:
        await bear.send(events[:2], 1)
        assert await bear.acknowledged() == 2

        redis_server.kill()
        await bear.send(events[2:], 3)
        silent = await bear.nothing_acknowledged()
        redis_server.start()
        await bear.rewinds_until(events)

        assert silent
        assert await cloud.stored() == [1, 2, 3, 4]


async def test_a_store_that_lost_its_tail_is_told_by_its_low_mark_and_filled_again(
    mosquitto: Server, redis_server: Server
) -> None:
    async with ingesting(mosquitto, redis_server) as cloud, wire_to(mosquitto) as bear:
        await bear.send(turns(4), 1)
        await bear.acknowledged()
        await cloud.client.do("HSET", f"mark:{{{partition_of(BEAR)}}}:{BEAR}:{EPOCH}", 1, 2)

        await bear.send(turns(2, first=5), 5)
        low = await bear.acknowledged()
        await bear.send(turns(4, first=3), 3)

        assert (low, await bear.acknowledged()) == (2, 6)


async def test_the_broker_may_go_and_come_back(broker: Server, redis_server: Server) -> None:
    async with ingesting(broker, redis_server) as cloud:
        broker.kill()
        broker.start()
        async with asyncio.timeout(SECONDS):
            await cloud.broker.connection_after(1)

        async with AsyncExitStack() as stack:
            bear = await stack.enter_async_context(wire_to(broker))
            await bear.send(turns(2), 1)
            assert await bear.acknowledged() == 2


async def test_a_bear_that_vanished_with_its_broker_is_noted_and_one_that_is_there_is_not(
    broker: Server, redis_server: Server
) -> None:
    async with ingesting(broker, redis_server, grace=0.2) as cloud:
        assert await cloud.types(1) == [UNHEARD]
        async with wire_to(broker) as bear:
            await bear.hello()
            assert await cloud.types(2) == [UNHEARD, ONLINE]
    async with wire_to(broker) as bear:
        await bear.hello()
        async with ingesting(broker, redis_server, grace=0.2) as cloud:
            before = await cloud.types(3)
            await asyncio.sleep(0.4)
            after = await cloud.types(3)

    assert UNHEARD not in before[2:]
    assert after == before
