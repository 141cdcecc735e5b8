"""The bear listens to itself: a chirp at the start, and notes of what came of it and of every talk since."""

from __future__ import annotations

import asyncio
from typing import Final

from teddy_edge.audio.mouth import Mouth, Spoken
from teddy_edge.audio.samples import EAR_RATE, MOUTH_RATE
from teddy_edge.echo.chirp import chirp
from teddy_edge.echo.echo import Echo, Measured
from teddy_edge.echo.notes import EchoNotes
from teddy_shared.logs import log

AWAKE: Final = 0.5  # seconds of sound from either card before the chirp
LOOKS: Final = 0.1  # seconds between looks at the cards
PATIENCE: Final = 15.0  # seconds; cards that do not come in this time are measured when the bear speaks
RETURNS: Final = 2.0  # seconds in which a chirp is heard or is not
CHIRPS: Final = 2  # at the most: a child may have cried into the first one
NOTES: Final = 10.0  # seconds between looks whether there is something new to note
MOVED: Final = EAR_RATE // 100  # samples by which a delay must differ to be worth a write to the card
BEFORE_ANY_TURN: Final = 0  # the generation in which a mouth begins


class SelfHearing:
    """Looks after an `Echo` that has a speaker near its microphone; elsewhere it does nothing."""

    def __init__(self, *, echo: Echo, mouth: Mouth, notes: EchoNotes) -> None:
        self._echo = echo
        self._mouth = mouth
        self._notes = notes
        self._noted: Measured | None = None

    async def attach(self) -> None:
        """Before the threads start."""
        self._noted = await self._notes.recall()
        await asyncio.to_thread(self._echo.attach, self._noted)

    async def run(self) -> None:
        """A task for the life of the process."""
        if not self._echo.attached:
            return
        await self._chirp()
        while True:
            await self._note()
            await asyncio.sleep(NOTES)

    async def _chirp(self) -> None:
        """The delay of this start. Whoever speaks meanwhile goes first, and cuts the chirp off."""
        for _ in range(int(PATIENCE / LOOKS)):
            if self._mouth.cursor > AWAKE * MOUTH_RATE and self._echo.heard > AWAKE * EAR_RATE:
                break
            await asyncio.sleep(LOOKS)
        for _ in range(CHIRPS):
            if self._echo.delays_found or not self._mouth.idle:
                return
            self._echo.expect_chirp()
            self._mouth.say(Spoken(chirp(), BEFORE_ANY_TURN, 0))
            await asyncio.sleep(RETURNS)
        if not self._echo.delays_found:
            log("echo").info("the chirp was not heard")

    async def _note(self) -> None:
        now, before = self._echo.measured, self._noted
        if now == before or (now.delay, now.enhancement) == (None, None):
            return
        if before is None or now.good != before.good or _moved(now.delay, before.delay):
            self._noted = now
            await self._notes.note(now)


def _moved(now: int | None, before: int | None) -> bool:
    return now != before if now is None or before is None else abs(now - before) > MOVED
