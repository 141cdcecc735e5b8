"""Our own MQTT client against real brokers, and against a scripted one that refuses, lies or is silent."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

import pytest

from teddy_cloud.mqtt.client import Connection, Refused, Session, dialled
from teddy_cloud.mqtt.packets import (
    ConnAck,
    Connect,
    Disconnect,
    Packet,
    PingReq,
    PingResp,
    Property,
    PubAck,
    Publish,
    SubAck,
    Subscribe,
    Subscription,
    Will,
)
from teddy_shared.addresses import BrokerAddress
from teddy_shared.errors import LinkError
from tests.scripted_broker import Answers, but, polite, scripted
from tests.servers import Server

SECONDS: Final = 10.0  # for anything that a test waits for


class Client:
    """A connection, and what it heard."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[Publish] = asyncio.Queue()  # bounded by what a test sends
        self.connection: Connection

    def hear(self, publish: Publish) -> None:
        self.heard.put_nowait(publish)
        self.connection.acknowledge(publish)

    async def next(self) -> tuple[str, bytes]:
        async with asyncio.timeout(SECONDS):
            found = await self.heard.get()
        return found.topic, found.payload


@asynccontextmanager
async def client(broker: Server | BrokerAddress, session: Session | str = "bear-1") -> AsyncIterator[Client]:
    found = Client()
    where = session if isinstance(session, Session) else Session(session)
    address = BrokerAddress(broker.host, broker.port)
    async with dialled(
        address, where, hear=found.hear, answer=0.5 if isinstance(broker, BrokerAddress) else 5.0
    ) as connection:
        found.connection = connection
        yield found


# --- real brokers ------------------------------------------------------------------------------------------


async def test_messages_go_both_ways_in_their_order(broker: Server) -> None:
    async with client(broker, "a") as sender, client(broker, "b") as hearer:
        await hearer.connection.subscribe([Subscription("teddy/+/up/#"), Subscription("other")])
        for number in range(50):
            await sender.connection.publish(f"teddy/{number}/up/1", b"%d" % number, qos=number % 2)

        heard = [await hearer.next() for _ in range(50)]

    by_quality = [[each for each in heard if int(each[1]) % 2 == qos] for qos in (0, 1)]
    assert by_quality == [
        [(f"teddy/{number}/up/1", b"%d" % number) for number in range(qos, 50, 2)] for qos in (0, 1)
    ]


async def test_many_messages_may_be_under_way_at_once(broker: Server) -> None:
    async with client(broker, "a") as sender, client(broker, "b") as hearer:
        await hearer.connection.subscribe([Subscription("t")])

        await asyncio.gather(*(sender.connection.publish("t", bytes(5000)) for _ in range(200)))

        assert {await hearer.next() for _ in range(200)} == {("t", bytes(5000))}


async def test_what_is_retained_meets_who_comes_later(broker: Server) -> None:
    async with client(broker, "a") as sender:
        await sender.connection.publish("status", b"here", retain=True)
    async with client(broker, "b") as hearer:
        await hearer.connection.subscribe([Subscription("status")])

        assert await hearer.next() == ("status", b"here")


async def test_the_last_will_comes_of_who_vanishes_and_not_of_who_says_goodbye(broker: Server) -> None:
    async with client(broker, "b") as hearer:
        await hearer.connection.subscribe([Subscription("status/+")])
        async with client(broker, Session("orderly", will=Will("status/orderly", b"vanished"))):
            pass
        async with client(broker, Session("bear", will=Will("status/bear", b"vanished"))) as bear:
            bear.connection.abort()

        assert await hearer.next() == ("status/bear", b"vanished")


async def test_a_kept_session_holds_what_comes_meanwhile(broker: Server) -> None:
    kept = Session("bear", clean_start=False, kept=60)
    async with client(broker, kept) as bear:
        await bear.connection.subscribe([Subscription("orders")])
    async with client(broker, "cloud") as cloud:
        await cloud.connection.publish("orders", b"come")

    async with client(broker, kept) as bear:
        assert await bear.next() == ("orders", b"come")


async def test_a_shared_subscription_gives_each_message_to_one(broker: Server) -> None:
    async with client(broker, "a") as sender, client(broker, "w1") as one, client(broker, "w2") as two:
        for worker in (one, two):
            await worker.connection.subscribe([Subscription("$share/ingest/up")])
        for number in range(20):
            await sender.connection.publish("up", b"%d" % number)
        shared: list[tuple[Client, bytes]] = []

        async def listen(worker: Client) -> None:
            while len(shared) < 20:
                shared.append((worker, (await worker.next())[1]))

        listening = [asyncio.create_task(listen(worker), name="listen") for worker in (one, two)]
        await asyncio.wait(listening, return_when=asyncio.FIRST_COMPLETED)
        for each in listening:
            each.cancel()

    assert sorted(int(payload) for _, payload in shared) == list(range(20))
    assert {worker for worker, _ in shared} == {one, two}


