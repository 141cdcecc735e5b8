"""What a broker with our configuration lets nobody do, and what a bear lets nobody tell it."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import aiomqtt
import pytest

from teddy_cloud.fleet.authority import OWN, Authorities, open_authorities
from teddy_cloud.settings import Role
from teddy_shared import topics
from teddy_shared.clock import SystemChance, SystemClock
from teddy_shared.envelope import BearId, Lane
from teddy_shared.tls import Credentials, client_context
from tests.secure_broker import SecureBroker, secure_mosquitto
from tests.servers import HOST

ONE = BearId("bear-1")
OTHER = BearId("bear-2")
INGEST = f"{OWN}-{Role.INGEST}"
DISPATCHER = f"{OWN}-{Role.DISPATCHER}"
SECONDS = 8.0

# The shortest greeting that MQTT 5 knows, of a client that calls itself "x", and how a broker takes it.
GREETING = bytes.fromhex("10 0e 0004 4d515454 05 02 003c 00 0001 78")
TAKEN = 0x20


@pytest.fixture(scope="module")
def tls_mosquitto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureBroker]:
    """One for all tests here, none of which leaves anything behind in it."""
    with secure_mosquitto(tmp_path_factory.mktemp("server")) as broker:
        yield broker


@pytest.fixture
def elsewhere(tmp_path: Path) -> Authorities:
    """Those of somebody else's cloud."""
    return open_authorities(tmp_path / "elsewhere", clock=SystemClock(), chance=SystemChance())


class Client:
    """Somebody at the broker who keeps what is heard."""

    def __init__(self, client: aiomqtt.Client) -> None:
        self._client = client
        self.heard: asyncio.Queue[tuple[str, object]] = asyncio.Queue()  # bounded by what a test sends

    async def say(self, topic: str, payload: str | bytes = b"x", *, retain: bool = False) -> None:
        await self._client.publish(topic, payload, qos=1, retain=retain)

    async def listen(self, *wanted: str) -> None:
        for topic in wanted:
            await self._client.subscribe(topic, qos=1)

    async def next(self) -> tuple[str, object]:
        async with asyncio.timeout(SECONDS):
            return await self.heard.get()

    async def keep(self) -> None:
        async for message in self._client.messages:
            self.heard.put_nowait((message.topic.value, message.payload))


@asynccontextmanager
async def client(
    broker: SecureBroker,
    credentials: Credentials,
    *listens: str,
    name: str | None = None,
    port: int | None = None,
) -> AsyncIterator[Client]:
    async with aiomqtt.Client(
        HOST,
        port or broker.server.port,
        identifier=name,
        protocol=aiomqtt.ProtocolVersion.V5,
        tls_context=await asyncio.to_thread(client_context, credentials),
        timeout=SECONDS,
    ) as inner:
        found = Client(inner)
        await found.listen(*listens)
        async with asyncio.TaskGroup() as tasks:
            keeping = tasks.create_task(found.keep(), name="keep")
            yield found
            keeping.cancel()


@asynccontextmanager
async def bear(broker: SecureBroker, name: BearId, *listens: str) -> AsyncIterator[Client]:
    credentials = await asyncio.to_thread(broker.authorities.enrol, name)
    async with client(broker, credentials, *listens, name=name) as found:
        yield found


@asynccontextmanager
async def cloud(
    broker: SecureBroker, role: str, *listens: str, name: str | None = None
) -> AsyncIterator[Client]:
    credentials = await asyncio.to_thread(broker.authorities.client, role)
    async with client(broker, credentials, *listens, name=name or role, port=broker.cloud_port) as found:
        yield found


async def is_let_in(port: int, context: ssl.SSLContext | None) -> bool:
    """Whether a broker answers the greeting of whoever shows what is in the context."""
    try:
        async with asyncio.timeout(SECONDS):
            reader, writer = await asyncio.open_connection(HOST, port, ssl=context)
            writer.write(GREETING)
            answer = await reader.read(1)
            writer.close()
    except OSError:
        return False
    return answer == bytes([TAKEN])


