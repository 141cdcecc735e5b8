"""The query bus: answers are given again only while they are true, and every look is in the ledger."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pytest

from teddy_cloud.bus.cache import LIFETIME, Cache
from teddy_cloud.bus.callers import NotForYou, Standing, operator, parent
from teddy_cloud.bus.queries import ONE_LOOK, Query, QueryBus, answers
from teddy_cloud.bus.records import Records
from teddy_cloud.bus.timings import Timings
from teddy_cloud.bus.watch import Watch
from teddy_cloud.eventstore.memory import MemoryEventStore
from teddy_cloud.eventstore.partitions import partition_of
from teddy_cloud.eventstore.store import BEGINNING, Position
from teddy_cloud.fleet.fleet import NotYours
from teddy_cloud.fleet.household import device_owner
from teddy_cloud.projections.copies import Step
from teddy_cloud.projections.memory import MemoryReadModels
from teddy_cloud.projections.readmodels import Cell, EveryNotice
from teddy_shared.clock import SeededChance
from teddy_shared.envelope import BearId, FamilyId
from teddy_shared.errors import LinkError
from teddy_shared.seal import ChaChaSeal, MemoryKeyRing
from tests.cloud_bear import BEAR
from tests.virtual_time import VirtualClock

pytestmark = pytest.mark.virtual_time

FAMILY, OTHERS = FamilyId("family-1"), FamilyId("family-2")
MOTHER, FATHER = parent("mother@example.org", FAMILY), parent("father@example.org", FAMILY)
STRANGER = parent("stranger@example.org", OTHERS)
HERE = partition_of(BEAR)


@dataclass(frozen=True)
class Mood(Query[str]):
    name: ClassVar[str] = "bear.mood"

    hour: int = 0


@dataclass(frozen=True)
class Wish(Query[str]):
    name: ClassVar[str] = "bear.wish"
    cached: ClassVar[bool] = False
    allowed: ClassVar[frozenset[Standing]] = frozenset({Standing.PARENT})


class OneFamily:
    async def bear(self, family: FamilyId, bear: BearId) -> object:
        if (family, bear) != (FAMILY, BEAR):
            raise NotYours
        return bear


class SometimesAway(MemoryEventStore):
    away = False

    async def append_expected(self, **where: Any) -> int:
        if self.away:
            raise LinkError("the store is away")
        return await super().append_expected(**where)


@dataclass
class House:
    """A query bus over read models, and a wire to them that can be cut."""

    models: MemoryReadModels = field(default_factory=MemoryReadModels)
    store: SometimesAway = field(default_factory=SometimesAway)
    made: int = 0
    meanwhile: Callable[[], Awaitable[None]] | None = None
    cut: asyncio.Event = field(default_factory=asyncio.Event)
    whole: asyncio.Event = field(default_factory=asyncio.Event)
    at: int = 0

    def __post_init__(self) -> None:
        clock, chance = VirtualClock(), SeededChance()
        keys = MemoryKeyRing(chance=chance)
        keys.create(device_owner(BEAR))
        seal = ChaChaSeal(keys=keys, chance=chance)
        self.cache = Cache(room=8)
        self.timings = Timings()
        self.whole.set()
        self.watch = Watch(notices=self.notices, cache=self.cache, chance=chance)
        self.bus = QueryBus(
            answerers=[answers(Mood, self.mood), answers(Wish, self.wish)],
            cache=self.cache,
            owners=OneFamily(),
            records=Records(store=self.store, seal=seal, clock=clock, owner_of=device_owner),
            timings=self.timings,
            clock=clock,
        )

    async def mood(self, query: Mood) -> str:
        self.made += 1
        page = await self.models.page("moods", query.bear, "now")
        if self.meanwhile is not None:
            await self.meanwhile()
        return page.get("mood", b"unknown").decode()

    async def wish(self, _: Wish) -> str:
        self.made += 1
        return f"wish {self.made}"

    async def becomes(self, mood: str, bear: BearId = BEAR) -> None:
        """The projector writes."""
        (before,) = await self.models.standing(["moods"], [partition_of(bear)])
        self.at += 1
        cells = {Cell(bear, "now", "mood"): mood.encode()}
        assert await self.models.write([Step(before, Position(f"{self.at}-0"), cells, {})]) == [True]

    @asynccontextmanager
    async def notices(self) -> AsyncIterator[_Wire]:
        if not self.whole.is_set():
            raise LinkError("away")
        async with self.models.every_notice() as notices:
            yield _Wire(self, notices)

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(self.watch.run(), name="watch")
            async with self.watch.of(BEAR):
                pass
            yield
            task.cancel()

    async def looks(self) -> int:
        return len(await self.store.read(HERE, BEGINNING, 100))


@dataclass
class _Wire:
    house: House
    inner: EveryNotice

    async def changed(self, seconds: float) -> Sequence[BearId]:
        hearing = asyncio.create_task(self.inner.changed(seconds), name="hearing")
        cutting = asyncio.create_task(self.house.cut.wait(), name="cutting")
        try:
            await asyncio.wait([hearing, cutting], return_when=asyncio.FIRST_COMPLETED)
            if self.house.cut.is_set():
                raise LinkError("cut")
            return sorted(hearing.result())
        finally:
            hearing.cancel()
            cutting.cancel()
            await asyncio.wait([hearing, cutting])


@pytest.fixture
async def house() -> House:
    return House()


async def test_the_same_question_is_answered_from_the_cache_until_the_bear_changes(house: House) -> None:
    async with house.watching():
        await house.becomes("calm")
        await asyncio.sleep(0.01)
        asked = [await house.bus.ask(Mood(BEAR), MOTHER) for _ in range(3)]
        made = house.made
        await house.becomes("merry")
        await asyncio.sleep(0)  # the notice is on its way
        await asyncio.sleep(0.01)
        after = await house.bus.ask(Mood(BEAR), MOTHER)

    assert (asked, made, after) == (["calm"] * 3, 1, "merry")
    assert house.timings.all()["bear.mood", "cached"].count == 2


async def test_an_answer_is_not_given_again_after_five_minutes(house: House) -> None:
    async with house.watching():
        await house.bus.ask(Mood(BEAR), MOTHER)
        await asyncio.sleep(LIFETIME - 1)
        await house.bus.ask(Mood(BEAR), MOTHER)
        young = house.made
        await asyncio.sleep(1)
        await house.bus.ask(Mood(BEAR), MOTHER)

    assert (LIFETIME, young, house.made) == (300, 1, 2)


async def test_other_parameters_and_another_bears_change_are_other_answers(house: House) -> None:
    async with house.watching():
        await house.bus.ask(Mood(BEAR, hour=1), MOTHER)
        await house.bus.ask(Mood(BEAR, hour=2), MOTHER)
        await house.becomes("merry", BearId("bear-2"))
        await asyncio.sleep(0.01)
        await house.bus.ask(Mood(BEAR, hour=1), FATHER)

    assert house.made == 2


async def test_another_family_never_gets_what_is_kept_for_this_one(house: House) -> None:
    async with house.watching():
        await house.bus.ask(Mood(BEAR), MOTHER)

        with pytest.raises(NotYours):
            await house.bus.ask(Mood(BEAR), STRANGER)
        with pytest.raises(NotForYou):
            await house.bus.ask(Wish(BEAR), operator("clerk"))


async def test_what_changed_while_an_answer_was_made_is_not_kept_out_of_it(house: House) -> None:
    async with house.watching():

        async def change() -> None:
            house.meanwhile = None
            await house.becomes("merry")
            await asyncio.sleep(0.01)

        house.meanwhile = change
        first = await house.bus.ask(Mood(BEAR), MOTHER)
        second = await house.bus.ask(Mood(BEAR), MOTHER)

    assert (first, second) == ("unknown", "merry")


async def test_while_nobody_watches_nothing_is_given_again(house: House) -> None:
    for _ in range(2):
        await house.bus.ask(Mood(BEAR), MOTHER)
    assert house.made == 2

    async with house.watching():
        await house.bus.ask(Mood(BEAR), MOTHER)
        house.whole.clear()
        house.cut.set()
        await asyncio.sleep(0.01)
        await house.becomes("merry")  # and nobody hears of it
        away = [await house.bus.ask(Mood(BEAR), MOTHER) for _ in range(2)]
        house.cut.clear()
        house.whole.set()
        await asyncio.sleep(10)
        back = [await house.bus.ask(Mood(BEAR), MOTHER) for _ in range(2)]

    assert (away, back) == (["merry"] * 2, ["merry"] * 2)
    assert house.made == 2 + 1 + 2 + 1
    assert len(house.cache) == 0


async def test_an_answer_that_was_begun_before_a_cut_is_not_kept(house: House) -> None:
    async with house.watching():

        async def cut() -> None:
            house.meanwhile = None
            house.cut.set()
            await asyncio.sleep(0.01)
            house.cut.clear()
            await asyncio.sleep(10)  # the watch stands again

        house.meanwhile = cut
        await house.bus.ask(Mood(BEAR), MOTHER)
        await house.bus.ask(Mood(BEAR), MOTHER)

    assert house.made == 2


async def test_the_cache_is_bounded_and_what_was_not_asked_for_longest_gives_way(house: House) -> None:
    async with house.watching():
        for hour in range(8):
            await house.bus.ask(Mood(BEAR, hour), MOTHER)
        await house.bus.ask(Mood(BEAR, 0), MOTHER)
        await house.bus.ask(Mood(BEAR, 8), MOTHER)
        made = house.made
        await house.bus.ask(Mood(BEAR, 0), MOTHER)
        await house.bus.ask(Mood(BEAR, 1), MOTHER)

        assert len(house.cache) == 8
    assert (made, house.made) == (9, 10)


async def test_what_is_not_from_read_models_is_asked_each_time(house: House) -> None:
    async with house.watching():
        assert [await house.bus.ask(Wish(BEAR), MOTHER) for _ in range(2)] == ["wish 1", "wish 2"]


async def test_a_look_is_recorded_once_in_five_minutes_for_each_person_and_question(house: House) -> None:
    async with house.watching():
        for _ in range(3):
            await house.bus.ask(Mood(BEAR), MOTHER)
        once = await house.looks()
        await house.bus.ask(Mood(BEAR), FATHER)  # answered from the cache, and recorded all the same
        await house.bus.ask(Wish(BEAR), MOTHER)
        thrice = await house.looks()
        await asyncio.sleep(ONE_LOOK)
        await house.bus.ask(Mood(BEAR), MOTHER)

    assert (once, thrice, await house.looks()) == (1, 3, 4)
    assert house.made == 3


async def test_without_a_record_there_is_no_answer(house: House) -> None:
    house.store.away = True

    with pytest.raises(LinkError):
        await house.bus.ask(Mood(BEAR), MOTHER)

    assert house.made == 0


async def test_whoever_waits_for_a_change_is_woken_after_the_cache_was_told(house: House) -> None:
    async with house.watching(), house.watch.of(BEAR) as changes:
        await house.bus.ask(Mood(BEAR), MOTHER)
        quiet = await changes.changed(1)
        await house.becomes("merry")
        loud = await changes.changed(1)
        seen = await house.bus.ask(Mood(BEAR), MOTHER)
        house.whole.clear()
        house.cut.set()
        with pytest.raises(LinkError):
            await changes.changed(1)
        with pytest.raises(LinkError):
            async with house.watch.of(BEAR):
                pass

    assert (quiet, loud, seen) == (False, True, "merry")
