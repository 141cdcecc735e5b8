"""The servers of the workshop, as tests name them."""

from __future__ import annotations

from workshop.servers import (
    HOST,
    Server,
    ServerFailed,
    ServerMissing,
    flush,
    free_ports,
    iotcore,
    mosquitto,
    redis_server,
    valkey,
)

__all__ = [
    "HOST",
    "Server",
    "ServerFailed",
    "ServerMissing",
    "flush",
    "free_ports",
    "iotcore",
    "mosquitto",
    "redis_server",
    "valkey",
]
