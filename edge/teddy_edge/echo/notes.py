"""What a bear keeps of how it hears itself, from one start to the next and for a doctor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pydantic import TypeAdapter

from teddy_edge.echo.echo import Measured
from teddy_shared.clock import Clock
from teddy_shared.envelope import BearId
from teddy_shared.errors import StateError
from teddy_shared.logs import log
from teddy_shared.state.keys import Key, Role
from teddy_shared.state.scopes import Scope
from teddy_shared.state.state import State

ECHO: Final = Role("echo")
DOCTOR: Final = Role("doctor")


@dataclass(frozen=True, slots=True)
class Noted:
    measured: Measured
    wall: float


NOTED: Final = Key(
    name="echo.measured",
    scope=Scope.APPLICATION,
    shape=TypeAdapter(Noted),
    readers=frozenset({ECHO, DOCTOR}),
    writers=frozenset({ECHO}),
)


class EchoNotes:
    """Of one unit: its case, its cards and where they sit do not change from day to day."""

    def __init__(self, *, bear: BearId, state: State, clock: Clock) -> None:
        self._bear = bear
        self._state = state
        self._clock = clock

    async def recall(self) -> Measured | None:
        """None also where it cannot be read: it is measured anew anyway."""
        try:
            held = await self._state.read(NOTED, self._bear, ECHO)
        except StateError as error:
            log("echo").warning("what was measured cannot be read", reason=str(error))
            return None
        return None if held is None else held.value.measured

    async def note(self, measured: Measured) -> None:
        try:
            await self._state.write(NOTED, self._bear, Noted(measured, self._clock.wall()), ECHO)
        except StateError as error:
            log("echo").warning("what was measured cannot be noted", reason=str(error))
