"""What is old moves into the archive and is read as before; what ended is gone; a crash changes neither."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from teddy_cloud.eventstore.archive.folder import FolderArchive
from teddy_cloud.eventstore.archive.keeping import PAUSE, Keeper, Kept
from teddy_cloud.eventstore.archive.reading import ArchivedEventStore
from teddy_cloud.eventstore.archive.segments import BYTES, EVENTS
from teddy_cloud.eventstore.partitions import partition_of
from teddy_cloud.eventstore.replay import Wanted, replay
from teddy_cloud.eventstore.retention import LETTER_DAYS, SLACK_DAYS, STAYS
from teddy_cloud.eventstore.store import BEGINNING, Entry, Item
from teddy_cloud.fleet.household import device_owner
from teddy_cloud.ingest.intake import Intake
from teddy_cloud.ingest.redrive import Redriven, Redriver
from teddy_cloud.projections.conversations import Conversations, day_of, turns_of
from teddy_cloud.projections.memory import MemoryReadModels
from teddy_cloud.projections.projector import Projector
from teddy_cloud.projections.rebuilding import Rebuilder
from teddy_shared.clock import SeededChance, SystemChance, SystemClock
from teddy_shared.codec import encode_head
from teddy_shared.envelope import BearId, Kind, Lane, ProfileId
from teddy_shared.errors import ConfigError
from teddy_shared.events import BearStarted, Event, to_bytes
from teddy_shared.purposes import Purpose
from teddy_shared.seal import ChaChaSeal, MemoryKeyRing
from tests.cloud_archive import BrittleArchive, BrittleStore, Calendar, Fuse, PowerCut
from tests.cloud_bear import BEAR, CHILD, EPOCH, ended, head_of
from tests.full_disk import no_room_above

NOON = 1_788_264_000.0  # 2026-09-01, 12:00 UTC
HERE = partition_of(BEAR)
DOMAIN, SYSTEM = STAYS[Kind.DOMAIN], STAYS[Kind.SYSTEM]


@dataclass(frozen=True, slots=True)
class House:
    calendar: Calendar
    live: BrittleStore
    archive: FolderArchive
    store: ArchivedEventStore
    keeper: Keeper
    keys: MemoryKeyRing
    seal: ChaChaSeal
    fuse: Fuse
    folder: Path

    async def append(self, event: Event, *numbers: int, size: int = 0) -> None:
        """Each as another event of the bear's, in a lane of its own kind."""
        lane = Lane.INTERACTION if event.label.kind is Kind.DOMAIN else Lane.TELEMETRY
        for number in numbers:
            head = head_of(event, number, turn=f"turn-{number}", wall_ms=int(NOON * 1000))
            head = head.model_copy(update={"place": head.place.model_copy(update={"lane": lane})})
            sealed = self.seal.seal(CHILD, to_bytes(event) + b" " * size, head.place.bytes())
            item = Item(encode_head(head), Purpose.DEVICE, None, CHILD, sealed)
            mark = await self.store.append_batch(
                bear=BEAR, epoch=EPOCH, lane=lane, first=number, items=[item]
            )
            assert mark == number

    async def turns(self) -> list[int]:
        return [each.head.place.seq async for each in replay(self.store, Wanted(BEAR, Kind.DOMAIN))]

    async def starts(self) -> list[int]:
        return [each.head.place.seq async for each in replay(self.store, Wanted(BEAR, Kind.SYSTEM))]

    async def live_count(self) -> int:
        return len(await self.live.read(HERE, BEGINNING, 100_000))

    async def keep(self) -> Kept:
        kept = await self.keeper.keep()
        assert kept.problems == []
        return kept

    def files(self) -> list[Path]:
        return sorted(self.folder.glob("*/*.segment"))