def greeting_with_will(topic: str) -> bytes:
    """Of the same client, with `gone` as its last will, at least once, retained."""
    body = b"".join(
        [
            bytes.fromhex("0004 4d515454 05 2e 003c 00 0001 78 00"),
            len(topic).to_bytes(2, "big") + topic.encode(),
            bytes.fromhex("0004") + b"gone",
        ]
    )
    assert len(body) < 128  # one byte says how long it is
    return bytes([0x10, len(body)]) + body


async def shows(credentials: Credentials) -> ssl.SSLContext:
    return await asyncio.to_thread(client_context, credentials)


# --- who is let in ---------------------------------------------------------------------------------------


async def test_a_bear_with_its_certificate_is_let_in_and_heard(tls_mosquitto: SecureBroker) -> None:
    async with (
        cloud(tls_mosquitto, INGEST, topics.INGEST_EVENTS) as ingest,
        bear(tls_mosquitto, ONE) as one,
    ):
        await one.say(topics.up(ONE, Lane.SAFETY), b"a batch")

        assert await ingest.next() == (topics.up(ONE, Lane.SAFETY), b"a batch")


async def test_nobody_is_let_in_without_a_certificate_or_with_a_strangers(
    tls_mosquitto: SecureBroker, elsewhere: Authorities
) -> None:
    mine = tls_mosquitto.authorities
    foreign = await asyncio.to_thread(elsewhere.enrol, ONE)
    stranger = replace(foreign, authority=mine.of_cloud)  # who believes our broker
    bare = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    bare.load_verify_locations(cadata=mine.of_cloud)
    port = tls_mosquitto.server.port

    assert await is_let_in(port, await shows(await asyncio.to_thread(mine.enrol, ONE)))
    assert not await is_let_in(port, bare)
    assert not await is_let_in(port, await shows(stranger))
    assert not await is_let_in(port, None)


async def test_tls_1_2_is_over(tls_mosquitto: SecureBroker) -> None:
    old = await shows(await asyncio.to_thread(tls_mosquitto.authorities.enrol, ONE))
    old.minimum_version = ssl.TLSVersion.TLSv1_2
    old.maximum_version = ssl.TLSVersion.TLSv1_2

    assert not await is_let_in(tls_mosquitto.server.port, old)


async def test_each_door_is_for_one_kind_of_certificate(tls_mosquitto: SecureBroker) -> None:
    house = tls_mosquitto.authorities
    broker = house.broker([HOST])
    of_a_bear, of_the_cloud = await asyncio.to_thread(house.enrol, ONE), house.client(INGEST)
    of_a_broker = Credentials(house.of_cloud, broker.certificate, broker.key)

    assert await is_let_in(tls_mosquitto.cloud_port, await shows(of_the_cloud))
    assert not await is_let_in(tls_mosquitto.cloud_port, await shows(of_a_bear))
    assert not await is_let_in(tls_mosquitto.cloud_port, await shows(of_a_broker))
    assert not await is_let_in(tls_mosquitto.server.port, await shows(of_the_cloud))


@pytest.mark.parametrize("poses", ["a client", "another host", "another authority"])
async def test_a_bear_speaks_to_no_broker_that_is_not_ours(
    poses: str, tls_mosquitto: SecureBroker, elsewhere: Authorities, tmp_path: Path
) -> None:
    house = tls_mosquitto.authorities
    client, brokers = house.client(INGEST), (house.broker(["broker.example"]), elsewhere.broker([HOST]))
    shown = {
        "a client": client.certificate + client.key,
        "another host": brokers[0].certificate + brokers[0].key,
        "another authority": brokers[1].certificate + brokers[1].key,
    }[poses]
    await asyncio.to_thread((tmp_path / "pair").write_text, shown)
    pretender = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    await asyncio.to_thread(pretender.load_cert_chain, tmp_path / "pair")
    said: list[bytes] = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        said.append(await reader.read(1))
        writer.close()

    false = await asyncio.start_server(listen, HOST, 0, ssl=pretender)
    async with false:
        context = await shows(await asyncio.to_thread(house.enrol, ONE))
        with pytest.raises(ssl.SSLCertVerificationError):
            await asyncio.open_connection(HOST, false.sockets[0].getsockname()[1], ssl=context)

    assert said == []