async def test_who_takes_over_a_name_ends_the_connection_before_it(broker: Server) -> None:
    async with client(broker, "bear") as first, client(broker, "bear"):
        with pytest.raises(LinkError):
            async with asyncio.timeout(SECONDS):
                await first.connection.lost()
        with pytest.raises(LinkError):
            await first.connection.publish("t", b"")


async def test_a_broker_that_dies_is_told_to_all_who_wait(broker: Server) -> None:
    async with client(broker) as bear:
        broker.kill()

        async with asyncio.timeout(SECONDS):
            with pytest.raises(LinkError, match="lost"):
                await bear.connection.lost()
        for act in (bear.connection.publish("t", b""), bear.connection.publish("t", b"", qos=0)):
            with pytest.raises(LinkError):
                await act
    with pytest.raises(LinkError, match="away"):
        async with client(broker):
            pass


async def test_nothing_waits_for_more_to_say(broker: Server) -> None:
    async with client(broker) as bear:
        assert bear.connection.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0


# --- a scripted one ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answers", "act"),
    [
        (lambda p: [ConnAck(reason=0x87)] if isinstance(p, Connect) else [], None),
        (
            lambda p: [SubAck(p.packet_id, (1, 0x87))] if isinstance(p, Subscribe) else [],
            lambda c: c.subscribe([Subscription("mine"), Subscription("yours")]),
        ),
        (
            lambda p: [PubAck(p.packet_id, 0x87)] if isinstance(p, Publish) else [],
            lambda c: c.publish("yours", b""),
        ),
        (
            lambda p: [Disconnect(0x87)] if isinstance(p, Publish) else [],
            lambda c: c.publish("yours", b""),
        ),
    ],
    ids=["connect", "subscribe", "publish", "disconnect"],
)
async def test_a_refusal_is_told_with_its_reason(
    answers: Answers, act: Callable[[Connection], Awaitable[None]] | None
) -> None:
    async with scripted(but(answers)) as (address, _):
        with pytest.raises(Refused, match="0x87") as refused:
            async with client(address) as bear:
                assert act is not None
                await act(bear.connection)

    assert refused.value.reason == 0x87


async def test_only_so_much_is_under_way_as_the_broker_takes() -> None:
    told_at: list[int] = []

    def answers(packet: Packet) -> list[Packet]:
        if isinstance(packet, Connect):
            return [ConnAck(properties={Property.RECEIVE_MAXIMUM: 2})]
        if isinstance(packet, Publish):
            told_at.append(packet.packet_id)
            return [PingResp(), *(PubAck(number) for number in told_at if len(told_at) >= 2)]
        return []

    async with scripted(but(answers)) as (address, told), client(address) as bear:
        sending = asyncio.gather(*(bear.connection.publish("t", b"%d" % n) for n in range(6)))
        async with asyncio.timeout(SECONDS):
            await sending

    assert [each.payload for each in told if isinstance(each, Publish)] == [b"%d" % n for n in range(6)]


@pytest.mark.parametrize(
    "silent_after", [Connect, Publish, PingReq], ids=["dialling", "publishing", "being asked"]
)
async def test_a_broker_that_falls_silent_is_given_up(silent_after: type[Packet]) -> None:
    quiet = False

    def answers(packet: Packet) -> list[Packet]:
        nonlocal quiet
        quiet = quiet or isinstance(packet, silent_after)
        return [] if quiet else polite(packet)

    async with scripted(answers) as (address, _):
        with pytest.raises(LinkError, match=r"answer|silent"):
            async with asyncio.timeout(SECONDS), client(address, Session("bear", keepalive=1)) as bear:
                if silent_after is Publish:
                    await bear.connection.publish("t", b"")
                await bear.connection.lost()


async def test_a_connection_that_says_nothing_is_kept_alive() -> None:
    async with scripted(polite) as (address, told), client(address, Session("bear", keepalive=1)):
        await asyncio.sleep(1.2)

    assert PingReq() in told
    assert Disconnect() in told


async def test_a_broker_that_speaks_something_else_is_left() -> None:
    def answers(packet: Packet) -> list[Packet]:
        return [PingReq()] if isinstance(packet, Publish) else polite(packet)

    async with scripted(answers) as (address, _), client(address) as bear:
        with pytest.raises(LinkError, match="as clients do"):
            await bear.connection.publish("t", b"")
