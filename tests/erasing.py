"""A cloud in memory in which a child is erased: real events, read models, orders, letters and sagas."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final

from teddy_cloud.bus.callers import operator
from teddy_cloud.bus.commands import CommandBus
from teddy_cloud.bus.events import GroupWorker
from teddy_cloud.bus.memory import MemoryDeliveries
from teddy_cloud.bus.middleware import in_order
from teddy_cloud.bus.opening import Opener
from teddy_cloud.bus.records import Records
from teddy_cloud.bus.timings import Timings
from teddy_cloud.eventstore.memory import MemoryEventStore
from teddy_cloud.eventstore.partitions import partition_of
from teddy_cloud.eventstore.replay import Wanted, replay
from teddy_cloud.eventstore.store import Item
from teddy_cloud.fleet.household import Bear, ChildProfile, device_owner
from teddy_cloud.fleet.orderbook import MemoryOrderBook
from teddy_cloud.fleet.orders import Orders
from teddy_cloud.fleet.parting import Parting
from teddy_cloud.processes.asking import EraseChild, handlers, listeners
from teddy_cloud.processes.erase_child import EraseChildData, saga_id
from teddy_cloud.processes.looking_for import Found, Scan
from teddy_cloud.projections.bears import Bears
from teddy_cloud.projections.conversations import Conversations
from teddy_cloud.projections.copies import Step
from teddy_cloud.projections.ledger import Ledger
from teddy_cloud.projections.memory import MemoryReadModels
from teddy_cloud.projections.orders import OrderStates
from teddy_cloud.projections.projection import Projection
from teddy_cloud.projections.projector import Projector
from teddy_cloud.projections.readmodels import Cell
from teddy_cloud.sagas.book import SagaBook
from teddy_cloud.sagas.engine import Sagas
from teddy_cloud.sagas.record import SagaRecord
from teddy_shared.ages import AgeBand
from teddy_shared.clock import SeededChance
from teddy_shared.codec import encode_head
from teddy_shared.envelope import BearId, FamilyId, ProfileId
from teddy_shared.errors import ConfigError, KeyErased
from teddy_shared.events import (
    ChildErased,
    CommandEnded,
    CommandIssued,
    Ending,
    Event,
    SafetyAlertRaised,
    from_bytes,
    to_bytes,
)
from teddy_shared.messages import SettingsDocument
from teddy_shared.purposes import Consent, Purpose
from teddy_shared.seal import ChaChaSeal, MemoryKeyRing
from teddy_shared.state.memory import MemoryStore
from teddy_shared.state.state import State
from teddy_shared.tracing import Trace
from tests.cloud_bear import BEAR, CHILD, begun, ended, head_of
from tests.fates import Fate, FatefulStore
from tests.virtual_time import VirtualClock

STRANGER: Final = BearId("bear-9")
SAGA: Final = saga_id(CHILD)
CLERK: Final = operator("clerk")
GRANTED: Final[Consent] = frozenset({Purpose.ACTIVITY, Purpose.SAFETY})
PROJECTIONS: Final[Sequence[Projection]] = (Conversations(), Bears(), OrderStates(), Ledger())


class MemoryHouseholds:
    """Families, bears and wishes; one family with one bear."""

    def __init__(self) -> None:
        profile = ChildProfile(id=CHILD, age_band=AgeBand.LITTLE)
        self.bears = {BEAR: Bear(id=BEAR, family="family-1", profile=profile)}
        self.documents = {
            BEAR: SettingsDocument(version=1, profile=CHILD, age_band=AgeBand.LITTLE, consent=GRANTED)
        }
        self.held: set[BearId] = set()
        self.breaks = False

    async def all_bears(self) -> Sequence[BearId]:
        return sorted(self.bears)

    async def bear(self, bear: BearId) -> Bear | None:
        return self.bears.get(bear)

    async def replace(self, bear: Bear) -> None:
        self.bears[BearId(bear.id)] = bear

    async def document(self, bear: BearId) -> SettingsDocument | None:
        return self.documents.get(bear)

    async def change(
        self, bear: BearId, wish: Callable[[SettingsDocument], SettingsDocument]
    ) -> SettingsDocument | None:
        if self.breaks:
            raise ConfigError("the records are closed")
        self.documents[bear] = wish(self.documents[bear])
        return self.documents[bear]

    async def hold(self, bear: BearId) -> None:
        self.held.add(bear)

    async def release(self, bear: BearId) -> None:
        self.held.discard(bear)


class StickyKeyRing(MemoryKeyRing):
    """Keeps what it is told to erase, while it is stuck."""

    stuck = False

    def erase(self, owner: str) -> None:
        if not self.stuck:
            super().erase(owner)


class ForgettingModels(MemoryReadModels):
    """Tells when pages were taken away for the first time."""

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud.store)
        self._cloud = cloud

    async def erase(self, model: str, bear: BearId, pages: Collection[str]) -> int:
        gone = await super().erase(model, bear, pages)
        self._cloud.forgotten.set()
        return gone


class Anybody:
    async def bear(self, family: FamilyId, bear: BearId) -> object:
        return (family, bear)


@dataclass
class Cloud:
    """What outlives every worker."""

    store: MemoryEventStore = field(default_factory=MemoryEventStore)
    households: MemoryHouseholds = field(default_factory=MemoryHouseholds)
    kept: MemoryStore = field(default_factory=MemoryStore)
    book: MemoryOrderBook = field(default_factory=MemoryOrderBook)

    def __post_init__(self) -> None:
        self.forgotten = asyncio.Event()  # once pages were taken away
        self.models = ForgettingModels(self)
        self.keys = StickyKeyRing(chance=SeededChance(3))
        for owner in (CHILD, device_owner(BEAR), "state"):
            self.keys.create(owner)
        self.seal = ChaChaSeal(keys=self.keys, chance=SeededChance(4))
        self.deliveries = MemoryDeliveries(store=self.store, clock=VirtualClock())

    async def live(self) -> None:
        """A day of talk, an alert, and something that nobody could read."""
        await self.store.permit(BEAR, consent=GRANTED, profiles=frozenset({CHILD}))
        for number in range(3):
            for event in (begun(), ended()):
                await self.says(event, turn=f"turn-{number}")
        await self.says(SafetyAlertRaised(category="lost", advice="Call your child now."))
        words = self.seal.seal(device_owner(BEAR), b"words of a child", b"dead")
        await self.store.bury(BEAR, reason="not zstd", size=16, sealed=words)
        await self.project()

    async def says(self, event: Event, bear: BearId = BEAR, **head: Any) -> None:
        """The bear says it, and ingest stores it."""
        epoch, lane = "epoch-1", event.label.lane
        number = (await self.store.marks(bear, epoch)).get(lane, 0) + 1
        now = int(VirtualClock().wall() * 1000)
        line = head_of(event, number, bear=bear, epoch=epoch, wall_ms=now, **head)
        owner = line.profile or device_owner(bear)
        profile = ProfileId(line.profile) if line.profile else None
        sealed = self.seal.seal(owner, to_bytes(event), line.place.bytes())
        item = Item(encode_head(line), line.purpose, profile, owner, sealed)
        await self.store.append_batch(bear=bear, epoch=epoch, lane=lane, first=number, items=[item])

    async def answers(self, ending: Ending = "done", order: str = SAGA, bear: BearId = BEAR) -> None:
        await self.says(
            CommandEnded(command=order, type="child.erase", ending=ending), bear, correlation=order
        )

    async def project(self) -> None:
        projector = Projector(
            projections=PROJECTIONS,
            store=self.store,
            copies=self.models,
            seal=self.seal,
            clock=VirtualClock(),
            chance=SeededChance(),
        )
        await projector.catch_up()

    async def project_late(self, cell: Cell) -> None:
        """A projector writes what it had read before."""
        (at,) = await self.models.standing([Conversations.name], [partition_of(cell.bear)])
        (entry,) = await self.store.read(at.partition, at.position, 1)
        assert await self.models.write([Step(at, entry.position, {cell: b"{}"}, {})]) == [True]

    async def stored(self) -> Sequence[Event]:
        """All events about the bear that can be read."""
        found = []
        async for each in replay(self.store, Wanted(bear=BEAR)):
            with suppress(KeyErased):
                payload = self.seal.open(each.entry.owner, each.entry.sealed, each.head.place.bytes())
                event = from_bytes(each.head.type, each.head.version, payload)
                assert event is not None
                found.append(event)
        return found

    async def receipts(self) -> Sequence[ChildErased]:
        return [each for each in await self.stored() if isinstance(each, ChildErased)]

    async def orders(self) -> Sequence[str]:
        return [each.order.id for each in await self.stored() if isinstance(each, CommandIssued)]

    async def letters(self) -> int:
        return len([each async for each in self.store.letters.each(partition_of(BEAR)) if each.sealed])


@dataclass
class Worker:
    """One process of the cloud, which may be broken off at any of its points."""

    cloud: Cloud
    name: str = "w1"
    fate: Fate = field(default_factory=lambda: Fate(-1, "kill"))

    def __post_init__(self) -> None:
        cloud, clock, chance = self.cloud, VirtualClock(), SeededChance(len(self.name))
        state = State(store=FatefulStore(cloud.kept, self.fate), seal=cloud.seal, clock=clock)
        parting = Parting(records=cloud.households, store=cloud.store, keys=cloud.keys)
        records = Records(store=cloud.store, seal=cloud.seal, clock=clock, owner_of=device_owner)
        self.scan = Scan(
            store=cloud.store,
            letters=cloud.store.letters,
            models=cloud.models,
            projections=PROJECTIONS,
            parting=parting,
            seal=cloud.seal,
            keys=cloud.keys,
        )
        erasing = EraseChildData(
            parting=parting,
            orders=Orders(book=cloud.book, store=cloud.store, seal=cloud.seal, clock=clock, chance=chance),
            models=cloud.models,
            projections=PROJECTIONS,
            letters=cloud.store.letters,
            keys=cloud.keys,
            scan=self.scan,
            records=records,
            chance=chance,
        )
        self.sagas = Sagas(
            kinds=[erasing.saga],
            book=SagaBook(state=state, clock=clock),
            state=state,
            clock=clock,
            chance=chance,
            worker=self.name,
        )
        self.bus = CommandBus(
            handlers=handlers(self.sagas, parting, clock),
            middleware=in_order(
                state=state, clock=clock, owners=Anybody(), records=records, timings=Timings()
            ),
            begin=lambda: Trace.start(chance),
        )
        (listener,) = listeners(self.sagas)
        self.ear = GroupWorker(
            handler=listener,
            deliveries=cloud.deliveries,
            store=cloud.store,
            opener=Opener(seal=cloud.seal),
            clock=clock,
            chance=chance,
            worker=self.name,
        )

    async def erase(self) -> str:
        return await self.bus.handle(EraseChild(bear=BEAR, profile=CHILD), CLERK)

    async def find(self) -> SagaRecord:
        record = await self.sagas.find(SAGA)
        assert record is not None
        return record

    async def look(self) -> Found:
        return await self.scan.look(BEAR, CHILD)

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """As the role of processes does."""
        async with asyncio.TaskGroup() as tasks:
            running = [
                tasks.create_task(self.sagas.run(), name="sagas"),
                tasks.create_task(self.ear.run(), name="handlers"),
            ]
            yield
            for each in running:
                each.cancel()
