"""A supervisor that speaks systemd's notify protocol over a real socket."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.processes import TEDDY

SECONDS: Final = 30.0  # for anything that a test waits for


class Watching:
    """What a service told, line by line, in the order in which it came."""

    def __init__(self, listener: socket.socket, address: str) -> None:
        self._socket = listener
        self.address = address
        self.told: list[str] = []
        self._more = threading.Condition()
        self._thread = threading.Thread(target=self._listen, name="supervisor")
        self._thread.start()

    def environment(self, *, patience: float | None = None) -> dict[str, str]:
        """As systemd would hand it to the service."""
        given = {"NOTIFY_SOCKET": self.address}
        return given if patience is None else {**given, "WATCHDOG_USEC": str(round(patience * 1e6))}

    def until(self, found: Callable[[list[str]], bool], *, seconds: float = SECONDS) -> list[str]:
        """All that was told, once it is enough. Blocks."""
        with self._more:
            assert self._more.wait_for(lambda: found(self.told), seconds), f"this was all: {self.told}"
            return list(self.told)

    def fed(self) -> int:
        with self._more:
            return self.told.count("WATCHDOG=1")

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RD)
        self._thread.join()

    def _listen(self) -> None:
        while data := self._socket.recv(4096):
            with self._more:
                self.told += data.decode().splitlines()
                self._more.notify_all()


@contextmanager
def watching(folder: Path, *, abstract: bool = False) -> Iterator[Watching]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        name = f"teddy-{os.getpid()}-{folder.name}"
        listener.bind(f"\0{name}" if abstract else str(folder / "notify"))
        systemd = Watching(listener, f"@{name}" if abstract else str(folder / "notify"))
        try:
            yield systemd
        finally:
            systemd.close()


class Nanny:
    """What systemd does for a service: starts it again whatever ends it, and kills one that it must not feed.

    One process at a time; the block that it lives in ends it.
    """

    def __init__(
        self, *arguments: str | Path, systemd: Watching, log: Path, environment: Mapping[str, str]
    ) -> None:
        self._arguments = arguments
        self._environment = {**os.environ, **systemd.environment(patience=8), **environment}
        self._log = log
        self.codes: list[int] = []
        self.process = self._start()

    def again(self, *, seconds: float = SECONDS) -> None:
        """Wait for its end, and start it anew. Blocks."""
        self.codes.append(self.process.wait(seconds))
        self.process = self._start()

    def close(self) -> None:
        self.process.terminate()
        try:
            self.codes.append(self.process.wait(10))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _start(self) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [TEDDY, *self._arguments],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
            )


@contextmanager
def nanny(
    *arguments: str | Path, folder: Path, environment: Mapping[str, str] | None = None
) -> Iterator[tuple[Nanny, Watching]]:
    """`teddy` with these arguments, supervised."""
    with watching(folder) as systemd:
        found = Nanny(*arguments, systemd=systemd, log=folder / "log", environment=environment or {})
        try:
            yield found, systemd
        finally:
            found.close()