# --- under whose name ------------------------------------------------------------------------------------


FORBIDDEN_TO_SAY = [
    *(topics.up(OTHER, lane) for lane in Lane),
    topics.status(OTHER),
    topics.ask(OTHER),
    *(what(whom) for whom in (ONE, OTHER) for what in (topics.ack, topics.command, topics.settings)),
    *(topics.answer(whom) for whom in (ONE, OTHER)),
    f"{topics.ROOT}/{ONE}/up/4",
    f"{topics.ROOT}/{ONE}/up/0/more",
    f"{topics.ROOT}/{ONE}",
    "elsewhere",
]


async def test_a_bear_says_nothing_under_another_name_or_from_above(tls_mosquitto: SecureBroker) -> None:
    down = [what(OTHER) for what in (topics.ack, topics.command, topics.settings, topics.answer)]
    async with (
        cloud(tls_mosquitto, INGEST, f"{topics.ROOT}/+/up/#", topics.EVERY_STATUS) as ingest,
        cloud(tls_mosquitto, DISPATCHER, topics.EVERY_QUESTION) as dispatcher,
        bear(tls_mosquitto, OTHER, *down) as other,
        bear(tls_mosquitto, ONE) as one,
    ):
        for topic in FORBIDDEN_TO_SAY:
            await one.say(topic, b"not mine", retain=True)

        # What is allowed comes behind it all and is the first that anybody hears.
        await one.say(topics.up(ONE, Lane.BULK), b"mine")
        await one.say(topics.ask(ONE), b"mine")
        await dispatcher.say(topics.command(OTHER), b"from above")
        assert await ingest.next() == (topics.up(ONE, Lane.BULK), b"mine")
        assert await dispatcher.next() == (topics.ask(ONE), b"mine")
        assert await other.next() == (topics.command(OTHER), b"from above")


async def test_a_bear_hears_what_is_for_it_and_nothing_else(tls_mosquitto: SecureBroker) -> None:
    async with (
        cloud(tls_mosquitto, INGEST) as ingest,
        cloud(tls_mosquitto, DISPATCHER) as dispatcher,
        bear(tls_mosquitto, OTHER) as other,
    ):
        await dispatcher.say(topics.settings(OTHER), b"kept", retain=True)
        await other.say(topics.status(OTHER), b"kept", retain=True)
        async with bear(
            tls_mosquitto,
            ONE,
            "#",
            f"{topics.ROOT}/+/#",
            topics.settings(OTHER),
            topics.EVERY_STATUS,
            topics.INGEST_EVENTS,
            topics.EVERY_QUESTION,
            f"$share/mine/{topics.ROOT}/+/cmd",
            "$SYS/#",
        ) as one:
            await other.say(topics.up(OTHER, Lane.SAFETY))
            await other.say(topics.ask(OTHER))
            await ingest.say(topics.ack(OTHER))
            for what in (topics.settings, topics.command, topics.answer):
                await dispatcher.say(what(OTHER))

            await ingest.say(topics.ack(ONE), b"for me")
            assert await one.next() == (topics.ack(ONE), b"for me")
        await dispatcher.say(topics.settings(OTHER), b"", retain=True)
        await other.say(topics.status(OTHER), b"", retain=True)


