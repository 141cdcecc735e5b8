"""What is kept of the last turns, how much of it, and that a bad card costs records and never a talk."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import pytest

from teddy_edge.conversation.journal import Turn
from teddy_edge.conversation.turn_log import KEPT, ROLE, SHEET, TURNS, TurnLog, TurnRecord
from teddy_shared.ages import AgeBand
from teddy_shared.clock import SeededChance
from teddy_shared.errors import NotAllowed, StateError
from teddy_shared.events import TurnEnded
from teddy_shared.seal import ChaChaSeal, MemoryKeyRing
from teddy_shared.state.keys import Role
from teddy_shared.state.memory import MemoryStore
from teddy_shared.state.state import State
from teddy_shared.state.store import Row, Slot, Stamp
from teddy_shared.tracing import Trace


@dataclass
class Noon:
    """A clock that stands still: five minutes after the bear started, at noon."""

    wall_: float = 1_788_264_000.0

    def monotonic(self) -> float:
        return 300.0

    def wall(self) -> float:
        return self.wall_

    def synchronised(self) -> bool:
        return True


class Card(MemoryStore):
    """A store that may be full, and that counts what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.full = False
        self.written: list[int] = []

    async def put(
        self, slot: Slot, value: bytes, *, stamp: Stamp, expires: float | None, expected: int | None
    ) -> int:
        if self.full:
            raise StateError("the state cannot be kept for now: the card is full")
        self.written.append(len(value))
        return await super().put(slot, value, stamp=stamp, expires=expires, expected=expected)


class Altered(Card):
    """A card that gives back other bytes than were written."""

    async def get(self, slot: Slot, *, now: float) -> Row | None:
        row = await super().get(slot, now=now)
        return None if row is None else Row(row.value[:-1] + b"?", row.version)


class Bear:
    """What outlives a process: the card and the keys."""

    def __init__(self, card: Card | None = None) -> None:
        self.card = card or Card()
        self.keys = MemoryKeyRing(chance=SeededChance())
        self.keys.create("state")

    def state(self) -> State:
        seal = ChaChaSeal(keys=self.keys, chance=SeededChance())
        return State(store=self.card, seal=seal, clock=Noon())

    def log(self) -> TurnLog:
        """As after a restart."""
        return TurnLog(state=self.state(), clock=Noon())


def turn(number: int) -> Turn:
    return Turn(
        id=f"turn-{number}",
        generation=number,
        trace=Trace("a" * 32, "b" * 16),
        band=AgeBand.MIDDLE,
        profile=None,
        decided_at=298.5,
    )


def ended(**changes: Any) -> TurnEnded:
    known: dict[str, Any] = {
        "topic": "elephants",
        "skill": "animals",
        "verdict": "answer",
        "outcome": "answered",
        "speech_ms": 2_000,
        "reply_ms": 4_000,
        "stages_ms": {"hearing": 200.0},
        "first_sound_ms": 260.0,
        "from_last_sample_ms": 1_460.0,
    }
    return TurnEnded(**(known | changes))


async def keep(log: TurnLog, first: int, last: int) -> None:
    for number in range(first, last + 1):
        await log.keep(turn(number), ended())


def ids(records: tuple[TurnRecord, ...]) -> list[str]:
    return [record.turn for record in records]


async def test_a_record_says_how_the_turn_went_and_when_it_was() -> None:
    log = Bear().log()

    await log.keep(turn(7), ended(outcome="interrupted", first_sound_ms=None, from_last_sample_ms=None))

    (record,) = await log.last()
    assert (record.turn, record.trace, record.generation) == ("turn-7", "a" * 32, 7)
    assert (record.skill, record.verdict, record.outcome) == ("animals", "answer", "interrupted")
    assert record.at == Noon().wall() - 1.5  # when the child had finished
    assert (record.stages_ms, record.first_sound_ms, record.from_last_sample_ms) == (
        {"hearing": 200.0},
        None,
        None,
    )


def test_a_record_has_no_place_for_words() -> None:
    names = {field.name for field in fields(TurnRecord)}

    assert not names & {"heard", "reply", "text", "words", "topic", "profile"}


async def test_the_last_ones_come_oldest_first() -> None:
    log = Bear().log()
    await keep(log, 1, 30)

    assert ids(await log.last(3)) == ["turn-28", "turn-29", "turn-30"]
    assert len(await log.last()) == 30


@pytest.mark.parametrize("turns", [KEPT - 1, KEPT, KEPT + 1, KEPT + SHEET, 2 * KEPT + SHEET + 3])
async def test_exactly_the_last_two_hundred_are_kept(turns: int) -> None:
    bear = Bear()
    await keep(bear.log(), 1, turns)

    first = max(1, turns - KEPT + 1)
    assert ids(await bear.log().last()) == [f"turn-{number}" for number in range(first, turns + 1)]


async def test_it_goes_on_where_it_was_before_the_restart() -> None:
    bear = Bear()
    await keep(bear.log(), 1, SHEET + 2)
    await keep(bear.log(), SHEET + 3, SHEET + 4)

    assert ids(await bear.log().last(4)) == [f"turn-{SHEET + number}" for number in range(1, 5)]


async def test_a_turn_costs_the_card_little() -> None:
    bear = Bear()
    await keep(bear.log(), 1, KEPT)

    assert len(bear.card.written) == KEPT
    assert max(bear.card.written) < 12_000


async def test_records_lie_sealed_on_the_card() -> None:
    bear = Bear()
    await keep(bear.log(), 1, 1)

    row = await bear.card.get(Slot(TURNS.scope, "sheet-1", TURNS.name), now=0)
    assert row is not None
    assert b"animals" not in row.value
    with pytest.raises(NotAllowed):
        await bear.state().read(TURNS, "sheet-1", Role("conversation"))
    assert await bear.state().read(TURNS, "sheet-1", ROLE) is not None


async def test_a_full_card_costs_no_talk_and_what_it_missed_comes_with_the_next_turn() -> None:
    bear = Bear()
    log = bear.log()
    await keep(log, 1, 1)

    bear.card.full = True
    await keep(log, 2, 2)
    assert ids(await bear.log().last()) == ["turn-1"]

    bear.card.full = False
    await keep(log, 3, 3)
    assert ids(await bear.log().last()) == ["turn-1", "turn-2", "turn-3"]


async def test_records_that_were_altered_or_lost_their_key_are_left_out_and_new_ones_are_kept() -> None:
    altered = Bear(Altered())
    await keep(altered.log(), 1, 2)
    assert await altered.log().last() == ()

    erased = Bear()
    await keep(erased.log(), 1, 2)
    erased.keys.erase("state")
    erased.keys.create("state")
    await keep(erased.log(), 3, 3)
    assert ids(await erased.log().last()) == ["turn-3"]
