"""Addresses of servers, as operators write them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from teddy_shared.errors import ConfigError

MQTT_PORT: Final = 1883
MQTTS_PORT: Final = 8883
STORE_LOOKS: Final = (
    "redis://127.0.0.1:6379, unix:///run/redis.sock, redis+sentinel://host:26379,host:26379/service"
    " or redis+cluster://host:6379,host:6379 (rediss for TLS)"
)


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


class StoreForm(Enum):
    """How the servers of one store belong together; the word behind the plus."""

    ONE = ""
    SENTINEL = "sentinel"  # those named know which server is in charge now
    CLUSTER = "cluster"  # those named know who keeps which keys


@dataclass(frozen=True, slots=True)
class StoreAddress:
    form: StoreForm
    urls: tuple[str, ...]  # one for each server named, each in the form of a single server
    service: str = ""  # what the sentinels call the store


def store_address(url: str) -> StoreAddress:
    """Of a store: one server, some sentinels, or some servers of a cluster. Raises ConfigError."""
    try:
        parts = urlsplit(url)
        scheme, _, together = parts.scheme.partition("+")
        form = StoreForm(together)
    except ValueError:  # brackets that do not match, or another word behind the plus
        raise _no_store(url) from None
    if form is StoreForm.ONE:
        if scheme == "unix" and parts.path:
            return StoreAddress(form, (url,))
        if scheme in ("redis", "rediss") and parts.hostname:
            _check_port(url)
            return StoreAddress(form, (url,))
        raise _no_store(url)
    who, at, hosts = parts.netloc.rpartition("@")
    service = parts.path.strip("/")
    if scheme not in ("redis", "rediss") or (form is StoreForm.SENTINEL) != bool(service):
        raise _no_store(url)
    query = f"?{parts.query}" if parts.query else ""
    urls = tuple(f"{scheme}://{who}{at}{host}{query}" for host in hosts.split(","))
    for each in urls:
        _check_port(each)
        if not urlsplit(each).hostname:
            raise _no_store(url)
    return StoreAddress(form, urls, service)


def _check_port(url: str) -> None:
    try:
        port = urlsplit(url).port
    except ValueError:
        port = 0
    if port == 0:
        raise ConfigError(f"{_without_password(url)} has no port that can be: 1 to 65535")


def _no_store(url: str) -> ConfigError:
    return ConfigError(f"{_without_password(url)} is not the address of a store; it looks like {STORE_LOOKS}")


def _without_password(url: str) -> str:
    """Errors end in logs and on screens."""
    before, at, after = url.rpartition("@")
    return f"{before.partition('://')[0]}://…{at}{after}" if at else url
