"""The servers of the workshop, as tests name them."""

from __future__ import annotations

from workshop.clusters import StoreCluster, WatchedPair, cluster, watched_pair
from workshop.servers import (
    HOST,
    Server,
    ServerFailed,
    ServerMissing,
    ask,
    flush,
    free_ports,
    iotcore,
    mosquitto,
    redis_server,
    valkey,
)

AnyStore = Server | StoreCluster

__all__ = [
    "HOST",
    "AnyStore",
    "Server",
    "ServerFailed",
    "ServerMissing",
    "StoreCluster",
    "WatchedPair",
    "ask",
    "cluster",
    "flush",
    "free_ports",
    "iotcore",
    "mosquitto",
    "redis_server",
    "valkey",
    "watched_pair",
]
