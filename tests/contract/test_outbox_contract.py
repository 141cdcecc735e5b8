"""What an outbox promises, on the card and in memory."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from teddy_edge.outbox.entry import LARGEST_EVENT, NO_TURN, Context, Mark
from teddy_edge.outbox.errors import EventTooLarge, Stale
from teddy_edge.outbox.memory import MemoryOutbox
from teddy_edge.outbox.store import Outbox, open_outbox
from teddy_shared.ages import AgeBand
from teddy_shared.clock import SeededChance, SystemClock
from teddy_shared.codec import decode_head
from teddy_shared.envelope import BearId, Lane, ProfileId
from teddy_shared.events import BearStarted, CommandEnded, SafetyAlertRaised, TurnBegun, from_bytes
from teddy_shared.seal import ChaChaSeal, MemoryKeyRing

BEAR = BearId("bear-1")


def alert() -> SafetyAlertRaised:
    return SafetyAlertRaised(category="lost", advice="call")


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

    async def test_a_refused_event_leaves_those_beside_it_alone(self, outbox: Outbox) -> None:
        results = await asyncio.gather(
            *(
                outbox.append(TurnBegun(speech_ms=n), NO_TURN, still_wanted=lambda n=n: n % 3 != 0)  # type: ignore[misc]
                for n in range(30)
            ),
            return_exceptions=True,
        )

        assert [isinstance(result, Stale) for result in results] == [n % 3 == 0 for n in range(30)]
        assert [entry.head.place.seq for entry in await outbox.pending(Lane.INTERACTION, 0)] == list(
            range(1, 21)
        )

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


class TestMemoryOutbox(OutboxContract):
    @pytest.fixture
    async def outbox(self) -> AsyncIterator[MemoryOutbox]:
        yield MemoryOutbox(bear=BEAR, clock=SystemClock(), chance=SeededChance(1))


class TestOutboxOnTheCard(OutboxContract):
    @pytest.fixture
    async def outbox(self, tmp_path: Path) -> AsyncIterator[Outbox]:
        keys = MemoryKeyRing(chance=SeededChance(1))
        keys.create("outbox")
        async with open_outbox(
            tmp_path / "outbox.db",
            bear=BEAR,
            seal=ChaChaSeal(keys=keys, chance=SeededChance(2)),
            clock=SystemClock(),
            chance=SeededChance(3),
        ) as outbox:
            yield outbox
