"""Builds the bear from its parts: the only place that knows which class stands behind which port."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, NewType, TypeVar

from dishka import (
    AsyncContainer,
    Provider,
    Scope,
    ValidationSettings,
    alias,
    from_context,
    make_async_container,
    provide,
)
from dishka.exception_base import DishkaError

from teddy_edge.audio.mouth import Mouth
from teddy_edge.conversation.answering import Answering, Understanding
from teddy_edge.conversation.dialogue import Child, Dialogue
from teddy_edge.conversation.generation import Generations
from teddy_edge.conversation.inbox import Inbox
from teddy_edge.conversation.journal import Journal
from teddy_edge.conversation.memory import Memory
from teddy_edge.conversation.meter import BESIDE_SKILLS, BESIDE_VERDICTS, Meter, NoMeter
from teddy_edge.conversation.report import Nobody, Onlooker
from teddy_edge.conversation.skills.by_meaning import ByMeaning, load_examples
from teddy_edge.conversation.skills.chooser import Chooser, load_chooser
from teddy_edge.conversation.states import States
from teddy_edge.conversation.turn import Recogniser, Speech, TurnTaker
from teddy_edge.conversation.turn_log import TurnLog
from teddy_edge.conversation.typed import TypedTalk
from teddy_edge.ear.attention import AlwaysAttentive, Attention
from teddy_edge.ear.ear import Ear, SpeechNet
from teddy_edge.ear.endpointing import Endpointing
from teddy_edge.ear.gate import Gate
from teddy_edge.ear.silero import open_silero
from teddy_edge.errors import ContainerError
from teddy_edge.home import Home, open_home
from teddy_edge.identity import BearKeys, Identity, read_identity
from teddy_edge.inference.governor import Governor, ThreadGovernor
from teddy_edge.inference.meaning import open_meaning
from teddy_edge.inference.models import ModelStore
from teddy_edge.link.broker import BrokerLink
from teddy_edge.link.wishes import Wishes
from teddy_edge.outbox.entry import OWNER
from teddy_edge.outbox.store import Outbox, open_outbox
from teddy_edge.safety.guard import Guard, load_guard, safe_lines
from teddy_edge.safety.scripts import Scripts, load_scripts
from teddy_edge.safety.verdict import Decision
from teddy_edge.settings import Settings
from teddy_edge.speech.hibari import VOICE_SORT
from teddy_edge.speech.opening import open_speech
from teddy_edge.speech.shelf import Shelf, render_ahead
from teddy_edge.speech.voice import Voice
from teddy_edge.telemetry.endpoint import Endpoint, open_endpoint
from teddy_edge.telemetry.metrics import CONTENT_TYPE, Metrics, open_metrics
from teddy_shared.addresses import broker_address
from teddy_shared.ages import AgeBand
from teddy_shared.clock import Chance, Clock, SystemChance, SystemClock
from teddy_shared.envelope import ProfileId
from teddy_shared.errors import ConfigError
from teddy_shared.messages import Online
from teddy_shared.seal import ChaChaSeal, FileKeyRing, Seal
from teddy_shared.state.memory import MemoryStore
from teddy_shared.state.sqlite import SqliteStore, open_sqlite_store
from teddy_shared.state.state import State

T = TypeVar("T")
TalkId = NewType("TalkId", str)

STRICT = ValidationSettings(implicit_override=True)


@dataclass(frozen=True, slots=True)
class Models:
    """Everything that is loaded from model files, warm."""

    recogniser: Recogniser
    voice: Speech
    net: SpeechNet
    shelf: Shelf | None = None  # of lines that are rendered ahead


@dataclass(frozen=True, slots=True)
class Talking:
    """One talk: what drives it from outside."""

    ear: Ear
    inbox: Inbox
    mouth: Mouth
    dialogue: Dialogue
    states: States
    endpointing: Endpointing
    clock: Clock


@dataclass(frozen=True, slots=True)
class Bear:
    """What the roof needs of a running bear."""

    outbox: Outbox
    wishes: Wishes
    link: BrokerLink | None  # none where no broker is named: the bear talks, and keeps its events
    endpoint: Endpoint | None  # none where no port for metrics is set
    state: State
    store: SqliteStore
    clock: Clock
    chance: Chance
    parts: Parts

    @property
    def healed(self) -> tuple[str, ...]:
        return (*self.store.healed, *self.outbox.healed)

    async def render_ahead(self) -> None:
        """Common lines onto the shelf; a task for the time behind the start. Ends by itself."""
        models, governor = await self.parts.get(Models), await self.parts.get(Governor)  # type: ignore[type-abstract]
        scripts = await self.parts.get(Scripts)
        if models.shelf is not None:
            lines = [safe.text for safe in safe_lines()] + [line for _, line in scripts.every_line()]
            await render_ahead(models.shelf, lines, governor)

    async def learn_meanings(self) -> None:
        """The sentence model, also behind the start. Ends by itself; without it the rules go on alone."""
        await (await self.parts.get(ByMeaning)).get_ready()

    @asynccontextmanager
    async def talk(self) -> AsyncIterator[Talking]:
        """A talk with a memory of its own, which ends with the block."""
        async with self.parts.session() as session:
            yield await session.get(Talking)


class Parts:
    """The parts of a running process, for the roof alone: no part is ever handed this."""

    def __init__(self, container: AsyncContainer) -> None:
        self._container = container

    async def get(self, part: type[T]) -> T:
        return await self._container.get(part)

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Parts]:
        """The parts of one talk; they end with the block."""
        async with self._container(scope=Scope.SESSION) as session:
            yield Parts(session)


@asynccontextmanager
async def open_parts(
    *providers: Provider, context: Mapping[Any, Any] | None = None, warm: Iterable[type] = ()
) -> AsyncIterator[Parts]:
    """Check the graph, start the parts in `warm` with all they need, and stop them in reverse order.

    Raises ContainerError, with the path drawn, for cycles, missing parts and captive scopes, before
    anything is built. A start that fails stops what had started.
    """
    try:
        container = make_async_container(*providers, context=dict(context or {}), validation_settings=STRICT)
    except DishkaError as error:
        raise ContainerError(f"the parts do not fit together: {error}") from None
    try:
        for part in warm:
            await container.get(part)
        yield Parts(container)
    finally:
        await container.close()


class Foundation(Provider):
    """Time, chance, keys and what is kept."""

    scope = Scope.APP
    settings = from_context(Settings)

    @provide
    def clock(self) -> Clock:
        return SystemClock()

    @provide
    def chance(self) -> Chance:
        return SystemChance()

    @provide
    async def home(self, settings: Settings) -> AsyncIterator[Home]:
        async with open_home(settings.data) as home:
            yield home

    @provide
    async def identity(self, settings: Settings) -> Identity:
        return await asyncio.to_thread(read_identity, settings.link.provision)

    @provide
    async def seal(self, home: Home, identity: Identity, chance: Chance) -> Seal:
        def keys() -> BearKeys:
            own = FileKeyRing(path=home.data / "keys.json", master=home.data / "master.key", chance=chance)
            for owner in (OWNER, "state"):
                own.create(owner)
            return BearKeys(own=own, identity=identity)

        return ChaChaSeal(keys=await asyncio.to_thread(keys), chance=chance)

    @provide
    async def store(self, home: Home) -> AsyncIterator[SqliteStore]:
        async with open_sqlite_store(home.data / "state.db") as store:
            yield store

    @provide
    def state(self, store: SqliteStore, seal: Seal, clock: Clock) -> State:
        # What ends with a talk or a turn spares the card.
        return State(store=store, brief=MemoryStore(), seal=seal, clock=clock)

    @provide
    async def outbox(
        self, home: Home, identity: Identity, seal: Seal, clock: Clock, chance: Chance
    ) -> AsyncIterator[Outbox]:
        path = home.data / "outbox.db"
        async with open_outbox(path, bear=identity.bear, seal=seal, clock=clock, chance=chance) as outbox:
            yield outbox


class Way(Provider):
    """To the cloud and back."""

    scope = Scope.APP

    @provide
    async def wishes(self, identity: Identity, seal: Seal, state: State, outbox: Outbox) -> Wishes:
        wishes = Wishes(bear=identity.bear, seal=seal, state=state, journal=outbox)
        await wishes.recall()
        return wishes

    @provide
    def child(self, wishes: Wishes, settings: Settings) -> Child:
        return ChildOfFamily(wishes=wishes, band=AgeBand.of(settings.listening.age))

    @provide
    def link(
        self,
        settings: Settings,
        identity: Identity,
        wishes: Wishes,
        outbox: Outbox,
        clock: Clock,
        chance: Chance,
    ) -> BrokerLink | None:
        if not settings.link.broker:
            return None
        if identity.link_key is None:
            raise ConfigError("a bear needs its provisioning file to meet a broker: add --provision FILE")
        address = broker_address(settings.link.broker)

        def hello() -> Online:
            acked = {lane: mark.acked for lane, mark in outbox.marks().items()}
            return Online(boot=outbox.boot, epoch=outbox.epoch, acked=acked)

        return BrokerLink(
            bear=identity.bear,
            host=address.host,
            port=address.port,
            hello=hello,
            on_settings=wishes.receive,
            clock=clock,
            chance=chance,
        )


class Mind(Provider):
    """Words in, safe words out."""

    scope = Scope.APP

    @provide
    async def guard(self) -> Guard:
        return await asyncio.to_thread(load_guard)

    @provide
    async def scripts(self) -> Scripts:
        return await asyncio.to_thread(load_scripts)

    @provide
    async def chooser(self) -> Chooser:
        return await asyncio.to_thread(load_chooser)

    @provide
    async def by_meaning(self, settings: Settings, governor: Governor) -> ByMeaning:
        """The model is loaded when it is first needed, or behind the start of a bear."""
        return ByMeaning(
            examples=await asyncio.to_thread(load_examples),
            open_embedder=partial(open_meaning, ModelStore(settings.models.cache)),
            governor=governor,
        )

    understanding = alias(source=ByMeaning, provides=Understanding)

    @provide
    def answering(
        self,
        guard: Guard,
        scripts: Scripts,
        chooser: Chooser,
        understanding: Understanding,
        chance: Chance,
    ) -> Answering:
        return Answering(
            guard=guard, scripts=scripts, chooser=chooser, understanding=understanding, chance=chance
        )


class Telemetry(Provider):
    """What is noted of turns, and what is measured if a port for it is set."""

    scope = Scope.APP

    turn_log = provide(TurnLog)

    @provide
    async def metrics(
        self, settings: Settings, chooser: Chooser, outbox: Outbox, link: BrokerLink | None
    ) -> Metrics | None:
        if settings.metrics.port is None:
            return None
        return await asyncio.to_thread(
            open_metrics,
            skills=BESIDE_SKILLS.union(chooser.names),
            verdicts=frozenset(each.value for each in Decision) | BESIDE_VERDICTS,
            waiting=lambda: {lane: mark.last - mark.acked for lane, mark in outbox.marks().items()},
            connected=lambda: link is not None and link.connected,
        )

    @provide
    def meter(self, metrics: Metrics | None) -> Meter:
        return metrics or NoMeter()

    @provide
    def endpoint(self, settings: Settings, metrics: Metrics | None) -> Iterator[Endpoint | None]:
        if settings.metrics.port is None or metrics is None:
            yield None
            return
        with open_endpoint(
            port=settings.metrics.port, text=metrics.text, content_type=CONTENT_TYPE
        ) as endpoint:
            yield endpoint


class Senses(Provider):
    """Models and who may run them."""

    scope = Scope.APP

    @provide
    async def governor(self) -> AsyncIterator[Governor]:
        governor = ThreadGovernor()
        yield governor
        await asyncio.to_thread(governor.close)

    @provide
    async def models(self, settings: Settings, governor: Governor) -> Models:
        """All in one factory: the container builds one singleton at a time, and these take a second."""
        store = ModelStore(settings.models.cache)
        speech, net = await asyncio.gather(
            asyncio.to_thread(open_speech, store, threads=settings.models.threads),
            asyncio.to_thread(open_silero, store),
        )
        shelf = Shelf(
            folder=settings.models.cache / "lines", synthesizer=speech.synthesizer, voice=VOICE_SORT
        )
        voice = Voice(synthesizer=shelf, governor=governor)
        return Models(recogniser=speech.transcriber, voice=voice, net=net, shelf=shelf)


class Talk(Provider):
    """One talk: built anew for each, over what lives as long as the process."""

    scope = Scope.SESSION
    onlooker = from_context(Onlooker, scope=Scope.APP)

    generations = provide(Generations)
    states = provide(States)
    attention = provide(AlwaysAttentive, provides=Attention)

    @provide
    async def id(self, chance: Chance, state: State) -> AsyncIterator[TalkId]:
        talk = TalkId(chance.token(8))
        async with state.session(talk):
            yield talk

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
        return Ear(gate=Gate(), net=models.net, endpointing=endpointing)

    @provide
    def memory(self, state: State, talk: TalkId, generations: Generations) -> Memory:
        return Memory(state=state, talk=talk, generations=generations)

    @provide
    def journal(self, outbox: Outbox, generations: Generations) -> Journal:
        return Journal(events=outbox, generations=generations)

    @provide
    def taker(
        self,
        models: Models,
        answering: Answering,
        scripts: Scripts,
        mouth: Mouth,
        governor: Governor,
        journal: Journal,
        memory: Memory,
        turn_log: TurnLog,
        meter: Meter,
        onlooker: Onlooker,
        clock: Clock,
    ) -> TurnTaker:
        return TurnTaker(
            recogniser=models.recogniser,
            answering=answering,
            scripts=scripts,
            voice=models.voice,
            mouth=mouth,
            governor=governor,
            journal=journal,
            memory=memory,
            turn_log=turn_log,
            meter=meter,
            onlooker=onlooker,
            clock=clock,
        )

    dialogue = provide(Dialogue)
    talking = provide(Talking)

    @provide
    def typed(
        self, answering: Answering, memory: Memory, generations: Generations, child: Child
    ) -> TypedTalk:
        return TypedTalk(answering=answering, memory=memory, generations=generations, band=child.age_band)


class ChildOfFamily:
    """Whom the bear talks with: as the family's settings say, else as the technician set it."""

    def __init__(self, *, wishes: Wishes, band: AgeBand) -> None:
        self._wishes = wishes
        self._band = band

    @property
    def age_band(self) -> AgeBand:
        return self._band if self._wishes.document is None else self._wishes.age_band

    @property
    def profile(self) -> ProfileId | None:
        profile = self._wishes.profile
        return None if profile is None else ProfileId(profile)


