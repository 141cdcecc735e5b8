"""What is stored, shown, ordered and answered, and who may see it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from dishka import (
    AnyOf,
    Provider,
    Scope,
    provide,
)

from teddy_cloud.container.bundles import DispatchRoom, IngestRoom, Office, ProcessesRoom
from teddy_cloud.container.connections import DispatchBroker, HelloPost, IngestPost
from teddy_cloud.dispatch.answers import Answerer, Answers, ChatIsOff
from teddy_cloud.dispatch.dispatch import Dispatch
from teddy_cloud.dispatch.mail import Mail
from teddy_cloud.dispatch.orders import OrderDispatch
from teddy_cloud.dispatch.wishes import SettingsDispatch
from teddy_cloud.eventstore.archive.keeping import Keeper
from teddy_cloud.eventstore.archive.reading import ArchivedEventStore, LiveStore
from teddy_cloud.eventstore.letters import DeadLetters
from teddy_cloud.eventstore.redis import RedisEventStore
from teddy_cloud.eventstore.redis_letters import RedisDeadLetters
from teddy_cloud.eventstore.store import EventStore
from teddy_cloud.fleet.fleet import Fleet
from teddy_cloud.fleet.orderbook import RedisOrderBook
from teddy_cloud.fleet.orders import OrderBook, Orders
from teddy_cloud.fleet.records import FleetRecords
from teddy_cloud.identity.accounts import Accounts
from teddy_cloud.identity.limits import SignInLimit
from teddy_cloud.identity.passwords import Passwords
from teddy_cloud.identity.sessions import Sessions
from teddy_cloud.identity.signin import SignIn
from teddy_cloud.ingest.hellos import Hellos
from teddy_cloud.ingest.ingest import Ingest
from teddy_cloud.ingest.intake import Intake
from teddy_cloud.ingest.redrive import Redriver
from teddy_cloud.ingest.rollcall import RollCall
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
from teddy_cloud.web.doors import Doors
from teddy_cloud.web.rendering import Pages, load_pages
from teddy_shared.clock import Chance, Clock
from teddy_shared.seal import Seal


class Rooms(Provider):
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