async def house_in(folder: Path) -> House:
    calendar, fuse = Calendar(wall=NOON), Fuse()
    keys = MemoryKeyRing(chance=SeededChance())
    for owner in (CHILD, device_owner(BEAR)):
        keys.create(owner)
    seal = ChaChaSeal(keys=keys, chance=SeededChance(1))
    live = BrittleStore(clock=calendar, fuse=fuse)
    await live.permit(BEAR, consent=frozenset(Purpose), profiles=frozenset({ProfileId(CHILD)}))
    archive = BrittleArchive(folder=folder / "archive", seal=seal, keys=keys, fuse=fuse)
    keeper = Keeper(live=live, archive=archive, letters=live.letters, clock=calendar, chance=SeededChance(2))
    store = ArchivedEventStore(live=live, archive=archive)
    return House(calendar, live, archive, store, keeper, keys, seal, fuse, folder / "archive")


@pytest.fixture
async def house(tmp_path: Path) -> House:
    return await house_in(tmp_path)


# --- from the streams into the archive ----------------------------------------------------------------


async def test_what_is_young_stays_in_the_streams(house: House) -> None:
    await house.append(ended(), 1, 2)
    house.calendar.pass_days(DOMAIN.live - 1)

    assert await house.keep() == Kept()
    assert await house.live_count() == 2


async def test_what_is_old_leaves_the_streams_and_is_read_as_before(house: House) -> None:
    await house.append(ended(), *range(1, 6))
    house.calendar.pass_days(50)
    await house.append(ended(), *range(6, 9))
    house.calendar.pass_days(50)

    kept = await house.keep()

    assert (kept.archived, kept.written, await house.live_count()) == (5, 1, 3)
    assert await house.turns() == list(range(1, 9))
    everything = await house.store.read(HERE, BEGINNING, 100)
    for count in (1, 2, 3, 7):  # in stretches of any size, over the seam
        pieces: list[Entry] = []
        after = BEGINNING
        while piece := await house.store.read(HERE, after, count):
            assert len(piece) == count or piece[-1] == everything[-1]
            pieces += piece
            after = piece[-1].position
        assert pieces == list(everything)


async def test_an_event_that_has_to_stay_live_keeps_those_behind_it(house: House) -> None:
    await house.append(BearStarted(software="1"), 1, 2)
    await house.append(ended(), 1)
    await house.append(BearStarted(software="1"), 3)
    house.calendar.pass_days(SYSTEM.live + SLACK_DAYS)

    kept = await house.keep()

    assert (kept.archived, await house.live_count()) == (2, 2)
    assert await house.starts() == [1, 2, 3]


async def test_a_few_old_events_wait_for_company_but_not_for_ever(house: House) -> None:
    await house.append(ended(), 1)
    house.calendar.pass_days(DOMAIN.live + SLACK_DAYS - 1)
    early = await house.keep()
    house.calendar.pass_days(1)
    late = await house.keep()

    assert (early.archived, late.archived) == (0, 1)


