"""Moves events from the store into a read model: each exactly once, none ever a stop."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from teddy_cloud.eventstore.letters import as_recorded
from teddy_cloud.eventstore.store import Entry, EventStore, Position
from teddy_cloud.projections.readmodels import Cell, ReadModels, Source, Step
from teddy_shared.backoff import delays
from teddy_shared.clock import Chance, Clock
from teddy_shared.codec import decode_head
from teddy_shared.envelope import BearId, Envelope, Place
from teddy_shared.errors import KeyErased, LinkError, MalformedEvent, SealError, TeddyError
from teddy_shared.events import EVENTS, Event, from_bytes
from teddy_shared.logs import log
from teddy_shared.seal import Seal

STRETCH: Final = 256  # events of one partition in one write
NOBODY: Final = BearId("unknown")  # whose dead letters are those without a readable head
POLL: Final = 1.0  # seconds; the doorbell is quicker, but a ring can be missed

_log = log("projections")


class Projection(Protocol):
    """Pure: which cells an event may touch, and what it makes of them. Applying twice changes nothing."""

    @property
    def name(self) -> str: ...

    @property
    def types(self) -> frozenset[str]:
        """The types of event that it wants; all others pass by unopened."""

    def touches(self, head: Envelope) -> Iterable[Cell]: ...

    def apply(
        self, before: Mapping[Cell, bytes], head: Envelope, event: Event | None
    ) -> Mapping[Cell, bytes]: ...


@dataclass(frozen=True, slots=True)
class _Opened:
    source: Source
    number: int
    head: Envelope  # as it was recorded, also where it comes out of the dead letters
    event: Event | None  # None for what has no payload


@dataclass(frozen=True, slots=True)
class _Broken:
    bear: BearId
    place: Place | None
    position: Position
    reason: str
    size: int


class Projector:
    """Keeps one projection up to date. Only here are payloads opened."""

    def __init__(
        self,
        *,
        projection: Projection,
        store: EventStore,
        models: ReadModels,
        seal: Seal,
        clock: Clock,
        chance: Chance,
    ) -> None:
        self._projection = projection
        self._store = store
        self._models = models
        self._seal = seal
        self._clock = clock
        self._chance = chance

    async def run(self) -> None:
        """Follow the store. Ends by being cancelled."""
        waits = delays(self._chance, first=0.2, most=2.0)
        told = False
        while True:
            try:
                async with self._store.doorbell() as bell:
                    places = await self.catch_up()
                    looked = self._clock.monotonic()
                    waits, told = delays(self._chance, first=0.2, most=2.0), False
                    while True:
                        rung = await bell.rung(POLL)
                        if self._clock.monotonic() - looked >= POLL:
                            places |= await self._move(places)
                            looked = self._clock.monotonic()
                        else:
                            places |= await self._move({each: places[each] for each in rung})
            except LinkError as error:
                if not told:
                    _log.warning("store away, trying again", reason=str(error))
                    told = True
            await asyncio.sleep(next(waits))

    async def catch_up(self) -> dict[int, Position]:
        """Apply all that is stored; give the positions then."""
        return await self._move(dict(await self._models.checkpoints(self._projection.name)))

    async def rebuild(self) -> None:
        """Forget the read model and make it again from the first event on."""
        await self._models.drop(self._projection.name)
        await self.catch_up()

    async def _move(self, places: Mapping[int, Position]) -> dict[int, Position]:
        """Go on from these positions until nothing more is there."""
        reached = dict(places)
        waiting = dict(places)
        while waiting:
            found = await self._store.read_many(waiting, STRETCH)
            waiting = {}
            for partition, entries in found.items():
                if await self._apply(partition, reached[partition], entries):
                    reached[partition] = entries[-1].position
                    if len(entries) < STRETCH:
                        continue  # what came since rings by itself
                else:  # another projector, or a rebuild, moved the checkpoint
                    checkpoints = await self._models.checkpoints(self._projection.name)
                    reached[partition] = checkpoints[partition]
                waiting[partition] = reached[partition]
        return reached

    async def _apply(self, partition: int, before: Position, entries: Sequence[Entry]) -> bool:
        name = self._projection.name
        opened = await asyncio.to_thread(self._open_all, entries)  # the key ring is a file
        events = [each for each in opened if isinstance(each, _Opened)]
        applied = dict(await self._models.applied(name, {each.source for each in events}))
        touched = {cell for each in events for cell in self._projection.touches(each.head)}
        known = dict(await self._models.cells(name, touched))
        cells: dict[Cell, bytes] = {}
        for each in events:
            if each.number <= applied.get(each.source, 0):
                continue  # a refilled tail comes back under new positions
            changed = self._projection.apply(known, each.head, each.event)
            known.update(changed)
            cells.update(changed)
            applied[each.source] = each.number
        step = Step(partition, before, entries[-1].position, cells, applied)
        for broken in opened:  # first: a letter that is made twice is one letter, a lost one is silence
            if isinstance(broken, _Broken):
                await self._bury(partition, broken)
        return await self._models.write(name, step)

    async def _bury(self, partition: int, broken: _Broken) -> None:
        _log.warning("event put aside", bear=broken.bear, reason=broken.reason)
        await self._store.bury_stored(
            partition,
            broken.position,
            bear=broken.bear,
            reason=broken.reason,
            size=broken.size,
            place=broken.place,
        )

    def _open_all(self, entries: Sequence[Entry]) -> list[_Opened | _Broken]:
        return [opened for entry in entries if (opened := self._open(entry)) is not None]

    def _open(self, entry: Entry) -> _Opened | _Broken | None:
        """None for what is not for this projection, is erased, or comes from a newer bear."""
        try:
            head = decode_head(entry.head)
        except MalformedEvent as error:  # written by another release of ours
            return self._broken(entry, None, error)
        if head.type not in self._projection.types:
            return None
        if head.type not in EVENTS:
            return _opened(head, None)
        try:
            payload = self._seal.open(entry.owner, entry.sealed, head.place.bytes())
            event = from_bytes(head.type, head.version, payload)
        except KeyErased:
            return None
        except (SealError, MalformedEvent) as error:
            return self._broken(entry, head.place, error)
        return None if event is None else _opened(head, event)

    def _broken(self, entry: Entry, place: Place | None, error: TeddyError) -> _Broken:
        bear = NOBODY if place is None else BearId(place.bear)
        reason = f"{self._projection.name}: {error}"
        return _Broken(bear, place, entry.position, reason, len(entry.sealed))


def _opened(head: Envelope, event: Event | None) -> _Opened:
    place = head.place
    return _Opened(Source(BearId(place.bear), place.epoch, place.lane), place.seq, as_recorded(head), event)