async def test_a_bear_that_joins_the_ingests_group_by_its_plain_name_takes_nothing_from_it(
    tls_mosquitto: SecureBroker,
) -> None:
    """Mosquitto lets it join, hands it every other message, and drops that as it may not read it."""
    async with (
        cloud(tls_mosquitto, INGEST, topics.hidden(topics.INGEST_EVENTS, "a-secret")) as ingest,
        bear(tls_mosquitto, ONE, topics.INGEST_EVENTS),
        bear(tls_mosquitto, OTHER) as other,
    ):
        for number in range(10):
            await other.say(topics.up(OTHER, Lane.SAFETY), str(number))

        assert [await ingest.next() for _ in range(10)] == [
            (topics.up(OTHER, Lane.SAFETY), str(number).encode()) for number in range(10)
        ]


@pytest.mark.parametrize("name", [OTHER, INGEST], ids=["another bear", "the ingest"])
async def test_a_bear_that_takes_another_ones_id_throws_nobody_out(
    name: str, tls_mosquitto: SecureBroker
) -> None:
    mine = await asyncio.to_thread(tls_mosquitto.authorities.enrol, ONE)
    async with (
        cloud(tls_mosquitto, INGEST, topics.INGEST_EVENTS) as ingest,
        bear(tls_mosquitto, OTHER, topics.ack(OTHER)) as other,
        client(tls_mosquitto, mine, topics.ack(OTHER), name=name) as one,
    ):
        await other.say(topics.up(OTHER, Lane.SAFETY), b"still here")
        assert await ingest.next() == (topics.up(OTHER, Lane.SAFETY), b"still here")

        await ingest.say(topics.ack(OTHER), b"for the other")
        await ingest.say(topics.ack(ONE), b"for nobody")
        assert await other.next() == (topics.ack(OTHER), b"for the other")
        assert one.heard.empty()


async def test_a_last_will_speaks_for_its_own_bear_alone(tls_mosquitto: SecureBroker) -> None:
    async def vanish(topic: str) -> None:
        credentials = await asyncio.to_thread(tls_mosquitto.authorities.enrol, ONE)
        reader, writer = await asyncio.open_connection(
            HOST, tls_mosquitto.server.port, ssl=await shows(credentials)
        )
        writer.write(greeting_with_will(topic))
        assert await reader.read(1) == bytes([TAKEN])
        writer.transport.abort()

    async with cloud(tls_mosquitto, INGEST, topics.EVERY_STATUS) as ingest:
        for topic in (topics.status(OTHER), topics.up(OTHER, Lane.SAFETY), topics.ack(ONE)):
            await vanish(topic)
        await vanish(topics.status(ONE))

        assert await ingest.next() == (topics.status(ONE), b"gone")
        async with bear(tls_mosquitto, ONE) as one:
            await one.say(topics.status(ONE), b"", retain=True)


@pytest.mark.parametrize(
    ("role", "topic"),
    [
        (INGEST, topics.settings(ONE)),
        (INGEST, topics.command(ONE)),
        (DISPATCHER, topics.ack(ONE)),
        (DISPATCHER, topics.up(ONE, Lane.SAFETY)),
    ],
)
async def test_each_role_of_the_cloud_may_what_it_needs_and_no_more(
    role: str, topic: str, tls_mosquitto: SecureBroker
) -> None:
    everything: Sequence[str] = ("#",)
    async with (
        bear(tls_mosquitto, ONE, *everything) as one,
        cloud(tls_mosquitto, INGEST, f"{topics.ROOT}/+/up/#") as ingest,
        cloud(tls_mosquitto, role, name="another worker") as acting,
    ):
        await acting.say(topic, b"not this role's")

        await one.say(topics.up(ONE, Lane.BULK), b"heard")
        assert await ingest.next() == (topics.up(ONE, Lane.BULK), b"heard")
        await ingest.say(topics.ack(ONE), b"heard")
        assert await one.next() == (topics.ack(ONE), b"heard")
