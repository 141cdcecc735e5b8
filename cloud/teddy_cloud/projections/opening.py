"""Stored events to events: heads read, payloads opened, in one go away from the loop."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from teddy_cloud.eventstore.letters import as_recorded
from teddy_cloud.eventstore.store import Entry, Position
from teddy_cloud.projections.copies import Source
from teddy_shared.codec import decode_head
from teddy_shared.envelope import BearId, Envelope, Place
from teddy_shared.errors import KeyErased, MalformedEvent, SealError, TeddyError
from teddy_shared.events import EVENTS, Event, from_bytes
from teddy_shared.seal import Seal

NOBODY: Final = BearId("unknown")  # whose dead letters are those without a readable head


@dataclass(frozen=True, slots=True)
class Opened:
    source: Source
    number: int
    head: Envelope  # as it was recorded, also where it comes out of the dead letters
    event: Event | None  # None for what has no payload


@dataclass(frozen=True, slots=True)
class Broken:
    """What cannot be read, for a person to look at."""

    bear: BearId
    place: Place | None
    position: Position
    reason: str
    size: int


class Opener:
    """The only place where payloads are opened."""

    def __init__(self, *, types: Iterable[str], seal: Seal) -> None:
        self._types = frozenset(types)
        self._seal = seal

    def open(self, found: Mapping[int, Sequence[Entry]]) -> Mapping[int, Sequence[Opened | Broken]]:
        """By partition, in order, without those that nobody wants. Blocks: the key ring is a file."""
        return {
            partition: [opened for entry in entries if (opened := self._open(entry)) is not None]
            for partition, entries in found.items()
        }

    def _open(self, entry: Entry) -> Opened | Broken | None:
        """None for what nobody wants, is erased, or comes from a newer bear."""
        try:
            head = decode_head(entry.head)
        except MalformedEvent as error:  # written by another release of ours
            return _broken(entry, None, error)
        if head.type not in self._types:
            return None
        if head.type not in EVENTS:
            return _opened(head, None)
        try:
            payload = self._seal.open(entry.owner, entry.sealed, head.place.bytes())
            event = from_bytes(head.type, head.version, payload)
        except KeyErased:
            return None
        except (SealError, MalformedEvent) as error:
            return _broken(entry, head.place, error)
        return None if event is None else _opened(head, event)


def _opened(head: Envelope, event: Event | None) -> Opened:
    place = head.place
    return Opened(Source(BearId(place.bear), place.epoch, place.lane), place.seq, as_recorded(head), event)


def _broken(entry: Entry, place: Place | None, error: TeddyError) -> Broken:
    bear = NOBODY if place is None else BearId(place.bear)
    return Broken(bear, place, entry.position, f"projections: {error}", len(entry.sealed))
