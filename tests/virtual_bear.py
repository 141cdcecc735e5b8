"""A bear in virtual time: real ear, models, guard, skills and mouth; waiting costs nothing.

Samples come in 10 ms apart and are pulled 10 ms apart on the virtual clock. Models really run, inline,
and are charged a declared time, so that every run goes the same way on any machine.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

import numpy as np

from teddy_edge.audio.mouth import Mouth
from teddy_edge.audio.ring import Hop
from teddy_edge.audio.samples import HOP, MOUTH_HOP, Pcm
from teddy_edge.conversation.dialogue import Dialogue
from teddy_edge.conversation.inbox import Inbox
from teddy_edge.conversation.report import TurnReport
from teddy_edge.ear.ear import Ear
from teddy_edge.ear.thread import Noticed
from teddy_edge.inference.governor import Work
from teddy_shared.clock import Clock

CHARGED: Final = {
    Work.GUARD: 0.005,
    Work.HEARING: 0.250,
    Work.MEANING: 0.005,
    Work.VOICE: 0.040,
    Work.SPECULATION: 0.250,
}  # seconds a run
STEP: Final = 0.01  # seconds: one hop


class Reports:
    """An onlooker that keeps what it saw."""

    def __init__(self) -> None:
        self.seen: list[TurnReport] = []

    def saw(self, report: TurnReport) -> None:
        self.seen.append(report)


class VirtualRoom:
    """A child's room: what is said into it, and what was heard from the bear, sample by sample."""

    def __init__(self, *, ear: Ear, inbox: Inbox, mouth: Mouth, clock: Clock) -> None:
        self._ear = ear
        self._inbox = inbox
        self._mouth = mouth
        self._clock = clock
        self._index = 0
        self._played: list[Pcm] = []

    async def say(self, pcm: Pcm) -> None:
        """Speak into the microphone in (virtual) real time."""
        padded = np.concatenate([pcm, np.zeros(-len(pcm) % HOP, np.int16)])
        for at in range(0, len(padded), HOP):
            await asyncio.sleep(STEP)
            for event in self._ear.step(Hop(padded[at : at + HOP], self._index)):
                self._inbox.post(Noticed(event, self._clock.monotonic()))
            self._index += HOP

    async def quiet(self, seconds: float) -> None:
        await self.say(np.zeros(round(seconds * 16_000), np.int16))

    async def quiet_until(self, condition: Callable[[], bool], *, most: float = 60.0) -> None:
        """Silence until the condition holds."""
        async with asyncio.timeout(most):
            while not condition():
                await self.quiet(0.1)

    @property
    def played(self) -> Pcm:
        """int16 [n], 24 kHz: all that came out of the speaker so far, silence included."""
        return np.concatenate([*self._played, np.zeros(0, np.int16)])

    async def play(self) -> None:
        """The speaker; runs until cancelled."""
        while True:
            await asyncio.sleep(STEP)
            self._played.append(self._mouth.pull(MOUTH_HOP))


@asynccontextmanager
async def live_in(room: VirtualRoom, dialogue: Dialogue) -> AsyncIterator[VirtualRoom]:
    """The bear lives while the block runs."""
    async with asyncio.TaskGroup() as tasks:
        living = [
            tasks.create_task(dialogue.run(), name="dialogue"),
            tasks.create_task(room.play(), name="speaker"),
        ]
        try:
            yield room
        finally:
            for task in living:
                task.cancel()
