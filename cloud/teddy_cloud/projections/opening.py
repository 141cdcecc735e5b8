"""Stored events to events: heads are read first, and payloads opened in one go."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
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

FEW: Final = 16  # events, of which opening takes a millisecond at most
Opening = Callable[[str, bytes, bytes], bytes]
"""What `Seal.open` does: owner, sealed bytes, what they are bound to."""

NOBODY: Final = BearId("unknown")  # whose dead letters are those without a readable head


@dataclass(frozen=True, slots=True)
class Sealed:
    """Its head is read; what it says is not opened yet."""

    source: Source
    number: int
    head: Envelope  # as it was recorded, also where it comes out of the dead letters
    place: Place  # where it is stored, and to which it is sealed
    entry: Entry


@dataclass(frozen=True, slots=True)
class Opened:
    source: Source
    number: int
    head: Envelope
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

    def heads(self, found: Mapping[int, Sequence[Entry]]) -> Mapping[int, Sequence[Sealed | Broken]]:
        """By partition, in order, without those that nobody wants."""
        return {
            partition: [read for entry in entries if (read := self._read(entry)) is not None]
            for partition, entries in found.items()
        }

    async def opened(
        self, found: Mapping[int, Sequence[Sealed | Broken]]
    ) -> Mapping[int, Sequence[Opened | Broken]]:
        """Without what is erased or comes from a newer bear.

        In a thread where it is much or the key ring must be read: to go there costs more than to open a few.
        """
        sealed = [each for here in found.values() for each in here if isinstance(each, Sealed)]
        hand = self._seal.at_hand({each.entry.owner for each in sealed}) if len(sealed) <= FEW else None
        if hand is None:
            return await asyncio.to_thread(_all_opened, found, self._seal.open)

        def opened_by_hand(owner: str, sealed: bytes, bound_to: bytes) -> bytes:
            if owner not in hand:
                raise KeyErased(owner)
            return hand[owner].open(sealed, bound_to)

        return _all_opened(found, opened_by_hand)

    def _read(self, entry: Entry) -> Sealed | Broken | None:
        try:
            head = decode_head(entry.head)
        except MalformedEvent as error:  # written by another release of ours
            return _broken(entry, None, error)
        if head.type not in self._types:
            return None
        place = head.place
        source = Source(BearId(place.bear), place.epoch, place.lane)
        return Sealed(source, place.seq, as_recorded(head), place, entry)


def _all_opened(
    found: Mapping[int, Sequence[Sealed | Broken]], open_: Opening
) -> Mapping[int, Sequence[Opened | Broken]]:
    return {
        partition: [opened for each in sealed if (opened := _opened(each, open_)) is not None]
        for partition, sealed in found.items()
    }


def _opened(sealed: Sealed | Broken, open_: Opening) -> Opened | Broken | None:
    if isinstance(sealed, Broken):
        return sealed
    head, entry, event = sealed.head, sealed.entry, None
    if head.type in EVENTS:
        try:
            payload = open_(entry.owner, entry.sealed, sealed.place.bytes())
            event = from_bytes(head.type, head.version, payload)
        except KeyErased:
            return None
        except (SealError, MalformedEvent) as error:
            return _broken(entry, sealed.place, error)
        if event is None:
            return None
    return Opened(sealed.source, sealed.number, head, event)


def _broken(entry: Entry, place: Place | None, error: TeddyError) -> Broken:
    bear = NOBODY if place is None else BearId(place.bear)
    return Broken(bear, place, entry.position, f"projections: {error}", len(entry.sealed))