async def test_a_segment_is_bounded_by_events_and_by_bytes(house: House) -> None:
    await house.append(ended(), *range(1, EVENTS + 11))
    await house.append(BearStarted(software="1"), *range(1, 5), size=BYTES // 2)
    house.calendar.pass_days(DOMAIN.live + SLACK_DAYS)

    kept = await house.keep()

    assert (kept.archived, kept.written) == (EVENTS + 14, 3)
    assert await house.turns() == list(range(1, EVENTS + 11))
    assert await house.starts() == [1, 2, 3, 4]


async def test_marks_stay_so_that_nothing_comes_in_again(house: House) -> None:
    await house.append(ended(), 1, 2)
    house.calendar.pass_days(DOMAIN.live + SLACK_DAYS)
    await house.keep()

    assert await house.live_count() == 0
    assert await house.store.marks(BEAR, EPOCH) == {Lane.INTERACTION: 2}
    await house.append(ended(), 3)
    assert await house.turns() == [1, 2, 3]


async def test_two_passes_at_once_are_one(house: House) -> None:
    await house.append(ended(), *range(1, 4))
    house.calendar.pass_days(DOMAIN.live + SLACK_DAYS)

    passes = await asyncio.gather(house.keep(), house.keep())

    assert sorted((each.busy, each.archived) for each in passes) == [(False, 3), (True, 0)]


# --- projections and dead letters over it -------------------------------------------------------------


async def test_a_read_model_is_made_anew_from_the_archive_and_an_erased_child_is_not(house: House) -> None:
    models = MemoryReadModels(house.store)
    reading: dict[str, Any] = {
        "projections": [Conversations()],
        "store": house.store,
        "copies": models,
        "seal": house.seal,
        "clock": SystemClock(),
        "chance": SystemChance(),
    }
    projector, rebuilder = Projector(**reading), Rebuilder(**reading, rebuilds=models)

    async def shown() -> int:
        return len(turns_of(await models.page(Conversations.name, BEAR, day_of(int(NOON * 1000)))))

    await house.append(ended(), *range(1, 301))
    await projector.catch_up()
    house.calendar.pass_days(60)
    await house.append(ended(), 301)
    house.calendar.pass_days(40)
    await house.keep()
    before = await shown()
    await house.append(ended(), 302)
    await projector.catch_up()
    caught_up = await shown()
    await rebuilder.rebuild(Conversations.name)
    rebuilt = await shown()
    house.keys.erase(CHILD)
    await rebuilder.rebuild(Conversations.name)

    assert (before, caught_up, rebuilt, await shown()) == (300, 302, 302, 0)


async def test_a_letter_of_an_archived_event_can_be_redriven(house: House) -> None:
    await house.append(ended(), 1)
    (entry,) = await house.live.read(HERE, BEGINNING, 1)
    house.calendar.pass_days(DOMAIN.live + SLACK_DAYS)
    await house.keep()
    await house.store.bury_stored(HERE, entry.position, bear=BEAR, reason="x", size=1)
    (letter,) = await house.store.dead_letters(HERE)
    intake = Intake(seal=house.seal)
    redriver = Redriver(letters=house.live.letters, store=house.store, intake=intake, seal=house.seal)

    assert isinstance(await redriver.redrive(letter), Redriven)
    assert await house.turns() == [1, 1]  # the second under its second place


# --- what ended its days ------------------------------------------------------------------------------


async def test_each_kind_ends_after_its_own_days(house: House) -> None:
    await house.append(ended(), 1)
    await house.append(BearStarted(software="1"), 1)
    house.calendar.pass_days(DOMAIN.live + SLACK_DAYS)
    await house.keep()

    house.calendar.pass_days(SYSTEM.total - DOMAIN.live - SLACK_DAYS)
    just_before = (await house.keep(), await house.starts())
    house.calendar.pass_days(1)
    behind = await house.keep()
    left = (await house.starts(), await house.turns(), len(await asyncio.to_thread(house.files)))
    house.calendar.pass_days(DOMAIN.total - SYSTEM.total)
    at_last = await house.keep()

    assert just_before == (Kept(), [1])
    assert (behind.ended, behind.written, behind.removed) == (1, 1, 0)
    assert left == ([], [1], 1)
    assert (at_last.ended, at_last.removed) == (1, 1)
    assert await house.turns() == []
    assert await asyncio.to_thread(house.files) == []


async def test_what_ended_before_it_was_archived_never_comes_there(house: House) -> None:
    await house.append(BearStarted(software="1"), 1)
    await house.append(ended(), 1)
    house.calendar.pass_days(SYSTEM.total + 1)

    kept = await house.keep()

    assert (kept.archived, kept.ended, await house.live_count()) == (1, 1, 0)
    assert (await house.starts(), await house.turns()) == ([], [1])


async def test_dead_letters_end_too(house: House) -> None:
    await house.store.bury(BEAR, reason="old", size=1, sealed=b"x")
    house.calendar.pass_days(LETTER_DAYS - 1)
    await house.store.bury(BEAR, reason="young", size=1, sealed=b"x")
    early = await house.keep()
    house.calendar.pass_days(1)
    late = await house.keep()

    assert (early.letters, late.letters) == (0, 1)
    assert [letter.reason for letter in await house.store.dead_letters(HERE)] == ["young"]


# --- the power goes -----------------------------------------------------------------------------------


async def a_year(house: House) -> None:
    """One segment to remove, one to write anew, one new one, and a turn that stays live."""
    await house.append(BearStarted(software="1"), 1)
    house.calendar.pass_days(SYSTEM.live + SLACK_DAYS)
    await house.keep()
    await house.append(BearStarted(software="1"), 2)
    await house.append(ended(), 1, 2, 3)
    house.calendar.pass_days(DOMAIN.live + SLACK_DAYS)
    await house.keep()
    await house.append(ended(), 4, 5)
    house.calendar.pass_days(DOMAIN.live + SLACK_DAYS)
    await house.append(ended(), 6)


async def test_a_crash_at_any_step_loses_and_doubles_nothing(tmp_path: Path) -> None:
    turns = [1, 2, 3, 4, 5, 6]
    for steps in range(100):
        house = await house_in(tmp_path / str(steps))
        await a_year(house)
        house.fuse.steps = steps
        try:
            await house.keep()
            break
        except PowerCut:
            house.fuse.steps = None

        assert await house.turns() == turns, f"after {steps} steps"
        await house.keep()
        assert (await house.turns(), await house.starts()) == (turns, []), f"after {steps} steps"
        assert await house.live_count() == 1
        assert await house.keep() == Kept()

    assert steps == 12  # load, remove; load, put, load; put, load, cut: what changes something is two


async def test_streams_that_came_back_from_an_older_state_are_cut_again(house: House) -> None:
    """The store lost its last seconds, the cut among them; the archive did not."""
    await house.append(ended(), *range(1, 6))
    house.calendar.pass_days(DOMAIN.live + SLACK_DAYS)
    house.fuse.steps = 3  # written and read back, not cut
    with pytest.raises(PowerCut):
        await house.keeper.keep()
    house.fuse.steps = None
    doubled = await house.turns()

    kept = await house.keep()

    assert doubled == [1, 2, 3, 4, 5]
    assert (kept.written, await house.live_count()) == (0, 0)
    assert await house.turns() == [1, 2, 3, 4, 5]


# --- damage -------------------------------------------------------------------------------------------


def flip(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))


