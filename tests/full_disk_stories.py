"""What an outbox does on a disk that really runs full: each is told on one of its own, by `small_disk`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from teddy_edge.outbox.caretaker import REST
from teddy_edge.outbox.entry import NO_TURN, Mark
from teddy_edge.outbox.errors import OutboxAway
from teddy_edge.outbox.room import SPARE
from teddy_edge.outbox.store import Outbox, open_outbox
from teddy_shared.clock import SeededChance
from teddy_shared.envelope import BearId, Kind, Lane
from teddy_shared.events import BearStarted, Event, Label, SafetyAlertRaised, TurnBegun
from teddy_shared.purposes import Purpose
from teddy_shared.seal import ChaChaSeal, MemoryKeyRing
from tests.small_disk import Ballast, HurriedClock

SMALL = 48 * 1024 * 1024  # bytes of a disk that keeps a reserve, and is filled in no time
LARGE_TEXT = "x" * 50_000


class Measured(Event):
    label = Label("bear.measured", Kind.SYSTEM, Lane.TELEMETRY, Purpose.DEVICE)
    text: str


@asynccontextmanager
async def outbox_on(disk: Path, clock: HurriedClock) -> AsyncIterator[Outbox]:
    keys = MemoryKeyRing(chance=SeededChance(1))
    keys.create("outbox")
    seal = ChaChaSeal(keys=keys, chance=SeededChance(2))
    async with open_outbox(
        disk / "o.db", bear=BearId("bear-1"), seal=seal, clock=clock, chance=SeededChance(3)
    ) as outbox:
        yield outbox


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110  # a condition has no listeners
            await asyncio.sleep(0.02)


async def append_until_full(outbox: Outbox, event: Event) -> int:
    """How many the disk took."""
    for count in range(2000):
        try:
            await outbox.append(event, NO_TURN)
        except OutboxAway:
            return count
    raise AssertionError("the disk has no end")


async def kept_numbers(outbox: Outbox, lane: Lane) -> list[int]:
    entries = await outbox.pending(lane, 0, events=10**4, size=10**9)
    return [entry.head.place.seq - entry.covers + 1 for entry in entries]


async def safety_is_last(disk: Path) -> None:
    alert, clock, ballast = SafetyAlertRaised(category="lost", advice="call"), HurriedClock(), Ballast(disk)
    async with outbox_on(disk, clock) as outbox:
        await until(lambda: outbox.condition().reserve)
        await outbox.append(Measured(text=LARGE_TEXT), NO_TURN)
        ballast.fill()
        measured = 1 + await append_until_full(outbox, Measured(text=LARGE_TEXT))
        talked = await append_until_full(outbox, BearStarted(software=LARGE_TEXT))
        assert outbox.condition().reserve

        for _ in range(200):
            await outbox.append(alert, NO_TURN)

        assert not outbox.condition().reserve
        with pytest.raises(OutboxAway, match="for alerts"):
            await outbox.append(BearStarted(software="1"), NO_TURN)
        assert await kept_numbers(outbox, Lane.SAFETY) == list(range(1, 201))
        ballast.drop()
        clock.ahead += 2 * REST
        await outbox.append(BearStarted(software="1"), NO_TURN)
        await outbox.append(Measured(text="2"), NO_TURN)
        await until(lambda: outbox.condition().reserve)
        assert await kept_numbers(outbox, Lane.INTERACTION) == list(range(1, talked + 2))
        assert outbox.marks()[Lane.TELEMETRY].last == measured + 1
        assert outbox.healed == ()
    left = await asyncio.to_thread(lambda: {file.name for file in disk.iterdir()})
    assert left == {"o.db", "o.db.reserve"}


async def stored_gives_way_when_the_card_gets_tight(disk: Path) -> None:
    clock, ballast = HurriedClock(), Ballast(disk)
    async with outbox_on(disk, clock) as outbox:
        for _ in range(150):
            await outbox.append(BearStarted(software=LARGE_TEXT), NO_TURN)
        await outbox.acknowledged(Lane.INTERACTION, 150, epoch=outbox.epoch)
        ballast.fill(leave=SPARE // 2)
        clock.ahead += 2 * REST
        await outbox.append(Measured(text=LARGE_TEXT), NO_TURN)
        await until(lambda: outbox.marks()[Lane.INTERACTION].gone == 150)
        await asyncio.sleep(0.3)  # the log is written back behind that
        ballast.fill()

        for _ in range(100):
            await outbox.append(BearStarted(software=LARGE_TEXT), NO_TURN)

        assert await kept_numbers(outbox, Lane.INTERACTION) == list(range(151, 251))
        assert await kept_numbers(outbox, Lane.TELEMETRY) == [1]


async def alerts_at_a_start_without_room(disk: Path) -> None:
    alert, clock, ballast = SafetyAlertRaised(category="lost", advice="call"), HurriedClock(), Ballast(disk)
    async with outbox_on(disk, clock) as outbox:
        await until(lambda: outbox.condition().reserve)
        await outbox.append(TurnBegun(speech_ms=1), NO_TURN)
    ballast.fill()

    async with outbox_on(disk, clock) as outbox:
        with pytest.raises(OutboxAway):
            await outbox.append(TurnBegun(speech_ms=2), NO_TURN)
        await outbox.append(alert, NO_TURN)

        assert await kept_numbers(outbox, Lane.SAFETY) == [1]
        assert await kept_numbers(outbox, Lane.INTERACTION) == [1]
        assert outbox.healed == ()


async def acknowledgements_without_room(disk: Path) -> None:
    clock, ballast = HurriedClock(), Ballast(disk)
    async with outbox_on(disk, clock) as outbox:
        for _ in range(3):
            await outbox.append(TurnBegun(speech_ms=1), NO_TURN)
    ballast.fill()
    (disk / "o.db.reserve").unlink(missing_ok=True)
    ballast.fill()

    async with outbox_on(disk, clock) as outbox:
        await outbox.acknowledged(Lane.INTERACTION, 2, epoch=outbox.epoch)
        assert await kept_numbers(outbox, Lane.INTERACTION) == [3]
        ballast.drop()
        await outbox.append(TurnBegun(speech_ms=1), NO_TURN)

    async with outbox_on(disk, clock) as outbox:
        assert outbox.marks()[Lane.INTERACTION] == Mark(acked=2, last=4)
