"""The bear's only door to MQTT: one connection that is dropped, and dialled again, for ever."""

from __future__ import annotations

import asyncio
import math
import socket
import ssl
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final

import aiomqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from teddy_edge.outbox.relay import Heard, Opened
from teddy_shared import topics
from teddy_shared.backoff import delays
from teddy_shared.clock import Chance, Clock
from teddy_shared.envelope import BearId, Lane
from teddy_shared.errors import LinkError, MalformedEvent
from teddy_shared.logs import log
from teddy_shared.messages import Ack, Message, Offline, Online, from_bytes, to_bytes

SESSION_KEPT: Final = 30 * 24 * 3600  # seconds that the broker holds what comes for an absent bear
STEADY: Final = 10.0  # seconds after which a connection counts as good, and the backoff begins anew
GOODBYE: Final = 2.0  # seconds that an orderly stop may take

# aiomqtt's own deadlines are asyncio.wait_for, which until Python 3.12 may swallow a cancellation, and
# then the link never ends. So it gets none, and each call stands under an asyncio.timeout of ours.
OURS: Final = math.inf


class BrokerLink:
    """Fits the relay's Link. Nothing happens until `stay_connected` runs as a task."""

    def __init__(
        self,
        *,
        bear: BearId,
        host: str,
        port: int,
        hello: Callable[[], Online],  # where the bear stands, asked at every connection
        on_settings: Callable[[bytes], Awaitable[None]],
        on_order: Callable[[bytes], Awaitable[None]],
        on_answer: Callable[[bytes], Awaitable[None]],
        clock: Clock,
        chance: Chance,
        tls: ssl.SSLContext | None = None,  # what the broker is shown, and believed by
        keepalive: int = 20,  # seconds of silence after which a dead connection is noticed
        answer: float = 5.0,  # seconds for the broker to answer
    ) -> None:
        self._bear = bear
        self._host = host
        self._port = port
        self._hello = hello
        self._on_settings = on_settings
        self._on_order = on_order
        self._on_answer = on_answer
        self._clock = clock
        self._chance = chance
        self._tls = tls
        self._keepalive = keepalive
        self._answer = answer
        self._connection: _Connection | None = None
        # Full, the oldest is dropped: acknowledgements are cumulative, and what is lost is sent again.
        self._heard: deque[Heard] = deque(maxlen=64)
        self._news = asyncio.Event()

    @property
    def connected(self) -> bool:
        return self._connection is not None

    async def stay_connected(self) -> None:
        """Ends by cancellation, with a goodbye. Losing the network is normal."""
        waits = delays(self._chance)
        while True:
            began = self._clock.monotonic()
            try:
                await self._converse()
            except (aiomqtt.MqttError, TimeoutError) as error:
                log("link").info("the broker is away", reason=str(error) or "no answer")
            if self._clock.monotonic() - began > STEADY:
                waits = delays(self._chance)
            await asyncio.sleep(next(waits))

    async def send(self, lane: Lane, batch: bytes) -> None:
        """Raises LinkError when the broker is away or goes away before it has the batch."""
        if self._connection is None:
            raise LinkError("no connection to the broker")
        await self._connection.publish(topics.up(self._bear, lane), batch)

    async def ask(self, question: bytes) -> None:
        """Raises LinkError, as `send`."""
        if self._connection is None:
            raise LinkError("no connection to the broker")
        await self._connection.publish(topics.ask(self._bear), question)

    async def heard(self) -> AsyncIterator[Heard]:
        """What the relay needs to know, oldest first. For one listener."""
        while True:
            while self._heard:
                yield self._heard.popleft()
            self._news.clear()
            await self._news.wait()

    async def _converse(self) -> None:
        """One connection, from dialling to its loss."""
        status = topics.status(self._bear)
        boot = self._hello().boot
        will = aiomqtt.Will(status, to_bytes(Offline(boot=boot, orderly=False)), qos=1, retain=True)
        async with _dialled(self._client(will)) as client:
            connection = _Connection(client, answer=self._answer)
            try:
                async with asyncio.timeout(self._answer):
                    await self._subscribe(client)
                    await _retain(client, status, self._hello())
                self._connection = connection
                log("link").info("connected", host=self._host, port=self._port)
                self._tell(Opened())
                async for message in client.messages:
                    await self._take(str(message.topic), message.payload)
            except asyncio.CancelledError:
                with suppress(aiomqtt.MqttError, TimeoutError):
                    async with asyncio.timeout(GOODBYE):
                        await _retain(client, status, Offline(boot=boot, orderly=True))
                raise
            finally:
                self._connection = None
                connection.lost()

    async def _subscribe(self, client: aiomqtt.Client) -> None:
        heard = (topics.ack, topics.settings, topics.command, topics.answer)
        wanted = [each(self._bear) for each in heard]
        answers = await client.subscribe([(topic, SubscribeOptions(qos=1)) for topic in wanted], timeout=OURS)
        if refused := [str(answer) for answer in answers if _is_failure(answer)]:
            log("link").error("the broker refuses what the bear must hear", answers=refused)

    async def _take(self, topic: str, payload: object) -> None:
        data = payload if isinstance(payload, bytes) else b""
        try:
            match topics.parse(topic).what:
                case "ack":
                    self._tell(from_bytes(Ack, data))
                case "settings" if data:  # nothing at all is how a retained document is cleared
                    await self._on_settings(data)
                case "cmd":
                    await self._on_order(data)
                case "res":
                    await self._on_answer(data)
        except MalformedEvent as error:
            log("link").warning("message ignored", size=len(data), reason=str(error))

    def _tell(self, heard: Heard) -> None:
        self._heard.append(heard)
        self._news.set()

    def _client(self, will: aiomqtt.Will) -> aiomqtt.Client:
        kept = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho is half typed
        kept.SessionExpiryInterval = SESSION_KEPT
        return aiomqtt.Client(
            self._host,
            self._port,
            identifier=self._bear,
            protocol=aiomqtt.ProtocolVersion.V5,
            clean_start=False,
            properties=kept,
            will=will,
            keepalive=self._keepalive,
            timeout=self._answer,
            # Beyond this a message is discarded; acknowledgements, retained settings and orders come again.
            max_queued_incoming_messages=256,
            # Without it Nagle and delayed acknowledgements make 44 ms of every round trip.
            socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
            tls_context=self._tls,
        )


