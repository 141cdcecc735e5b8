"""The journal writes what it was handed whatever becomes of the turn, and never holds up the talk."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from teddy_edge.conversation.generation import Generations
from teddy_edge.conversation.journal import OWED, PATIENCE, RETRY, Journal, Turn
from teddy_edge.outbox.entry import Context
from teddy_edge.outbox.errors import OutboxAway
from teddy_edge.outbox.memory import MemoryOutbox
from teddy_shared.ages import AgeBand
from teddy_shared.clock import SeededChance
from teddy_shared.envelope import BearId, Envelope, ProfileId
from teddy_shared.events import Event, SafetyAlertRaised, TurnBegun, TurnEnded
from teddy_shared.tracing import Trace
from tests.virtual_time import VirtualClock

pytestmark = pytest.mark.virtual_time

ALERT = SafetyAlertRaised(category="medical_emergency", advice="Go to them now.")
BEGUN = TurnBegun(speech_ms=800)
ENDED = TurnEnded(
    topic="bees", skill="animals", verdict="answer", outcome="answered", speech_ms=1, reply_ms=1, stages_ms={}
)


class Card:
    """An outbox on a card that may be slow, or refuse for a while."""

    def __init__(self) -> None:
        self.outbox = MemoryOutbox(bear=BearId("bear-1"), clock=VirtualClock(), chance=SeededChance(1))
        self.full = False
        self.takes = 0.0  # seconds

    async def append(
        self, event: Event, context: Context, *, still_wanted: Callable[[], bool] | None = None
    ) -> Envelope:
        await asyncio.sleep(self.takes)
        if self.full:
            raise OutboxAway("no space left")
        return await self.outbox.append(event, context, still_wanted=still_wanted)

    @property
    def types(self) -> list[str]:
        return [envelope.type for envelope, _ in self.outbox.recorded]


class Desk:
    """A journal with its card and its turns."""

    def __init__(self) -> None:
        self.card = Card()
        self.generations = Generations()
        self.journal = Journal(events=self.card, generations=self.generations)

    def turn(self, profile: str | None = None) -> Turn:
        return Turn(
            id="t",
            generation=self.generations.next(),
            trace=Trace("a" * 32, "b" * 16),
            band=AgeBand.MIDDLE,
            profile=None if profile is None else ProfileId(profile),
            decided_at=0.0,
        )


@pytest.fixture
async def desk() -> Desk:
    return Desk()


async def test_an_event_is_recorded_before_the_turn_goes_on(desk: Desk) -> None:
    async with desk.journal.writing():
        recorded = await desk.journal.record(desk.turn(), BEGUN)

        assert recorded is not None
        assert desk.card.types == ["turn.begun"]


async def test_a_turn_that_is_cancelled_while_its_alert_is_being_written_has_alerted(desk: Desk) -> None:
    desk.card.takes = 0.1
    async with desk.journal.writing():
        turn = asyncio.create_task(desk.journal.record(desk.turn(), ALERT))
        await asyncio.sleep(0.05)
        turn.cancel()
        await asyncio.wait([turn])

    assert desk.card.types == ["safety.alert_raised"]


async def test_a_slow_card_keeps_the_bear_from_talking_for_a_moment_only(desk: Desk) -> None:
    desk.card.takes = 12.0
    loop = asyncio.get_running_loop()
    async with desk.journal.writing():
        began = loop.time()
        assert await desk.journal.record(desk.turn(), BEGUN) is None
        assert loop.time() - began == pytest.approx(PATIENCE)
        await asyncio.sleep(12)

        assert desk.card.types == ["turn.begun"]


async def test_a_card_that_refused_is_asked_again_and_alerts_come_first(desk: Desk) -> None:
    desk.card.full = True
    async with desk.journal.writing():
        for event in (BEGUN, ENDED, ALERT):
            assert await desk.journal.record(desk.turn(), event) is None

        desk.card.full = False
        await asyncio.sleep(RETRY + 0.1)

        assert desk.card.types == ["safety.alert_raised", "turn.begun", "turn.ended"]


async def test_when_too_much_waits_a_safety_alert_is_the_last_to_give_way(desk: Desk) -> None:
    desk.card.full = True
    async with desk.journal.writing():
        await desk.journal.record(desk.turn(), ALERT)
        for _ in range(OWED + 5):
            await desk.journal.record(desk.turn(), BEGUN)

        desk.card.full = False
        await asyncio.sleep(RETRY + 0.1)

        assert desk.card.types == ["safety.alert_raised"] + ["turn.begun"] * (OWED - 1)


async def test_an_end_that_was_overtaken_is_recorded_once_and_as_interrupted(desk: Desk) -> None:
    desk.card.takes = 0.1
    overtaken = ENDED.model_copy(update={"outcome": "interrupted"})
    async with desk.journal.writing():
        turn = desk.turn()
        first = desk.journal.hand_over(turn, BEGUN)
        ended = desk.journal.hand_over(turn, ENDED, if_stale=overtaken)
        await first
        desk.generations.next()
        await ended

    outcomes = [event.outcome for _, event in desk.card.outbox.recorded if isinstance(event, TurnEnded)]
    assert outcomes == ["interrupted"]


async def test_what_was_handed_over_is_written_before_the_journal_closes(desk: Desk) -> None:
    desk.card.takes = 0.2
    async with desk.journal.writing():
        for _ in range(5):
            desk.journal.hand_over(desk.turn(), BEGUN)

    assert len(desk.card.types) == 5


async def test_of_a_child_that_is_forgotten_nothing_more_is_written_neither_owed_nor_new(desk: Desk) -> None:
    async with desk.journal.writing():
        turn = desk.turn("child-1")
        desk.card.full = True
        owed = await desk.journal.record(turn, BEGUN)

        await desk.journal.forget_child(ProfileId("child-1"))
        desk.card.full = False
        late = await desk.journal.record(turn, ENDED)
        await desk.journal.record(desk.turn("child-2"), ALERT)
        await asyncio.sleep(2 * RETRY)

    assert (owed, late) == (None, None)
    assert desk.card.types == ["safety.alert_raised"]