async def in_three_segments(house: House) -> Sequence[Path]:
    for number in range(1, 4):
        await house.append(ended(), number)
        house.calendar.pass_days(DOMAIN.live + SLACK_DAYS)
        await house.keep()
    return await asyncio.to_thread(house.files)


async def test_a_damaged_segment_hides_its_own_events_alone(house: House) -> None:
    _, second, _ = await in_three_segments(house)
    await asyncio.to_thread(flip, second)

    reader = ArchivedEventStore(live=house.live, archive=house.archive)

    assert [each.head.place.seq async for each in replay(reader, Wanted(bear=BearId(BEAR)))] == [1, 3]


async def test_a_damaged_segment_is_set_aside_and_counted(house: House) -> None:
    _, second, _ = await in_three_segments(house)
    await asyncio.to_thread(flip, second)
    house.calendar.pass_days(DOMAIN.total)

    first = await house.keeper.keep()
    later = await house.keeper.keep()

    assert len(first.problems) == 1
    assert "is damaged" in first.problems[0]
    assert (first.damaged, later.damaged, later.problems) == (1, 1, [])
    assert len(list(await asyncio.to_thread(lambda: [*house.folder.glob("*/*.damaged-1")]))) == 1


async def test_damage_before_the_cut_costs_nothing(house: House) -> None:
    await house.append(ended(), *range(1, 6))
    house.calendar.pass_days(DOMAIN.live + SLACK_DAYS)
    house.fuse.steps = 3
    with pytest.raises(PowerCut):
        await house.keeper.keep()
    house.fuse.steps = None
    (path,) = await asyncio.to_thread(house.files)
    await asyncio.to_thread(flip, path)

    seen = await house.turns()
    kept = await house.keeper.keep()

    assert seen == [1, 2, 3, 4, 5]
    assert (kept.damaged, kept.archived, len(kept.problems)) == (1, 5, 1)
    fresh = ArchivedEventStore(live=house.live, archive=house.archive)
    assert [each.head.place.seq async for each in replay(fresh)] == [1, 2, 3, 4, 5]


