"""A supervisor that speaks systemd's notify protocol over a real socket."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

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
