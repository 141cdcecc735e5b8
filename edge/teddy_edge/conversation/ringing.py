"""What the bear says of itself when a timer is up: by the same guarded way as any reply."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, Protocol

from teddy_edge.audio.mouth import Mouth, Spoken
from teddy_edge.conversation.answering import Answer, Answering, as_said
from teddy_edge.conversation.journal import Turn
from teddy_edge.conversation.memory import Memory
from teddy_edge.conversation.playback import Playback
from teddy_edge.conversation.skills.skill import Recent, Reply
from teddy_edge.conversation.turn import VOICE_MOST, Speech
from teddy_edge.safety.guard import Decision, Verdict
from teddy_shared.clock import Chance
from teddy_shared.logs import log

NOTHING_HEARD: Final = Verdict(Decision.ANSWER)


class Bell(Protocol):
    """A timer that may be up."""

    def ring(self, recent: Recent, chance: Chance) -> Reply | None:
        """What is said of it, once; none where it was taken back."""


class Ringing:
    """Takes the floor for one line. To interrupt it is to cancel the task that runs `ring`."""

    def __init__(
        self, *, bell: Bell, answering: Answering, voice: Speech, mouth: Mouth, memory: Memory, chance: Chance
    ) -> None:
        self._bell = bell
        self._answering = answering
        self._voice = voice
        self._mouth = mouth
        self._memory = memory
        self._chance = chance

    async def ring(self, turn: Turn, playback: Playback, *, speaking: Callable[[], object]) -> None:
        """To the end of the line; calls `speaking` when its first clause is ready."""
        talk = await self._memory.recall()
        reply = self._bell.ring(talk.recent, self._chance)
        turn.understood.set()  # nothing was said that would have to be
        if reply is None:
            self._mouth.finish(turn.generation)
            return
        playback.answer = Answer(NOTHING_HEARD, reply)
        try:
            await self._say(reply, turn, playback, speaking)
        except Exception as error:  # barrier: a bell that cannot be heard must not end the talk
            log("timers").error("could not ring", error=type(error).__name__)
            self._mouth.finish(turn.generation)
            return
        said = as_said(reply, playback.said)
        await self._memory.keep(said, generation=turn.generation, asked_back=False)

    async def _say(
        self, reply: Reply, turn: Turn, playback: Playback, speaking: Callable[[], object]
    ) -> None:
        async for passed in self._answering.safe_clauses(reply.text, turn.band):
            async with asyncio.timeout(VOICE_MOST):
                pcm = await self._voice.speak(passed.words)
            number = len(playback.said)
            playback.said.append(passed)
            await playback.room()
            if number == 0:
                speaking()
            self._mouth.say(Spoken(pcm, turn.generation, number))
        playback.whole = True
        self._mouth.finish(turn.generation)
        await playback.drained()
