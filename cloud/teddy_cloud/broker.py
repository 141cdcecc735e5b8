"""The cloud's door to MQTT: one connection that comes back by itself."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import aiomqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from teddy_shared.addresses import BrokerAddress
from teddy_shared.backoff import delays
from teddy_shared.cancelling import pass_on_cancellation
from teddy_shared.clock import Chance
from teddy_shared.errors import LinkError
from teddy_shared.logs import log

KEEPALIVE: Final = 20  # seconds until either side notices that the other is gone without a word
TIMEOUT: Final = 5.0  # seconds for connecting, subscribing and the answer to a publish
INBOX: Final = 1024  # messages
RECEIVE_MAXIMUM: Final = 256  # QoS 1 messages under way to us

# 44 ms a round trip became 1.8 with this.
NO_DELAY: Final = (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

_log = log("broker")
_library_log = logging.getLogger("teddy.mqtt")
_library_log.setLevel(logging.ERROR)


@dataclass(frozen=True, slots=True)
class Message:
    topic: str
    payload: bytes


class Broker:
    """A client of the broker. `run` keeps it connected; everything else may be used meanwhile.

    It starts clean each time: what a broker would keep for an absent cloud, bears send again anyway,
    since only our own acknowledgement counts; and dead sessions never pile up.
    """

    def __init__(
        self,
        *,
        address: BrokerAddress,
        identifier: str,
        subscriptions: Sequence[str] = (),
        retained: bool = True,  # whether what the broker keeps is wanted too, or only what comes from now on
        chance: Chance,
        tls: ssl.SSLContext | None = None,  # what the broker is shown, and believed by
    ) -> None:
        self._address = address
        self._tls = tls
        self._identifier = identifier
        self._subscriptions = subscriptions
        self._wish = SubscribeOptions(
            qos=1,
            retainHandling=SubscribeOptions.RETAIN_SEND_ON_SUBSCRIBE
            if retained
            else SubscribeOptions.RETAIN_DO_NOT_SEND,
        )
        self._chance = chance
        self._client: aiomqtt.Client | None = None
        self._connections = 0
        self._changed = asyncio.Condition()
        # Full: the pump waits, then the client's own queue of the same size fills, then messages are
        # dropped. A dropped batch is not acknowledged, so its bear sends it again.
        self._inbox: asyncio.Queue[Message] = asyncio.Queue(INBOX)

    async def run(self) -> None:
        """Connect, and connect again whenever the connection is lost. Ends by being cancelled."""
        waits = delays(self._chance, first=0.2, most=5.0)
        told = False
        while True:
            try:
                async with self._connected() as client:
                    waits = delays(self._chance, first=0.2, most=5.0)
                    told = False
                    async for message in client.messages:
                        if isinstance(message.payload, bytes):
                            await self._inbox.put(Message(message.topic.value, message.payload))
            except aiomqtt.MqttError as error:
                if not told:  # once for each absence, not once for each attempt
                    _log.warning("broker away, trying again", where=self._where, reason=str(error))
                    told = True
            await asyncio.sleep(next(waits))

    async def messages(self) -> AsyncIterator[Message]:
        """What arrives under the subscriptions, over all connections. For one reader."""
        while True:
            yield await self._inbox.get()

    async def connection_after(self, number: int) -> int:
        """Wait until the connection with a higher number than this stands; give its number."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._connections > number)
            return self._connections

    async def publish(
        self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False, expires: int | None = None
    ) -> None:
        """Raises LinkError while the broker is away. PUBACK is not durability: see the ingest.

        `expires`: seconds after which the broker throws it away where it still waits for an absent reader.
        """
        client = self._client
        if client is None:
            raise LinkError("the broker is away")
        properties = None
        if expires is not None:
            properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]  # paho's
            properties.MessageExpiryInterval = expires
        try:
            await client.publish(topic, payload, qos=qos, retain=retain, properties=properties)
        except aiomqtt.MqttError as error:
            raise LinkError(f"the broker did not take a message: {error}") from None
        pass_on_cancellation()

    @property
    def _where(self) -> str:
        return f"{self._address.host}:{self._address.port}"

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[aiomqtt.Client]:
        async with self._new_client() as client:
            for topic in self._subscriptions:
                await client.subscribe(topic, options=self._wish)
            pass_on_cancellation()
            self._client = client
            async with self._changed:
                self._connections += 1
                self._changed.notify_all()
            _log.info("broker connected", where=self._where)
            try:
                yield client
            finally:
                self._client = None

    def _new_client(self) -> aiomqtt.Client:
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho's
        properties.ReceiveMaximum = RECEIVE_MAXIMUM
        return aiomqtt.Client(
            self._address.host,
            self._address.port,
            identifier=self._identifier,
            protocol=aiomqtt.ProtocolVersion.V5,
            clean_start=True,
            properties=properties,
            keepalive=KEEPALIVE,
            timeout=TIMEOUT,
            socket_options=[NO_DELAY],
            tls_context=self._tls,
            max_queued_incoming_messages=INBOX,
            logger=_library_log,
        )
