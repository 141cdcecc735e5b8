"""Addresses of servers, as operators write them."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from teddy_shared.errors import ConfigError

MQTT_PORT: Final = 1883
MQTTS_PORT: Final = 8883


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    host: str
    port: int
    secure: bool = False  # over TLS, with a certificate at each end


def broker_address(url: str) -> BrokerAddress:
    """Of `mqtts://host[:port]`, or `mqtt://…` on this machine. Raises ConfigError with a sentence."""
    try:
        parts = urlsplit(url)
        host = parts.hostname if parts.scheme in ("mqtt", "mqtts") else None
    except ValueError:  # brackets that do not match
        host = None
    if not host:
        raise ConfigError(
            f"{url} is not the address of a broker; "
            f"it looks like mqtt://127.0.0.1:1883 here, and like mqtts://broker.example over a network"
        )
    secure = parts.scheme == "mqtts"
    try:
        port = parts.port or (MQTTS_PORT if secure else MQTT_PORT)
    except ValueError:
        raise ConfigError(f"{url} names a port that is none; a port is a number up to 65535") from None
    if not secure and not _on_this_machine(host):
        raise ConfigError(f"{url} would carry a child's day in the open; over a network it is mqtts://{host}")
    return BrokerAddress(host, port, secure)


def _on_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:  # a name
        return host == "localhost"
