"""What comes from the broker, over a connection that comes back by itself."""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from teddy_cloud.mqtt.client import Connection, Session, dialled
from teddy_cloud.mqtt.packets import Publish, Subscription
from teddy_shared.addresses import BrokerAddress
from teddy_shared.backoff import delays
from teddy_shared.clock import Chance, Clock
from teddy_shared.errors import LinkError
from teddy_shared.logs import log

# Bytes of messages that came and were not taken yet. After a restart of the broker there are up to three of
# each bear at once: its kept status, its last will, its hello.
INBOX: Final = 64 * 1024 * 1024
OVERHEAD: Final = 512  # bytes of a message besides its topic and payload, about
# Of them, those of QoS 1; what is above it waits at the broker. Mosquitto 2.0.11 keeps to it until the first
# acknowledgement and sends a window for each of them then.
RECEIVE_MAXIMUM: Final = 256
STEADY: Final = 10.0  # seconds after which a connection counts as good, and the backoff begins anew

_log = log("ingest")


@dataclass(frozen=True, slots=True)
class Arrived:
    topic: str
    payload: bytes
    at: float  # when, on this process's own clock


class BrokerPost:
    """A client of the broker for one reader. `run` keeps it connected.

    It starts clean each time: what a broker would keep for an absent cloud, bears send again anyway,
    since only our own acknowledgement counts; and dead sessions never pile up.
    """

    def __init__(
        self,
        *,
        address: BrokerAddress,
        identifier: str,
        subscriptions: Sequence[str],
        clock: Clock,
        chance: Chance,
        tls: ssl.SSLContext | None = None,  # what the broker is shown, and believed by
    ) -> None:
        self._address = address
        self._session = Session(identifier, receive_maximum=RECEIVE_MAXIMUM)
        self._subscriptions = [Subscription(topic) for topic in subscriptions]
        self._clock = clock
        self._chance = chance
        self._tls = tls
        self._connection: Connection | None = None
        self._connections = 0
        self._changed = asyncio.Condition()
        # Full: the newest is dropped. A dropped batch is not acknowledged, so its bear sends it again.
        self._inbox: deque[tuple[Connection | None, Publish, float]] = deque()
        self._held = 0  # bytes in it
        self._full = False
        self._news = asyncio.Event()

    async def run(self) -> None:
        """Connect, and connect again whenever the connection is lost. Ends by being cancelled."""
        waits = delays(self._chance, first=0.2, most=5.0)
        told = False
        while True:
            began = self._clock.monotonic()
            try:
                await self._converse()
            except LinkError as error:
                if self._clock.monotonic() - began > STEADY:
                    waits, told = delays(self._chance, first=0.2, most=5.0), False
                if not told:  # once for each absence, not once for each attempt
                    _log.warning("broker away, trying again", where=self._where, reason=str(error))
                    told = True
            await asyncio.sleep(next(waits))

    async def some(self, most: int) -> Sequence[Arrived]:
        """What has come: at least one message, at most so many, over all connections."""
        while not self._inbox:
            self._news.clear()
            await self._news.wait()
        taken: list[Arrived] = []
        while self._inbox and len(taken) < most:
            connection, publish, at = self._inbox.popleft()
            self._held -= _size(publish)
            if connection is not None:
                connection.acknowledge(publish)  # room for another one; it promises the bear nothing
            taken.append(Arrived(publish.topic, publish.payload, at))
        if not self._inbox:
            self._full = False
        return taken

    async def connection_after(self, number: int) -> int:
        """Wait until the connection with a higher number than this stands; give its number."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._connections > number)
            return self._connections

    async def publish(self, topic: str, payload: bytes) -> None:
        """At most once. Raises LinkError while the broker is away."""
        if self._connection is None:
            raise LinkError("the broker is away")
        await self._connection.publish(topic, payload, qos=0)

    @property
    def _where(self) -> str:
        return f"{self._address.host}:{self._address.port}"

    async def _converse(self) -> None:
        """One connection, from dialling to its loss, which is a LinkError."""
        async with dialled(self._address, self._session, hear=self._hear, tls=self._tls) as connection:
            self._connection = connection
            try:
                await connection.subscribe(self._subscriptions)
                async with self._changed:
                    self._connections += 1
                    self._changed.notify_all()
                _log.info("broker connected", where=self._where)
                await connection.lost()
            finally:
                self._connection = None

    def _hear(self, publish: Publish) -> None:
        size = _size(publish)
        if self._held + size <= INBOX:
            self._held += size
            self._inbox.append((self._connection, publish, self._clock.monotonic()))
            self._news.set()
            return
        if not self._full:  # once for each flood
            _log.warning("the inbox is full, the newest messages give way", messages=len(self._inbox))
            self._full = True
        if self._connection is not None:
            self._connection.acknowledge(publish)


def _size(publish: Publish) -> int:
    return len(publish.payload) + len(publish.topic) + OVERHEAD
