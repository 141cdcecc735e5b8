"""A bear that sends batches made ready beforehand, each as soon as the one before it is acknowledged.

It does as little as it can, since it shares the machine with what it measures: packets are bytes before the
clock starts, and nothing is between the socket and the next one of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, cast

from teddy_cloud.mqtt.codec import Parser, encode
from teddy_cloud.mqtt.packets import ConnAck, Connect, Publish, SubAck, Subscribe, Subscription
from teddy_shared import topics
from teddy_shared.addresses import BrokerAddress
from teddy_shared.envelope import BearId
from teddy_shared.messages import Ack, from_bytes
from workshop.fleet.made_up import LABEL

PATIENCE: Final = 3.0  # seconds for an acknowledgement until a batch is sent again, as a bear's relay waits


@dataclass(frozen=True, slots=True)
class Ready:
    """One batch as it goes over the wire."""

    last: int  # the number of its last event
    packet: bytes


def ready(bear: BearId, last: int, batch: bytes) -> Ready:
    # One is under way at a time, so all may have the same number.
    return Ready(last, encode(Publish(topics.up(bear, LABEL.lane), batch, 1, 1)))


class Feeder(asyncio.Protocol):
    """Its last batch acknowledged, `done` is set; the connection lost before that, it fails."""

    def __init__(self, *, bear: BearId, batches: Sequence[Ready]) -> None:
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._bear = bear
        self._batches = iter(batches)
        self._due = next(self._batches)
        self._parser = Parser()
        self._transport: asyncio.Transport
        self._again: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(encode(Connect(self._bear)))

    def data_received(self, data: bytes) -> None:
        for packet in self._parser.feed(data):
            match packet:
                case Publish(payload=payload):
                    self._hear(from_bytes(Ack, payload))
                case ConnAck():
                    hearing = Subscription(topics.ack(self._bear), qos=0)
                    self._transport.write(encode(Subscribe(1, (hearing,))))
                case SubAck():
                    self._send()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(error or ConnectionError("the broker has closed the connection"))

    def _send(self) -> None:
        self._transport.write(self._due.packet)
        self._again = asyncio.get_running_loop().call_later(PATIENCE, self._send)

    def _hear(self, ack: Ack) -> None:
        if ack.lane is not LABEL.lane or ack.mark < self._due.last or self.done.done():
            return
        if self._again is not None:
            self._again.cancel()
        try:
            self._due = next(self._batches)
        except StopIteration:
            self.done.set_result(None)
            self._transport.close()
        else:
            self._send()


async def feed(bear: BearId, batches: Sequence[Ready], address: BrokerAddress) -> None:
    """Until the cloud has acknowledged all of it."""
    loop = asyncio.get_running_loop()
    _, feeder = await loop.create_connection(
        lambda: Feeder(bear=bear, batches=batches), address.host, address.port
    )
    await feeder.done