def bear_providers() -> tuple[Provider, ...]:
    """The whole graph. A test replaces a part by a provider behind these, with `override=True`."""
    return (Foundation(), Way(), Mind(), Telemetry(), Senses(), Talk())


@asynccontextmanager
async def open_bear(settings: Settings, *replacements: Provider, onlooker: Onlooker) -> AsyncIterator[Bear]:
    """A bear with warm models, not yet listening. Raises ConfigError with what to mend."""
    context = {Settings: settings, Onlooker: onlooker}
    warm = (Outbox, Wishes, Models, Guard, Chooser)
    async with open_parts(*bear_providers(), *replacements, context=context, warm=warm) as parts:
        yield Bear(
            outbox=await parts.get(Outbox),
            wishes=await parts.get(Wishes),
            link=await parts.get(BrokerLink | None),  # type: ignore[arg-type]  # a union is a key too
            endpoint=await parts.get(Endpoint | None),  # type: ignore[arg-type]
            state=await parts.get(State),
            store=await parts.get(SqliteStore),
            clock=await parts.get(Clock),  # type: ignore[type-abstract]  # the key of a port
            chance=await parts.get(Chance),  # type: ignore[type-abstract]
            parts=parts,
        )


@asynccontextmanager
async def open_words(settings: Settings) -> AsyncIterator[TypedTalk]:
    """The bear without sound: no model is loaded, until a sentence needs the one that understands it."""
    context = {Settings: settings, Onlooker: Nobody()}
    async with open_parts(*bear_providers(), context=context) as parts, parts.session() as session:
        yield await session.get(TypedTalk)
