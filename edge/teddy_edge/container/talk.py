"""One talk: built anew for each, over what lives as long as the process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import NewType

from dishka import Provider, Scope, from_context, provide

from teddy_edge.audio.mouth import Mouth
from teddy_edge.container.bundles import Models, Talking
from teddy_edge.conversation.answering import Answering
from teddy_edge.conversation.children import Children
from teddy_edge.conversation.dialogue import Dialogue
from teddy_edge.conversation.floor import Floor
from teddy_edge.conversation.generation import Generations
from teddy_edge.conversation.guard_alarm import GuardAlarm
from teddy_edge.conversation.habits import Habits
from teddy_edge.conversation.hearing_ahead import HearingAhead
from teddy_edge.conversation.inbox import Inbox
from teddy_edge.conversation.journal import Journal
from teddy_edge.conversation.limiting import Allowance
from teddy_edge.conversation.memory import Memory
from teddy_edge.conversation.meter import Meter
from teddy_edge.conversation.overhearing import Overhearing
from teddy_edge.conversation.patience import Patience
from teddy_edge.conversation.report import Onlooker
from teddy_edge.conversation.ringing import Bell, Ringing
from teddy_edge.conversation.states import States
from teddy_edge.conversation.turn import TurnTaker
from teddy_edge.conversation.turn_log import TurnLog
from teddy_edge.conversation.turns import Child, Turns
from teddy_edge.conversation.typed import TypedTalk
from teddy_edge.ear.attention import AlwaysAttentive, Attention, ByName
from teddy_edge.ear.ear import Ear
from teddy_edge.ear.endpointing import Endpointing
from teddy_edge.ear.gate import Gate
from teddy_edge.echo.echo import Echo
from teddy_edge.echo.leakage import Leakage
from teddy_edge.echo.notes import EchoNotes
from teddy_edge.echo.self_hearing import SelfHearing
from teddy_edge.identity import Identity
from teddy_edge.inference.governor import Governor
from teddy_edge.link.erasing import Erasing
from teddy_edge.outbox.store import Outbox
from teddy_edge.safety.scripts import Scripts
from teddy_edge.settings import Settings
from teddy_shared.clock import Chance, Clock
from teddy_shared.state.state import State

TalkId = NewType("TalkId", str)


class Talk(Provider):
    """One talk: built anew for each, over what lives as long as the process."""

    scope = Scope.SESSION
    onlooker = from_context(Onlooker, scope=Scope.APP)

    generations = provide(Generations)
    states = provide(States)

    @provide
    async def id(self, chance: Chance, state: State) -> AsyncIterator[TalkId]:
        talk = TalkId(chance.token(8))
        async with state.session(talk):
            yield talk

    @provide
    def echo(self) -> Echo:
        return Echo()

    @provide
    def leakage(self, echo: Echo) -> Leakage:
        return echo

    @provide
    def self_hearing(
        self, echo: Echo, mouth: Mouth, identity: Identity, state: State, clock: Clock
    ) -> SelfHearing:
        notes = EchoNotes(bear=identity.bear, state=state, clock=clock)
        return SelfHearing(echo=echo, mouth=mouth, notes=notes)

    @provide
    async def inbox(self) -> Inbox:
        return Inbox(loop=asyncio.get_running_loop())

    @provide
    def mouth(self, clock: Clock, inbox: Inbox, settings: Settings) -> Mouth:
        return Mouth(clock=clock, post=inbox.post, volume=settings.sound.volume)

    @provide
    def endpointing(self, child: Child, settings: Settings) -> Endpointing:
        return Endpointing(child.age_band, settings.listening.patience)

    @provide
    def ear(self, models: Models, endpointing: Endpointing) -> Ear:
        return Ear(gate=Gate(), net=models.net, endpointing=endpointing, spotter=models.spotter)

    @provide
    def attention(self, settings: Settings) -> Attention:
        return AlwaysAttentive() if settings.listening.waking == "always" else ByName()

    @provide
    def patience(self, ear: Ear, habits: Habits, child: Child, erasing: Erasing) -> Iterator[Patience]:
        patience = Patience(ear=ear, habits=habits, child=child)
        with erasing.also(patience.forget_child):
            yield patience

    @provide
    def memory(
        self, state: State, talk: TalkId, generations: Generations, children: Children, erasing: Erasing
    ) -> Iterator[Memory]:
        memory = Memory(state=state, talk=talk, generations=generations, children=children)
        with erasing.also(memory.forget_child):
            yield memory

    @provide
    def journal(self, outbox: Outbox, generations: Generations, erasing: Erasing) -> Iterator[Journal]:
        journal = Journal(events=outbox, generations=generations)
        with erasing.also(journal.forget_child):
            yield journal

    @provide
    def hearing(self, models: Models, governor: Governor, ear: Ear, clock: Clock) -> HearingAhead:
        return HearingAhead(recogniser=models.recogniser, governor=governor, waiting=ear, clock=clock)

    @provide
    def taker(
        self,
        models: Models,
        hearing: HearingAhead,
        attention: Attention,
        answering: Answering,
        scripts: Scripts,
        mouth: Mouth,
        journal: Journal,
        allowance: Allowance,
        memory: Memory,
        turn_log: TurnLog,
        meter: Meter,
        alarm: GuardAlarm,
        onlooker: Onlooker,
        clock: Clock,
    ) -> TurnTaker:
        return TurnTaker(
            hearing=hearing,
            attention=attention,
            answering=answering,
            scripts=scripts,
            voice=models.voice,
            mouth=mouth,
            journal=journal,
            allowance=allowance,
            memory=memory,
            turn_log=turn_log,
            meter=meter,
            alarm=alarm,
            onlooker=onlooker,
            clock=clock,
        )

    @provide
    def overhearing(self, hearing: HearingAhead, inbox: Inbox) -> Overhearing:
        return Overhearing(hearing=hearing, post=inbox.post)

    @provide
    def ringing(
        self, bell: Bell, answering: Answering, models: Models, mouth: Mouth, memory: Memory, chance: Chance
    ) -> Ringing:
        return Ringing(
            bell=bell, answering=answering, voice=models.voice, mouth=mouth, memory=memory, chance=chance
        )

    floor = provide(Floor)
    turns = provide(Turns)
    dialogue = provide(Dialogue)
    talking = provide(Talking)

    @provide
    def typed(
        self, answering: Answering, memory: Memory, generations: Generations, child: Child
    ) -> TypedTalk:
        return TypedTalk(answering=answering, memory=memory, generations=generations, band=child.age_band)
