"""The bear's only door to MQTT: one connection that is dropped, and dialled again, for ever."""

from __future__ import annotations

import asyncio
import math
import socket
import ssl
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

import aiomqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from teddy_edge.link.overheard import Overheard
from teddy_edge.link.trouble import (
    ORDINARY,
    Cause,
    Trouble,
    deaf,
    muted,
    refused,
    sent_away,
    trouble_of,
    unsteady,
)
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
UNSTEADY: Final = 3  # connections in a row that did not become good: then that is the trouble
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
        on_trouble: Callable[[Trouble | None], Awaitable[None]] | None = None,  # told of every change
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
        self._on_trouble = on_trouble
        self._trouble: Trouble | None = None
        self._brief = 0  # connections in a row that did not become good
        self._told = False  # whether anybody was told yet how it is
        self._keepalive = keepalive
        self._answer = answer
        self._connection: _Connection | None = None
        # Full, the oldest is dropped: acknowledgements are cumulative, and what is lost is sent again.
        self._heard: deque[Heard] = deque(maxlen=64)
        self._news = asyncio.Event()

    @property
    def connected(self) -> bool:
        return self._connection is not None

    @property
    def trouble(self) -> Trouble | None:
        """Why the bear is not connected, or not heard; None where all is well or nothing was tried yet."""
        return self._trouble

    async def stay_connected(self) -> None:
        """Ends by cancellation, with a goodbye. Losing the network is normal."""
        waits = delays(self._chance)
        while True:
            began = self._clock.monotonic()
            await self._converse()
            if self._clock.monotonic() - began > STEADY:
                waits = delays(self._chance)
                self._brief = 0
            await asyncio.sleep(next(waits))

    async def send(self, lane: Lane, batch: bytes) -> None:
        """Raises LinkError when the broker is away or goes away before it has the batch."""
        await self._say(topics.up(self._bear, lane), batch)

    async def ask(self, question: bytes) -> None:
        """Raises LinkError, as `send`."""
        await self._say(topics.ask(self._bear), question)

    async def heard(self) -> AsyncIterator[Heard]:
        """What the relay needs to know, oldest first. For one listener."""
        while True:
            while self._heard:
                yield self._heard.popleft()
            self._news.clear()
            await self._news.wait()

    async def _say(self, topic: str, data: bytes) -> None:
        connection = self._connection
        if connection is None:
            raise LinkError("no connection to the broker")
        await connection.publish(topic, data)
        await self._note(self._still(connection))

    @property
    def _where(self) -> str:
        return f"{self._host}:{self._port}"

    async def _converse(self) -> None:
        """One connection, from dialling to its loss."""
        overheard = Overheard()
        try:
            await self._speak(overheard)
        except (aiomqtt.MqttError, TimeoutError) as error:
            trouble = self._explained(error, overheard)
            log("link").info("the broker is away", reason=str(trouble or error) or "no answer")
            if trouble is not None:
                await self._note(trouble)

    async def _speak(self, overheard: Overheard) -> None:
        status = topics.status(self._bear)
        boot = self._hello().boot
        will = aiomqtt.Will(status, to_bytes(Offline(boot=boot, orderly=False)), qos=1, retain=True)
        async with _dialled(self._client(will, overheard)) as client:
            overheard.let_in = True
            connection = _Connection(
                client, overheard=overheard, since=self._clock.monotonic(), answer=self._answer
            )
            try:
                async with asyncio.timeout(self._answer):
                    heard = await self._subscribe(client)
                    await _retain(client, status, self._hello())
                self._connection = connection
                log("link").info("connected", host=self._host, port=self._port)
                self._tell(Opened())
                if connection.muted or not heard:
                    await self._note(muted(self._where) if connection.muted else deaf(self._where))
                elif self._brief < UNSTEADY:
                    await self._note(None)
                async for message in client.messages:
                    await self._take(str(message.topic), message.payload)
                    await self._note(self._still(connection))
            except asyncio.CancelledError:
                with suppress(aiomqtt.MqttError, TimeoutError):
                    async with asyncio.timeout(GOODBYE):
                        await _retain(client, status, Offline(boot=boot, orderly=True))
                raise
            finally:
                self._connection = None
                connection.lost()

    async def _subscribe(self, client: aiomqtt.Client) -> bool:
        """Whether the broker will tell everything that the bear must hear."""
        heard = (topics.ack, topics.settings, topics.command, topics.answer)
        wanted = [each(self._bear) for each in heard]
        answers = await client.subscribe([(topic, SubscribeOptions(qos=1)) for topic in wanted], timeout=OURS)
        return not any(_is_failure(answer) for answer in answers)

    def _explained(self, error: aiomqtt.MqttError | TimeoutError, overheard: Overheard) -> Trouble | None:
        """What really happened: aiomqtt raises the same for a time-out and for a refusal in TLS.

        None where a connection that stood was lost: that is normal, and the next attempt will tell.
        """
        if overheard.sent_away is not None and overheard.sent_away not in ORDINARY:
            return sent_away(overheard.sent_away, self._where)
        if isinstance(error, aiomqtt.MqttCodeError) and isinstance(error.rc, ReasonCode):
            return refused(error.rc.value, self._where)
        if overheard.let_in and (overheard.hung_up or overheard.error):
            self._brief += 1
            return unsteady(self._where) if self._brief >= UNSTEADY else None
        dialled = error.__context__  # what paho raised, of which aiomqtt keeps the words alone
        if overheard.error is not None:
            cause: BaseException = overheard.error
        elif isinstance(dialled, OSError) and not isinstance(dialled, TimeoutError):
            cause = dialled
        else:
            cause = ConnectionResetError() if overheard.hung_up else TimeoutError()
        return trouble_of(cause, where=self._where, secure=self._tls is not None)

    def _still(self, connection: _Connection) -> Trouble | None:
        """What of the trouble so far is left, now that something went through."""
        if connection.muted:
            return muted(self._where)
        match self._trouble:
            case Trouble(cause=Cause.UNSTEADY):
                return None if self._clock.monotonic() - connection.since > STEADY else self._trouble
            case Trouble(cause=Cause.DEAF):
                return self._trouble
        return None

    async def _note(self, trouble: Trouble | None) -> None:
        """Tells of a change, and of nothing else: this may end on the card."""
        if self._told and (trouble == self._trouble or _says_less(trouble, self._trouble)):
            return
        self._told, self._trouble = True, trouble
        if self._on_trouble is not None:
            await self._on_trouble(trouble)

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

    def _client(self, will: aiomqtt.Will, overheard: Overheard) -> aiomqtt.Client:
        kept = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho is half typed
        kept.SessionExpiryInterval = SESSION_KEPT
        client = aiomqtt.Client(
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
            logger=overheard.logger(),
        )
        _overhear(client, overheard)
        if self._tls is not None:
            _keep_hold_of_the_socket(client, self._tls)
        return client


class _Connection:
    """Publishing on one connection. aiomqtt lets a publish wait out its time when the connection is lost."""

    def __init__(self, client: aiomqtt.Client, *, overheard: Overheard, since: float, answer: float) -> None:
        self.since = since  # monotonic
        self._client = client
        self._overheard = overheard
        self._answer = answer
        self._deadlines: set[asyncio.Timeout] = set()  # of those who wait

    @property
    def muted(self) -> bool:
        """Whether the broker refused what was said last: aiomqtt does not look at that."""
        return self._overheard.muted

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


async def _retain(client: aiomqtt.Client, topic: str, message: Message) -> None:
    await client.publish(topic, to_bytes(message), qos=1, retain=True, timeout=OURS)


def _says_less(now: Trouble | None, before: Trouble | None) -> bool:
    """A refusal in TLS reaches the bear or is swallowed by the closing connection, as chance has it."""
    return (
        now is not None
        and before is not None
        and now.cause is Cause.HUNG_UP
        and before.cause in (Cause.NO_PAPERS, Cause.REVOKED, Cause.NOT_BELIEVED)
    )


def _is_failure(answer: int | ReasonCode) -> bool:
    return answer.is_failure if isinstance(answer, ReasonCode) else answer >= 0x80
