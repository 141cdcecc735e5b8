"""What was learned of how each child pauses: kept sealed on the bear, and forgotten with the child."""

from __future__ import annotations

import asyncio
from typing import Final

from pydantic import TypeAdapter

from teddy_edge.ear.habit import Habit
from teddy_shared.envelope import ProfileId
from teddy_shared.errors import TeddyError
from teddy_shared.logs import log
from teddy_shared.state.keys import Key, Role
from teddy_shared.state.scopes import Scope
from teddy_shared.state.state import State

ROLE: Final = Role("conversation")

HABIT: Final = Key(
    name="conversation.habit",
    scope=Scope.APPLICATION,
    shape=TypeAdapter(Habit),
    readers=frozenset({ROLE}),
    writers=frozenset({ROLE}),
    sealed=True,  # how somebody pauses tells who it is
)


class Habits:
    """By the child. Nothing is kept of a child that no family has named."""

    def __init__(self, *, state: State) -> None:
        self._state = state
        self._forgotten: set[ProfileId] = set()  # bounded by the children that are ever erased
        self._writing = asyncio.Lock()

    async def recall(self, profile: ProfileId | None) -> Habit:
        """An empty one where nothing is known, or what was known does not open."""
        if profile is None:
            return Habit()
        try:
            held = await self._state.read(HABIT, profile, ROLE)
        except TeddyError as error:
            log("habits").warning("a habit does not open", reason=str(error))
            return Habit()
        return Habit() if held is None else held.value

    async def keep(self, profile: ProfileId | None, habit: Habit) -> None:
        """Where the card does not take it, it is logged, and the next turn tries again."""
        async with self._writing:
            if profile is None or profile in self._forgotten:
                return
            try:
                await self._state.write(HABIT, profile, habit, ROLE)
            except TeddyError as error:
                log("habits").error("a habit is not kept", reason=str(error))

    async def forget_child(self, profile: ProfileId) -> None:
        """Raises StateError; again does no harm."""
        self._forgotten.add(profile)
        async with self._writing:
            await self._state.forget(HABIT, profile, ROLE)
