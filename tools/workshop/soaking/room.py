"""A child's room on the virtual clock: every sample that is said or played, and hours in which nothing is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

import numpy as np

from teddy_edge.audio.ring import Hop
from teddy_edge.audio.samples import EAR_RATE, HOP, MOUTH_HOP, Pcm
from teddy_edge.container.bundles import Talking
from teddy_edge.conversation.states import AT_REST
from teddy_edge.ear.thread import Noticed

STEP: Final = HOP / EAR_RATE  # seconds
LONGEST_ANSWER: Final = 180.0  # seconds; a story


class Room:
    """Drives ear and mouth inline, 10 ms of the clock for 10 ms of sound."""

    def __init__(self, talking: Talking) -> None:
        self._talking = talking
        self._index = 0

    async def hear(self, pcm: Pcm) -> None:
        """Somebody speaks, or something sounds."""
        padded = np.concatenate([pcm, np.zeros(-len(pcm) % HOP, np.int16)])
        for at in range(0, len(padded), HOP):
            await asyncio.sleep(STEP)
            for event in self._talking.ear.step(Hop(padded[at : at + HOP], self._index)):
                self._talking.inbox.post(Noticed(event, self._talking.clock.monotonic()))
            self._index += HOP
            self._talking.mouth.pull(MOUTH_HOP)

    async def quiet(self, seconds: float) -> None:
        await self.hear(np.zeros(round(seconds * EAR_RATE), np.int16))

    async def answered(self, turns: Callable[[], int], wanted: int) -> bool:
        """Quiet until the bear has answered so many times and rests; False where it stays silent."""
        waited = 0.0
        while waited < LONGEST_ANSWER:
            await self.quiet(0.2)
            waited += 0.2
            rests = self._talking.states.now in AT_REST and not self._talking.ear.busy
            if rests and (turns() >= wanted or waited > 5):
                return turns() >= wanted
        return False