async def test_a_full_disk_leaves_the_streams_as_they_are(house: House) -> None:
    await house.append(ended(), 1)
    house.calendar.pass_days(DOMAIN.live + SLACK_DAYS)

    with no_room_above(16), pytest.raises(ConfigError, match="make room on the disk"):
        await house.keeper.keep()

    assert (await house.live_count(), await house.turns()) == (1, [1])
    assert await asyncio.to_thread(house.files) == []


# --- by itself ----------------------------------------------------------------------------------------


@pytest.mark.virtual_time
async def test_the_house_is_kept_every_hour_whatever_happens(house: House) -> None:
    await house.append(ended(), 1)
    house.calendar.pass_days(DOMAIN.live + SLACK_DAYS)
    await asyncio.to_thread(house.folder.mkdir)
    hindrance = house.folder / f"{HERE:03}"
    await asyncio.to_thread(hindrance.write_bytes, b"a file where a folder should be")

    keeping = asyncio.create_task(house.keeper.keep_house(), name="keep-house")
    await asyncio.sleep(PAUSE / 2)
    hindered = await house.live_count()
    await asyncio.to_thread(hindrance.unlink)
    await asyncio.sleep(PAUSE)
    kept = await house.live_count()
    keeping.cancel()
    await asyncio.wait([keeping])

    assert (hindered, kept) == (1, 0)


# --- one archive for one store ------------------------------------------------------------------------


def elsewhere(house: House) -> FolderArchive:
    """Another machine's folder."""
    return FolderArchive(folder=house.folder.with_name("elsewhere"), seal=house.seal, keys=house.keys)


async def test_a_second_folder_is_refused_until_an_operator_says_so(house: House) -> None:
    await house.append(ended(), 1)
    house.calendar.pass_days(DOMAIN.live + SLACK_DAYS)
    await house.keep()
    await house.append(ended(), 2)
    house.calendar.pass_days(DOMAIN.live + SLACK_DAYS)
    archive = elsewhere(house)
    other = Keeper(
        live=house.live,
        archive=archive,
        letters=house.live.letters,
        clock=house.calendar,
        chance=SeededChance(3),
    )

    with pytest.raises(ConfigError, match="lies in another folder"):
        await other.keep()
    refused = await house.live_count()
    kept = await other.keep(into_another=True)
    with pytest.raises(ConfigError, match="lies in another folder"):
        await house.keeper.keep()

    assert (refused, kept.archived) == (1, 1)


async def test_a_machine_that_does_not_see_the_archive_says_so(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    await house.append(ended(), 1, 2)
    house.calendar.pass_days(DOMAIN.live + SLACK_DAYS)
    await house.keep()

    for archive in (house.archive, elsewhere(house)):
        reader = ArchivedEventStore(live=house.live, archive=archive)
        for _ in range(2):
            await reader.read(HERE, BEGINNING, 10)

    assert capsys.readouterr().out.count("in an archive that this machine does not see") == 1


async def test_a_store_that_lost_everything_finds_its_archive_again(house: House) -> None:
    await house.append(ended(), 1, 2)
    house.calendar.pass_days(DOMAIN.live + SLACK_DAYS)
    await house.keep()
    empty = BrittleStore(clock=house.calendar, fuse=Fuse())
    store = ArchivedEventStore(live=empty, archive=house.archive)
    keeper = Keeper(
        live=empty,
        archive=house.archive,
        letters=empty.letters,
        clock=house.calendar,
        chance=SeededChance(3),
    )

    await keeper.keep()

    assert len(await store.read(HERE, BEGINNING, 10)) == 2
