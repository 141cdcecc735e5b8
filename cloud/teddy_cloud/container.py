"""Puts the cloud's parts together, in order, and takes them apart in reverse; only here is known how."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import NewType, TypeVar

from dishka import (
    STRICT_VALIDATION,
    AnyOf,
    AsyncContainer,
    Provider,
    Scope,
    from_context,
    make_async_container,
    provide,
)

from teddy_cloud.broker import Broker
from teddy_cloud.bus import middleware
from teddy_cloud.bus.cache import Cache
from teddy_cloud.bus.commands import CommandBus
from teddy_cloud.bus.deliveries import Deliveries
from teddy_cloud.bus.events import GroupWorker
from teddy_cloud.bus.opening import Opener
from teddy_cloud.bus.queries import QueryBus
from teddy_cloud.bus.records import Records
from teddy_cloud.bus.redis import RedisDeliveries
from teddy_cloud.bus.timings import Timings
from teddy_cloud.bus.watch import Watch
from teddy_cloud.dispatch import mail
from teddy_cloud.dispatch.answers import Answerer, Answers, ChatIsOff
from teddy_cloud.dispatch.dispatch import Dispatch
from teddy_cloud.dispatch.mail import Mail
from teddy_cloud.dispatch.orders import OrderDispatch
from teddy_cloud.dispatch.wishes import SettingsDispatch
from teddy_cloud.eventstore.archive.folder import FolderArchive
from teddy_cloud.eventstore.archive.keeping import Keeper
from teddy_cloud.eventstore.archive.reading import ArchivedEventStore, LiveStore
from teddy_cloud.eventstore.archive.segments import Archive
from teddy_cloud.eventstore.letters import DeadLetters
from teddy_cloud.eventstore.redis import RedisEventStore
from teddy_cloud.eventstore.redis_letters import RedisDeadLetters
from teddy_cloud.eventstore.store import EventStore
from teddy_cloud.fleet import asking
from teddy_cloud.fleet.credentials import context_of, group_secret
from teddy_cloud.fleet.fleet import Fleet
from teddy_cloud.fleet.household import device_owner
from teddy_cloud.fleet.orderbook import RedisOrderBook
from teddy_cloud.fleet.orders import OrderBook, Orders
from teddy_cloud.fleet.parting import Parting
from teddy_cloud.fleet.records import FleetRecords
from teddy_cloud.identity.accounts import Accounts
from teddy_cloud.identity.limits import SignInLimit
from teddy_cloud.identity.passwords import Passwords
from teddy_cloud.identity.sessions import Sessions
from teddy_cloud.identity.signin import SignIn
from teddy_cloud.ingest import hellos, ingest
from teddy_cloud.ingest.hellos import Hellos
from teddy_cloud.ingest.ingest import Ingest
from teddy_cloud.ingest.intake import Intake
from teddy_cloud.ingest.post import BrokerPost
from teddy_cloud.ingest.redrive import Redriver
from teddy_cloud.ingest.rollcall import RollCall
from teddy_cloud.processes import asking as processing
from teddy_cloud.processes.erase_child import EraseChildData
from teddy_cloud.processes.looking_for import Scan
from teddy_cloud.projections import queries
from teddy_cloud.projections.bears import Bears
from teddy_cloud.projections.conversations import Conversations
from teddy_cloud.projections.copies import Copies, Rebuilds
from teddy_cloud.projections.ledger import Ledger
from teddy_cloud.projections.orders import OrderStates
from teddy_cloud.projections.projection import Projection
from teddy_cloud.projections.projector import Projector
from teddy_cloud.projections.readmodels import ReadModels
from teddy_cloud.projections.rebuilding import Rebuilder
from teddy_cloud.projections.redis import RedisReadModels
from teddy_cloud.projections.redis_copies import RedisCopies
from teddy_cloud.sagas.book import SagaBook
from teddy_cloud.sagas.engine import Sagas
from teddy_cloud.settings import Role, Settings, archive_folder, key_file, master_key
from teddy_cloud.state.redis import open_redis_store
from teddy_cloud.storage.client import StoreClient, connect
from teddy_cloud.web.doors import Doors
from teddy_cloud.web.rendering import Pages, load_pages
from teddy_shared import topics
from teddy_shared.addresses import broker_address
from teddy_shared.clock import Chance, Clock, SystemChance, SystemClock
from teddy_shared.seal import ChaChaSeal, FileKeyRing, KeyRing, Seal
from teddy_shared.state.state import STATE_KEY, State
from teddy_shared.tracing import Trace

T = TypeVar("T")
Replacement = Provider  # with `override=True`: takes the place of a part, such as to see a check fail

# Each role has a connection of its own, so that it may run in a process of its own.
IngestPost = NewType("IngestPost", BrokerPost)
HelloPost = NewType("HelloPost", BrokerPost)
DispatchBroker = NewType("DispatchBroker", Broker)


@dataclass(frozen=True, slots=True)
class IngestRoom:
    """What the role of ingest runs."""

    post: IngestPost
    hellos: HelloPost
    ingest: Ingest


@dataclass(frozen=True, slots=True)
class DispatchRoom:
    """What the role of the dispatcher runs."""

    broker: DispatchBroker
    dispatch: Dispatch


@dataclass(frozen=True, slots=True)
class ProcessesRoom:
    """What the role of processes runs."""

    state: State
    sagas: Sagas
    handlers: Sequence[GroupWorker]


@dataclass(frozen=True, slots=True)
class Office:
    """What the operator's commands use, without broker or pages."""

    fleet: Fleet
    commands: CommandBus
    queries: QueryBus
    orders: Orders
    accounts: Accounts
    passwords: Passwords
    rebuilder: Rebuilder
    store: EventStore
    records: FleetRecords
    models: ReadModels
    letters: DeadLetters
    keeper: Keeper
    redriver: Redriver
    deliveries: Deliveries
    sagas: Sagas
    parting: Parting
    scan: Scan
    seal: Seal
    keys: KeyRing
    clock: Clock
    chance: Chance