class _Connection:
    """Publishing on one connection. aiomqtt lets a publish wait out its time when the connection is lost."""

    def __init__(self, client: aiomqtt.Client, *, answer: float) -> None:
        self._client = client
        self._answer = answer
        self._deadlines: set[asyncio.Timeout] = set()  # of those who wait

    async def publish(self, topic: str, data: bytes) -> None:
        try:
            async with asyncio.timeout(self._answer) as deadline:
                self._deadlines.add(deadline)
                try:
                    await self._client.publish(topic, data, qos=1, timeout=OURS)
                finally:
                    self._deadlines.discard(deadline)
        except (aiomqtt.MqttError, TimeoutError) as error:
            raise LinkError(f"{len(data)} bytes were not taken: {error or 'no answer'}") from None

    def lost(self) -> None:
        now = asyncio.get_running_loop().time()
        for deadline in self._deadlines:
            deadline.reschedule(now)


@asynccontextmanager
async def _dialled(client: aiomqtt.Client) -> AsyncIterator[aiomqtt.Client]:
    """`async with client`, without its leaks: it forgets the socket when dialling fails or is cancelled."""
    dialling = asyncio.create_task(client.__aenter__(), name="link-dialling")
    try:
        await asyncio.shield(dialling)
    except BaseException:
        await asyncio.wait([dialling])  # its thread cannot be stopped; it gives up after five seconds
        if not dialling.cancelled():
            dialling.exception()  # looked at, or asyncio complains of it: a stop does not care how it ended
        client._client.disconnect()
        raise
    try:
        yield client
    finally:
        await client.__aexit__(None, None, None)


async def _retain(client: aiomqtt.Client, topic: str, message: Message) -> None:
    await client.publish(topic, to_bytes(message), qos=1, retain=True, timeout=OURS)


def _is_failure(answer: int | ReasonCode) -> bool:
    return answer.is_failure if isinstance(answer, ReasonCode) else answer >= 0x80
