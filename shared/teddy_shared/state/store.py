"""The port under the state: raw bytes by slot, each change one transaction with its audit entry."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple, Protocol

from teddy_shared.state.keys import Role
from teddy_shared.state.scopes import Scope

AUDIT_KEPT: Final = 10_000  # entries; older ones make room, or a card would fill up in a year of talk


class Slot(NamedTuple):
    """Where one value lies."""

    scope: Scope
    owner: str
    name: str


class Stamp(NamedTuple):
    """Who changes something, and when."""

    who: Role
    when: float  # wall clock in seconds: a lifetime must survive a restart, and the zero of others doesn't


class Verb(StrEnum):
    """What became of a value."""

    WRITTEN = "written"
    FORGOTTEN = "forgotten"  # by somebody
    EXPIRED = "expired"  # by time
    ENDED = "ended"  # with its scope


class Link(NamedTuple):
    """An entry of the audit as the next one hangs on it."""

    number: int
    chain: str


class Span(NamedTuple):
    """Between which entries an audit is kept: behind the last one that made room, up to the newest."""

    before: Link
    end: Link


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of the audit, and what observers are told. Never the value."""

    number: int  # grows by one with every change in the store; of a write, it is the version
    slot: Slot
    verb: Verb
    stamp: Stamp
    chain: str  # a digest of this entry and of all before it (chain.py)

    @property
    def link(self) -> Link:
        return Link(self.number, self.chain)


@dataclass(frozen=True, slots=True)
class Row:
    value: bytes
    version: int


class Store(Protocol):
    """Each method is one transaction: all of it is durable when it returns, or none of it."""

    async def get(self, slot: Slot, *, now: float) -> Row | None:
        """None for what is absent or past its time."""

    async def put(
        self, slot: Slot, value: bytes, *, stamp: Stamp, expires: float | None, expected: int | None
    ) -> int:
        """The new version. Raises Conflict unless `expected` is None or the version found (0: absent)."""

    async def delete(self, slot: Slot, *, stamp: Stamp) -> bool:
        """Whether there was something."""

    async def end(self, scope: Scope, owner: str, *, stamp: Stamp) -> None:
        """Everything of this owner in this scope goes."""

    async def expire(self, *, stamp: Stamp) -> int:
        """How many values were past their time and are gone now."""

    async def audit(self, *, after: int, limit: int) -> Sequence[Change]:
        """Entries above a number, oldest first."""

    async def span(self) -> Span:
        """Where what is kept of the audit begins and ends."""

    def tell(self, listener: Callable[[Change], None]) -> None:
        """Calls it on the loop after each change, in the order of the changes, each once."""
