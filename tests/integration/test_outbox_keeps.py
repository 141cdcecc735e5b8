"""What an outbox keeps for a while, what it lets go, and what it says about itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from teddy_edge.outbox.caretaker import GLANCE, REST
from teddy_edge.outbox.condition import examine
from teddy_edge.outbox.entry import NO_TURN, Context, Mark
from teddy_edge.outbox.grace import COARSE, GRACE
from teddy_edge.outbox.room import LOG, RESERVE
from teddy_edge.outbox.store import Outbox, open_outbox
from teddy_shared.clock import SeededChance
from teddy_shared.envelope import BearId, Lane, ProfileId
from teddy_shared.errors import ConfigError, KeyErased
from teddy_shared.events import SafetyAlertRaised, TurnBegun
from teddy_shared.seal import ChaChaSeal, MemoryKeyRing
from tests.small_disk import HurriedClock

DAY = GRACE + 2 * COARSE


@pytest.fixture
def keys() -> MemoryKeyRing:
    keys = MemoryKeyRing(chance=SeededChance(1))
    keys.create("outbox")
    return keys


@pytest.fixture
def clock() -> HurriedClock:
    return HurriedClock()


@asynccontextmanager
async def opened(folder: Path, keys: MemoryKeyRing, clock: HurriedClock) -> AsyncIterator[Outbox]:
    async with open_outbox(
        folder / "o.db",
        bear=BearId("bear-1"),
        seal=ChaChaSeal(keys=keys, chance=SeededChance(2)),
        clock=clock,
        chance=SeededChance(3),
    ) as outbox:
        yield outbox


async def record(outbox: Outbox, count: int, context: Context = NO_TURN) -> None:
    for n in range(count):
        await outbox.append(TurnBegun(speech_ms=n), context)


async def acknowledge(outbox: Outbox, mark: int) -> None:
    await outbox.acknowledged(Lane.INTERACTION, mark, epoch=outbox.epoch)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110  # a condition has no listeners
            await asyncio.sleep(0.01)


async def test_what_is_acknowledged_stays_for_a_day_of_the_bears_life_and_no_longer(
    tmp_path: Path, keys: MemoryKeyRing, clock: HurriedClock
) -> None:
    async with opened(tmp_path, keys, clock) as outbox:
        await record(outbox, 300)
        await acknowledge(outbox, 200)
        clock.ahead += GRACE / 2
        await acknowledge(outbox, 250)
        assert outbox.condition().graced[Lane.INTERACTION] == 250

        clock.ahead += GRACE / 2 + 2 * COARSE
        await record(outbox, 1)
        await until(lambda: outbox.marks()[Lane.INTERACTION].gone == 200)

        await outbox.rewind(Lane.INTERACTION, 0, epoch=outbox.epoch)
        assert outbox.marks()[Lane.INTERACTION] == Mark(acked=200, last=301, gone=200)
        assert (await outbox.pending(Lane.INTERACTION, 0))[0].head.place.seq == 201


async def test_time_that_the_bear_was_off_does_not_count(
    tmp_path: Path, keys: MemoryKeyRing, clock: HurriedClock
) -> None:
    async with opened(tmp_path, keys, clock) as outbox:
        await record(outbox, 10)
        await acknowledge(outbox, 10)
        clock.ahead += GRACE / 2
        await record(outbox, 1)

    clock.ahead += 7 * DAY
    async with opened(tmp_path, keys, clock) as outbox:
        await record(outbox, 1)
        clock.ahead += GRACE / 4
        await record(outbox, 1)
        await asyncio.sleep(0.1)
        assert outbox.marks()[Lane.INTERACTION].gone == 0

        clock.ahead += GRACE / 4 + 2 * COARSE
        await record(outbox, 1)
        await until(lambda: outbox.marks()[Lane.INTERACTION].gone == 10)


async def test_a_rewind_begins_the_grace_of_what_it_sends_again_anew(
    tmp_path: Path, keys: MemoryKeyRing, clock: HurriedClock
) -> None:
    async with opened(tmp_path, keys, clock) as outbox:
        await record(outbox, 10)
        await acknowledge(outbox, 10)
        clock.ahead += DAY / 2
        await outbox.rewind(Lane.INTERACTION, 4, epoch=outbox.epoch)
        await acknowledge(outbox, 10)

        clock.ahead += DAY / 2
        await record(outbox, 1)

        await until(lambda: outbox.marks()[Lane.INTERACTION].gone == 4)
        clock.ahead += DAY
        await record(outbox, 1)
        await until(lambda: outbox.marks()[Lane.INTERACTION].gone == 10)


async def test_an_erased_key_stops_sealing_within_a_moment(
    tmp_path: Path, keys: MemoryKeyRing, clock: HurriedClock
) -> None:
    async with opened(tmp_path, keys, clock) as outbox:
        await record(outbox, 1)
        keys.erase("outbox")
        clock.ahead += GLANCE

        with pytest.raises(KeyErased):
            await record(outbox, 1)

        keys.create("outbox")
        clock.ahead += GLANCE
        await record(outbox, 1)
        assert outbox.marks()[Lane.INTERACTION].last == 2


async def test_a_clock_that_is_set_meanwhile_shows_in_the_next_event(
    tmp_path: Path, keys: MemoryKeyRing, clock: HurriedClock
) -> None:
    known = False
    clock.synchronised = lambda: known  # type: ignore[method-assign]
    async with opened(tmp_path, keys, clock) as outbox:
        before = await outbox.append(TurnBegun(speech_ms=1), NO_TURN)
        known = True
        clock.ahead += GLANCE

        after = await outbox.append(TurnBegun(speech_ms=2), NO_TURN)

        assert (before.when.synchronised, after.when.synchronised) == (False, True)
        assert [entry.head for entry in await outbox.pending(Lane.INTERACTION, 0)] == [before, after]


async def test_of_a_forgotten_child_nothing_is_left_on_the_card(
    tmp_path: Path, keys: MemoryKeyRing, clock: HurriedClock
) -> None:
    anna = Context(profile=ProfileId("profile-of-anna"))
    async with opened(tmp_path, keys, clock) as outbox:
        await record(outbox, 300, anna)
        await acknowledge(outbox, 150)
        assert b"profile-of-anna" in await asyncio.to_thread(all_bytes_in, tmp_path)

        await outbox.forget_profile(ProfileId("profile-of-anna"))
        await record(outbox, 1)
        await asyncio.sleep(0.1)  # the log is emptied as soon as nobody waits

        assert b"profile-of-anna" not in await asyncio.to_thread(all_bytes_in, tmp_path)
        assert outbox.marks()[Lane.INTERACTION] == Mark(acked=150, last=301)


def all_bytes_in(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(folder.iterdir()))


async def test_it_keeps_a_reserve_and_a_log_of_full_length(
    tmp_path: Path, keys: MemoryKeyRing, clock: HurriedClock
) -> None:
    async with opened(tmp_path, keys, clock) as outbox:
        await until(lambda: outbox.condition().reserve)
        for _ in range(50):
            await record(outbox, 1)  # a piece in each pause
            await asyncio.sleep(0.01)

        sizes = await asyncio.to_thread(sizes_in, tmp_path)
        assert (sizes["o.db.reserve"], sizes["o.db-wal"]) == (RESERVE, LOG)
    async with opened(tmp_path, keys, clock) as outbox:
        assert outbox.condition().reserve
        assert len(await outbox.pending(Lane.INTERACTION, 0)) == 50


def sizes_in(folder: Path) -> dict[str, int]:
    return {file.name: file.stat().st_size for file in folder.iterdir()}


async def test_somebody_beside_a_bear_that_runs_sees_how_its_outbox_does(
    tmp_path: Path, keys: MemoryKeyRing, clock: HurriedClock
) -> None:
    async with opened(tmp_path, keys, clock) as outbox:
        await record(outbox, 5)
        await outbox.append(SafetyAlertRaised(category="lost", advice="call"), NO_TURN)
        await acknowledge(outbox, 3)
        clock.ahead += REST
        await until(lambda: outbox.condition().reserve)

        seen = await asyncio.to_thread(examine, tmp_path / "o.db")

        assert seen.used > 0
        assert (seen.waiting, seen.graced, seen.dropped) == (
            {Lane.SAFETY: 1, Lane.INTERACTION: 2, Lane.TELEMETRY: 0, Lane.BULK: 0},
            {Lane.SAFETY: 0, Lane.INTERACTION: 3, Lane.TELEMETRY: 0, Lane.BULK: 0},
            dict.fromkeys(Lane, 0),
        )
        here = outbox.condition()
        assert (here.waiting, here.graced, here.dropped, here.reserve) == (
            seen.waiting,
            seen.graced,
            seen.dropped,
            seen.reserve,
        )


async def test_nobody_sees_an_outbox_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        await asyncio.to_thread(examine, tmp_path / "o.db")
