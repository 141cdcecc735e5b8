"""Stored events once more, oldest first: by position, by bear, by kind or by type."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from teddy_cloud.eventstore.partitions import PARTITIONS, partition_of
from teddy_cloud.eventstore.store import BEGINNING, Entry, EventStore, Position
from teddy_shared.codec import decode_head
from teddy_shared.envelope import BearId, Envelope, Kind
from teddy_shared.errors import MalformedEvent

STRETCH: Final = 256  # events in one read: what a replay holds at a time


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events; what is None does not matter."""

    bear: BearId | None = None
    kind: Kind | None = None
    type: str | None = None

    @property
    def partitions(self) -> Iterable[int]:
        return range(PARTITIONS) if self.bear is None else [partition_of(self.bear)]

    def fits(self, head: Envelope) -> bool:
        return (
            self.bear in (None, head.place.bear)
            and self.kind in (None, head.kind)
            and self.type in (None, head.type)
        )


EVERYTHING: Final = Wanted()


@dataclass(frozen=True, slots=True)
class Replayed:
    """A stored event, its payload still sealed."""

    partition: int
    entry: Entry
    head: Envelope


async def replay(
    store: EventStore, wanted: Wanted = EVERYTHING, *, after: Mapping[int, Position] | None = None
) -> AsyncIterator[Replayed]:
    """Every event that fits and lay in the store when its partition was reached, one partition after another.

    `after` names the partitions to read and where to begin in each; without it, all that may hold what is
    wanted, from the beginning. An event whose head another release of ours wrote is passed over.
    Raises LinkError.
    """
    places = dict.fromkeys(wanted.partitions, BEGINNING) if after is None else after
    for partition, place in places.items():
        async for entry in _entries(store, partition, place):
            try:
                head = decode_head(entry.head)
            except MalformedEvent:
                continue
            if wanted.fits(head):
                yield Replayed(partition, entry, head)


async def in_stretches(events: AsyncIterator[Replayed]) -> AsyncIterator[list[Replayed]]:
    """The same, many at a time: for whoever opens them away from the loop."""
    stretch: list[Replayed] = []
    async for each in events:
        stretch.append(each)
        if len(stretch) == STRETCH:
            yield stretch
            stretch = []
    if stretch:
        yield stretch


async def _entries(store: EventStore, partition: int, after: Position) -> AsyncIterator[Entry]:
    while stretch := await store.read(partition, after, STRETCH):
        for entry in stretch:
            yield entry
        if len(stretch) < STRETCH:
            return  # what came since belongs to another replay, else this one might never end
        after = stretch[-1].position
