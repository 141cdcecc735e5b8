"""Ears that a squeeze turned off stay off when the bear starts again, whatever made it start."""

from __future__ import annotations

import asyncio
from typing import Final

from pydantic import TypeAdapter

from teddy_edge.body.mute import By, Mute, MuteTurned
from teddy_shared.envelope import BearId
from teddy_shared.errors import StateError
from teddy_shared.logs import log
from teddy_shared.state.keys import Key, Role
from teddy_shared.state.scopes import Scope
from teddy_shared.state.state import State

BODY: Final = Role("body")
EARS_OFF: Final = Key(
    name="body.ears_off",
    scope=Scope.APPLICATION,
    shape=TypeAdapter(bool),
    readers=frozenset({BODY}),
    writers=frozenset({BODY}),
)


class Remembering:
    """What a paw turned. A switch needs none of this: it is where it is."""

    def __init__(self, *, bear: BearId, state: State, mute: Mute) -> None:
        self._bear = bear
        self._state = state
        self._mute = mute

    async def recall(self) -> None:
        """As the paw left it; a state that cannot be read leaves the ears on."""
        try:
            held = await self._state.read(EARS_OFF, self._bear, BODY)
        except StateError as error:
            log("body").warning("whether the ears were off is not known", reason=str(error))
            return
        if held is not None and held.value:
            self._mute.turn(By.PAW, on=True)

    async def keep(self) -> None:
        """Writes each change; a task for as long as the bear lives."""
        loop, turned = asyncio.get_running_loop(), asyncio.Event()

        def tell(_: MuteTurned) -> None:
            loop.call_soon_threadsafe(turned.set)

        self._mute.observe(tell)
        while True:
            await turned.wait()
            turned.clear()
            try:
                await self._state.write(EARS_OFF, self._bear, By.PAW in self._mute.by, BODY)
            except StateError as error:
                log("body").warning("whether the ears are off cannot be kept", reason=str(error))
