"""The bear's only door to MQTT: one connection, from dialling to its loss."""

from __future__ import annotations

import asyncio
import math
import socket
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final

import aiomqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from teddy_edge.link.overheard import Overheard
from teddy_edge.link.trouble import ORDINARY, Trouble, refused, sent_away, trouble_of
from teddy_shared.envelope import BearId
from teddy_shared.errors import LinkError

SESSION_KEPT: Final = 30 * 24 * 3600  # seconds that the broker holds what comes for an absent bear

# aiomqtt's own deadlines are asyncio.wait_for, which until Python 3.12 may swallow a cancellation, and
# then the link never ends. So it gets none, and each call stands under an asyncio.timeout of ours.
OURS: Final = math.inf


class Lost(LinkError):
    """A connection did not come about, or is gone."""

    def __init__(self, reason: str, trouble: Trouble | None, *, stood: bool) -> None:
        super().__init__(reason)
        self.trouble = trouble  # None where a connection that stood was lost: the next attempt will tell
        self.stood = stood


@dataclass(frozen=True, slots=True)
class Number:
    """Whom to dial, and as whom."""

    bear: BearId
    host: str
    port: int
    tls: ssl.SSLContext | None  # what the broker is shown, and believed by
    keepalive: int  # seconds of silence after which a dead connection is noticed
    answer: float  # seconds for the broker to answer

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class Wire:
    """Made by `dialled`. aiomqtt lets a publish wait out its time when the connection is lost."""

    def __init__(self, client: aiomqtt.Client, *, overheard: Overheard, answer: float) -> None:
        self._client = client
        self._overheard = overheard
        self._answer = answer
        self._deadlines: set[asyncio.Timeout] = set()  # of those who wait

    @property
    def muted(self) -> bool:
        """Whether the broker refused what was said last: aiomqtt does not look at that."""
        return self._overheard.muted

    async def subscribe(self, wanted: Sequence[str]) -> bool:
        """Whether the broker grants all of it. For one who has set a deadline."""
        answers = await self._client.subscribe(
            [(topic, SubscribeOptions(qos=1)) for topic in wanted], timeout=OURS
        )
        return not any(_is_failure(answer) for answer in answers)

    async def retain(self, topic: str, data: bytes) -> None:
        """For one who has set a deadline."""
        await self._client.publish(topic, data, qos=1, retain=True, timeout=OURS)

    async def farewell(self, topic: str, data: bytes, *, seconds: float) -> None:
        """The same, as far as it can be had in so many seconds."""
        with suppress(aiomqtt.MqttError, TimeoutError):
            async with asyncio.timeout(seconds):
                await self.retain(topic, data)

    async def publish(self, topic: str, data: bytes, *, retain: bool = False) -> None:
        """Raises LinkError when the connection is lost before the broker has it."""
        try:
            async with asyncio.timeout(self._answer) as deadline:
                self._deadlines.add(deadline)
                try:
                    await self._client.publish(topic, data, qos=1, retain=retain, timeout=OURS)
                finally:
                    self._deadlines.discard(deadline)
        except (aiomqtt.MqttError, TimeoutError) as error:
            raise LinkError(f"{len(data)} bytes were not taken: {error or 'no answer'}") from None

    async def messages(self) -> AsyncIterator[tuple[str, bytes]]:
        """Topic and payload of what arrives, until the connection is lost."""
        async for message in self._client.messages:
            yield str(message.topic), message.payload if isinstance(message.payload, bytes) else b""

    def lost(self) -> None:
        now = asyncio.get_running_loop().time()
        for deadline in self._deadlines:
            deadline.reschedule(now)


@asynccontextmanager
async def dialled(number: Number, *, will: tuple[str, bytes]) -> AsyncIterator[Wire]:
    """The connection stands while the block runs. Raises Lost, also for what the block says into it."""
    overheard = Overheard()
    client = _client(number, will, overheard)
    try:
        async with _held(client):
            overheard.let_in = True
            wire = Wire(client, overheard=overheard, answer=number.answer)
            try:
                yield wire
            finally:
                wire.lost()
    except (aiomqtt.MqttError, TimeoutError) as error:
        trouble = _explained(number, error, overheard)
        raise Lost(str(trouble or error) or "no answer", trouble, stood=overheard.let_in) from None


