"""Errors that both sides of the wire know.

TeddyError                something went wrong that we foresaw; its message tells a person what to do
├── ConfigError           the operator can mend it; shown without a traceback, exit code 2
│   ├── PortTaken         another program listens there; choose another port or stop it
│   └── PartMissing       a package or file that Teddy needs is not installed; names the remedy
├── MalformedEvent        the peer sent something we can't read; quarantined, not retried
├── LinkError             the network is away; retried with backoff
├── SealError             sealed bytes do not open: altered, moved to another place, or another key
│   └── KeyErased         the owner's key is gone for good; what it sealed counts as erased
├── StateError            the state manager refused
│   ├── NotAllowed        this role may not read or write this key
│   └── Conflict          compare-and-set found another version; read again and decide again
└── StoreDamaged          a database on disk cannot be read; set aside and replaced, never deleted
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar


class TeddyError(Exception):
    """The root of every error that Teddy raises on purpose."""

    exit_code: ClassVar[int] = 2  # of a process that ends with it


class ConfigError(TeddyError):
    """What an operator can mend; the message says how."""


class PortTaken(ConfigError):
    def __init__(self, port: int, what: str) -> None:
        super().__init__(
            f"port {port} for {what} is taken by another program; choose another one, or 0 for any free one"
        )
        self.port = port


class PartMissing(ConfigError):
    """A package or a file that Teddy needs is not there."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(f"{what} is missing: {remedy}")


class MalformedEvent(TeddyError):
    """Bytes that no released version of the codec wrote. Carries them, never prints them."""

    def __init__(self, payload: bytes, reason: str) -> None:
        super().__init__(f"cannot read {len(payload)} bytes: {reason}")
        self.payload = payload


class LinkError(TeddyError):
    """The broker, the store or the network is away for now."""


class SealError(TeddyError):
    """Sealed bytes do not open."""


class KeyErased(SealError):
    def __init__(self, owner: str) -> None:
        super().__init__(f"there is no key for {owner}: it was erased, or never made")
        self.owner = owner


class StateError(TeddyError):
    """The state manager refused."""


class NotAllowed(StateError):
    def __init__(self, role: str, verb: str, key: str) -> None:
        super().__init__(f"the role {role} may not {verb} {key}")


class Conflict(StateError):
    def __init__(self, key: str, expected: int, found: int) -> None:
        super().__init__(f"{key} is at version {found}, not {expected}: read it again")
        self.found = found


class StoreDamaged(TeddyError):
    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path.name} is damaged ({reason})")
        self.path = path
