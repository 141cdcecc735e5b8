"""What an outbox promises, on the card and in memory."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from teddy_edge.outbox.entry import LARGEST_EVENT, NO_TURN, Context, Mark
from teddy_edge.outbox.errors import EventTooLarge, OutboxAway, Stale
from teddy_edge.outbox.memory import MemoryOutbox
from teddy_edge.outbox.room import LIMIT
from teddy_edge.outbox.store import Outbox, open_outbox
from teddy_shared.ages import AgeBand
from teddy_shared.clock import SeededChance, SystemClock
from teddy_shared.codec import decode_head
from teddy_shared.envelope import GAP, WITHHELD, BearId, Envelope, Kind, Lane, ProfileId, withheld
from teddy_shared.events import (
    BearStarted,
    CommandEnded,
    Event,
    EventsDropped,
    Label,
    SafetyAlertRaised,
    TurnBegun,
    from_bytes,
)
from teddy_shared.purposes import Purpose
from teddy_shared.seal import ChaChaSeal, MemoryKeyRing

BEAR = BearId("bear-1")
LIMITED = 96 * 1024  # bytes
TEXT = "x" * 300


def alert() -> SafetyAlertRaised:
    return SafetyAlertRaised(category="lost", advice="call")


class Measured(Event):
    label = Label("bear.measured", Kind.SYSTEM, Lane.TELEMETRY, Purpose.DEVICE)
    number: int
    text: str


class Traced(Event):
    label = Label("bear.traced", Kind.SYSTEM, Lane.BULK, Purpose.DEVICE)
    number: int
    text: str


class OutboxContract:
    """Run over each outbox."""

    async def test_numbers_begin_at_one_and_each_lane_counts_for_itself(self, outbox: Outbox) -> None:
        heads = [
            await outbox.append(event, NO_TURN)
            for event in (TurnBegun(speech_ms=1), alert(), TurnBegun(speech_ms=2), alert())
        ]

        assert [(head.place.lane, head.place.seq) for head in heads] == [
            (Lane.INTERACTION, 1),
            (Lane.SAFETY, 1),
            (Lane.INTERACTION, 2),
            (Lane.SAFETY, 2),
        ]
        assert {(head.place.bear, head.place.epoch) for head in heads} == {(BEAR, outbox.epoch)}
        assert outbox.marks()[Lane.SAFETY] == Mark(acked=0, last=2)

    async def test_an_envelope_says_all_that_is_known_of_its_event(self, outbox: Outbox) -> None:
        context = Context(
            turn="t1",
            generation=7,
            profile=ProfileId("child-1"),
            age_band=AgeBand.LITTLE,
            correlation="c",
            causation="d",
            traceparent="00-1-2-01",
        )

        head = await outbox.append(TurnBegun(speech_ms=900), context)

        label = TurnBegun.label
        assert (head.type, head.kind, head.purpose, head.version) == (
            label.type,
            label.kind,
            label.purpose,
            label.version,
        )
        assert (head.turn, head.generation, head.profile, head.age_band) == (
            "t1",
            7,
            "child-1",
            AgeBand.LITTLE,
        )
        assert (head.correlation, head.causation, head.traceparent) == ("c", "d", "00-1-2-01")
        assert head.when.boot == outbox.boot

    async def test_what_waits_comes_back_as_it_was_recorded(self, outbox: Outbox) -> None:
        recorded = [await outbox.append(TurnBegun(speech_ms=n), NO_TURN) for n in range(3)]

        waiting = await outbox.pending(Lane.INTERACTION, 1)

        assert [entry.head for entry in waiting] == recorded[1:]
        assert [decode_head(entry.wire.head) for entry in waiting] == recorded[1:]
        assert from_bytes("turn.begun", 1, waiting[0].wire.payload) == TurnBegun(speech_ms=1)
        assert await outbox.pending(Lane.SAFETY, 0) == []

    async def test_a_batch_is_limited_by_count_and_by_bytes_but_never_empty(self, outbox: Outbox) -> None:
        for _ in range(10):
            await outbox.append(BearStarted(software="x" * 1000), NO_TURN)

        assert len(await outbox.pending(Lane.INTERACTION, 0, events=4)) == 4
        assert len(await outbox.pending(Lane.INTERACTION, 0, size=3000)) == 2
        assert len(await outbox.pending(Lane.INTERACTION, 0, size=10)) == 1

    async def test_what_is_acknowledged_waits_no_longer(self, outbox: Outbox) -> None:
        for n in range(5):
            await outbox.append(TurnBegun(speech_ms=n), NO_TURN)

        await outbox.acknowledged(Lane.INTERACTION, 3, epoch=outbox.epoch)

        assert [entry.head.place.seq for entry in await outbox.pending(Lane.INTERACTION, 0)] == [4, 5]
        assert outbox.marks()[Lane.INTERACTION] == Mark(acked=3, last=5)
        assert (await outbox.append(TurnBegun(speech_ms=9), NO_TURN)).place.seq == 6

    @pytest.mark.parametrize("mark", [0, 1, 4])
    async def test_a_mark_that_is_old_or_was_never_given_changes_nothing(
        self, outbox: Outbox, mark: int
    ) -> None:
        for n in range(3):
            await outbox.append(TurnBegun(speech_ms=n), NO_TURN)
        await outbox.acknowledged(Lane.INTERACTION, 1, epoch=outbox.epoch)

        await outbox.acknowledged(Lane.INTERACTION, mark, epoch=outbox.epoch)

        assert outbox.marks()[Lane.INTERACTION] == Mark(acked=1, last=3)

    async def test_a_mark_of_another_epoch_changes_nothing(self, outbox: Outbox) -> None:
        await outbox.append(alert(), NO_TURN)

        await outbox.acknowledged(Lane.SAFETY, 1, epoch="another")

        assert len(await outbox.pending(Lane.SAFETY, 0)) == 1

    async def test_an_event_of_an_interrupted_turn_is_refused_and_takes_no_number(
        self, outbox: Outbox
    ) -> None:
        with pytest.raises(Stale):
            await outbox.append(TurnBegun(speech_ms=1), NO_TURN, still_wanted=lambda: False)

        head = await outbox.append(TurnBegun(speech_ms=1), NO_TURN, still_wanted=lambda: True)
        assert head.place.seq == 1

    @pytest.mark.parametrize("before", [0, 1])  # the first event finds nothing made ready for it
    async def test_a_refused_event_leaves_those_beside_it_alone(self, outbox: Outbox, before: int) -> None:
        for _ in range(before):
            await outbox.append(TurnBegun(speech_ms=99), NO_TURN)

        results = await asyncio.gather(
            *(
                outbox.append(TurnBegun(speech_ms=n), NO_TURN, still_wanted=lambda n=n: n % 3 != 0)  # type: ignore[misc]
                for n in range(30)
            ),
            return_exceptions=True,
        )

        assert [isinstance(result, Stale) for result in results] == [n % 3 == 0 for n in range(30)]
        heads = [head for head in results if isinstance(head, Envelope)]
        assert [head.place.seq for head in heads] == list(range(before + 1, before + 21))
        waiting = await outbox.pending(Lane.INTERACTION, before)
        assert [entry.head for entry in waiting] == heads
        spoken = [json.loads(entry.wire.payload)["speech_ms"] for entry in waiting]
        assert spoken == [n for n in range(30) if n % 3]

    async def test_several_events_go_in_together(self, outbox: Outbox) -> None:
        heads = await outbox.append_all([TurnBegun(speech_ms=1), alert(), TurnBegun(speech_ms=2)], NO_TURN)

        assert [(head.place.lane, head.place.seq) for head in heads] == [(1, 1), (0, 1), (1, 2)]

    async def test_an_event_that_no_peer_would_take_is_refused(self, outbox: Outbox) -> None:
        with pytest.raises(EventTooLarge):
            await outbox.append(BearStarted(software="x" * LARGEST_EVENT), NO_TURN)

    async def test_appends_of_many_tasks_keep_the_order_of_their_numbers(self, outbox: Outbox) -> None:
        finished: list[int] = []

        async def talk() -> None:
            for _ in range(25):
                finished.append((await outbox.append(TurnBegun(speech_ms=1), NO_TURN)).place.seq)

        async with asyncio.TaskGroup() as tasks:
            for n in range(4):
                tasks.create_task(talk(), name=f"talk-{n}")

        assert finished == list(range(1, 101))
        waiting = await outbox.pending(Lane.INTERACTION, 0, events=200)
        assert [entry.head.place.seq for entry in waiting] == list(range(1, 101))

    async def test_it_knows_what_was_recorded_behind_a_number_also_when_that_is_stored(
        self, outbox: Outbox
    ) -> None:
        about = Context(correlation="o-1")
        for _ in range(3):
            await outbox.append(TurnBegun(speech_ms=1), NO_TURN)
        await outbox.append(CommandEnded(command="o-1", type="t", ending="done"), about)
        await outbox.append(alert(), Context(correlation="o-2"))
        await outbox.acknowledged(Lane.INTERACTION, 4, epoch=outbox.epoch)

        async def holds(correlation: str, after: int, type_: str = "command.ended") -> bool:
            return await outbox.holds(type_, correlation, lane=Lane.INTERACTION, after=after)

        assert [await holds("o-1", after) for after in (0, 3, 4, 9)] == [True, True, False, False]
        assert not await holds("o-2", 0)
        assert not await holds("o-1", 0, "turn.begun")

    async def test_the_listener_is_woken_by_an_append_and_not_by_reading(self, outbox: Outbox) -> None:
        woken: list[int] = []
        outbox.tell(lambda: woken.append(1))

        await outbox.append(alert(), NO_TURN)
        await outbox.pending(Lane.SAFETY, 0)

        assert woken == [1]

    async def test_a_new_epoch_numbers_what_waits_from_one_again(self, outbox: Outbox) -> None:
        for n in range(4):
            await outbox.append(TurnBegun(speech_ms=n), NO_TURN)
        await outbox.append(alert(), NO_TURN)
        await outbox.acknowledged(Lane.INTERACTION, 2, epoch=outbox.epoch)
        old = outbox.epoch

        await outbox.renew("the cloud lost its store")

        assert outbox.epoch != old
        assert outbox.marks()[Lane.INTERACTION] == Mark(acked=0, last=2)
        assert outbox.marks()[Lane.SAFETY] == Mark(acked=0, last=1)
        waiting = await outbox.pending(Lane.INTERACTION, 0)
        assert [(e.head.place.epoch, e.head.place.seq) for e in waiting] == [
            (outbox.epoch, 1),
            (outbox.epoch, 2),
        ]
        assert [decode_head(entry.wire.head) for entry in waiting] == [entry.head for entry in waiting]
        assert [json.loads(entry.wire.payload)["speech_ms"] for entry in waiting] == [2, 3]
        assert (await outbox.append(TurnBegun(speech_ms=9), NO_TURN)).place.seq == 3
        assert any("new epoch" in line for line in outbox.healed)

    async def test_what_the_cloud_lost_waits_again_as_it_was(self, outbox: Outbox) -> None:
        recorded = [await outbox.append(TurnBegun(speech_ms=n), NO_TURN) for n in range(5)]
        await outbox.acknowledged(Lane.INTERACTION, 4, epoch=outbox.epoch)

        await outbox.rewind(Lane.INTERACTION, 1, epoch=outbox.epoch)

        assert outbox.marks()[Lane.INTERACTION] == Mark(acked=1, last=5)
        waiting = await outbox.pending(Lane.INTERACTION, 0)
        assert [entry.head for entry in waiting] == recorded[1:]
        assert (await outbox.append(TurnBegun(speech_ms=9), NO_TURN)).place.seq == 6
        await outbox.acknowledged(Lane.INTERACTION, 6, epoch=outbox.epoch)
        assert outbox.marks()[Lane.INTERACTION] == Mark(acked=6, last=6)

    @pytest.mark.parametrize(("mark", "epoch"), [(3, ""), (4, ""), (1, "another")])
    async def test_a_rewind_that_is_none_changes_nothing(self, outbox: Outbox, mark: int, epoch: str) -> None:
        for n in range(5):
            await outbox.append(TurnBegun(speech_ms=n), NO_TURN)
        await outbox.acknowledged(Lane.INTERACTION, 3, epoch=outbox.epoch)

        await outbox.rewind(Lane.INTERACTION, mark, epoch=epoch or outbox.epoch)

        assert outbox.marks()[Lane.INTERACTION] == Mark(acked=3, last=5)

    async def test_what_is_withheld_keeps_its_number_and_nothing_else(self, outbox: Outbox) -> None:
        child = Context(profile=ProfileId("child-1"), turn="t1")
        for n in range(3):
            await outbox.append(TurnBegun(speech_ms=n), child)

        await outbox.withhold(Lane.INTERACTION, [2, 7], epoch=outbox.epoch)
        await outbox.withhold(Lane.INTERACTION, [1], epoch="another")

        waiting = await outbox.pending(Lane.INTERACTION, 0)
        assert [entry.head.type for entry in waiting] == ["turn.begun", WITHHELD, "turn.begun"]
        assert waiting[1].head == withheld(waiting[1].head)
        assert decode_head(waiting[1].wire.head) == waiting[1].head
        assert waiting[1].wire.payload == b"{}"

    async def test_a_child_is_forgotten_in_what_waits_and_in_what_was_sent(self, outbox: Outbox) -> None:
        anna, otto = Context(profile=ProfileId("anna")), Context(profile=ProfileId("otto"))
        for context in (anna, otto, anna, NO_TURN):
            await outbox.append(TurnBegun(speech_ms=1), context)
        await outbox.append(alert(), anna)
        await outbox.acknowledged(Lane.INTERACTION, 2, epoch=outbox.epoch)

        await outbox.forget_profile(ProfileId("anna"))

        await outbox.rewind(Lane.INTERACTION, 0, epoch=outbox.epoch)
        turns = await outbox.pending(Lane.INTERACTION, 0)
        alerts = await outbox.pending(Lane.SAFETY, 0)
        assert [entry.head.type for entry in turns] == [WITHHELD, "turn.begun", WITHHELD, "turn.begun"]
        assert [(entry.head.type, entry.wire.payload) for entry in alerts] == [(WITHHELD, b"{}")]
        assert (await outbox.append(TurnBegun(speech_ms=1), anna)).place.seq == 5


class LimitContract:
    """Run over each outbox with LIMITED bytes of room."""

    async def test_at_its_limit_the_oldest_telemetry_leaves_a_gap_with_its_count(
        self, outbox: Outbox
    ) -> None:
        await outbox.append(alert(), NO_TURN)
        await outbox.append(TurnBegun(speech_ms=1), NO_TURN)
        await fill(outbox, Measured, 400)

        gap, *kept = await outbox.pending(Lane.TELEMETRY, 0, events=1000)

        assert kept == []  # a gap comes alone
        count = gap.covers
        assert 100 < count < 400
        assert (gap.head.type, gap.head.place.seq) == (GAP, count)
        assert decode_head(gap.wire.head) == gap.head
        assert from_bytes(GAP, 1, gap.wire.payload) == EventsDropped(first=1, count=count)
        waiting = await outbox.pending(Lane.TELEMETRY, count, events=1000, size=10**7)
        assert [entry.head.place.seq for entry in waiting] == list(range(count + 1, 401))
        assert [len(await outbox.pending(lane, 0)) for lane in (Lane.SAFETY, Lane.INTERACTION)] == [1, 1]

    async def test_part_of_a_gap_may_be_acknowledged_and_the_rest_waits(self, outbox: Outbox) -> None:
        await fill(outbox, Measured, 400)
        (whole,) = await outbox.pending(Lane.TELEMETRY, 0)

        await outbox.acknowledged(Lane.TELEMETRY, 30, epoch=outbox.epoch)

        (rest,) = await outbox.pending(Lane.TELEMETRY, 0)
        assert rest.covers == whole.covers - 30
        assert from_bytes(GAP, 1, rest.wire.payload) == EventsDropped(first=31, count=rest.covers)
        assert (rest.head.place.seq, rest.head.when) == (whole.head.place.seq, whole.head.when)

    async def test_bulk_gives_way_before_telemetry(self, outbox: Outbox) -> None:
        await fill(outbox, Measured, 80)
        await fill(outbox, Traced, 400)

        assert await covered(outbox, Lane.BULK) > 0
        assert await covered(outbox, Lane.TELEMETRY) == 0

    async def test_what_the_cloud_has_gives_way_before_anything_that_waits(self, outbox: Outbox) -> None:
        await fill(outbox, TurnBegun, 200)
        await outbox.acknowledged(Lane.INTERACTION, 200, epoch=outbox.epoch)

        await fill(outbox, Measured, 80)

        assert outbox.marks()[Lane.INTERACTION].gone > 0
        assert await covered(outbox, Lane.TELEMETRY) == 0

    async def test_the_talk_and_safety_go_beyond_the_limit_and_telemetry_is_refused(
        self, outbox: Outbox
    ) -> None:
        await fill(outbox, TurnBegun, 400)
        with pytest.raises(OutboxAway, match="limit"):
            for _ in range(100):
                await outbox.append(Measured(number=1, text=TEXT), NO_TURN)

        head = await outbox.append(alert(), NO_TURN)

        assert head.place.seq == 1
        waiting = await outbox.pending(Lane.INTERACTION, 0, events=1000, size=10**7)
        assert [entry.head.place.seq for entry in waiting] == list(range(1, 401))

    async def test_telemetry_is_taken_again_when_the_cloud_has_the_talk(self, outbox: Outbox) -> None:
        await fill(outbox, TurnBegun, 400)
        with pytest.raises(OutboxAway, match="limit"):
            for _ in range(100):
                await outbox.append(Measured(number=1, text=TEXT), NO_TURN)
        taken = outbox.marks()[Lane.TELEMETRY].last

        await outbox.acknowledged(Lane.INTERACTION, 400, epoch=outbox.epoch)
        await asyncio.sleep(0.1)  # what is stored leaves as soon as nobody waits

        head = await outbox.append(Measured(number=2, text=TEXT), NO_TURN)
        assert head.place.seq == taken + 1

    async def test_a_rewind_goes_back_as_far_as_anything_is_here(self, outbox: Outbox) -> None:
        await fill(outbox, TurnBegun, 200)
        await outbox.acknowledged(Lane.INTERACTION, 200, epoch=outbox.epoch)
        await fill(outbox, Measured, 80)

        await outbox.rewind(Lane.INTERACTION, 0, epoch=outbox.epoch)

        acked, last, gone = outbox.marks()[Lane.INTERACTION]
        assert 0 < gone == acked < last == 200
        waiting = await outbox.pending(Lane.INTERACTION, 0, events=1000, size=10**7)
        assert [entry.head.place.seq for entry in waiting] == list(range(gone + 1, 201))

    async def test_a_new_epoch_takes_gaps_along(self, outbox: Outbox) -> None:
        await fill(outbox, Measured, 400)
        before = await covered(outbox, Lane.TELEMETRY)
        await outbox.acknowledged(Lane.TELEMETRY, 30, epoch=outbox.epoch)

        await outbox.renew("the cloud lost its store")

        assert outbox.marks()[Lane.TELEMETRY] == Mark(acked=0, last=370)
        assert await covered(outbox, Lane.TELEMETRY) == before - 30
        waiting = await outbox.pending(Lane.TELEMETRY, before - 30, events=1000, size=10**7)
        assert [entry.head.place.seq for entry in waiting] == list(range(before - 29, 371))


async def fill(outbox: Outbox, kind: type[Event], count: int) -> None:
    for first in range(0, count, 10):
        numbers = range(first, first + 10)
        fields = [{"speech_ms": n} if kind is TurnBegun else {"number": n, "text": TEXT} for n in numbers]
        await outbox.append_all([kind.model_validate(each) for each in fields], NO_TURN)


async def covered(outbox: Outbox, lane: Lane) -> int:
    waiting = await outbox.pending(lane, 0)
    return waiting[0].covers if waiting and waiting[0].head.type == GAP else 0


def in_memory(limit: int) -> MemoryOutbox:
    return MemoryOutbox(bear=BEAR, clock=SystemClock(), chance=SeededChance(1), limit=limit)


def on_the_card(folder: Path, limit: int) -> AbstractAsyncContextManager[Outbox]:
    keys = MemoryKeyRing(chance=SeededChance(1))
    keys.create("outbox")
    return open_outbox(
        folder / "outbox.db",
        bear=BEAR,
        seal=ChaChaSeal(keys=keys, chance=SeededChance(2)),
        clock=SystemClock(),
        chance=SeededChance(3),
        limit=limit,
    )


class TestMemoryOutbox(OutboxContract):
    @pytest.fixture
    async def outbox(self) -> MemoryOutbox:
        return in_memory(LIMIT)


class TestOutboxOnTheCard(OutboxContract):
    @pytest.fixture
    async def outbox(self, tmp_path: Path) -> AsyncIterator[Outbox]:
        async with on_the_card(tmp_path, LIMIT) as outbox:
            yield outbox


class TestLimitedMemoryOutbox(LimitContract):
    @pytest.fixture
    async def outbox(self) -> MemoryOutbox:
        return in_memory(LIMITED)


class TestLimitedOutboxOnTheCard(LimitContract):
    @pytest.fixture
    async def outbox(self, tmp_path: Path) -> AsyncIterator[Outbox]:
        async with on_the_card(tmp_path, LIMITED) as outbox:
            yield outbox
