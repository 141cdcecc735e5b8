"""The event store as everybody sees it: the live streams, and before them what lies in the archive."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from teddy_cloud.eventstore.archive.segments import Archive, Segment
from teddy_cloud.eventstore.store import (
    DeadLetter,
    Delivery,
    Doorbell,
    Entry,
    EventStore,
    Item,
    Poison,
    Position,
    before,
    order_of,
)
from teddy_shared.envelope import BearId, Lane, Place, ProfileId
from teddy_shared.errors import StoreDamaged
from teddy_shared.logs import log
from teddy_shared.purposes import Consent

_log = log("archive")


class LiveStore(EventStore, Protocol):
    """An event store whose old end can be cut off."""

    async def trim(self, partition: int, last: Position) -> None:
        """Forget this event and those before it. Marks stay, so that nothing comes in again."""

    async def archive_name(self) -> str | None:
        """Of the archive that holds what was cut off; None where nothing ever was."""

    async def name_archive(self, name: str, *, anew: bool = False) -> str:
        """The first name stays, unless it is to be anew; gives the one that holds."""


class ArchivedEventStore:
    def __init__(self, *, live: LiveStore, archive: Archive) -> None:
        self._live = live
        self._archive = archive
        self._damaged: set[Segment] = set()  # told once
        self._knows_archive = False

    async def read(self, partition: int, after: Position, count: int) -> Sequence[Entry]:
        return (await self.read_many({partition: after}, count)).get(partition, ())

    async def read_many(self, places: Mapping[int, Position], count: int) -> Mapping[int, Sequence[Entry]]:
        # From the place itself on: where what lies there is still live, everything behind it is, too.
        # The live streams come first and the archive second, since the job writes first and cuts second.
        live = await self._live.read_many({at: before(after) for at, after in places.items()}, count + 1)
        cut = [at for at, after in places.items() if not _begins_at(live.get(at, ()), after)]
        segments = await self._older(cut) if cut else {}
        found = {}
        for at, after in places.items():
            entries = [entry for entry in live.get(at, ()) if entry.position != after][:count]
            if older := self._behind(segments.get(at, ()), after):
                entries = await self._with_older(at, after, older, count)
            if entries:
                found[at] = entries
        return found

    async def _older(self, partitions: Collection[int]) -> Mapping[int, Sequence[Segment]]:
        if not self._knows_archive:
            name = await self._live.archive_name()
            if name is not None and name != await self._archive.name():
                _log.error("older events lie in an archive that this machine does not see: share its folder")
            self._knows_archive = True
        return await self._archive.segments(partitions)

    async def _with_older(
        self, partition: int, after: Position, older: Sequence[Segment], count: int
    ) -> list[Entry]:
        """As many as are wanted, first from these segments, then from the streams."""
        found: list[Entry] = []
        while older:
            for segment in older:
                entries = await self._load(segment)
                if entries is None:
                    continue  # what it holds may be live still
                found += [entry for entry in entries if _follows(entry.position, after)]
                after = max(after, segment.last, key=order_of)
                if len(found) >= count:
                    return found[:count]
            # Not the live stretch that was read at first: it may begin before or behind this place by now.
            rest = await self._live.read(partition, after, count - len(found))
            segments = await self._archive.segments([partition])
            older = self._behind(segments.get(partition, ()), after)
        return [*found, *rest]

    def _behind(self, segments: Sequence[Segment], after: Position) -> list[Segment]:
        return [each for each in segments if _follows(each.last, after) and each not in self._damaged]

    async def _load(self, segment: Segment) -> Sequence[Entry] | None:
        """None where it is damaged."""
        try:
            return await self._archive.load(segment)
        except StoreDamaged as damage:
            _log.error("a damaged segment is left out", partition=segment.partition, reason=str(damage))
            self._damaged.add(segment)
            return None

    # --- everything else is the live store's alone ---

    async def append_batch(
        self,
        *,
        bear: BearId,
        epoch: str,
        lane: Lane,
        first: int,
        items: Sequence[Item | Poison],
        covers: int = 1,
    ) -> int:
        return await self._live.append_batch(
            bear=bear, epoch=epoch, lane=lane, first=first, items=items, covers=covers
        )

    async def append_all(self, deliveries: Sequence[Delivery]) -> Sequence[int]:
        return await self._live.append_all(deliveries)

    async def append_expected(
        self, *, subject: BearId, stream: str, lane: Lane, expected: int, items: Sequence[Item]
    ) -> int:
        return await self._live.append_expected(
            subject=subject, stream=stream, lane=lane, expected=expected, items=items
        )

    async def marks(self, bear: BearId, epoch: str) -> Mapping[Lane, int]:
        return await self._live.marks(bear, epoch)

    async def marks_of(self, sources: Sequence[tuple[BearId, str]]) -> Sequence[Mapping[Lane, int]]:
        return await self._live.marks_of(sources)

    async def permit(self, bear: BearId, *, consent: Consent, profiles: frozenset[ProfileId]) -> None:
        await self._live.permit(bear, consent=consent, profiles=profiles)

    async def bury(
        self, bear: BearId, *, reason: str, size: int, sealed: bytes, lane: Lane | None = None
    ) -> None:
        await self._live.bury(bear, reason=reason, size=size, sealed=sealed, lane=lane)

    async def bury_stored(
        self,
        partition: int,
        position: Position,
        *,
        bear: BearId,
        reason: str,
        size: int,
        place: Place | None = None,
    ) -> None:
        await self._live.bury_stored(partition, position, bear=bear, reason=reason, size=size, place=place)

    async def dead_letters(self, partition: int) -> Sequence[DeadLetter]:
        return await self._live.dead_letters(partition)

    def doorbell(self) -> AbstractAsyncContextManager[Doorbell]:
        return self._live.doorbell()


def _begins_at(entries: Sequence[Entry], position: Position) -> bool:
    return bool(entries) and entries[0].position == position


def _follows(position: Position, after: Position) -> bool:
    return order_of(position) > order_of(after)
