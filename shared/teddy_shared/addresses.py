"""Addresses of servers, as operators write them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from teddy_shared.errors import ConfigError

MQTT_PORT: Final = 1883


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    host: str
    port: int


def broker_address(url: str) -> BrokerAddress:
    """Of `mqtt://host[:port]`. Raises ConfigError with a sentence for the operator."""
    try:
        parts = urlsplit(url)
        host = parts.hostname if parts.scheme == "mqtt" else None
    except ValueError:  # brackets that do not match
        host = None
    if not host:
        raise ConfigError(f"{url} is not the address of a broker; it looks like mqtt://127.0.0.1:1883")
    try:
        return BrokerAddress(host, parts.port or MQTT_PORT)
    except ValueError:
        raise ConfigError(f"{url} names a port that is none; a port is a number up to 65535") from None
