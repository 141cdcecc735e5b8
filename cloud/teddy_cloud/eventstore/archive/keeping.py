"""Keeps house: what is old goes from the streams into the archive, and what ended its days goes for good.

Write, read back, then cut: a crash between any two of them loses nothing and doubles nothing, since readers
go by position and the next pass ends what this one began.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Final

from teddy_cloud.eventstore.archive.reading import LiveStore
from teddy_cloud.eventstore.archive.segments import BYTES, EVENTS, Archive, Segment
from teddy_cloud.eventstore.letters import DeadLetters
from teddy_cloud.eventstore.partitions import PARTITIONS
from teddy_cloud.eventstore.retention import DAY_MS, LETTER_DAYS, SLACK_DAYS, ends_ms, ripe_ms
from teddy_cloud.eventstore.store import BEGINNING, Entry, Position, order_of
from teddy_shared.clock import Chance, Clock
from teddy_shared.errors import ConfigError, LinkError, StoreDamaged
from teddy_shared.logs import log

STRETCH: Final = 128  # events in one read
PAUSE: Final = 3600.0  # seconds between two passes

_log = log("archive")


@dataclass(slots=True)
class Kept:
    """What a pass did. `damaged` counts the segments that lie aside, those of earlier passes too."""

    busy: bool = False  # another pass was under way, so this one did nothing
    archived: int = 0  # events
    ended: int = 0  # events whose days are over
    letters: int = 0  # dead letters whose days are over
    written: int = 0  # segments, new ones and those written anew
    removed: int = 0  # segments
    damaged: int = 0
    problems: list[str] = field(default_factory=list)


class Keeper:
    def __init__(
        self, *, live: LiveStore, archive: Archive, letters: DeadLetters, clock: Clock, chance: Chance
    ) -> None:
        self._live = live
        self._archive = archive
        self._letters = letters
        self._clock = clock
        self._chance = chance

    async def keep_house(self) -> None:
        """One pass an hour. Ends by being cancelled."""
        while True:
            try:
                kept = await self.keep()
                for problem in kept.problems:
                    _log.error("segment set aside", reason=problem)
            except (LinkError, ConfigError) as error:  # no room on the disk: the streams keep what they have
                _log.warning("house not kept, trying again in an hour", reason=str(error))
            await asyncio.sleep(PAUSE)

    async def keep(self, *, into_another: bool = False) -> Kept:
        """One pass over all partitions. Raises LinkError, ConfigError.

        `into_another`: go on in this archive though the store knows another one.
        """
        kept = Kept()
        async with self._archive.alone() as alone:
            if not alone:
                return Kept(busy=True)
            await self._know_the_archive(into_another=into_another)
            now = int(self._clock.wall() * 1000)
            segments = await self._archive.segments(range(PARTITIONS))
            oldest = await self._live.read_many(dict.fromkeys(range(PARTITIONS), BEGINNING), 1)
            for partition in range(PARTITIONS):
                first = oldest[partition][0] if partition in oldest else None
                turn = _Pass(self._live, self._archive, partition, now, kept)
                await turn.run(segments.get(partition, ()), first)
                await self._end_letters(partition, now, kept)
            kept.damaged = await self._archive.damaged()
        return kept

    async def _know_the_archive(self, *, into_another: bool) -> None:
        """Two folders would each hold a part, and each reader would miss the other's."""
        ours = await self._archive.name()
        if ours is None:
            ours = self._chance.token(8)
            if await self._live.archive_name() is None or into_another:
                await self._archive.call_it(ours)
        if await self._live.name_archive(ours, anew=into_another) != ours:
            raise ConfigError(
                "the archive of this store lies in another folder: share that one with this machine; "
                "or, if it is lost, go on without what it held by `teddy cloud keep --new-archive`"
            )

    async def _end_letters(self, partition: int, now: int, kept: Kept) -> None:
        async for letter in self._letters.each(partition):
            if letter.wall_ms + LETTER_DAYS * DAY_MS > now:
                return
            await self._letters.discard(letter)
            kept.letters += 1