def _explained(number: Number, error: Exception, overheard: Overheard) -> Trouble | None:
    """What really happened: aiomqtt raises the same for a time-out and for a refusal in TLS."""
    where = str(number)
    if overheard.sent_away is not None and overheard.sent_away not in ORDINARY:
        return sent_away(overheard.sent_away, where)
    if isinstance(error, aiomqtt.MqttCodeError) and isinstance(error.rc, ReasonCode):
        return refused(error.rc.value, where)
    if overheard.let_in and (overheard.hung_up or overheard.error):
        return None
    dialling = error.__context__  # what paho raised, of which aiomqtt keeps the words alone
    if overheard.error is not None:
        cause: BaseException = overheard.error
    elif isinstance(dialling, OSError) and not isinstance(dialling, TimeoutError):
        cause = dialling
    else:
        cause = ConnectionResetError() if overheard.hung_up else TimeoutError()
    return trouble_of(cause, where=where, secure=number.tls is not None)


def _client(number: Number, will: tuple[str, bytes], overheard: Overheard) -> aiomqtt.Client:
    kept = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho is half typed
    kept.SessionExpiryInterval = SESSION_KEPT
    client = aiomqtt.Client(
        number.host,
        number.port,
        identifier=number.bear,
        protocol=aiomqtt.ProtocolVersion.V5,
        clean_start=False,
        properties=kept,
        will=aiomqtt.Will(*will, qos=1, retain=True),
        keepalive=number.keepalive,
        timeout=number.answer,
        # Beyond this a message is discarded; acknowledgements, retained settings and orders come again.
        max_queued_incoming_messages=256,
        # Without it Nagle and delayed acknowledgements make 44 ms of every round trip.
        socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
        tls_context=number.tls,
        logger=overheard.logger(),
    )
    _overhear(client, overheard)
    if number.tls is not None:
        _keep_hold_of_the_socket(client, number.tls)
    return client


@asynccontextmanager
async def _held(client: aiomqtt.Client) -> AsyncIterator[None]:
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
        yield
    finally:
        await client.__aexit__(None, None, None)


def _overhear(client: aiomqtt.Client, overheard: Overheard) -> None:
    """Listen to what paho tells aiomqtt, which makes nothing of it."""
    lost: Any = client._client.on_disconnect  # paho's types are those of all its releases at once
    published: Any = client._client.on_publish

    def on_disconnect(client: Any, data: Any, flags: Any, reason: ReasonCode, properties: Any) -> None:
        overheard.hung_up = True
        if flags.is_disconnect_packet_from_server:
            overheard.sent_away = reason.value
        lost(client, data, flags, reason, properties)

    def on_publish(client: Any, data: Any, mid: int, reason: ReasonCode, properties: Any) -> None:
        overheard.muted = _is_failure(reason)
        published(client, data, mid, reason, properties)

    client._client.on_disconnect, client._client.on_publish = on_disconnect, on_publish


def _keep_hold_of_the_socket(client: aiomqtt.Client, tls: ssl.SSLContext) -> None:
    """Close it when the handshake fails: paho forgets it, and a bear that is refused dials for weeks."""

    def wrap(plain: socket.socket) -> ssl.SSLSocket:
        wire = tls.wrap_socket(plain, server_hostname=client._hostname, do_handshake_on_connect=False)
        try:
            wire.settimeout(client._client.connect_timeout)
            wire.do_handshake()
        except BaseException:
            wire.close()
            raise
        return wire

    client._client._ssl_wrap_socket = wrap  # type: ignore[method-assign,assignment]  # an attribute over a method


def _is_failure(answer: int | ReasonCode) -> bool:
    return answer.is_failure if isinstance(answer, ReasonCode) else answer >= 0x80
