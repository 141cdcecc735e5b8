"""What the link notes of its troubles, for a doctor who comes while the bear runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pydantic import TypeAdapter

from teddy_edge.link.trouble import Trouble
from teddy_edge.link.wishes import LINK
from teddy_shared.clock import Clock
from teddy_shared.envelope import BearId
from teddy_shared.errors import StateError
from teddy_shared.logs import log
from teddy_shared.state.keys import Key, Role
from teddy_shared.state.scopes import Scope
from teddy_shared.state.state import State

DOCTOR: Final = Role("doctor")


@dataclass(frozen=True, slots=True)
class Noted:
    trouble: Trouble | None  # None: the bear was connected
    wall: float


NOTED: Final = Key(
    name="link.noted",
    scope=Scope.APPLICATION,
    shape=TypeAdapter(Noted),
    readers=frozenset({LINK, DOCTOR}),
    writers=frozenset({LINK}),
)


class Notebook:
    """Fits the link's `on_trouble`."""

    def __init__(self, *, bear: BearId, state: State, clock: Clock) -> None:
        self._bear = bear
        self._state = state
        self._clock = clock

    async def note(self, trouble: Trouble | None) -> None:
        try:
            await self._state.write(NOTED, self._bear, Noted(trouble, self._clock.wall()), LINK)
        except StateError as error:
            log("link").warning("the link's trouble cannot be noted", reason=str(error))
