"""A bear that sends batches made ready beforehand, each as soon as the one before it is acknowledged."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from teddy_cloud.mqtt.client import Connection, Session, dialled
from teddy_cloud.mqtt.packets import Publish, Subscription
from teddy_shared import topics
from teddy_shared.addresses import BrokerAddress
from teddy_shared.envelope import BearId
from teddy_shared.messages import Ack, from_bytes
from workshop.fleet.made_up import LABEL

PATIENCE: Final = 3.0  # seconds for an acknowledgement until a batch is sent again, as a bear's relay waits


@dataclass(frozen=True, slots=True)
class Ready:
    """One batch in its bytes."""

    last: int  # the number of its last event
    data: bytes


class Feeder:
    def __init__(self, *, bear: BearId, batches: Sequence[Ready]) -> None:
        self.sent_again = 0
        self._bear = bear
        self._batches = batches
        self._mark = 0
        self._news = asyncio.Event()
        self._connection: Connection | None = None

    async def run(self, address: BrokerAddress) -> None:
        """Until the cloud has acknowledged all of it."""
        session = Session(self._bear, clean_start=True)
        async with dialled(address, session, hear=self._hear) as connection:
            self._connection = connection
            await connection.subscribe([Subscription(topics.ack(self._bear))])
            for each in self._batches:
                while self._mark < each.last:
                    await self._send(connection, each)

    async def _send(self, connection: Connection, batch: Ready) -> None:
        self._news.clear()
        await connection.publish(topics.up(self._bear, LABEL.lane), batch.data)
        try:
            async with asyncio.timeout(PATIENCE):
                while self._mark < batch.last:
                    await self._news.wait()
                    self._news.clear()
        except TimeoutError:
            self.sent_again += 1

    def _hear(self, publish: Publish) -> None:
        if self._connection is not None:
            self._connection.acknowledge(publish)
        ack = from_bytes(Ack, publish.payload)
        if ack.lane is LABEL.lane:
            self._mark = max(self._mark, ack.mark)
            self._news.set()
