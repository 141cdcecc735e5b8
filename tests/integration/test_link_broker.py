"""The bear's link over real brokers: it comes back, says who it is, and carries both ways."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import aiomqtt
import pytest

from teddy_edge.link.broker import BrokerLink
from teddy_edge.outbox.relay import Heard, Opened
from teddy_shared import topics
from teddy_shared.clock import SeededChance, SystemClock
from teddy_shared.envelope import BearId, Lane
from teddy_shared.errors import LinkError
from teddy_shared.messages import Ack, Offline, Online, Status, status_from_bytes, to_bytes
from tests.servers import Server

BEAR = BearId("bear-1")


class Bear:
    """A link with someone to talk to: keeps what it hears."""

    def __init__(self, port: int, *, answer: float) -> None:
        self.heard: list[Heard] = []
        self.settings: list[bytes] = []
        self.orders: list[bytes] = []
        self.answers: list[bytes] = []
        self.acked = 0
        self.link = BrokerLink(
            bear=BEAR,
            host="127.0.0.1",
            port=port,
            hello=lambda: Online(boot="boot-1", epoch="epoch-1", acked={Lane.INTERACTION: self.acked}),
            on_settings=self._obey,
            on_order=self._take_order,
            on_answer=self._take_answer,
            clock=SystemClock(),
            chance=SeededChance(1),
            answer=answer,
        )

    async def _obey(self, data: bytes) -> None:
        self.settings.append(data)

    async def _take_order(self, data: bytes) -> None:
        self.orders.append(data)

    async def _take_answer(self, data: bytes) -> None:
        self.answers.append(data)

    async def listen(self) -> None:
        async for heard in self.link.heard():
            self.heard.append(heard)

    @property
    def openings(self) -> int:
        return sum(isinstance(each, Opened) for each in self.heard)


@asynccontextmanager
async def online(port: int, *, answer: float = 5.0) -> AsyncIterator[Bear]:
    """A bear that dials; whether anyone answers is the test's matter."""
    bear = Bear(port, answer=answer)
    tasks = {
        asyncio.create_task(bear.link.stay_connected(), name="link"),
        asyncio.create_task(bear.listen(), name="ears"),
    }
    try:
        yield bear
        assert not any(task.done() for task in tasks)
    finally:
        for task in tasks:
            task.cancel()
        _, stuck = await asyncio.wait(tasks, timeout=8)
        assert not stuck


@asynccontextmanager
async def cloud(server: Server, *subscriptions: str) -> AsyncIterator[aiomqtt.Client]:
    async with aiomqtt.Client(
        server.host, server.port, protocol=aiomqtt.ProtocolVersion.V5, timeout=5
    ) as client:
        for topic in subscriptions:
            await client.subscribe(topic, qos=1)
        yield client


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(8):
        while not condition():  # noqa: ASYNC110  # what is watched lies behind a real socket
            await asyncio.sleep(0.01)


async def next_status(client: aiomqtt.Client) -> Status:
    async with asyncio.timeout(8):
        async for message in client.messages:
            assert isinstance(message.payload, bytes)
            return status_from_bytes(message.payload)
    raise AssertionError("the connection ended")


async def test_it_says_hello_with_where_it_stands_and_the_broker_keeps_it(broker: Server) -> None:
    async with online(broker.port) as bear:
        bear.acked = 7
        await until(lambda: bear.link.connected)

        async with cloud(broker, topics.status(BEAR)) as late:
            assert await next_status(late) == Online(
                boot="boot-1", epoch="epoch-1", acked={Lane.INTERACTION: 7}
            )


async def test_an_orderly_stop_says_goodbye(broker: Server) -> None:
    async with cloud(broker, topics.status(BEAR)) as watcher:
        async with online(broker.port):
            assert isinstance(await next_status(watcher), Online)

        assert await next_status(watcher) == Offline(boot="boot-1", orderly=True)
        with pytest.raises(TimeoutError):  # and no last will behind it
            await asyncio.wait_for(anext(watcher.messages), 0.2)


async def test_a_bear_that_vanishes_leaves_its_last_will(broker: Server) -> None:
    async with (
        cloud(broker, topics.status(BEAR)) as watcher,
        pull_the_plug(broker) as wire,
        online(wire.port),
    ):
        assert isinstance(await next_status(watcher), Online)
        wire.cut()

        assert await next_status(watcher) == Offline(boot="boot-1", orderly=False)


async def test_batches_go_up_and_acknowledgements_come_down(broker: Server) -> None:
    async with cloud(broker, topics.INGEST_EVENTS) as ingest, online(broker.port) as bear:
        await until(lambda: bear.link.connected)

        await bear.link.send(Lane.SAFETY, b"a batch")

        async with asyncio.timeout(8):
            message = await anext(ingest.messages)
        assert (str(message.topic), message.payload) == (topics.up(BEAR, Lane.SAFETY), b"a batch")
        ack = Ack(epoch="epoch-1", lane=Lane.SAFETY, mark=3, pause_ms=5)
        await ingest.publish(topics.ack(BEAR), to_bytes(ack), qos=1)
        await until(lambda: bear.heard == [Opened(), ack])


async def test_settings_that_wait_at_the_broker_reach_a_bear_that_connects_later(broker: Server) -> None:
    async with cloud(broker) as sender:
        await sender.publish(topics.settings(BEAR), b"sealed", qos=1, retain=True)

    async with online(broker.port) as bear:
        await until(lambda: bear.settings == [b"sealed"])


