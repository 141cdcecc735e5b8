"""What the bear tells whoever started it, in systemd's notify protocol: lines in a datagram."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from teddy_shared.logs import log

SHORTEST: Final = 0.1  # seconds; nobody means to be fed more often


class Supervisor(Protocol):
    """Any thread may call. What nobody hears is no error: the bear lives without a supervisor too."""

    @property
    def patience(self) -> float | None:
        """Seconds after which a bear that was not fed is killed; None where nobody waits for that."""

    def ready(self) -> None: ...

    def feed(self) -> None:
        """All parts moved."""

    def status(self, line: str) -> None:
        """For whoever asks `systemctl status`."""

    def stopping(self) -> None: ...


class Unsupervised:
    """Nobody watches, such as in a clone."""

    patience: float | None = None

    def ready(self) -> None: ...

    def feed(self) -> None: ...

    def status(self, line: str) -> None: ...

    def stopping(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Systemd:
    """One datagram a message, so that nothing is open between two of them."""

    address: str  # of the socket; @ stands before the name of one that is in no folder
    patience: float | None

    def ready(self) -> None:
        self._tell("READY=1")

    def feed(self) -> None:
        self._tell("WATCHDOG=1")

    def status(self, line: str) -> None:
        self._tell(f"STATUS={line}")

    def stopping(self) -> None:
        self._tell("STOPPING=1")

    def _tell(self, line: str) -> None:
        address = f"\0{self.address[1:]}" if self.address.startswith("@") else self.address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out:
                out.setblocking(False)  # a supervisor that does not read must not hold up the bear  # noqa: FBT003
                out.sendto(line.encode(), address)
        except OSError as error:
            log("health").debug("the supervisor does not listen", reason=error.strerror)


def supervisor_of(environment: Mapping[str, str], *, pid: int | None = None) -> Supervisor:
    """As systemd tells a service in its environment."""
    address = environment.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return Unsupervised()
    return Systemd(address, _patience(environment, os.getpid() if pid is None else pid))


def _patience(environment: Mapping[str, str], pid: int) -> float | None:
    """None where the watchdog is off, or meant for another process."""
    if environment.get("WATCHDOG_PID", str(pid)) != str(pid):
        return None
    try:
        seconds = int(environment.get("WATCHDOG_USEC", "0")) / 1e6
    except ValueError:
        return None
    return max(SHORTEST, seconds) if seconds > 0 else None