class Parts:
    """Gives out parts: builds those that are asked for, with what they need, and no others."""

    def __init__(self, container: AsyncContainer) -> None:
        self._container = container

    async def get(self, kind: type[T]) -> T:
        return await self._container.get(kind)


class _Foundation(Provider):
    scope = Scope.APP
    settings = from_context(Settings)

    @provide
    def clock(self) -> Clock:
        return SystemClock()

    @provide
    def chance(self) -> Chance:
        return SystemChance()

    @provide
    async def keys(self, settings: Settings, chance: Chance) -> KeyRing:
        path, master = key_file(settings), master_key(settings)
        return await asyncio.to_thread(FileKeyRing, path=path, master=master, chance=chance)

    @provide
    def seal(self, keys: KeyRing, chance: Chance) -> Seal:
        return ChaChaSeal(keys=keys, chance=chance)

    @provide
    def archive(self, settings: Settings, seal: Seal, keys: KeyRing) -> Archive:
        return FolderArchive(folder=archive_folder(settings), seal=seal, keys=keys)

    @provide
    async def client(self, settings: Settings) -> AsyncIterator[StoreClient]:
        client = connect(settings.store)
        try:
            yield client
        finally:
            await client.close()

    @provide
    async def ingest_post(
        self, settings: Settings, keys: KeyRing, clock: Clock, chance: Chance
    ) -> IngestPost:
        secret = await asyncio.to_thread(group_secret, keys)
        subscriptions = [topics.hidden(each, secret) for each in ingest.SUBSCRIPTIONS]
        return IngestPost(await _post(settings, clock, chance, "batches", subscriptions))

    @provide
    async def hello_post(self, settings: Settings, clock: Clock, chance: Chance) -> HelloPost:
        return HelloPost(await _post(settings, clock, chance, "hellos", hellos.SUBSCRIPTIONS))

    @provide
    async def dispatch_broker(
        self, settings: Settings, keys: KeyRing, clock: Clock, chance: Chance
    ) -> DispatchBroker:
        secret = await asyncio.to_thread(group_secret, keys)
        subscriptions = [topics.hidden(each, secret) for each in mail.SUBSCRIPTIONS]
        return DispatchBroker(
            await _broker(settings, clock, chance, Role.DISPATCHER, subscriptions, retained=False)
        )


