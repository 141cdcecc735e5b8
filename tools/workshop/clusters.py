"""Stores of several servers: a cluster, and a pair that a sentinel watches over."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from workshop.servers import HOST, Server, ServerFailed, ask, free_ports, redis_server, sentinel

NODES = 3
SLOTS = 16_384
NODE_TIMEOUT = 2_000  # ms: short, but longer than a loaded machine makes one wait
FORMED_SECONDS = 20.0  # a node takes no writes for its first two seconds
POLL = 0.01
SERVICE = "teddy"  # what the sentinel calls its pair


class Kind(Protocol):
    """Makes one server that may be a node: `redis_server` or `valkey`."""

    def __call__(self, folder: Path, **more: Any) -> AbstractContextManager[Server]: ...


class StoreCluster:
    """Servers that share the slots among them, seen as one store. Made by `cluster`."""

    def __init__(self, nodes: Sequence[Server]) -> None:
        self.nodes = nodes

    @property
    def url(self) -> str:
        return "redis+cluster://" + ",".join(f"{node.host}:{node.port}" for node in self.nodes)

    @property
    def alive(self) -> bool:
        return all(node.alive for node in self.nodes)

    def start(self) -> None:
        """Return once all of them take writes. They know each other from the last time."""
        for node in self.nodes:
            node.start()
        _wait(lambda: all(_is_whole(node) for node in self.nodes), "the cluster does not come together")

    def kill(self) -> None:
        """As if the power went everywhere."""
        for node in self.nodes:
            node.kill()

    def stop(self) -> None:
        for node in self.nodes:
            node.stop()

    def restart(self) -> None:
        self.stop()
        self.start()

    def flush(self) -> None:
        for node in self.nodes:
            node.flush()


@contextlib.contextmanager
def cluster(folder: Path, kind: Kind = redis_server) -> Iterator[StoreCluster]:
    """Three nodes without replicas, on free ports."""
    with ExitStack() as stack:
        nodes = [
            stack.enter_context(
                kind(
                    folder / str(number),
                    cluster_enabled="yes",
                    cluster_node_timeout=NODE_TIMEOUT,
                    cluster_port=bus,  # else 10,000 above the port, where callers' own ports are
                )
            )
            for number, bus in enumerate(free_ports(NODES))
        ]
        _share_the_slots(nodes)
        formed = StoreCluster(nodes)
        formed.start()
        yield formed


@dataclass(frozen=True, slots=True)
class WatchedPair:
    """A server, its replica, and the sentinel that puts the one in the place of the other."""

    first: Server
    second: Server
    sentinel: Server

    @property
    def url(self) -> str:
        return f"redis+sentinel://{self.sentinel.host}:{self.sentinel.port}/{SERVICE}"


@contextlib.contextmanager
def watched_pair(folder: Path) -> Iterator[WatchedPair]:
    """The sentinel knows of both when the block begins."""
    with ExitStack() as stack:
        at_once = {"repl_diskless_sync_delay": 0}  # else a copy begins after five seconds
        first = stack.enter_context(redis_server(folder / "first", **at_once))
        source = f"{first.host} {first.port}"
        second = stack.enter_context(redis_server(folder / "second", replicaof=source, **at_once))
        _wait(lambda: "master_link_status:up" in ask(second, "INFO replication"), "the replica has no copy")
        watcher = stack.enter_context(sentinel(folder / "sentinel", first, SERVICE))
        _wait(lambda: "slaves=1" in ask(watcher, "INFO sentinel"), "the sentinel does not see the replica")
        yield WatchedPair(first, second, watcher)


def _share_the_slots(nodes: Sequence[Server]) -> None:
    for number, node in enumerate(nodes):
        first, last = SLOTS * number // len(nodes), SLOTS * (number + 1) // len(nodes) - 1
        _done(node, f"CLUSTER ADDSLOTSRANGE {first} {last}")
        _done(node, f"CLUSTER SET-CONFIG-EPOCH {number + 1}")
    for node in nodes[1:]:
        _done(node, f"CLUSTER MEET {HOST} {nodes[0].port} {_bus(nodes[0])}")


def _bus(node: Server) -> str:
    return ask(node, "CLUSTER NODES").partition("@")[2].partition(" ")[0].partition(",")[0]


def _is_whole(node: Server) -> bool:
    facts = ask(node, "CLUSTER INFO").split()
    wanted = {"cluster_state:ok", f"cluster_slots_ok:{SLOTS}", f"cluster_known_nodes:{NODES}"}
    return wanted <= set(facts)


def _done(node: Server, command: str) -> None:
    if (answer := ask(node, command)) != "+OK":
        raise ServerFailed(f"{command}: {answer}")


def _wait(so: Callable[[], bool], complaint: str) -> None:
    deadline = time.monotonic() + FORMED_SECONDS
    while not so():
        if time.monotonic() > deadline:
            raise ServerFailed(complaint)
        time.sleep(POLL)