async def test_an_order_comes_down(broker: Server) -> None:
    async with cloud(broker) as sender, online(broker.port) as bear:
        await until(lambda: bear.link.connected)

        await sender.publish(topics.command(BEAR), b"sealed", qos=1)

        await until(lambda: bear.orders == [b"sealed"])


async def test_a_question_goes_up_and_an_answer_comes_down(broker: Server) -> None:
    async with cloud(broker, topics.EVERY_QUESTION) as answerer, online(broker.port) as bear:
        await until(lambda: bear.link.connected)

        await bear.link.ask(b"a question")

        async with asyncio.timeout(8):
            message = await anext(answerer.messages)
        assert (str(message.topic), message.payload) == (topics.ask(BEAR), b"a question")
        await answerer.publish(topics.answer(BEAR), b"an answer", qos=1)
        await until(lambda: bear.answers == [b"an answer"])


async def test_an_order_that_was_sent_while_the_bear_was_away_waits_for_it(mosquitto: Server) -> None:
    async with online(mosquitto.port) as bear:
        await until(lambda: bear.link.connected)
    async with cloud(mosquitto) as sender:
        await sender.publish(topics.command(BEAR), b"sealed", qos=1)

    async with online(mosquitto.port) as bear:
        await until(lambda: bear.orders == [b"sealed"])


async def test_what_cannot_be_read_is_ignored_and_the_next_message_is_heard(broker: Server) -> None:
    async with cloud(broker) as sender, online(broker.port) as bear:
        await until(lambda: bear.link.connected)
        await sender.publish(topics.ack(BEAR), b"\xff not an acknowledgement", qos=1)
        await sender.publish(topics.ack(BEAR), b"", qos=1)
        await sender.publish(topics.settings(BEAR), b"", qos=1)
        good = Ack(epoch="epoch-1", lane=Lane.SAFETY, mark=1)

        await sender.publish(topics.ack(BEAR), to_bytes(good), qos=1)

        await until(lambda: good in bear.heard)
        assert bear.settings == []


async def test_it_comes_back_by_itself_after_the_broker_was_killed(broker: Server) -> None:
    async with online(broker.port) as bear:
        await until(lambda: bear.openings == 1)
        broker.kill()
        await until(lambda: not bear.link.connected)
        with pytest.raises(LinkError):
            await bear.link.send(Lane.SAFETY, b"into the void")

        broker.restart()

        await until(lambda: bear.openings == 2)
        async with cloud(broker, topics.status(BEAR)) as watcher:
            assert isinstance(await next_status(watcher), Online)


async def test_a_bear_that_starts_before_its_broker_waits_for_it(broker: Server) -> None:
    broker.kill()
    async with online(broker.port) as bear:
        await asyncio.sleep(0.05)
        assert not bear.link.connected
        broker.restart()

        await until(lambda: bear.link.connected)


async def test_a_send_that_is_under_way_ends_when_the_connection_does(mosquitto: Server) -> None:
    async with pull_the_plug(mosquitto) as wire, online(wire.port) as bear:
        await until(lambda: bear.link.connected)
        wire.deaf = True  # nothing comes through any more, but the connection stands
        sending = asyncio.create_task(bear.link.send(Lane.SAFETY, b"a batch"), name="sending")
        await asyncio.sleep(0.05)
        began = asyncio.get_running_loop().time()
        wire.cut()

        await asyncio.wait([sending])

        assert isinstance(sending.exception(), LinkError)
        assert asyncio.get_running_loop().time() - began < 1.0


async def test_it_hangs_up_on_a_broker_that_never_answers_and_dials_again() -> None:
    hung_up: list[int] = []

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        said = await reader.read()
        hung_up.append(len(said))
        writer.close()

    silent = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    async with silent, online(silent.sockets[0].getsockname()[1], answer=0.1) as bear:
        await until(lambda: len(hung_up) == 2)

        assert not bear.link.connected


async def test_a_stop_while_it_dials_leaves_no_error_that_nobody_looked_at() -> None:
    dialled, hung_up = asyncio.Event(), asyncio.Event()
    unseen: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: unseen.append(context["message"]))

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        dialled.set()
        await reader.read()
        writer.close()
        await writer.wait_closed()
        hung_up.set()

    silent = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    async with silent, asyncio.timeout(5):
        async with online(silent.sockets[0].getsockname()[1], answer=0.3):
            await dialled.wait()
        await hung_up.wait()
        gc.collect()  # a task complains when nothing refers to it any more

    assert unseen == []


class Wire:
    """A cable between the bear and its broker, to be cut, or to go deaf."""

    def __init__(self, to: Server) -> None:
        self.port = 0
        self.deaf = False
        self._to = to
        self._writers: list[asyncio.StreamWriter] = []
        self._cut = False

    async def join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._cut:
            writer.close()
            return
        far_reader, far_writer = await asyncio.open_connection(self._to.host, self._to.port)
        self._writers += [writer, far_writer]
        await asyncio.gather(self._pump(reader, far_writer), self._pump(far_reader, writer))

    def cut(self) -> None:
        self._cut = True
        for writer in self._writers:
            writer.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                if not self.deaf:
                    writer.write(data)
        except ConnectionError:
            pass
        writer.close()


@asynccontextmanager
async def pull_the_plug(server: Server) -> AsyncIterator[Wire]:
    wire = Wire(server)
    exchange = await asyncio.start_server(wire.join, "127.0.0.1", 0)
    wire.port = exchange.sockets[0].getsockname()[1]
    try:
        yield wire
    finally:
        wire.cut()
        exchange.close()
        await exchange.wait_closed()
