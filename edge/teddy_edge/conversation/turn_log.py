"""How the last turns went: one record a turn, kept over restarts, without a word of what was said."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from pydantic import TypeAdapter

from teddy_edge.conversation.journal import Turn
from teddy_shared.clock import Clock
from teddy_shared.envelope import ProfileId
from teddy_shared.errors import SealError, TeddyError
from teddy_shared.events import Outcome, TurnEnded
from teddy_shared.logs import log
from teddy_shared.state.keys import Key, Role
from teddy_shared.state.scopes import Scope
from teddy_shared.state.state import State

KEPT: Final = 200  # turns
ROLE: Final = Role("telemetry")

# A turn writes its own sheet anew, not all that is kept: that would wear the card for nothing.
SHEET: Final = 25  # records
SHEETS: Final = KEPT // SHEET + 1  # the oldest is cleared when the newest begins


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnRecord:
    """One turn in numbers and in names of ours."""

    at: float  # wall clock in seconds, when the child's turn was taken to be over
    turn: str
    trace: str
    generation: int
    skill: str
    verdict: str
    outcome: Outcome
    speech_ms: int
    reply_ms: int
    stages_ms: dict[str, float]
    first_sound_ms: float | None
    from_last_sample_ms: float | None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class _Sheet:
    number: int  # of all sheets ever begun
    records: tuple[TurnRecord, ...] = ()

    @property
    def seat(self) -> str:
        return f"sheet-{self.number % SHEETS}"

    def with_one_more(self, record: TurnRecord) -> _Sheet:
        if len(self.records) == SHEET:
            return _Sheet(self.number + 1, (record,))
        return replace(self, records=(*self.records, record))


TURNS: Final = Key(
    name="telemetry.turns",
    scope=Scope.APPLICATION,
    shape=TypeAdapter(_Sheet),
    readers=frozenset({ROLE}),
    writers=frozenset({ROLE}),
    sealed=True,  # a verdict tells something about a child
)


class TurnLog:
    """One of them writes; others may read at the same time, also in another process."""

    def __init__(self, *, state: State, clock: Clock) -> None:
        self._state = state
        self._clock = clock
        self._newest: _Sheet | None = None
        self._writing = asyncio.Lock()

    async def keep(self, turn: Turn, ended: TurnEnded) -> None:
        """Where the card does not take it, it is logged, the talk goes on, and the next turn tries again."""
        record = TurnRecord(
            at=round(self._clock.wall() - (self._clock.monotonic() - turn.decided_at), 3),
            turn=turn.id,
            trace=turn.trace.trace_id,
            generation=turn.generation,
            skill=ended.skill,
            verdict=ended.verdict,
            outcome=ended.outcome,
            speech_ms=ended.speech_ms,
            reply_ms=ended.reply_ms,
            stages_ms=ended.stages_ms,
            first_sound_ms=ended.first_sound_ms,
            from_last_sample_ms=ended.from_last_sample_ms,
        )
        async with self._writing:
            try:
                sheet = self._newest or max(await self._sheets(), key=_number, default=_Sheet(1))
                self._newest = sheet = sheet.with_one_more(record)
                await self._state.write(TURNS, sheet.seat, sheet, ROLE)
            except TeddyError as error:
                log("turns").error("turn record not kept", reason=str(error))

    async def last(self, count: int = KEPT) -> tuple[TurnRecord, ...]:
        """The last `count` (at least one), oldest first. Raises StateError where the state cannot be read."""
        sheets = sorted(await self._sheets(), key=_number)
        return tuple(record for sheet in sheets for record in sheet.records)[-min(count, KEPT) :]

    async def forget_child(self, _: ProfileId) -> None:
        """All of it, since no record says whose turn it was. Raises StateError."""
        async with self._writing:
            self._newest = None
            for number in range(SHEETS):
                await self._state.forget(TURNS, _Sheet(number).seat, ROLE)

    async def _sheets(self) -> list[_Sheet]:
        sheets = []
        for seat in (_Sheet(number).seat for number in range(SHEETS)):
            try:
                held = await self._state.read(TURNS, seat, ROLE)
            except SealError:  # altered, or sealed under a key that a restored backup does not have
                log("turns").warning("turn records do not open", seat=seat)
                continue
            if held is not None:
                sheets.append(held.value)
        return sheets


def _number(sheet: _Sheet) -> int:
    return sheet.number
