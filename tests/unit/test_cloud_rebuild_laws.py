"""Whatever comes, follows, goes on or breaks off, and in whichever order: each event counts once."""

from __future__ import annotations

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from teddy_cloud.eventstore.memory import MemoryEventStore
from teddy_cloud.eventstore.store import Item
from teddy_cloud.projections.bears import STATE, Bears, state_of
from teddy_cloud.projections.memory import MemoryReadModels
from teddy_cloud.projections.projector import Projector
from teddy_cloud.projections.rebuilding import Progress, Rebuilder
from teddy_shared.clock import SeededChance, SystemChance, SystemClock
from teddy_shared.codec import encode_head
from teddy_shared.envelope import BearId, Lane, withheld
from teddy_shared.purposes import Purpose
from teddy_shared.seal import ChaChaSeal, MemoryKeyRing
from tests.cloud_bear import begun, head_of

BEARS = [BearId(f"bear-{number}") for number in range(3)]

Deed = tuple[str, int]
DEEDS = st.one_of(
    st.tuples(st.just("send"), st.integers(0, 2)),  # which bear
    st.tuples(st.just("refill"), st.integers(0, 2)),
    st.tuples(st.just("follow"), st.integers(0, 1)),  # which projector
    st.tuples(st.just("rebuild"), st.integers(1, 16)),  # after how much it breaks off
)


class BrokeOff(Exception):
    """The rebuild was killed here."""


class Cloud:
    def __init__(self) -> None:
        self.store = MemoryEventStore()
        self.models = MemoryReadModels(self.store)
        self.sent = dict.fromkeys(BEARS, 0)
        self._copies = 0  # of what was sent before, under new positions
        keys = MemoryKeyRing(chance=SeededChance())
        self._reading = {
            "projections": [Bears()],
            "store": self.store,
            "copies": self.models,
            "seal": ChaChaSeal(keys=keys, chance=SeededChance()),
            "clock": SystemClock(),
            "chance": SystemChance(),
        }
        self._projectors = [self.projector(), self.projector()]

    def projector(self) -> Projector:
        return Projector(**self._reading)  # type: ignore[arg-type]  # each is what its name says

    async def does(self, deed: Deed) -> None:
        match deed:
            case "send", bear:
                name = BEARS[bear]
                self.sent[name] += 1
                await self._append(name, "epoch-1", self.sent[name], self.sent[name])
            case "refill", bear if self.sent[BEARS[bear]]:
                self._copies += 1
                await self._append(BEARS[bear], f"copy-{self._copies}", 1, self.sent[BEARS[bear]])
            case "follow", which:
                await self._projectors[which].catch_up()
            case "rebuild", most:
                await self.rebuilds(most)

    async def rebuilds(self, most: int) -> None:
        told: list[Progress] = []

        def tell(progress: Progress) -> None:
            told.append(progress)
            if len(told) > most:
                raise BrokeOff

        try:
            rebuilder = Rebuilder(**self._reading, rebuilds=self.models)  # type: ignore[arg-type]
            await rebuilder.rebuild(Bears.name, tell=tell)
        except BrokeOff:
            pass

    async def counted(self, bear: BearId) -> int:
        return state_of(await self.models.page(Bears.name, bear, STATE)).withheld

    async def _append(self, bear: BearId, epoch: str, first: int, number: int) -> None:
        """One event that is counted; its head names its own place, wherever it is stored."""
        head = encode_head(withheld(head_of(begun(), number, bear=bear, epoch="epoch-1")))
        item = Item(head, Purpose.DEVICE, None, "", b"")
        await self.store.append_batch(
            bear=bear, epoch=epoch, lane=Lane.INTERACTION, first=first, items=[item]
        )


@settings(max_examples=40, deadline=None)
@given(deeds=st.lists(DEEDS, max_size=12))
def test_each_event_counts_once_whatever_breaks_off(deeds: list[Deed]) -> None:
    async def live() -> None:
        cloud = Cloud()
        for deed in deeds:
            seen = {bear: await cloud.counted(bear) for bear in BEARS}
            await cloud.does(deed)
            for bear in BEARS:
                assert await cloud.counted(bear) >= seen[bear]
        await cloud.rebuilds(most=1_000)
        await cloud.projector().catch_up()

        assert {bear: await cloud.counted(bear) for bear in BEARS} == cloud.sent

    asyncio.run(live())
