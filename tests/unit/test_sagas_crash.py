"""A saga that is broken off at every single point ends all the same, each of its effects there once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from teddy_cloud.sagas.book import SagaBook
from teddy_cloud.sagas.engine import Sagas
from teddy_cloud.sagas.record import SagaRecord, Standing
from teddy_cloud.sagas.saga import Done, Going, Impossible, Saga, Step, Wait
from teddy_shared.clock import SeededChance
from teddy_shared.seal import ChaChaSeal, MemoryKeyRing
from teddy_shared.state.memory import MemoryStore
from teddy_shared.state.state import State
from tests.fates import Fate, FatefulStore, How
from tests.virtual_time import VirtualClock

pytestmark = pytest.mark.virtual_time


@dataclass
class World:
    """What steps do outside: a letter is there or is not, and its key says whose it is."""

    letters: dict[str, str] = field(default_factory=dict)
    calls: int = 0

    async def write(self, going: Going, fate: Fate) -> None:
        await fate.point()
        self.calls += 1
        name = going.key.split("/")[1]
        assert self.letters.setdefault(name, going.key) == going.key
        await fate.point()

    async def tear_up(self, going: Going, fate: Fate) -> None:
        await fate.point()
        self.letters.pop(going.key.split("/")[1], None)
        await fate.point()


def saga_of(world: World, fate: Fate, *, impossible: bool) -> Saga:
    async def write(going: Going) -> Done:
        await world.write(going, fate)
        return Done({going.key.split("/")[1]: True})

    async def tear_up(going: Going) -> None:
        await world.tear_up(going, fate)

    async def wait(going: Going) -> Done | Wait:
        began = going.facts.get("begun")
        assert isinstance(began, float)
        return Done() if going.now >= began + 5 else Wait(began + 5)

    async def last(going: Going) -> Done:
        assert {"one", "two"} <= going.facts.keys()
        if impossible:
            await world.write(going, fate)
            raise Impossible("the last one cannot be")
        return await write(going)

    return Saga(
        "letters",
        [
            Step("one", write, tear_up),
            Step("pause", wait),
            Step("two", write, tear_up),
            Step("last", last, tear_up, final=not impossible),
        ],
    )


def worker(store: MemoryStore, world: World, fate: Fate, name: str, *, impossible: bool) -> Sagas:
    clock, chance = VirtualClock(), SeededChance(fate.at)
    seal = ChaChaSeal(keys=MemoryKeyRing(chance=chance), chance=chance)
    state = State(store=FatefulStore(store, fate), seal=seal, clock=clock)
    return Sagas(
        kinds=[saga_of(world, fate, impossible=impossible)],
        book=SagaBook(state=state, clock=clock),
        state=state,
        clock=clock,
        chance=chance,
        worker=name,
    )


async def drive(sagas: Sagas) -> SagaRecord:
    """Until it is over: a minute at most."""
    async with asyncio.timeout(60):
        while True:
            await sagas.advance("saga-1")
            record = await sagas.find("saga-1")
            assert record is not None
            if record.over:
                return record
            await asyncio.sleep(1)


async def broken_off(at: int, how: How, *, impossible: bool) -> tuple[SagaRecord, World, Fate]:
    """A worker that is struck at a point, and then another one that finds what it left."""
    store, world, fate = MemoryStore(), World(), Fate(at, how)
    begun = {"begun": VirtualClock().wall()}
    first = worker(store, world, fate, "first", impossible=impossible)

    async def live() -> None:
        await first.begin("letters", "saga-1", begun)
        await drive(first)

    life = asyncio.create_task(live(), name="first life")
    await asyncio.wait([life])
    if not life.cancelled():
        life.exception()  # however it ended
    second = worker(store, world, Fate(-1, "kill"), "second", impossible=impossible)
    await second.begin("letters", "saga-1", begun)  # as whoever asked for it would, having no answer
    return await drive(second), world, fate


async def every_point(how: How, *, impossible: bool, judge: Callable[[SagaRecord, World], None]) -> int:
    at = 0
    while True:
        record, world, fate = await broken_off(at, how, impossible=impossible)
        judge(record, world)
        if not fate.struck:
            return at
        at += 1


@pytest.mark.parametrize("how", ["kill", "cancel", "raise"])
async def test_a_saga_broken_off_anywhere_is_done_in_the_end(how: How) -> None:
    def judge(record: SagaRecord, world: World) -> None:
        assert record.standing is Standing.DONE
        assert sorted(world.letters) == ["last", "one", "two"]

    assert await every_point(how, impossible=False, judge=judge) > 30


@pytest.mark.parametrize("how", ["kill", "cancel", "raise"])
async def test_a_saga_that_cannot_be_is_undone_wherever_it_is_broken_off(how: How) -> None:
    def judge(record: SagaRecord, world: World) -> None:
        assert (record.standing, record.reason) == (Standing.UNDONE, "last: the last one cannot be")
        assert world.letters == {}

    assert await every_point(how, impossible=True, judge=judge) > 40
