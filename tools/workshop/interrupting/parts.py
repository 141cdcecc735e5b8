"""What stands in for models and cards in the interrupted bear; each notes what reached it too late."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final, ParamSpec, TypeVar

from dishka import Provider, Scope, provide

from teddy_edge.audio.samples import MOUTH_RATE, Pcm
from teddy_edge.container.bundles import Models
from teddy_edge.container.talk import TalkId
from teddy_edge.conversation.generation import Generations
from teddy_edge.conversation.journal import Journal, Turn
from teddy_edge.conversation.memory import Memory
from teddy_edge.conversation.report import Recorded
from teddy_edge.conversation.skills.chooser import Chooser
from teddy_edge.conversation.skills.skill import Heard, Recent, Reply
from teddy_edge.ear.ear import SpeechNet
from teddy_edge.inference.governor import Governor, Work
from teddy_edge.link.erasing import Erasing
from teddy_edge.outbox.entry import Context
from teddy_edge.outbox.memory import MemoryOutbox
from teddy_edge.safety.guard import Guard, SafeText, load_guard
from teddy_shared.clock import Chance, Clock, SeededChance
from teddy_shared.envelope import BearId, Envelope, ProfileId
from teddy_shared.events import Event, TurnEnded
from teddy_shared.seal import Seal
from teddy_shared.state.memory import MemoryStore
from teddy_shared.state.state import State
from teddy_shared.state.store import Row, Slot, Stamp
from workshop.interrupting.child import Remembering
from workshop.interrupting.marks import Marks
from workshop.virtual_time import VirtualClock

P = ParamSpec("P")
T = TypeVar("T")

CHARGED: Final = {  # seconds a run, least and most
    Work.GUARD: (0.001, 0.01),
    Work.HEARING: (0.12, 0.4),
    Work.SPECULATION: (0.12, 0.4),
    Work.MEANING: (0.001, 0.01),
    Work.VOICE: (0.01, 0.2),
}
A_LETTER: Final = 0.055  # seconds that the voice spends on one
SLOWEST: Final = 0.05
"""Seconds that a card or a state may take: long, so that an interruption often falls into their work."""

behalf: ContextVar[int] = ContextVar("behalf")
"""The generation for which something is rendered or kept."""


@dataclass(slots=True)
class Stale:
    """What reached a sink although its generation was over."""

    memory: int = 0  # writes
    journal: int = 0  # turns recorded as answered


class Stories:
    """A skill that always has something to tell, in clauses of all lengths."""

    name = "stories"

    def fit(self, heard: Heard, recent: Recent) -> float:  # noqa: ARG002  # it takes everything
        return 1.0

    def answer(self, heard: Heard, recent: Recent, chance: Chance) -> Reply:  # noqa: ARG002
        things = ("acorn", "pebble", "meadow", "little cloud", "robin", "big maple tree", "river")
        said = [
            f"Then the {things[chance.below(len(things))]} met the {things[chance.below(len(things))]}."
            for _ in range(1 + chance.below(4))
        ]
        return Reply(text=" ".join(["Listen, my friend.", *said]), skill=self.name, topic="stories")


class MarkedVoice:
    """Speaks in samples that tell whose they are."""

    def __init__(self, *, marks: Marks, governor: Governor) -> None:
        self._marks = marks
        self._governor = governor

    async def speak(self, words: SafeText) -> Pcm:
        owner, samples = behalf.get(0), round(len(words.text) * A_LETTER * MOUTH_RATE)
        return await self._governor.run(Work.VOICE, self._marks.give, owner, samples)


class Charging:
    """A governor that does the work at once and charges for it on the virtual clock, one run a class."""

    def __init__(self, *, chance: Chance) -> None:
        self._chance = chance
        self._busy = {work: asyncio.Lock() for work in Work}
        self._busy[Work.SPECULATION] = self._busy[Work.HEARING]

    async def run(self, work: Work, task: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        async with self._busy[work]:
            await asyncio.sleep(self._chance.between(*CHARGED.get(work, (0.0, 0.0))))
            return task(*args, **kwargs)


class SlowState(MemoryStore):
    """Takes its time, and counts what is written for a generation that is over."""

    def __init__(self, *, chance: Chance) -> None:
        super().__init__()
        self._chance = chance
        self.generations = Generations()
        self.stale = Stale()

    async def get(self, slot: Slot, *, now: float) -> Row | None:
        await asyncio.sleep(self._chance.between(0.0, SLOWEST))
        return await super().get(slot, now=now)

    async def put(
        self, slot: Slot, value: bytes, *, stamp: Stamp, expires: float | None, expected: int | None
    ) -> int:
        if not self.generations.is_current(behalf.get(self.generations.current)):
            self.stale.memory += 1
        return await super().put(slot, value, stamp=stamp, expires=expires, expected=expected)


class SlowCard:
    """An outbox in memory that takes its time, and counts turns that count as answered and are not."""

    def __init__(self, *, generations: Generations, stale: Stale, clock: Clock, chance: Chance) -> None:
        self._outbox = MemoryOutbox(bear=BearId("bear"), clock=clock, chance=chance)
        self._generations = generations
        self._stale = stale
        self._chance = chance

    async def append(
        self, event: Event, context: Context, *, still_wanted: Callable[[], bool] | None = None
    ) -> Envelope:
        await asyncio.sleep(self._chance.between(0.0, SLOWEST))
        envelope = await self._outbox.append(event, context, still_wanted=still_wanted)
        answered = isinstance(event, TurnEnded) and event.outcome in ("answered", "asked_back")
        if answered and not self._generations.is_current(context.generation or 0):
            self._stale.journal += 1
        self._outbox.recorded.clear()  # ten thousand turns need not be kept
        return envelope


class NotedMemory(Memory):
    """Lets the state know for which generation it writes."""

    async def keep(
        self,
        reply: Reply,
        *,
        generation: int,
        asked_back: bool,
        whole: bool = True,
        profile: ProfileId | None = None,
    ) -> None:
        behalf.set(generation)
        await super().keep(reply, generation=generation, asked_back=asked_back, whole=whole, profile=profile)


class NotedJournal(Journal):
    """Lets the voice know for which generation it speaks: a turn is recorded before it is answered."""

    def hand_over(
        self, turn: Turn, event: Event, *, if_stale: Event | None = None
    ) -> asyncio.Future[Recorded | None]:
        behalf.set(turn.generation)
        return super().hand_over(turn, event, if_stale=if_stale)


class StandIns(Provider):
    """Everything that is slow, or cannot be had on a virtual clock."""

    scope = Scope.APP

    def __init__(self, *, heard: Remembering, net: SpeechNet, marks: Marks, seed: int) -> None:
        super().__init__()
        self._heard = heard
        self._net = net
        self._marks = marks
        self._chance = SeededChance(seed)

    @provide(override=True)
    def clock(self) -> Clock:
        return VirtualClock()

    @provide(override=True)
    def chance(self) -> Chance:
        return self._chance

    @provide(override=True)
    async def governor(self) -> AsyncIterator[Governor]:
        yield Charging(chance=self._chance)

    @provide(override=True)
    async def models(self, governor: Governor) -> Models:
        voice = MarkedVoice(marks=self._marks, governor=governor)
        return Models(recogniser=self._heard, voice=voice, net=self._net)

    @provide(override=True)
    async def guard(self) -> Guard:
        return await asyncio.to_thread(load_guard)  # rules alone, since the same clauses come 10,000 times

    @provide(override=True)
    async def chooser(self) -> Chooser:
        return Chooser(skills=[Stories()], fallback=Stories())

    @provide
    def brief(self) -> SlowState:
        return SlowState(chance=self._chance)

    @provide(override=True)
    def state(self, brief: SlowState, seal: Seal, clock: Clock) -> State:
        return State(store=MemoryStore(), brief=brief, seal=seal, clock=clock)


class Sinks(Provider):
    """The memory and the journal of the talk, as they are, over what counts."""

    scope = Scope.SESSION

    @provide(override=True)
    def memory(self, state: State, talk: TalkId, generations: Generations, brief: SlowState) -> Memory:
        brief.generations = generations
        return NotedMemory(state=state, talk=talk, generations=generations)

    @provide(override=True)
    def journal(
        self, generations: Generations, brief: SlowState, clock: Clock, chance: Chance, erasing: Erasing
    ) -> Iterator[Journal]:
        card = SlowCard(generations=generations, stale=brief.stale, clock=clock, chance=chance)
        journal = NotedJournal(events=card, generations=generations)
        with erasing.also(journal.forget_child):
            yield journal