@dataclass(frozen=True, slots=True)
class _Pass:
    """Over one partition. Kinds are looked up in heads, so that is done in a thread."""

    live: LiveStore
    archive: Archive
    partition: int
    now: int
    kept: Kept

    async def run(self, segments: Sequence[Segment], first: Entry | None) -> None:
        """`first` is the oldest live event."""
        whole = [segment for segment in segments if await self._end_days(segment)]
        if first is None or ripe_ms(first) > self.now:
            return
        reaching = [each for each in whole if order_of(each.last) >= order_of(first.position)]
        await self._cut_what_was_written(reaching)
        while stretch := await self._ripe():
            staying = await self._staying(stretch)
            segment = Segment(self.partition, stretch[0].position, stretch[-1].position)
            if staying and not await self._write(segment, staying):
                return  # and the streams keep it
            await self.live.trim(self.partition, segment.last)
            self.kept.archived += len(staying)
            self.kept.ended += len(stretch) - len(staying)

    async def _end_days(self, segment: Segment) -> bool:
        """Take out what ended; False where nothing of the segment is left, or it is damaged."""
        try:
            if await self.archive.ends_ms(segment) > self.now:
                return True
            entries = await self.archive.load(segment)
        except StoreDamaged as damage:
            await self._set_aside(segment, str(damage))
            return False
        staying = await self._staying(entries)
        if staying:
            await self._write(segment, staying)
        else:
            await self.archive.remove(segment)
            self.kept.removed += 1
        self.kept.ended += len(entries) - len(staying)
        return bool(staying)

    async def _cut_what_was_written(self, segments: Sequence[Segment]) -> None:
        """An earlier pass wrote and did not come to cut, or the store came back from an older state."""
        for segment in segments:
            live = await self._live_until(segment.last)
            try:
                held = {entry.position: entry for entry in await self.archive.load(segment)}
            except StoreDamaged as damage:
                await self._set_aside(segment, str(damage))
                continue
            if all(held.get(entry.position) == entry for entry in await self._staying(live)):
                await self.live.trim(self.partition, segment.last)
            else:
                await self._set_aside(segment, f"the store holds other events than {_named(segment)}")

    async def _live_until(self, last: Position) -> list[Entry]:
        """What lies in the streams up to this position."""
        found: list[Entry] = []
        while True:
            after = found[-1].position if found else BEGINNING
            entries = await self.live.read(self.partition, after, STRETCH)
            found += [entry for entry in entries if order_of(entry.position) <= order_of(last)]
            if len(entries) < STRETCH or order_of(entries[-1].position) > order_of(last):
                return found

    async def _ripe(self) -> list[Entry]:
        """The oldest events that may leave, as many as a segment takes; none while they may wait for more."""
        found: list[Entry] = []
        size = 0
        while True:
            after = found[-1].position if found else BEGINNING
            entries = await self.live.read(self.partition, after, STRETCH)
            ripe = await asyncio.to_thread(_ripe_first, entries, self.now)
            for entry in ripe:
                found.append(entry)
                size += len(entry.head) + len(entry.sealed)
                if len(found) >= EVENTS or size >= BYTES:
                    return found
            if len(ripe) < STRETCH:
                break
        waited = found and ripe_ms(found[0]) + SLACK_DAYS * DAY_MS <= self.now
        return found if waited else []

    async def _staying(self, entries: Sequence[Entry]) -> list[Entry]:
        return await asyncio.to_thread(lambda: [each for each in entries if ends_ms(each) > self.now])

    async def _write(self, segment: Segment, entries: Sequence[Entry]) -> bool:
        """False where it does not read back as it was written."""
        ends = await asyncio.to_thread(lambda: min(map(ends_ms, entries)))
        await self.archive.put(segment, entries, ends_ms=ends)
        self.kept.written += 1
        try:
            whole = list(await self.archive.load(segment)) == list(entries)
        except StoreDamaged:
            whole = False
        if not whole:
            await self._set_aside(segment, f"{_named(segment)} does not read back as it was written")
        return whole

    async def _set_aside(self, segment: Segment, reason: str) -> None:
        await self.archive.set_aside(segment)
        self.kept.problems.append(reason)


def _ripe_first(entries: Sequence[Entry], now: int) -> list[Entry]:
    return list(takewhile(lambda entry: ripe_ms(entry) <= now, entries))


def _named(segment: Segment) -> str:
    return f"the segment {segment.partition}/{segment.first} to {segment.last}"
