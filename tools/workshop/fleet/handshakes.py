"""What TLS adds when a bear connects: certificates at both ends, one bear after the other."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Sequence
from pathlib import Path

from teddy_cloud.mqtt.client import Session, dialled
from teddy_shared.addresses import broker_address
from teddy_shared.envelope import BearId
from teddy_shared.tls import client_context
from workshop.fleet.households import bears
from workshop.secure_broker import SecureBroker, secure_mosquitto


def measure_handshakes(folder: Path, count: int) -> list[float]:
    """Seconds of each. Raises LinkError where the broker does not take one of its own."""
    with secure_mosquitto(folder, bears=count) as broker:
        fleet = [(bear, _papers(broker, bear)) for bear in bears(count)]
        return asyncio.run(_measure(broker, fleet))


def _papers(broker: SecureBroker, bear: BearId) -> ssl.SSLContext:
    return client_context(broker.authorities.enrol(bear))


async def _measure(broker: SecureBroker, fleet: Sequence[tuple[BearId, ssl.SSLContext]]) -> list[float]:
    """From dialling until the broker has said who the bear is."""
    address = broker_address(broker.url)
    took = []
    for bear, papers in fleet:
        began = time.monotonic()
        async with dialled(address, Session(bear), hear=lambda _: None, tls=papers):
            took.append(time.monotonic() - began)
    return took
