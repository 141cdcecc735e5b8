"""Listens to ear, paw and mouth, starts turns and has them given up: who may speak when."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final, Protocol

from teddy_edge.audio.mouth import ClauseHeard, Drained, Hushed, SoundBegan
from teddy_edge.audio.ring import Overrun
from teddy_edge.body.mute import MuteTurned
from teddy_edge.body.paw import Squeeze, Squeezed
from teddy_edge.conversation.floor import Floor
from teddy_edge.conversation.generation import Generations
from teddy_edge.conversation.hearing_ahead import HearingAhead
from teddy_edge.conversation.inbox import Inbox, LimitsTurned, News, Said, TurnFinished
from teddy_edge.conversation.interruption import Order, Speech
from teddy_edge.conversation.journal import Journal
from teddy_edge.conversation.limiting import Allowance
from teddy_edge.conversation.meter import Meter
from teddy_edge.conversation.overhearing import Overhearing
from teddy_edge.conversation.patience import Patience
from teddy_edge.conversation.states import AT_REST, AWAITING, IN_TALK, State, States
from teddy_edge.conversation.turns import Turns
from teddy_edge.conversation.wording import asks_for_silence, is_worth_stopping_for
from teddy_edge.ear.attention import Attention
from teddy_edge.ear.segmenter import (
    ONSET,
    PauseBegan,
    SpeechBegan,
    SpeechDropped,
    SpeechGoesOn,
    SpeechResumed,
    UtteranceEnded,
)
from teddy_edge.ear.thread import Noticed
from teddy_edge.limits.standing import Standing
from teddy_edge.waking.spotter import StopHeard, Woke
from teddy_shared.clock import Clock
from teddy_shared.logs import log

FOLLOW_UP: Final = 8.0  # seconds after an answer or a squeeze in which the next word needs no waking
WAITING: Final = (
    4  # utterances over one safety line; more are not said in its few seconds, the oldest gives way
)
# A name said over a reply ends it before anybody looks at the words, so a maybe is not enough: in a crowd the
# head alone hears its name some times a minute.
SURE: Final = 0.5


class Alarm(Protocol):
    """A timer."""

    @property
    def left(self) -> float | None:
        """Seconds until it rings; none where nothing runs."""


class Dialogue:
    """The brain's loop. One turn at a time; who speaks over its reply may end it (see `interruption`)."""

    def __init__(
        self,
        *,
        turns: Turns,
        floor: Floor,
        hearing: HearingAhead,
        overhearing: Overhearing,
        patience: Patience,
        journal: Journal,
        inbox: Inbox,
        states: States,
        generations: Generations,
        attention: Attention,
        allowance: Allowance,
        alarm: Alarm,
        meter: Meter,
        clock: Clock,
    ) -> None:
        self._turns = turns
        self._floor = floor
        self._hearing = hearing
        self._overhearing = overhearing
        self._patience = patience
        self._journal = journal
        self._inbox = inbox
        self._states = states
        self._generations = generations
        self._attention = attention
        self._allowance = allowance
        self._alarm = alarm
        self._clock = clock
        self._meter = meter
        self._waiting: deque[Said] = deque(maxlen=WAITING)  # to be answered when the floor is free
        self._child_speaks = False
        self._ears_off = False
        self._began = 0  # sample index at which that was noticed
        self._lapses: float | None = None  # when the bear waits no longer for a word, in the loop's time

    @property
    def at_rest(self) -> bool:
        """Whether nobody speaks, thinks or waits. May be asked from any thread."""
        return self._states.now in AT_REST and self._inbox.empty and not self._overhearing.under_way

    async def settled(self) -> None:
        """Returns when all news is dealt with, no turn is under way and nothing is being understood."""
        await self._inbox.dealt_with()
        while under_way := [
            each
            for each in (self._turns.under_way, self._hearing.under_way, *self._overhearing.under_way)
            if each is not None
        ]:
            await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
            await self._inbox.dealt_with()

    async def run(self) -> None:
        """Until cancelled; a turn under way is cancelled with it."""
        self._states.observe(self._set_the_window)
        self._idle()
        async with self._journal.writing(), asyncio.TaskGroup() as tasks:
            while True:
                news = await self._next()
                if news is None:
                    self._ring(tasks) if self._until_ringing == 0 else self._idle()
                    continue
                await self._deal_with(news, tasks)
                self._inbox.done()

    async def _deal_with(self, news: News, tasks: asyncio.TaskGroup) -> None:
        match news:
            case Noticed(event=UtteranceEnded() as ended, at=at):
                self._child_speaks = False
                self._hear(ended, at, tasks)
            case Noticed(event=SpeechBegan(at=at)):
                self._child_speaks, self._began = True, at
                self._attend(in_talk=self._states.now in IN_TALK)
                self._spoken_over(Speech(ONSET))
            case Noticed(event=SpeechGoesOn(speech=speech, silence=silence)):
                self._spoken_over(Speech(speech, silence))
            case Noticed(event=PauseBegan(utterance)):
                if self._attention.is_meant_for_bear(utterance):
                    self._hearing.begin(utterance, tasks)
            case Noticed(event=SpeechResumed() as resumed):
                if self._hearing.drop():  # else it was not meant for the bear
                    self._patience.learn(resumed)
            case Noticed(event=SpeechDropped()):
                self._child_speaks = False
                self._nobody_spoke()
            case Noticed(event=StopHeard()):
                await self._order(Order.STOP, tasks)
            case Noticed(event=Woke(at=at, score=score)):
                self._attention.woke(at, score)
                if score >= SURE:
                    await self._order(Order.NAME, tasks)
                if self._child_speaks and self._states.now in AT_REST:
                    self._states.to(State.LISTENING)
            case Squeezed(kind=kind):
                await self._order(Order.SQUEEZE, tasks)
                if kind is Squeeze.ONE:
                    self._invite()
            case Said():
                await self._judge(news, tasks)
            case Noticed(event=Overrun(lost=lost)):
                log("ear").warning("samples lost", samples=lost)
                self._meter.lost(lost)
            case TurnFinished(generation=generation):
                tasks.create_task(self._patience.keep(), name="habit")
                if self._generations.is_current(generation):
                    self._free(tasks)
            case Hushed():
                await self._give_up(tasks)
            case MuteTurned(on=on):
                self._turn_ears(off=on)
            case LimitsTurned():
                if self._states.now in (State.IDLE, State.QUIET_HOURS):
                    self._idle()
            case SoundBegan() | ClauseHeard() | Drained():
                self._turns.follow(news)

    async def _next(self) -> News | None:
        """None when the bear has waited for a word in vain, or a timer is up."""
        ring, now = self._until_ringing, asyncio.get_running_loop().time()
        ends = [at for at in (self._lapses, None if ring is None else now + ring) if at is not None]
        try:
            async with asyncio.timeout_at(min(ends, default=None)):
                return await self._inbox.next()
        except TimeoutError:
            return None

    @property
    def _until_ringing(self) -> float | None:
        """Seconds; none where no timer runs, the bear is busy (it rings later), or a child may sleep."""
        resting = self._states.now in AT_REST and not self._child_speaks and not self._turns.under_way
        quiet = self._allowance.standing is Standing.QUIET
        return self._alarm.left if resting and not quiet else None

    def _ring(self, tasks: asyncio.TaskGroup) -> None:
        self._states.to(State.RINGING)
        self._turns.ring(self._clock.monotonic(), tasks)

    def _set_the_window(self, state: State) -> None:
        """Counted from the beginning of the wait: a sound that is no word does not make it longer."""
        self._lapses = asyncio.get_running_loop().time() + FOLLOW_UP if state in AWAITING else None

    def _attend(self, *, in_talk: bool) -> None:
        """Somebody speaks; the bear shows that it listens where that is for it."""
        if self._attention.speech_began(self._began, in_talk=in_talk) and self._states.now in AT_REST:
            self._states.to(State.LISTENING)

    def _invite(self) -> None:
        """The paw was squeezed: the next word needs no waking, nor does one that is being said."""
        if self._child_speaks:
            self._attend(in_talk=True)
        elif self._states.now in AT_REST:
            self._states.to(State.IDLE)  # the wait begins anew
            self._states.to(State.ATTENDING)

    def _spoken_over(self, speech: Speech) -> None:
        if self._turns.under_way:
            self._floor.spoken_over(speech)

    def _hear(self, ended: UtteranceEnded, at: float, tasks: asyncio.TaskGroup) -> None:
        said = Said(ended.utterance, at)
        if not self._attention.is_meant_for_bear(said.utterance):
            self._nobody_spoke()
            return
        self._patience.learn(ended)
        if self._turns.under_way:
            self._overhearing.listen(said, tasks)
        else:
            self._answer(said, tasks)

    async def _judge(self, said: Said, tasks: asyncio.TaskGroup) -> None:
        """Whether what was said over a reply ends it, waits for its end, or was a cough."""
        if not self._turns.under_way:
            self._answer(said, tasks)
            return
        hearing = said.understood.hearing if said.understood else None
        if hearing is not None and not is_worth_stopping_for(hearing, said.utterance):
            self._nobody_spoke()
            return
        self._floor.understood(stop=hearing is not None and asks_for_silence(hearing.text))
        if self._floor.given_up or self._floor.protected:
            self._waiting.append(said)
        await self._give_up(tasks)

    async def _order(self, order: Order, tasks: asyncio.TaskGroup) -> None:
        if self._turns.under_way:
            self._floor.ordered(order)
            await self._give_up(tasks)

    async def _give_up(self, tasks: asyncio.TaskGroup) -> None:
        """As soon as the reply is silent, and not before: what it was cut off with would click."""
        if not (self._turns.under_way and self._floor.given_up and self._floor.silent):
            return
        await self._turns.understood()
        if not self._floor.spared():
            await self._turns.give_up()
            self._free(tasks)

    def _answer(self, said: Said, tasks: asyncio.TaskGroup) -> None:
        if self._states.now not in (*AT_REST, State.LISTENING):
            self._rest()  # a turn has just ended; the news is still in the inbox
        self._states.to(State.LISTENING)
        self._states.to(State.THINKING)
        self._turns.begin(said, tasks)

    def _free(self, tasks: asyncio.TaskGroup) -> None:
        """The floor is: for who waits, for who is speaking, or for a word that needs no waking."""
        self._rest()
        if self._waiting:
            self._answer(self._waiting.popleft(), tasks)
        elif self._child_speaks:
            self._states.to(State.LISTENING)

    def _nobody_spoke(self) -> None:
        """A cough, or words for somebody else; the reply goes on unless there may be more to it."""
        if self._turns.under_way:
            if not self._child_speaks and not self._overhearing.under_way:
                self._floor.nothing_understood()
        elif self._states.now is State.LISTENING:
            self._idle()

    def _turn_ears(self, *, off: bool) -> None:
        """A turn under way goes on: whoever asked for help before the ears went off is answered."""
        self._ears_off = off
        if off:
            self._hearing.drop()
            self._child_speaks = False
            self._nobody_spoke()
        if off and self._states.now in AT_REST | {State.LISTENING}:
            self._states.to(State.MUTED)
        elif not off and self._states.now is State.MUTED:
            self._idle()

    def _rest(self) -> None:
        if self._ears_off and not self._waiting:
            self._states.to(State.MUTED)
            return
        if self._states.now in (State.SPEAKING, State.INTERRUPTED) and not self._allowance.standing.closed:
            self._states.to(State.FOLLOW_UP)
        else:
            self._idle()

    def _idle(self) -> None:
        """Nobody talks: the bear waits to be spoken to, or for the end of what keeps it from talking."""
        self._states.to(State.QUIET_HOURS if self._allowance.standing.closed else State.IDLE)
