"""What each child has told about itself: sealed on the bear, shown to parents, forgotten at a word."""

from __future__ import annotations

import asyncio
from typing import Final

from pydantic import TypeAdapter

from teddy_edge.conversation.skills.known import NOBODY, Known
from teddy_shared.envelope import ProfileId
from teddy_shared.errors import TeddyError
from teddy_shared.logs import log
from teddy_shared.state.keys import Key, Role
from teddy_shared.state.scopes import Scope
from teddy_shared.state.state import State

ROLE: Final = Role("conversation")

KNOWN: Final = Key(
    name="conversation.child",
    scope=Scope.APPLICATION,
    shape=TypeAdapter(Known),
    readers=frozenset({ROLE}),
    writers=frozenset({ROLE}),
    sealed=True,  # a name and what somebody likes
)


class Children:
    """By the child. Nothing is kept of a child that no family has named."""

    def __init__(self, *, state: State) -> None:
        self._state = state
        self._forgotten: set[ProfileId] = set()  # bounded by the children that are ever erased
        self._writing = asyncio.Lock()

    async def recall(self, profile: ProfileId) -> Known:
        """Nobody where nothing is known, or what was known does not open."""
        try:
            held = await self._state.read(KNOWN, profile, ROLE)
        except TeddyError as error:
            log("children").warning("what a child told does not open", reason=str(error))
            return NOBODY
        return NOBODY if held is None else held.value

    async def keep(self, profile: ProfileId, known: Known) -> None:
        """Where the card does not take it, it is logged: the child may tell it again."""
        async with self._writing:
            if profile in self._forgotten:
                return
            try:
                if known == NOBODY:
                    await self._state.forget(KNOWN, profile, ROLE)
                else:
                    await self._state.write(KNOWN, profile, known, ROLE)
            except TeddyError as error:
                log("children").error("what a child told is not kept", reason=str(error))

    async def forget_child(self, profile: ProfileId) -> None:
        """Raises StateError; again does no harm."""
        self._forgotten.add(profile)
        async with self._writing:
            await self._state.forget(KNOWN, profile, ROLE)
