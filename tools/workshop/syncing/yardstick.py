"""The least that the way can cost: a message through the broker, and a question to the store."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

from teddy_cloud.mqtt.client import Session, dialled
from teddy_cloud.mqtt.packets import Publish, Subscription
from teddy_cloud.storage.client import connect
from teddy_shared.addresses import broker_address
from workshop.syncing.house import House

TOPIC: Final = "yardstick"
SIZE: Final = bytes(400)  # about a batch of one event


@asynccontextmanager
async def bare_trip(house: House) -> AsyncIterator[Callable[[], Awaitable[float]]]:
    """Gives a function that makes one trip and says how many seconds it took."""
    arrived: asyncio.Queue[Publish] = asyncio.Queue()
    address, store = broker_address(house.broker), connect(house.store)
    async with (
        dialled(address, Session("yardstick-ears"), hear=arrived.put_nowait) as ears,
        dialled(address, Session("yardstick-mouth"), hear=lambda _: None) as mouth,
    ):
        await ears.subscribe([Subscription(TOPIC, qos=1)])

        async def trip() -> float:
            began = time.monotonic()
            await mouth.publish(TOPIC, SIZE, qos=0)
            ears.acknowledge(await arrived.get())
            await store.do("GET", TOPIC)
            return time.monotonic() - began

        try:
            yield trip
        finally:
            await store.close()
