"""What takes many steps, and what waits for events."""

from __future__ import annotations

from collections.abc import Sequence

from dishka import (
    Provider,
    Scope,
    provide,
)

from teddy_cloud.bus.deliveries import Deliveries
from teddy_cloud.bus.events import GroupWorker
from teddy_cloud.bus.opening import Opener
from teddy_cloud.bus.redis import RedisDeliveries
from teddy_cloud.eventstore.store import EventStore
from teddy_cloud.fleet.parting import Parting
from teddy_cloud.fleet.records import FleetRecords
from teddy_cloud.processes import asking as processing
from teddy_cloud.processes.erase_child import EraseChildData
from teddy_cloud.processes.looking_for import Scan
from teddy_cloud.sagas.book import SagaBook
from teddy_cloud.sagas.engine import Sagas
from teddy_cloud.settings import Settings
from teddy_shared.clock import Chance, Clock
from teddy_shared.seal import KeyRing
from teddy_shared.state.state import State


class Processes(Provider):
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
