"""One look at many partitions at once: one read, one look-up, one write, however many events there are."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from teddy_cloud.eventstore.store import Entry, EventStore, Position
from teddy_cloud.projections.copies import Copies, Known, Question, Source, Standing, Step
from teddy_cloud.projections.opening import Broken, Opened, Opener, Sealed
from teddy_cloud.projections.projection import Projection
from teddy_cloud.projections.readmodels import Cell
from teddy_shared.logs import log
from teddy_shared.seal import Seal

WIDTH: Final = 64  # partitions in one sweep
EVENTS: Final = 512  # of all partitions in one sweep, about
LEAST: Final = 32  # events of a partition, however many partitions there are
BREATH: Final = (
    16  # events of a partition that are applied before the loop gets its turn: a millisecond or two
)

_log = log("projections")


@dataclass(frozen=True, slots=True)
class Swept:
    """What came of a sweep, by where each copy stood before."""

    reached: Mapping[Standing, Standing]
    overtaken: frozenset[Standing]  # somebody else has moved these, or the store lost what they had read
    unfinished: frozenset[Standing]  # more may be there


class Sweep:
    """Takes copies of read models on. Only a copy that stands where it is said to stand is changed."""

    def __init__(
        self,
        *,
        projections: Sequence[Projection],
        store: EventStore,
        copies: Copies,
        seal: Seal,
    ) -> None:
        self._projections = {each.name: each for each in projections}
        self._store = store
        self._copies = copies
        self._opener = Opener(types={type_ for each in projections for type_ in each.types}, seal=seal)

    async def move(self, standings: Collection[Standing]) -> Swept:
        """Raises LinkError. What the copies of a partition read is shared where they stand alike."""
        reached: dict[Standing, Standing] = {}
        overtaken: set[Standing] = set()
        unfinished: set[Standing] = set()
        for layer in _layers(standings):
            count = max(LEAST, EVENTS // len(layer))
            found = await self._store.read_many({place: at for place, (at, _) in layer.items()}, count)
            readers = {partition: layer[partition][1] for partition in found}
            reached |= {each: each for place in layer.keys() - found.keys() for each in layer[place][1]}
            if not found:
                continue
            moved = await self._apply(found, readers)
            reached |= {step.at: step.at.moved_to(step.after) for step in moved}
            overtaken |= set(_all(readers)) - reached.keys()
            full = {partition for partition, entries in found.items() if len(entries) == count}
            unfinished |= {each for each in _all(readers) if each in reached and each.partition in full}
        return Swept(reached, frozenset(overtaken), frozenset(unfinished))

    async def _apply(
        self, found: Mapping[int, Sequence[Entry]], readers: Mapping[int, Sequence[Standing]]
    ) -> list[Step]:
        """The steps that were taken."""
        sealed = self._opener.heads(found)
        wanted = list(self._wanted(sealed, readers))
        questions = [self._question(at, heads) for at, heads in wanted if heads]
        # What is known is looked up while the payloads are opened.
        known, opened = await asyncio.gather(self._copies.known(questions), self._opener.opened(sealed))
        answers, steps = iter(known), []
        for at, heads in wanted:
            last = found[at.partition][-1]
            if heads:
                steps.append(self._step(at, last, opened[at.partition], next(answers)))
            else:
                steps.append(Step(at, last.position, _NOTHING, _NOTHING, last.archived))
            if len(heads) > BREATH:
                await asyncio.sleep(0)
        for (
            partition,
            found_here,
        ) in opened.items():  # first: a letter made twice is one, a lost one is silence
            await self._bury(partition, [each for each in found_here if isinstance(each, Broken)])
        taken = await self._copies.write(steps)
        return [step for step, was_taken in zip(steps, taken, strict=True) if was_taken]

    def _wanted(
        self, sealed: Mapping[int, Sequence[Sealed | Broken]], readers: Mapping[int, Sequence[Standing]]
    ) -> Iterator[tuple[Standing, Sequence[Sealed]]]:
        """What each copy is to be given of its partition."""
        for partition, standings in readers.items():
            here = [each for each in sealed[partition] if isinstance(each, Sealed)]
            for at in standings:
                types = self._projections[at.model].types
                yield at, [each for each in here if each.head.type in types]

    def _question(self, at: Standing, heads: Iterable[Sealed]) -> Question:
        touches = self._projections[at.model].touches
        sources = {each.source for each in heads}
        return Question(at, sources, {cell for each in heads for cell in touches(each.head)})

    def _step(self, at: Standing, last: Entry, opened: Iterable[Opened | Broken], known: Known) -> Step:
        projection = self._projections[at.model]
        before, applied = dict(known.cells), dict(known.applied)
        cells: dict[Cell, bytes] = {}
        numbers: dict[Source, int] = {}
        for each in opened:
            if isinstance(each, Broken) or each.head.type not in projection.types:
                continue
            if each.number <= applied.get(each.source, 0):
                continue  # a refilled tail comes back under new positions
            changed = projection.apply(before, each.head, each.event)
            before.update(changed)
            cells.update(changed)
            applied[each.source] = numbers[each.source] = each.number
        return Step(at, last.position, cells, numbers, archived=last.archived)

    async def _bury(self, partition: int, broken: Iterable[Broken]) -> None:
        for each in broken:
            _log.warning("event put aside", bear=each.bear, reason=each.reason)
            await self._store.bury_stored(
                partition,
                each.position,
                bear=each.bear,
                reason=each.reason,
                size=each.size,
                place=each.place,
            )


_NOTHING: Final[Mapping[Any, Any]] = {}


def _layers(standings: Iterable[Standing]) -> Iterator[dict[int, tuple[Position, list[Standing]]]]:
    """In each, a partition is read from one place. Nearly always there is but one."""
    places: dict[int, dict[Position, list[Standing]]] = {}
    for each in standings:
        places.setdefault(each.partition, {}).setdefault(each.position, []).append(each)
    while places:
        yield {partition: positions.popitem() for partition, positions in places.items()}
        places = {partition: positions for partition, positions in places.items() if positions}


def _all(readers: Mapping[int, Sequence[Standing]]) -> Iterator[Standing]:
    for standings in readers.values():
        yield from standings