class _Rooms(Provider):
    scope = Scope.APP

    live = provide(RedisEventStore, provides=LiveStore)
    store = provide(ArchivedEventStore, provides=EventStore)
    keeper = provide(Keeper)
    letters = provide(RedisDeadLetters, provides=DeadLetters)
    redriver = provide(Redriver)
    models = provide(RedisReadModels, provides=ReadModels)
    copies = provide(RedisCopies, provides=AnyOf[Copies, Rebuilds])
    projector = provide(Projector)
    rebuilder = provide(Rebuilder)
    intake = provide(Intake)
    records = provide(FleetRecords)
    fleet = provide(Fleet)
    book = provide(RedisOrderBook, provides=OrderBook)
    orders = provide(Orders)
    answerer = provide(ChatIsOff, provides=Answerer)
    accounts = provide(Accounts)
    sessions = provide(Sessions)
    limit = provide(SignInLimit)
    passwords = provide(Passwords)
    sign_in = provide(SignIn)
    doors = provide(Doors)
    ingest_room = provide(IngestRoom)
    dispatch_room = provide(DispatchRoom)
    processes_room = provide(ProcessesRoom)
    office = provide(Office)

    @provide
    async def pages(self) -> Pages:
        return await asyncio.to_thread(load_pages)

    @provide
    def roll_call(self, post: HelloPost, records: FleetRecords, store: EventStore, clock: Clock) -> RollCall:
        return RollCall(connections=post, roster=records, store=store, clock=clock)

    @provide
    def ingest(
        self,
        post: IngestPost,
        hello_post: HelloPost,
        store: EventStore,
        intake: Intake,
        roll_call: RollCall,
        clock: Clock,
        chance: Chance,
    ) -> Ingest:
        greeter = Hellos(
            post=hello_post, store=store, intake=intake, roll_call=roll_call, clock=clock, chance=chance
        )
        return Ingest(
            post=post,
            store=store,
            intake=intake,
            hellos=greeter,
            roll_call=roll_call,
            clock=clock,
            chance=chance,
        )

    @provide
    def dispatch(
        self,
        broker: DispatchBroker,
        records: FleetRecords,
        book: OrderBook,
        models: ReadModels,
        answerer: Answerer,
        seal: Seal,
        clock: Clock,
        chance: Chance,
    ) -> Dispatch:
        orders = OrderDispatch(post=broker, book=book, models=models, seal=seal, clock=clock, chance=chance)
        answers = Answers(post=broker, seal=seal, answerer=answerer, clock=clock)
        return Dispatch(
            settings=SettingsDispatch(post=broker, records=records, seal=seal, chance=chance),
            orders=orders,
            answers=answers,
            mail=Mail(post=broker, orders=orders, answers=answers),
        )

    @provide
    def projections(self) -> Sequence[Projection]:
        return (Conversations(), Bears(), OrderStates(), Ledger())


