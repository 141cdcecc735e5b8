"""A cloud whose days pass as a test says, and an archive that a test can break."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from teddy_cloud.eventstore.archive.folder import FolderArchive
from teddy_cloud.eventstore.archive.keeping import Keeper
from teddy_cloud.eventstore.archive.reading import ArchivedEventStore, LiveStore
from teddy_cloud.eventstore.archive.segments import Archive, Segment
from teddy_cloud.eventstore.memory import MemoryEventStore
from teddy_cloud.eventstore.store import Entry, Item, Poison, Position
from teddy_shared.clock import Clock, SeededChance, SystemClock
from teddy_shared.envelope import BearId, Lane
from teddy_shared.seal import KeyRing, Seal

DAY: Final = 86_400.0


class Calendar:
    """A clock that stands until a test moves it."""

    def __init__(self, *, wall: float) -> None:
        self._wall = wall

    def pass_days(self, days: float) -> None:
        self._wall += days * DAY

    def monotonic(self) -> float:
        return self._wall

    def wall(self) -> float:
        return self._wall

    def synchronised(self) -> bool:
        return True


class Restless(ArchivedEventStore):
    """Moves all but what was appended last into the archive, as soon as anything is appended."""

    def __init__(self, *, live: LiveStore, archive: Archive) -> None:
        super().__init__(live=live, archive=archive)
        later = Calendar(wall=SystemClock().wall() + 120 * DAY)
        letters = MemoryEventStore().letters  # none; the live ones are to stay
        self._keeper = Keeper(live=live, archive=archive, letters=letters, clock=later, chance=SeededChance())

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
        kept = await self._keeper.keep()
        assert not kept.problems
        return await super().append_batch(
            bear=bear, epoch=epoch, lane=lane, first=first, items=items, covers=covers
        )


class PowerCut(Exception):
    """The process ended here."""


class Fuse:
    """Blows after so many steps; None: never."""

    def __init__(self) -> None:
        self.steps: int | None = None

    def step(self) -> None:
        if self.steps == 0:
            raise PowerCut
        if self.steps is not None:
            self.steps -= 1


class BrittleStore(MemoryEventStore):
    def __init__(self, *, clock: Clock, fuse: Fuse) -> None:
        super().__init__(clock=clock)
        self._fuse = fuse

    async def trim(self, partition: int, last: Position) -> None:
        self._fuse.step()
        await super().trim(partition, last)
        self._fuse.step()


class BrittleArchive(FolderArchive):
    """The power goes before or after a file is written, read or taken away."""

    def __init__(self, *, folder: Path, seal: Seal, keys: KeyRing, fuse: Fuse) -> None:
        super().__init__(folder=folder, seal=seal, keys=keys)
        self._fuse = fuse

    async def put(self, segment: Segment, entries: Sequence[Entry], *, ends_ms: int) -> None:
        self._fuse.step()
        await super().put(segment, entries, ends_ms=ends_ms)
        self._fuse.step()

    async def load(self, segment: Segment) -> Sequence[Entry]:
        self._fuse.step()
        return await super().load(segment)

    async def remove(self, segment: Segment) -> None:
        self._fuse.step()
        await super().remove(segment)
        self._fuse.step()
