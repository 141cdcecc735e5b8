"""The event store's promises once more, with all but the newest in the archive; and the archive's own."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from teddy_cloud.eventstore.archive.folder import FolderArchive
from teddy_cloud.eventstore.archive.memory import MemoryArchive
from teddy_cloud.eventstore.archive.segments import Archive, Segment
from teddy_cloud.eventstore.memory import MemoryEventStore
from teddy_cloud.eventstore.redis import RedisEventStore
from teddy_cloud.eventstore.store import Entry, EventStore, Position
from teddy_cloud.storage.client import connect
from teddy_shared.clock import SeededChance
from teddy_shared.errors import ConfigError, StoreDamaged
from teddy_shared.seal import ChaChaSeal, MemoryKeyRing
from tests.cloud_archive import Restless
from tests.contract.test_cloud_eventstore import HERE, EventStoreContract, _granted, device
from tests.servers import Server


def folder_archive(folder: Path, keys: MemoryKeyRing | None = None) -> FolderArchive:
    ring = keys or MemoryKeyRing(chance=SeededChance())
    seal = ChaChaSeal(keys=ring, chance=SeededChance(1))
    return FolderArchive(folder=folder / "archive", seal=seal, keys=ring)


class TestArchivedMemoryEventStore(EventStoreContract):
    @pytest.fixture
    async def store(self) -> EventStore:
        return await _granted(Restless(live=MemoryEventStore(), archive=MemoryArchive()))


class TestArchivedRedisEventStore(EventStoreContract):
    @pytest.fixture
    async def store(self, redis_server: Server, tmp_path: Path) -> AsyncIterator[EventStore]:
        client = connect(redis_server.url)
        live = RedisEventStore(client=client)
        yield await _granted(Restless(live=live, archive=folder_archive(tmp_path)))
        await client.close()

    async def test_the_streams_really_hold_the_newest_alone(
        self, store: EventStore, redis_server: Server
    ) -> None:
        for number in range(1, 4):
            await self.append(store, number, [device(number)])

        client = connect(redis_server.url)
        live = await client.do("XLEN", f"ev:{{{HERE}}}")
        await client.close()

        assert live == 1
        assert await self.heads(store) == ["head 1", "head 2", "head 3"]


# --- the archive itself -------------------------------------------------------------------------------


def entries(first: int, last: int) -> list[Entry]:
    return [
        Entry(Position(f"{number}-{number % 3}"), b"head %d" % number, "child-1", os.urandom(40))
        for number in range(first, last + 1)
    ]


def segment_of(entries: Sequence[Entry], partition: int = HERE) -> Segment:
    return Segment(partition, entries[0].position, entries[-1].position)


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("archive/*/*.segment"))


class ArchiveContract:
    async def test_keeps_a_segment_whole(self, archive: Archive) -> None:
        held = entries(1, 300)
        segment = segment_of(held)

        await archive.put(segment, held, ends_ms=77)

        assert await archive.segments(range(256)) == {HERE: [segment]}
        assert list(await archive.load(segment)) == held
        assert await archive.ends_ms(segment) == 77

    async def test_segments_come_oldest_first_and_for_the_partitions_that_are_asked_for(
        self, archive: Archive
    ) -> None:
        older, newer, elsewhere = entries(8, 9), entries(10, 12), entries(1, 1)
        for held, partition in ((newer, HERE), (older, HERE), (elsewhere, HERE + 1)):
            await archive.put(segment_of(held, partition), held, ends_ms=1)

        found = await archive.segments([HERE, HERE + 2])

        assert found == {HERE: [segment_of(older), segment_of(newer)]}

    async def test_a_segment_is_written_anew_in_its_place(self, archive: Archive) -> None:
        held = entries(1, 9)
        await archive.put(segment_of(held), held, ends_ms=1)
        await archive.load(segment_of(held))

        await archive.put(segment_of(held), held[5:], ends_ms=2)

        assert list(await archive.load(segment_of(held))) == held[5:]
        assert len((await archive.segments([HERE]))[HERE]) == 1

    async def test_what_was_removed_is_gone(self, archive: Archive) -> None:
        held = entries(1, 3)
        await archive.put(segment_of(held), held, ends_ms=1)

        await archive.remove(segment_of(held))
        await archive.remove(segment_of(held))

        assert await archive.segments([HERE]) == {}
        assert list(await archive.load(segment_of(held))) == []

    async def test_what_is_set_aside_is_counted_and_no_longer_found(self, archive: Archive) -> None:
        held = entries(1, 3)
        for _ in range(2):
            await archive.put(segment_of(held), held, ends_ms=1)
            await archive.set_aside(segment_of(held))

        assert await archive.segments([HERE]) == {}
        assert await archive.damaged() == 2

    async def test_one_at_a_time_changes_it(self, archive: Archive) -> None:
        async with archive.alone() as first, archive.alone() as second:
            both = (first, second)
        async with archive.alone() as third:
            pass

        assert (both, third) == ((True, False), True)


class TestMemoryArchive(ArchiveContract):
    @pytest.fixture
    def archive(self) -> Archive:
        return MemoryArchive()


class TestFolderArchive(ArchiveContract):
    @pytest.fixture
    def archive(self, tmp_path: Path) -> Archive:
        return folder_archive(tmp_path)

    async def test_the_file_shows_nothing_of_what_it_holds(self, archive: Archive, tmp_path: Path) -> None:
        held = [Entry(Position("1-0"), b"of bear-1", "child-1", b"sealed" * 9)] * 50
        await archive.put(segment_of(held), held, ends_ms=1)

        (path,) = await asyncio.to_thread(files, tmp_path)
        data = await asyncio.to_thread(path.read_bytes)
        status = await asyncio.to_thread(path.stat)

        assert len(data) < 400
        assert not any(word in data for word in (b"bear-1", b"child-1", b"sealed"))
        assert status.st_mode & 0o077 == 0

    @pytest.mark.parametrize("damage", ["flip", "shorten", "empty", "other", "header"])
    async def test_any_damage_is_seen(self, archive: Archive, tmp_path: Path, damage: str) -> None:
        held, other = entries(1, 9), entries(11, 12)
        await archive.put(segment_of(held), held, ends_ms=1)
        await archive.put(segment_of(other), other, ends_ms=1)
        path, beside = await asyncio.to_thread(files, tmp_path)
        data = await asyncio.to_thread(path.read_bytes)
        changed = {
            "flip": data[:-9] + bytes([data[-9] ^ 1]) + data[-8:],
            "shorten": data[:-5],
            "empty": b"",
            "other": await asyncio.to_thread(beside.read_bytes),
            "header": data.replace(b'"ends_ms":1', b'"ends_ms":9'),
        }[damage]
        await asyncio.to_thread(path.write_bytes, changed)

        with pytest.raises(StoreDamaged, match="damaged"):
            await archive.load(segment_of(held))
        assert list(await archive.load(segment_of(other))) == other

    async def test_a_lost_key_is_said_and_nothing_is_written_under_another(
        self, archive: Archive, tmp_path: Path
    ) -> None:
        held = entries(1, 9)
        await archive.put(segment_of(held), held, ends_ms=1)
        strange = folder_archive(tmp_path, MemoryKeyRing(chance=SeededChance(9)))

        with pytest.raises(ConfigError, match="restore the keys"):
            await strange.load(segment_of(held))
        with pytest.raises(ConfigError, match="restore the keys"):
            await strange.put(segment_of(held), held, ends_ms=1)

    async def test_what_a_killed_pass_left_unfinished_goes_with_the_next(
        self, archive: Archive, tmp_path: Path
    ) -> None:
        held = entries(1, 9)
        await archive.put(segment_of(held), held, ends_ms=1)
        unfinished = tmp_path / "archive" / f"{HERE:03}" / "1-1_9-0.segment.x1.new"
        await asyncio.to_thread(unfinished.write_bytes, b"half")

        assert await archive.segments([HERE]) == {HERE: [segment_of(held)]}
        async with archive.alone():
            pass
        assert not await asyncio.to_thread(unfinished.exists)
