"""A simulated bear: the wire of a real one, its hello, its patience and its backoff, and made-up events."""

from __future__ import annotations

import asyncio
import ssl
import time
from typing import Final

from teddy_cloud.mqtt.client import Connection, Session, dialled
from teddy_cloud.mqtt.packets import Publish, Subscription, Will
from teddy_shared import topics
from teddy_shared.addresses import BrokerAddress
from teddy_shared.backoff import delays
from teddy_shared.clock import Chance
from teddy_shared.envelope import BearId
from teddy_shared.errors import LinkError
from teddy_shared.messages import Ack, Offline, Online, from_bytes, to_bytes
from workshop.fleet.made_up import BOOT, LABEL, batch, event
from workshop.fleet.tally import Tally

# All as on a bear.
SESSION_KEPT: Final = 30 * 24 * 3600  # seconds that the broker holds what comes for an absent bear
STEADY: Final = 10.0  # seconds after which a connection counts as good, and the backoff begins anew
PATIENCE: Final = 3.0  # seconds for an acknowledgement until an event is sent again

ANSWER: Final = 20.0  # seconds that a broker with ten thousand at its door may take to answer one


class SimulatedBear:
    def __init__(
        self,
        *,
        bear: BearId,
        epoch: str,
        address: BrokerAddress,
        tally: Tally,
        room: asyncio.Semaphore,  # how many dial at once when the day begins
        chance: Chance,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._bear = bear
        self._epoch = epoch
        self._address = address
        self._tally = tally
        self._room = room
        self._chance = chance
        self._tls = tls
        self._connection: Connection | None = None
        self._waits_in_room = False
        self._answered = False  # the hello of this connection
        self._seq = 0
        self._mark = 0
        self._news = asyncio.Event()
        self._sending = asyncio.Lock()

    async def live(self) -> None:
        """Connected, and again whenever the connection is lost. Ends by being cancelled."""
        await self._room.acquire()
        self._waits_in_room = True
        waits = delays(self._chance)
        while True:
            began = time.monotonic()
            try:
                await self._converse()
            except LinkError:
                self._tally.left(self._bear)
            finally:
                self._leave_room()
            if time.monotonic() - began > STEADY:
                waits = delays(self._chance)
            await asyncio.sleep(next(waits))

    async def send(self, payload: bytes) -> None:
        """One event, stamped now, until the cloud has acknowledged it."""
        async with self._sending:
            self._seq += 1
            now, wall = time.monotonic_ns() // 1000, time.time_ns() // 1_000_000
            made = event(self._bear, self._epoch, self._seq, payload, wall_ms=wall, monotonic_us=now)
            data = batch(self._epoch, self._seq, (made,))
            while not await self._sent(data):
                self._tally.sent_again += 1

    async def _sent(self, data: bytes) -> bool:
        self._news.clear()
        try:
            async with asyncio.timeout(PATIENCE):
                if self._connection is not None:
                    await self._connection.publish(topics.up(self._bear, LABEL.lane), data)
                while self._mark < self._seq:
                    await self._news.wait()
                    self._news.clear()
        except (LinkError, TimeoutError):
            return False
        return True

    async def _converse(self) -> None:
        """One connection, from dialling to its loss, which is a LinkError."""
        status = topics.status(self._bear)
        will = Will(status, to_bytes(Offline(boot=BOOT, orderly=False)), retain=True)
        session = Session(self._bear, clean_start=False, kept=SESSION_KEPT, will=will)
        self._answered = False
        self._tally.dials()
        async with dialled(
            self._address, session, hear=self._hear, tls=self._tls, answer=ANSWER
        ) as connection:
            self._connection = connection
            try:
                await connection.subscribe([Subscription(topics.ack(self._bear))])
                hello = Online(boot=BOOT, epoch=self._epoch, acked={LABEL.lane: self._mark})
                await connection.publish(status, to_bytes(hello), retain=True)
                await connection.lost()
            finally:
                self._connection = None

    def _hear(self, publish: Publish) -> None:
        if self._connection is not None:
            self._connection.acknowledge(publish)
        ack = from_bytes(Ack, publish.payload)
        if ack.epoch == self._epoch and ack.lane is LABEL.lane:
            self._mark = max(self._mark, ack.mark)
            self._news.set()
        if not self._answered:
            self._answered = True
            self._leave_room()
            self._tally.came(self._bear)

    def _leave_room(self) -> None:
        if self._waits_in_room:
            self._waits_in_room = False
            self._room.release()
