"""The sinks with the test of the generation taken out of them: the fuzz must see it."""

from __future__ import annotations

from dishka import Provider, Scope, provide

from teddy_edge.audio.mouth import Mouth
from teddy_edge.container.talk import TalkId
from teddy_edge.conversation.generation import Generations
from teddy_edge.conversation.inbox import Inbox
from teddy_edge.conversation.journal import Journal
from teddy_edge.conversation.memory import Memory
from teddy_edge.settings import Settings
from teddy_shared.clock import Chance, Clock
from teddy_shared.state.state import State
from workshop.interrupting.parts import NotedJournal, NotedMemory, SlowCard, SlowState


class AlwaysCurrent(Generations):
    """Takes every generation for the present one."""

    def is_current(self, generation: int) -> bool:  # noqa: ARG002  # that is what is wrong with it
        return True


class CarelessMouth(Mouth):
    def _current(self, item: object) -> bool:  # noqa: ARG002  # that is what is wrong with it
        return True


class NoTestInMouth(Provider):
    scope = Scope.SESSION

    @provide(override=True)
    def mouth(self, clock: Clock, inbox: Inbox, settings: Settings) -> Mouth:
        return CarelessMouth(clock=clock, post=inbox.post, volume=settings.sound.volume)


class NoTestInMemory(Provider):
    scope = Scope.SESSION

    @provide(override=True)
    def memory(self, state: State, talk: TalkId, generations: Generations, brief: SlowState) -> Memory:
        brief.generations = generations
        return NotedMemory(state=state, talk=talk, generations=AlwaysCurrent())


class NoTestInJournal(Provider):
    scope = Scope.SESSION

    @provide(override=True)
    def journal(self, generations: Generations, brief: SlowState, clock: Clock, chance: Chance) -> Journal:
        card = SlowCard(generations=generations, stale=brief.stale, clock=clock, chance=chance)
        return NotedJournal(events=card, generations=AlwaysCurrent())
