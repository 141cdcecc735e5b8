"""Listens to ear and mouth, starts turns and interrupts them: who may speak when."""

from __future__ import annotations

import asyncio
from typing import Final, Protocol

from teddy_edge.audio.mouth import ClauseHeard, Drained, Mouth, SoundBegan
from teddy_edge.audio.ring import Overrun
from teddy_edge.conversation.generation import Generations
from teddy_edge.conversation.hearing_ahead import HearingAhead
from teddy_edge.conversation.inbox import Inbox, News, TurnFinished
from teddy_edge.conversation.journal import Journal, Turn
from teddy_edge.conversation.meter import Meter
from teddy_edge.conversation.playback import Playback
from teddy_edge.conversation.states import AT_REST, State, States
from teddy_edge.conversation.turn import TurnTaker
from teddy_edge.ear.attention import Attention
from teddy_edge.ear.segmenter import (
    PauseBegan,
    SpeechBegan,
    SpeechDropped,
    SpeechResumed,
    Utterance,
    UtteranceEnded,
)
from teddy_edge.ear.thread import Noticed
from teddy_shared.ages import AgeBand
from teddy_shared.clock import Chance
from teddy_shared.envelope import ProfileId
from teddy_shared.logs import log
from teddy_shared.tracing import Trace

UNDERSTANDING: Final = 10.0  # seconds; on the smallest board hearing 15 s of speech takes three
FOLLOW_UP: Final = 8.0  # seconds after an answer in which the next word needs no waking


class Child(Protocol):
    """Whom the bear talks with, as the parents' settings say right now."""

    @property
    def age_band(self) -> AgeBand: ...

    @property
    def profile(self) -> ProfileId | None: ...


class Dialogue:
    """The brain's loop. One turn at a time; a new utterance interrupts the one under way."""

    def __init__(
        self,
        *,
        taker: TurnTaker,
        hearing: HearingAhead,
        journal: Journal,
        inbox: Inbox,
        mouth: Mouth,
        states: States,
        generations: Generations,
        attention: Attention,
        child: Child,
        chance: Chance,
        meter: Meter,
    ) -> None:
        self._taker = taker
        self._hearing = hearing
        self._journal = journal
        self._inbox = inbox
        self._mouth = mouth
        self._states = states
        self._generations = generations
        self._attention = attention
        self._child = child
        self._chance = chance
        self._meter = meter
        self._playback = Playback(generation=0)
        self._turn: asyncio.Task[None] | None = None
        self._understood = asyncio.Event()  # of that turn

    @property
    def at_rest(self) -> bool:
        """Whether nobody speaks, thinks or waits. May be asked from any thread."""
        return self._states.now in AT_REST and self._inbox.empty

    async def settled(self) -> None:
        """Returns when all news is dealt with, no turn is under way and nothing is heard ahead."""
        await self._inbox.dealt_with()
        while under_way := [
            each for each in (self._turn, self._hearing.under_way) if each and not each.done()
        ]:
            await asyncio.wait(under_way)
            await self._inbox.dealt_with()

    async def run(self) -> None:
        """Until cancelled; a turn under way is cancelled with it."""
        self._states.to(State.IDLE)
        async with self._journal.writing(), asyncio.TaskGroup() as turns:
            while True:
                news = await self._next()
                if news is None:
                    self._states.to(State.IDLE)
                    continue
                await self._deal_with(news, turns)
                self._inbox.done()

    async def _deal_with(self, news: News, turns: asyncio.TaskGroup) -> None:
        match news:
            case Noticed(event=UtteranceEnded(utterance), at=at):
                await self._hear(utterance, at, turns)
            case Noticed(event=SpeechBegan()):
                if self._states.now in AT_REST:
                    self._states.to(State.LISTENING)
            case Noticed(event=PauseBegan(utterance)):
                if self._attention.is_meant_for_bear(utterance):
                    self._hearing.begin(utterance, turns)
            case Noticed(event=SpeechResumed()):
                self._hearing.drop()
            case Noticed(event=SpeechDropped()):
                if self._states.now is State.LISTENING:
                    self._states.to(State.IDLE)
            case Noticed(event=Overrun(lost=lost)):
                log("ear").warning("samples lost", samples=lost)
                self._meter.lost(lost)
            case TurnFinished(generation=generation):
                if self._generations.is_current(generation):
                    self._rest()
            case SoundBegan() | ClauseHeard() | Drained():
                self._playback.follow(news)

    async def _next(self) -> News | None:
        """None when the follow-up window has passed without a word."""
        try:
            async with asyncio.timeout(FOLLOW_UP if self._states.now is State.FOLLOW_UP else None):
                return await self._inbox.next()
        except TimeoutError:
            return None

    async def _hear(self, utterance: Utterance, decided_at: float, turns: asyncio.TaskGroup) -> None:
        if not self._attention.is_meant_for_bear(utterance):
            if self._states.now is State.LISTENING:
                self._states.to(State.IDLE)
            return
        await self._interrupt()
        self._states.to(State.LISTENING)
        self._states.to(State.THINKING)
        generation = self._generations.next()
        self._mouth.begin(generation)
        self._playback = Playback(generation=generation)
        turn = Turn(
            id=self._chance.token(8),
            generation=generation,
            trace=Trace.start(self._chance),
            band=self._child.age_band,
            profile=self._child.profile,
            decided_at=decided_at,
        )
        self._understood = turn.understood
        self._turn = turns.create_task(self._take(turn, utterance, self._playback), name=f"turn-{generation}")

    async def _take(self, turn: Turn, utterance: Utterance, playback: Playback) -> None:
        await self._taker.take(turn, utterance, playback, speaking=lambda: self._states.to(State.SPEAKING))
        self._inbox.post(TurnFinished(turn.generation))

    async def _interrupt(self) -> None:
        """Silence first, then the rest: the child must not wait for our bookkeeping."""
        if self._turn is None or self._turn.done():
            if self._states.now in (State.THINKING, State.SPEAKING):
                self._rest()  # it has just ended; the news is still in the inbox
            return
        self._mouth.begin(self._generations.next())
        self._states.to(State.INTERRUPTED)
        await self._until_understood(self._turn)
        self._turn.cancel()
        await asyncio.wait([self._turn])

    async def _until_understood(self, turn: asyncio.Task[None]) -> None:
        """Whoever goes on talking must not take back a cry for help that is still being understood."""
        judged = asyncio.create_task(self._understood.wait(), name="until-understood")
        await asyncio.wait([judged, turn], timeout=UNDERSTANDING, return_when=asyncio.FIRST_COMPLETED)
        judged.cancel()

    def _rest(self) -> None:
        spoke = self._states.now is State.SPEAKING
        self._states.to(State.FOLLOW_UP if spoke else State.IDLE)
