"""Starts one turn at a time and gives it up: here the generation moves on."""

from __future__ import annotations

import asyncio
from typing import Final, Protocol

from teddy_edge.audio.mouth import Mouth, MouthEvent
from teddy_edge.conversation.floor import Floor
from teddy_edge.conversation.generation import Generations
from teddy_edge.conversation.inbox import Inbox, Said, TurnFinished
from teddy_edge.conversation.journal import Turn
from teddy_edge.conversation.playback import Playback
from teddy_edge.conversation.ringing import Ringing
from teddy_edge.conversation.turn import TurnTaker
from teddy_shared.ages import AgeBand
from teddy_shared.clock import Chance
from teddy_shared.envelope import ProfileId
from teddy_shared.tracing import Trace

UNDERSTANDING: Final = 10.0  # seconds; on the smallest board hearing 15 s of speech takes three


class Child(Protocol):
    """Whom the bear talks with, as the parents' settings say right now."""

    @property
    def age_band(self) -> AgeBand: ...

    @property
    def profile(self) -> ProfileId | None: ...


class Turns:
    """The turn under way, if there is one. To interrupt the bear is to cancel it."""

    def __init__(
        self,
        *,
        taker: TurnTaker,
        ringing: Ringing,
        floor: Floor,
        mouth: Mouth,
        generations: Generations,
        inbox: Inbox,
        child: Child,
        chance: Chance,
    ) -> None:
        self._taker = taker
        self._ringing = ringing
        self._floor = floor
        self._mouth = mouth
        self._generations = generations
        self._inbox = inbox
        self._child = child
        self._chance = chance
        self._playback = Playback(generation=0)
        self._turn: Turn | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def under_way(self) -> asyncio.Task[None] | None:
        return None if self._task is None or self._task.done() else self._task

    def begin(self, said: Said, tasks: asyncio.TaskGroup) -> None:
        """Only when none is under way. `TurnFinished` tells when it has ended by itself."""
        turn, playback = self._new(said.at)
        taking = self._take(turn, said, playback)
        self._task = tasks.create_task(taking, name=f"turn-{turn.generation}")

    def ring(self, at: float, tasks: asyncio.TaskGroup) -> None:
        """A timer is up; else like a turn."""
        turn, playback = self._new(at)
        self._task = tasks.create_task(self._ring(turn, playback), name=f"ring-{turn.generation}")

    def _new(self, at: float) -> tuple[Turn, Playback]:
        generation = self._generations.next()
        self._mouth.begin(generation)
        self._playback = Playback(generation=generation)
        self._floor.give_to(self._playback)
        self._turn = Turn(
            id=self._chance.token(8),
            generation=generation,
            trace=Trace.start(self._chance),
            band=self._child.age_band,
            profile=self._child.profile,
            decided_at=at,
        )
        return self._turn, self._playback

    def follow(self, event: MouthEvent) -> None:
        """How far its reply was heard."""
        self._playback.follow(event)

    async def understood(self) -> None:
        """Whoever goes on talking must not take back a cry for help that is still being understood."""
        if self._turn is None or self._task is None:
            return
        judged = asyncio.create_task(self._turn.understood.wait(), name="until-understood")
        waited_for = [judged, self._task]
        await asyncio.wait(waited_for, timeout=UNDERSTANDING, return_when=asyncio.FIRST_COMPLETED)
        judged.cancel()

    async def give_up(self) -> None:
        """Call in silence. What was heard is kept first, as the last that this generation may do."""
        if self._turn is None:
            return
        self._playback.cut(self._mouth.position)
        await self._taker.keep_what_was_heard(self._turn, self._playback)
        self._mouth.begin(self._generations.next())
        if (task := self.under_way) is not None:
            task.cancel()
            await asyncio.wait([task])

    async def _take(self, turn: Turn, said: Said, playback: Playback) -> None:
        await self._taker.take(turn, said, playback, speaking=self._floor.reply_sounds)
        self._inbox.post(TurnFinished(turn.generation))

    async def _ring(self, turn: Turn, playback: Playback) -> None:
        await self._ringing.ring(turn, playback, speaking=self._floor.reply_sounds)
        self._inbox.post(TurnFinished(turn.generation))