class _Buses(Provider):
    scope = Scope.APP

    timings = provide(Timings)

    @provide
    async def state(
        self, client: StoreClient, keys: KeyRing, seal: Seal, clock: Clock, chance: Chance
    ) -> AsyncIterator[State]:
        await asyncio.to_thread(keys.create, STATE_KEY)
        async with open_redis_store(client=client, chance=chance) as store:
            yield State(store=store, seal=seal, clock=clock)

    @provide
    def cache(self) -> Cache:
        return Cache()

    @provide
    def watch(self, models: ReadModels, cache: Cache, chance: Chance) -> Watch:
        return Watch(notices=models.every_notice, cache=cache, chance=chance)

    @provide
    def records(self, store: EventStore, seal: Seal, clock: Clock) -> Records:
        return Records(store=store, seal=seal, clock=clock, owner_of=device_owner)

    @provide
    def commands(
        self,
        fleet: Fleet,
        sagas: Sagas,
        parting: Parting,
        state: State,
        records: Records,
        timings: Timings,
        clock: Clock,
        chance: Chance,
    ) -> CommandBus:
        return CommandBus(
            handlers=[*asking.handlers(fleet), *processing.handlers(sagas, parting, clock)],
            middleware=middleware.in_order(
                state=state, clock=clock, owners=fleet, records=records, timings=timings
            ),
            begin=lambda: Trace.start(chance),
        )

    @provide
    def queries(
        self,
        fleet: Fleet,
        models: ReadModels,
        cache: Cache,
        records: Records,
        timings: Timings,
        clock: Clock,
    ) -> QueryBus:
        return QueryBus(
            answerers=[*asking.answerers(fleet), *queries.answerers(models)],
            cache=cache,
            owners=fleet,
            records=records,
            timings=timings,
            clock=clock,
        )


class _Processes(Provider):
    scope = Scope.APP

    book = provide(SagaBook)
    scan = provide(Scan)
    erasing = provide(EraseChildData)
    opener = provide(Opener)
    deliveries = provide(RedisDeliveries, provides=Deliveries)

    @provide
    def parting(self, records: FleetRecords, store: EventStore, keys: KeyRing) -> Parting:
        return Parting(records=records, store=store, keys=keys)

    @provide
    def sagas(
        self,
        settings: Settings,
        erasing: EraseChildData,
        book: SagaBook,
        state: State,
        clock: Clock,
        chance: Chance,
    ) -> Sagas:
        return Sagas(
            kinds=[erasing.saga], book=book, state=state, clock=clock, chance=chance, worker=settings.worker
        )

    @provide
    def handlers(
        self,
        settings: Settings,
        sagas: Sagas,
        deliveries: Deliveries,
        store: EventStore,
        opener: Opener,
        clock: Clock,
        chance: Chance,
    ) -> Sequence[GroupWorker]:
        return [
            GroupWorker(
                handler=each,
                deliveries=deliveries,
                store=store,
                opener=opener,
                clock=clock,
                chance=chance,
                worker=settings.worker,
            )
            for each in processing.listeners(sagas)
        ]


@asynccontextmanager
async def open_parts(settings: Settings, *replacements: Replacement) -> AsyncIterator[Parts]:
    """What is built in the block is taken apart at its end, in reverse order."""
    container = _container(settings, *replacements)
    try:
        yield Parts(container)
    finally:
        await container.close()


@asynccontextmanager
async def open_office(settings: Settings) -> AsyncIterator[Office]:
    container = _container(settings)
    try:
        yield await container.get(Office)
    finally:
        await container.close()


async def _post(
    settings: Settings, clock: Clock, chance: Chance, what: str, subscriptions: Sequence[str]
) -> BrokerPost:
    return BrokerPost(
        address=broker_address(settings.broker),
        identifier=f"teddy-cloud-{Role.INGEST}-{what}-{settings.worker}",
        subscriptions=subscriptions,
        clock=clock,
        chance=chance,
        tls=await asyncio.to_thread(context_of, settings, Role.INGEST, clock=clock, chance=chance),
    )


async def _broker(
    settings: Settings,
    clock: Clock,
    chance: Chance,
    role: Role,
    subscriptions: Sequence[str],
    *,
    retained: bool = True,
) -> Broker:
    return Broker(
        address=broker_address(settings.broker),
        identifier=f"teddy-cloud-{role}-{settings.worker}",
        subscriptions=subscriptions,
        retained=retained,
        chance=chance,
        tls=await asyncio.to_thread(context_of, settings, role, clock=clock, chance=chance),
    )


def _container(settings: Settings, *replacements: Replacement) -> AsyncContainer:
    return make_async_container(
        _Foundation(),
        _Rooms(),
        _Buses(),
        _Processes(),
        *replacements,
        context={Settings: settings},
        validation_settings=STRICT_VALIDATION,
    )
