"""From a stored entry to what happened. Only what a handler wants is read at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from teddy_cloud.bus.deliveries import Delivery
from teddy_cloud.eventstore.letters import as_recorded
from teddy_cloud.eventstore.store import Entry
from teddy_shared.codec import decode_head
from teddy_shared.envelope import BearId, Envelope
from teddy_shared.errors import KeyErased, MalformedEvent, SealError
from teddy_shared.events import EVENTS, Event, from_bytes
from teddy_shared.seal import Seal

NOBODY: Final = BearId("unknown")


@dataclass(frozen=True, slots=True)
class Happened:
    """One event for one handler."""

    key: str  # the same for each delivery, also where a lost tail was sent again: for what is done outside
    head: Envelope  # as it was recorded, also where it comes out of the dead letters
    event: Event | None  # None for what has no payload


@dataclass(frozen=True, slots=True)
class Broken:
    reason: str


class Wanting(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def types(self) -> frozenset[str]: ...


class Opener:
    def __init__(self, *, seal: Seal) -> None:
        self._seal = seal

    def may_want(self, handler: Wanting, entry: Entry) -> bool:
        """Whether its head so much as names a type of this handler: parsing every head would cost more
        than all the rest.
        """
        return any(type_.encode() in entry.head for type_ in handler.types)

    def open_all(self, handler: Wanting, found: Sequence[Delivery]) -> Sequence[Happened | Broken | None]:
        """None for what is not for this handler, is erased, or comes from a newer bear. Blocks."""
        return [self._open(handler, each.entry) for each in found]

    def name(self, entry: Entry) -> tuple[BearId, str]:
        """Whose event it is, and of which type, as far as that can be read."""
        try:
            head = decode_head(entry.head)
        except MalformedEvent:
            return NOBODY, "unreadable"
        return BearId(head.place.bear), head.type

    def _open(self, handler: Wanting, entry: Entry) -> Happened | Broken | None:
        try:
            head = decode_head(entry.head)
        except MalformedEvent as error:
            return Broken(str(error))
        if head.type not in handler.types:
            return None
        recorded = as_recorded(head)
        key = f"{handler.name}/{recorded.place.bytes().decode()}"
        if head.type not in EVENTS:
            return Happened(key, recorded, None)
        try:
            payload = self._seal.open(entry.owner, entry.sealed, head.place.bytes())
            event = from_bytes(head.type, head.version, payload)
        except KeyErased:
            return None
        except (SealError, MalformedEvent) as error:
            return Broken(str(error))
        return None if event is None else Happened(key, recorded, event)
