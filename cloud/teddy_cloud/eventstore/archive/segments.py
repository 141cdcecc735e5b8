"""What the event store asks of its archive, and what lies in one of its segments."""

from __future__ import annotations

import struct
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Final, Protocol

from teddy_cloud.eventstore.store import Entry, Position, order_of

EVENTS: Final = 1024  # in a segment at most
BYTES: Final = 1024 * 1024  # of heads and payloads in a segment, about; a single event may exceed it alone

_ENTRY: Final = struct.Struct(">QQIII")  # position, then how long head, owner and payload are


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a partition, both ends included. What ended its days may be missing inside."""

    partition: int
    first: Position
    last: Position


class Archive(Protocol):
    """Segments of a partition do not overlap. Raises LinkError while its place cannot be read or written."""

    async def segments(self, partitions: Collection[int]) -> Mapping[int, Sequence[Segment]]:
        """Those that are there, oldest first; partitions without any are left out."""

    async def load(self, segment: Segment) -> Sequence[Entry]:
        """Its entries, oldest first. Raises StoreDamaged; a segment that is gone has none."""

    async def put(self, segment: Segment, entries: Sequence[Entry], *, ends_ms: int) -> None:
        """Whole and durable, or not at all; instead of what it held before.

        `ends_ms` is when the job has to look at it again. Raises ConfigError where there is no room.
        """

    async def ends_ms(self, segment: Segment) -> int:
        """Raises StoreDamaged."""

    async def remove(self, segment: Segment) -> None: ...

    async def set_aside(self, segment: Segment) -> None:
        """Out of the way and kept: it is damaged, and somebody may have a copy."""

    async def damaged(self) -> int:
        """How many lie aside."""

    async def name(self) -> str | None:
        """By which the store knows it again; None for one that was never named."""

    async def call_it(self, name: str) -> None: ...

    def alone(self) -> AbstractAsyncContextManager[bool]:
        """Whether nobody else changes the archive while the block runs."""


def pack(entries: Sequence[Entry]) -> bytes:
    parts: list[bytes] = []
    for entry in entries:
        owner = entry.owner.encode()
        lengths = (len(entry.head), len(owner), len(entry.sealed))
        parts += (_ENTRY.pack(*order_of(entry.position), *lengths), entry.head, owner, entry.sealed)
    return b"".join(parts)


def unpack(data: bytes) -> list[Entry]:
    """Raises ValueError for what `pack` did not write."""
    entries, at = [], 0
    while at < len(data):
        try:
            milliseconds, number, *lengths = _ENTRY.unpack_from(data, at)
        except struct.error:
            raise ValueError("it ends within an entry") from None
        at += _ENTRY.size
        if at + sum(lengths) > len(data):
            raise ValueError("it ends within an entry")
        fields = []
        for length in lengths:
            fields.append(data[at : at + length])
            at += length
        head, owner, sealed = fields
        position = Position(f"{milliseconds}-{number}")
        entries.append(Entry(position, head, owner.decode(), sealed, archived=True))
    return entries
