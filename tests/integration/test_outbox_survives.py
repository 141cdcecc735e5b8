"""Power cuts, damaged files, full disks: what was acknowledged is never lost, and the bear goes on."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from contextlib import AbstractAsyncContextManager, suppress
from pathlib import Path

import pytest

from teddy_edge.outbox.entry import NO_TURN, Mark
from teddy_edge.outbox.errors import OutboxAway
from teddy_edge.outbox.store import Outbox, open_outbox
from teddy_shared.clock import SeededChance, SystemClock
from teddy_shared.codec import encode_head
from teddy_shared.envelope import UNREADABLE, BearId, Envelope, Lane, Place, When
from teddy_shared.errors import ConfigError, TeddyError
from teddy_shared.events import BearStarted, SafetyAlertRaised, TurnBegun, from_bytes, to_bytes
from teddy_shared.seal import ChaChaSeal, MemoryKeyRing, Seal
from tests.full_disk import no_room_above
from workshop.outbox_kills import Acknowledged, kill_again_and_again, lost

KILLS = 10


@pytest.fixture
def seal() -> Seal:
    keys = MemoryKeyRing(chance=SeededChance(1))
    keys.create("outbox")
    return ChaChaSeal(keys=keys, chance=SeededChance(2))


def opened(path: Path, seal: Seal, *, seed: int = 3) -> AbstractAsyncContextManager[Outbox]:
    return open_outbox(path, bear=BearId("bear-1"), seal=seal, clock=SystemClock(), chance=SeededChance(seed))


async def fill(outbox: Outbox, count: int) -> None:
    for n in range(count):
        await outbox.append(TurnBegun(speech_ms=n), NO_TURN)


async def test_ten_kills_in_mid_sentence_lose_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    acknowledged = await asyncio.to_thread(kill_again_and_again, tmp_path, kills=KILLS)

    assert await lost(tmp_path, acknowledged) == []
    assert len({each.epoch for each in acknowledged}) == 1
    assert {each.lane for each in acknowledged} == {Lane.SAFETY, Lane.INTERACTION}
    assert len(acknowledged) > 20 * KILLS
    assert await lost(tmp_path, [*acknowledged, Acknowledged("another", 1, 1)]) != []


async def test_numbers_go_on_after_a_restart_even_when_all_is_acknowledged(
    tmp_path: Path, seal: Seal
) -> None:
    async with opened(tmp_path / "o.db", seal) as outbox:
        await fill(outbox, 3)
        await outbox.acknowledged(Lane.INTERACTION, 3, epoch=outbox.epoch)
        before = outbox.epoch, outbox.boot

    async with opened(tmp_path / "o.db", seal, seed=4) as outbox:
        head = await outbox.append(TurnBegun(speech_ms=1), NO_TURN)

        assert head.place.seq == 4
        assert outbox.epoch == before[0]
        assert outbox.boot != before[1]


VERSION_1 = """
CREATE TABLE identity (one INTEGER PRIMARY KEY CHECK (one = 1), epoch TEXT NOT NULL);
CREATE TABLE lanes (lane INTEGER PRIMARY KEY, acked INTEGER NOT NULL);
CREATE TABLE events (
    lane INTEGER NOT NULL, seq INTEGER NOT NULL, head BLOB NOT NULL, payload BLOB NOT NULL,
    PRIMARY KEY (lane, seq)
) WITHOUT ROWID;
PRAGMA user_version = 1;
"""


def write_version_1(path: Path, seal: Seal) -> list[Envelope]:
    """Two alerts wait, and two of five turns."""
    database = sqlite3.connect(path)
    database.execute("PRAGMA journal_mode = WAL")
    database.executescript(VERSION_1)
    database.execute("INSERT INTO identity VALUES (1, 'old-epoch')")
    database.execute("INSERT INTO lanes VALUES (1, 3)")
    heads = []
    for event, seq in (
        (SafetyAlertRaised(category="lost", advice="call"), 1),
        (SafetyAlertRaised(category="hurt", advice="call"), 2),
        (TurnBegun(speech_ms=4), 4),
        (TurnBegun(speech_ms=5), 5),
    ):
        label = event.label
        head = Envelope(
            place=Place(bear="bear-1", epoch="old-epoch", lane=label.lane, seq=seq),
            type=label.type,
            version=1,
            kind=label.kind,
            purpose=label.purpose,
            when=When(boot="b", monotonic_us=1, wall_ms=2, synchronised=True),
            turn="café",
        )
        payload = seal.seal("outbox", to_bytes(event), head.place.bytes())
        database.execute(
            "INSERT INTO events VALUES (?, ?, ?, ?)", (int(label.lane), seq, encode_head(head), payload)
        )
        heads.append(head)
    database.commit()
    database.close()
    return heads


async def test_an_outbox_of_the_first_version_goes_on_with_all_that_waits_in_it(
    tmp_path: Path, seal: Seal
) -> None:
    heads = await asyncio.to_thread(write_version_1, tmp_path / "o.db", seal)

    async with opened(tmp_path / "o.db", seal) as outbox:
        waiting = [entry for lane in Lane for entry in await outbox.pending(lane, 0)]
        next_head = await outbox.append(TurnBegun(speech_ms=6), NO_TURN)

        assert outbox.healed == ()
        assert outbox.epoch == "old-epoch"
        assert [entry.head for entry in waiting] == heads
        assert [entry.wire.head for entry in waiting] == [encode_head(head) for head in heads]
        assert from_bytes("turn.begun", 1, waiting[-1].wire.payload) == TurnBegun(speech_ms=5)
        assert outbox.marks()[Lane.INTERACTION] == Mark(acked=3, last=6, gone=3)
        assert next_head.place.seq == 6

    async with opened(tmp_path / "o.db", seal, seed=4) as outbox:
        assert len(await outbox.pending(Lane.INTERACTION, 0)) == 3


async def test_a_payload_lies_on_the_card_unreadable(tmp_path: Path, seal: Seal) -> None:
    async with opened(tmp_path / "o.db", seal) as outbox:
        await outbox.append(BearStarted(software="a-very-secret-word"), NO_TURN)

    everything = await asyncio.to_thread(all_bytes_in, tmp_path)
    assert b"bear.started" in everything
    assert b"a-very-secret-word" not in everything


def all_bytes_in(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(folder.iterdir()))


@pytest.mark.parametrize(
    "damage", ["garbage", "truncated", "a torn page", "another program's", "a newer one"]
)
async def test_a_damaged_database_is_set_aside_and_replaced_under_a_new_epoch(
    tmp_path: Path, seal: Seal, damage: str
) -> None:
    path = tmp_path / "o.db"
    async with opened(path, seal) as outbox:
        await fill(outbox, 200)
        old = outbox.epoch
    broken = await asyncio.to_thread(break_file, path, damage)

    async with opened(path, seal, seed=4) as outbox:
        head = await outbox.append(TurnBegun(speech_ms=1), NO_TURN)

        assert outbox.epoch != old
        assert head.place.seq == 1
        assert len(outbox.healed) == 1
        assert "o.db.damaged-1" in outbox.healed[0]
    assert await asyncio.to_thread((tmp_path / "o.db.damaged-1").read_bytes) == broken


@pytest.mark.parametrize(("damage", "saved"), [("garbage", 0), ("truncated", 5), ("a torn page", 5)])
async def test_alerts_that_can_still_be_read_in_a_damaged_database_are_carried_over(
    tmp_path: Path, seal: Seal, damage: str, saved: int
) -> None:
    path = tmp_path / "o.db"
    async with opened(path, seal) as outbox:
        for number in range(7):
            await outbox.append(SafetyAlertRaised(category=str(number), advice="call"), NO_TURN)
        await fill(outbox, 200)
        await outbox.acknowledged(Lane.SAFETY, 2, epoch=outbox.epoch)
    await asyncio.to_thread(break_file, path, damage)

    async with opened(path, seal, seed=4) as outbox:
        waiting = await outbox.pending(Lane.SAFETY, 0)

        assert [entry.head.place.seq for entry in waiting] == list(range(1, saved + 1))
        assert {entry.head.place.epoch for entry in waiting} <= {outbox.epoch}
        alerts = [from_bytes("safety.alert_raised", 1, entry.wire.payload) for entry in waiting]
        assert alerts == [SafetyAlertRaised(category=str(2 + n), advice="call") for n in range(saved)]
        assert any("5 safety alerts were carried over" in line for line in outbox.healed) == (saved > 0)
        assert outbox.marks()[Lane.INTERACTION].last == 0


async def test_alerts_are_carried_over_when_damage_shows_while_running(tmp_path: Path, seal: Seal) -> None:
    path = tmp_path / "o.db"
    async with opened(path, seal) as outbox:
        await outbox.append(SafetyAlertRaised(category="lost", advice="call"), NO_TURN)
        await fill(outbox, 200)
        await asyncio.to_thread(empty_the_journal, path)
        await asyncio.to_thread(break_file, path, "a torn page")
        with suppress(TeddyError):  # the first one to meet the damage may be this one
            await outbox.holds("none", "none", lane=Lane.INTERACTION, after=0)

        waiting = await outbox.pending(Lane.SAFETY, 0)

        assert [entry.head.type for entry in waiting] == ["safety.alert_raised"]
        assert len(await outbox.pending(Lane.INTERACTION, 0)) == 0


def break_file(path: Path, damage: str) -> bytes:
    """The bytes as they are now."""
    whole = path.read_bytes()
    match damage:
        case "garbage":
            path.write_bytes(b"not a database at all, but long enough to look at" * 100)
        case "truncated":
            path.write_bytes(whole[: len(whole) // 2 + 100])
        case "a torn page":
            page = 4096 * (len(whole) // 4096 // 2)
            path.write_bytes(whole[:page] + b"\xa5" * 4096 + whole[page + 4096 :])
        case "another program's":
            path.write_bytes(b"")
            change(path, "CREATE TABLE events (what TEXT)")
        case "a newer one":
            change(path, "PRAGMA user_version = 99")
    return path.read_bytes()


def change(path: Path, script: str) -> None:
    database = sqlite3.connect(path)
    database.executescript(script)
    database.close()


async def test_a_database_set_aside_twice_gets_two_names(tmp_path: Path, seal: Seal) -> None:
    path = tmp_path / "o.db"
    for seed in (4, 5):
        await asyncio.to_thread(path.write_bytes, b"rubbish" * 1000)
        async with opened(path, seal, seed=seed):
            pass

    names = await asyncio.to_thread(os.listdir, tmp_path)
    assert {"o.db", "o.db.damaged-1", "o.db.damaged-2"} <= set(names)


async def test_damage_that_shows_while_running_does_not_stop_the_recording(
    tmp_path: Path, seal: Seal
) -> None:
    path = tmp_path / "o.db"
    async with opened(path, seal) as outbox:
        await fill(outbox, 200)
        old = outbox.epoch
        await asyncio.to_thread(empty_the_journal, path)
        await asyncio.to_thread(break_file, path, "garbage")

        head = await outbox.append(TurnBegun(speech_ms=1), NO_TURN)

        assert (head.place.seq, head.place.epoch) == (1, outbox.epoch)
        assert outbox.epoch != old
        assert "o.db.damaged-1" in outbox.healed[0]
        assert [entry.head for entry in await outbox.pending(Lane.INTERACTION, 0)] == [head]


def empty_the_journal(path: Path) -> None:
    change(path, "PRAGMA wal_checkpoint(TRUNCATE)")


@pytest.mark.parametrize(
    "harm",
    [
        "DELETE FROM events WHERE place & 255 = 2",
        "UPDATE events SET payload = x'00' WHERE place & 255 = 2",
        "UPDATE events SET head = 'not a head' WHERE place & 255 = 2",
        "UPDATE events SET head = CAST(x'ff00fe' AS TEXT) WHERE place & 255 = 2",
        "UPDATE events SET head = (SELECT head FROM events WHERE place & 255 = 1) WHERE place & 255 = 2",
    ],
)
async def test_a_harmed_row_leaves_a_stand_in_and_holds_up_nothing(
    tmp_path: Path, seal: Seal, harm: str
) -> None:
    async with opened(tmp_path / "o.db", seal) as outbox:
        await fill(outbox, 3)
    await asyncio.to_thread(change, tmp_path / "o.db", harm)

    async with opened(tmp_path / "o.db", seal) as outbox:
        waiting = await outbox.pending(Lane.INTERACTION, 0)

    assert [(entry.head.place.seq, entry.head.type) for entry in waiting] == [
        (1, "turn.begun"),
        (2, UNREADABLE),
        (3, "turn.begun"),
    ]
    assert waiting[1].wire.payload == b"{}"


async def test_events_of_a_lost_key_leave_stand_ins(tmp_path: Path, seal: Seal) -> None:
    async with opened(tmp_path / "o.db", seal) as outbox:
        await fill(outbox, 2)
    strange = MemoryKeyRing(chance=SeededChance(99))
    strange.create("outbox")

    async with opened(tmp_path / "o.db", ChaChaSeal(keys=strange, chance=SeededChance(2))) as outbox:
        await fill(outbox, 1)
        waiting = await outbox.pending(Lane.INTERACTION, 0)

    assert [entry.head.type for entry in waiting] == [UNREADABLE, UNREADABLE, "turn.begun"]


async def test_a_full_disk_is_a_named_error_and_recording_goes_on_when_there_is_room(
    tmp_path: Path, seal: Seal
) -> None:
    async with opened(tmp_path / "o.db", seal) as outbox:
        await fill(outbox, 2)
        with no_room_above(100_000), pytest.raises(OutboxAway):
            for _ in range(10):
                await outbox.append(BearStarted(software="x" * 50_000), NO_TURN)
        taken = outbox.marks()[Lane.INTERACTION].last

        head = await outbox.append(TurnBegun(speech_ms=1), NO_TURN)

        assert head.place.seq == taken + 1
        waiting = await outbox.pending(Lane.INTERACTION, 0, size=10**6)
        assert [entry.head.place.seq for entry in waiting] == list(range(1, taken + 2))
        assert outbox.healed == ()


@pytest.fixture
def something_in_the_way(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_text("in the way")
    return path


async def test_a_folder_that_cannot_be_made_is_said_plainly(something_in_the_way: Path, seal: Seal) -> None:
    with pytest.raises(ConfigError, match="cannot keep a database at"):
        async with opened(something_in_the_way / "o.db", seal):
            pass


async def test_an_append_whose_caller_gave_up_in_the_queue_is_not_recorded(
    tmp_path: Path, seal: Seal
) -> None:
    async with opened(tmp_path / "o.db", seal) as outbox:
        async with asyncio.TaskGroup() as tasks:
            first = tasks.create_task(outbox.append(TurnBegun(speech_ms=1), NO_TURN), name="first")
            given_up = [
                tasks.create_task(outbox.append(TurnBegun(speech_ms=2), NO_TURN), name=f"later-{n}")
                for n in range(5)
            ]
            await asyncio.sleep(0)
            for task in given_up:
                task.cancel()

        kept = outbox.marks()[Lane.INTERACTION].last
        assert first.result().place.seq == 1
        assert (await outbox.append(TurnBegun(speech_ms=3), NO_TURN)).place.seq == kept + 1
