"""What ingest takes from the broker: no more than it can hold, over connections that come and go."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from teddy_cloud.ingest.post import INBOX, RECEIVE_MAXIMUM, BrokerPost
from teddy_cloud.mqtt.packets import Connect, Packet, Property, PubAck, Publish, SubAck, Subscribe
from teddy_shared.addresses import BrokerAddress, broker_address
from teddy_shared.clock import SeededChance, SystemClock
from tests.scripted_broker import but, scripted
from tests.servers import Server

SECONDS: Final = 10.0  # for anything that a test waits for


@asynccontextmanager
async def listening(address: BrokerAddress, *, to: str = "up/#") -> AsyncIterator[BrokerPost]:
    post = BrokerPost(
        address=address,
        identifier=f"listens-to-{to[:2]}",
        subscriptions=[to],
        clock=SystemClock(),
        chance=SeededChance(1),
    )
    async with asyncio.TaskGroup() as tasks, asyncio.timeout(SECONDS):
        running = tasks.create_task(post.run(), name="post")
        await post.connection_after(0)
        yield post
        running.cancel()


async def test_the_broker_may_send_more_when_something_was_taken() -> None:
    sent = [Publish("up/1", b"%d" % number, 1, number) for number in range(1, 6)]

    def answers(packet: Packet) -> list[Packet]:
        return [SubAck(packet.packet_id, (1,)), *sent] if isinstance(packet, Subscribe) else []

    async with scripted(but(answers)) as (address, told), listening(address) as post:
        first = await post.some(2)
        second = await post.some(10)
        await asyncio.sleep(0.05)

    (hello,) = [each for each in told if isinstance(each, Connect)]
    assert hello.properties[Property.RECEIVE_MAXIMUM] == RECEIVE_MAXIMUM
    assert [each.payload for each in (*first, *second)] == [b"1", b"2", b"3", b"4", b"5"]
    assert [each.packet_id for each in told if isinstance(each, PubAck)] == [1, 2, 3, 4, 5]


async def test_what_was_not_taken_yet_is_not_acknowledged() -> None:
    def answers(packet: Packet) -> list[Packet]:
        again = [Publish("up/1", b"x", 1, 7), Publish("up/1", b"y", 1, 8)]
        return [SubAck(packet.packet_id, (1,)), *again] if isinstance(packet, Subscribe) else []

    async with scripted(but(answers)) as (address, told), listening(address) as post:
        await post.some(1)
        await asyncio.sleep(0.05)

        assert [each.packet_id for each in told if isinstance(each, PubAck)] == [7]


async def test_when_it_is_full_the_newest_gives_way() -> None:
    flood = [Publish("up/1", b"%d " % number + bytes(2**20)) for number in range(80)]

    def answers(packet: Packet) -> list[Packet]:
        return [*flood, SubAck(packet.packet_id, (1,))] if isinstance(packet, Subscribe) else []

    async with scripted(but(answers)) as (address, _), listening(address) as post:
        taken = await post.some(100)

    assert INBOX - 2**21 < sum(len(each.payload) for each in taken) <= INBOX
    assert [int(each.payload.split()[0]) for each in taken] == list(range(len(taken)))


async def test_it_comes_back_by_itself_and_what_came_before_is_still_there(broker: Server) -> None:
    address = broker_address(broker.url)
    async with listening(address) as post, listening(address, to="nothing") as other:
        await other.publish("up/1", b"before")
        await asyncio.sleep(0.2)
        broker.kill()
        broker.start()
        await post.connection_after(1)
        await other.connection_after(1)
        await other.publish("up/1", b"after")

        taken = [each.payload for each in await post.some(1)]
        taken += [each.payload for each in await post.some(1)]

    assert taken == [b"before", b"after"]
