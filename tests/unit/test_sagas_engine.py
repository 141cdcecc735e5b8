"""The saga engine: steps in order, waits that end early, a way back, and an operator where there is none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from teddy_cloud.sagas.book import ENDED, SAGAS, UNBORN, SagaBook
from teddy_cloud.sagas.engine import Sagas
from teddy_cloud.sagas.lease import LEASE
from teddy_cloud.sagas.record import Standing
from teddy_cloud.sagas.saga import TRIES, Done, Going, Impossible, Saga, Step, Wait
from teddy_shared.clock import SeededChance
from teddy_shared.errors import ConfigError, Conflict, LinkError
from teddy_shared.seal import ChaChaSeal, MemoryKeyRing
from teddy_shared.state.memory import MemoryStore
from teddy_shared.state.scopes import Scope
from teddy_shared.state.state import State
from teddy_shared.state.store import Slot, Stamp
from tests.virtual_time import VirtualClock

pytestmark = pytest.mark.virtual_time

ID = "saga-1"


@dataclass
class House:
    """One state, any number of workers, and steps that do as they are told."""

    store: MemoryStore = field(default_factory=MemoryStore)
    did: list[str] = field(default_factory=list)
    do: dict[str, Callable[[Going], Awaitable[Done | Wait]]] = field(default_factory=dict)
    undo: dict[str, Callable[[Going], Awaitable[None]]] = field(default_factory=dict)
    final: str = ""

    def worker(self, name: str = "w1") -> Sagas:
        clock, chance = VirtualClock(), SeededChance(len(name))
        seal = ChaChaSeal(keys=MemoryKeyRing(chance=chance), chance=chance)
        state = State(store=self.store, seal=seal, clock=clock)
        self.book = SagaBook(state=state, clock=clock)
        steps = [self.step(each) for each in ("one", "two", "three")]
        return Sagas(
            kinds=[Saga("trip", steps)], book=self.book, state=state, clock=clock, chance=chance, worker=name
        )

    def step(self, name: str) -> Step:
        async def do(going: Going) -> Done | Wait:
            self.did.append(name)
            return await self.do[name](going) if name in self.do else Done({name: len(self.did)})

        async def undo(going: Going) -> None:
            self.did.append(f"undo {name}")
            if name in self.undo:
                await self.undo[name](going)

        return Step(name, do, undo, final=name == self.final)

    @asynccontextmanager
    async def working(self, *workers: Sagas) -> AsyncIterator[Sequence[asyncio.Task[None]]]:
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(each.run(), name="worker") for each in workers]
            await asyncio.sleep(0)
            yield running
            for each in running:
                each.cancel()


@pytest.fixture
def house() -> House:
    return House()


async def failing(_: Going) -> Done:
    raise ConfigError("the door is locked")


async def test_steps_follow_each_other_and_hand_on_what_they_found(house: House) -> None:
    seen: list[object] = []

    async def three(going: Going) -> Done:
        seen.append((dict(going.facts), going.key))
        return Done()

    house.do["three"] = three
    sagas = house.worker()
    async with house.working(sagas):
        await sagas.begin("trip", ID, {"from": "home"})
        await asyncio.sleep(0.1)

    record = await sagas.find(ID)
    assert record is not None
    assert (record.standing, house.did) == (Standing.DONE, ["one", "two", "three"])
    assert seen == [({"from": "home", "one": 1, "two": 2}, "saga-1/three/do")]
    assert [each.id for each in await sagas.all()] == [ID]


async def test_the_same_id_is_begun_once(house: House) -> None:
    sagas = house.worker()
    async with house.working(sagas):
        first = await sagas.begin("trip", ID, {"from": "home"})
        again = await sagas.begin("trip", ID, {"from": "elsewhere"})
        await asyncio.sleep(0.1)
        late = await sagas.begin("trip", ID, {})
        await asyncio.sleep(60)

    assert again.facts == first.facts
    assert late.standing is Standing.DONE
    assert house.did == ["one", "two", "three"]


async def test_what_fails_is_tried_again_and_then_undone_in_reverse(house: House) -> None:
    house.do["two"] = failing
    sagas = house.worker()
    async with house.working(sagas):
        await sagas.begin("trip", ID, {})
        await asyncio.sleep(300)

    record = await sagas.find(ID)
    assert record is not None
    assert house.did == ["one", *["two"] * TRIES, "undo two", "undo one"]
    assert (record.standing, record.reason) == (Standing.UNDONE, "two: the door is locked")


async def test_what_is_impossible_is_not_tried_again(house: House) -> None:
    async def impossible(_: Going) -> Done:
        raise Impossible("there is no door")

    house.do["two"] = impossible
    sagas = house.worker()
    async with house.working(sagas):
        await sagas.begin("trip", ID, {})
        await asyncio.sleep(1)

    assert house.did == ["one", "two", "undo two", "undo one"]


async def test_what_is_only_away_is_tried_for_as_long_as_it_takes(house: House) -> None:
    async def away(_: Going) -> Done:
        raise LinkError("the station is away")

    house.do["two"] = away
    sagas = house.worker()
    async with house.working(sagas):
        await sagas.begin("trip", ID, {})
        await asyncio.sleep(1800)
        del house.do["two"]
        await asyncio.sleep(120)

    record = await sagas.find(ID)
    assert record is not None
    assert record.standing is Standing.DONE
    assert len(house.did) > 2 * TRIES


async def test_a_step_waits_until_it_is_told_or_its_time_is_up(house: House) -> None:
    async def two(going: Going) -> Done | Wait:
        began = going.facts["at"]
        assert isinstance(began, float)
        if "letter" in going.told or going.now >= began + 3600:
            return Done({"letter": going.told.get("letter")})
        return Wait(began + 3600)

    house.do["two"] = two
    sagas = house.worker()
    now = VirtualClock().wall()
    async with house.working(sagas):
        await sagas.begin("trip", "told", {"at": now})
        await sagas.begin("trip", "not-told", {"at": now})
        await asyncio.sleep(600)
        waiting = list(house.did)
        await sagas.tell("told", {"letter": "yes"})
        await sagas.tell("nobody", {"letter": "yes"})
        await asyncio.sleep(0.1)
        told = await sagas.find("told")
        await asyncio.sleep(3600)
        other = await sagas.find("not-told")

    assert waiting.count("two") == 2
    assert told is not None
    assert other is not None
    assert (told.standing, told.facts["letter"]) == (Standing.DONE, "yes")
    assert (other.standing, other.facts["letter"]) == (Standing.DONE, None)


async def test_what_is_told_before_a_step_waits_or_while_it_decides_to_is_not_missed(house: House) -> None:
    sagas = house.worker()

    async def two(going: Going) -> Done | Wait:
        if "letter" in going.told:
            return Done()
        await sagas.tell(ID, {"letter": "yes"})  # it comes in this very moment
        return Wait(going.now + 86_400)

    house.do["two"] = two
    async with house.working(sagas):
        await sagas.begin("trip", ID, {})
        await asyncio.sleep(1)

    assert house.did == ["one", "two", "two", "three"]


async def test_behind_the_point_of_no_return_an_operator_must_look(house: House) -> None:
    house.final = "two"
    house.do["three"] = failing
    sagas = house.worker()
    async with house.working(sagas):
        await sagas.begin("trip", ID, {})
        await asyncio.sleep(3600)
        stuck = await sagas.find(ID)
        del house.do["three"]
        await sagas.retry(ID)
        await asyncio.sleep(1)
        mended = await sagas.find(ID)
        with pytest.raises(ConfigError, match="is not stuck: it is done"):
            await sagas.retry(ID)
        with pytest.raises(ConfigError, match="no saga"):
            await sagas.retry("saga-9")

    assert stuck is not None
    assert mended is not None
    assert (stuck.standing, stuck.reason) == (Standing.STUCK, "three: the door is locked")
    assert mended.standing is Standing.DONE
    assert house.did == ["one", "two", *["three"] * TRIES, "three"]


async def test_an_undoing_that_fails_is_tried_again_shown_and_goes_on_when_an_operator_says_so(
    house: House,
) -> None:
    async def locked(_: Going) -> None:
        raise ZeroDivisionError("secret words")

    house.do["two"] = failing
    house.undo["two"] = locked
    sagas = house.worker()
    async with house.working(sagas):
        await sagas.begin("trip", ID, {})
        await asyncio.sleep(3600)
        stuck = await sagas.find(ID)
        del house.undo["two"]
        await sagas.retry(ID)
        await asyncio.sleep(1)
        mended = await sagas.find(ID)

    assert stuck is not None
    assert mended is not None
    assert (stuck.standing, stuck.reason) == (Standing.STUCK, "two: ZeroDivisionError")
    assert house.did[-2:] == ["undo two", "undo one"]
    assert house.did.count("undo two") == TRIES + 1
    assert mended.standing is Standing.UNDONE


async def test_two_workers_at_one_saga_do_each_step_once(house: House) -> None:
    async def slow(_: Going) -> Done:
        await asyncio.sleep(2 * LEASE)  # the one at work renews its lease
        return Done()

    house.do |= {"one": slow, "two": slow}
    one, other = house.worker("w1"), house.worker("other")
    async with house.working(one, other):
        for number in range(4):
            await one.begin("trip", f"saga-{number}", {})
        await asyncio.sleep(10 * LEASE)

    assert sorted(house.did) == sorted(["one", "two", "three"] * 4)


async def test_a_worker_that_was_asleep_when_its_lease_ran_out_changes_nothing(house: House) -> None:
    one, other = house.worker("w1"), house.worker("other")
    sleeping = asyncio.Event()

    async def two(_: Going) -> Done:
        if not sleeping.is_set():
            sleeping.set()
            lease = Slot(Scope.APPLICATION, ID, "sagas.lease")
            await house.store.delete(lease, stamp=Stamp(SAGAS, 0.0))  # it has run out
            await other.advance(ID)  # and another worker goes to the end
        return Done()

    house.do["two"] = two
    await one.begin("trip", ID, {})
    await one.advance(ID)  # its write meets the other's

    record = await other.find(ID)
    assert record is not None
    assert record.standing is Standing.DONE
    assert house.did == ["one", "two", "two", "three"]


async def test_a_killed_workers_saga_goes_on_when_its_lease_has_run_out(house: House) -> None:
    async def hang(_: Going) -> Done:
        await asyncio.sleep(3600)
        return Done()

    house.do["two"] = hang
    one, other = house.worker("w1"), house.worker("other")
    await one.begin("trip", ID, {})
    async with house.working(one) as (running,):
        await asyncio.sleep(1)
        running.cancel()
        del house.do["two"]
        async with house.working(other):
            await asyncio.sleep(LEASE + 20)

    assert house.did == ["one", "two", "two", "three"]


async def test_a_saga_of_a_kind_that_this_release_does_not_know_waits_and_holds_up_no_other(
    house: House,
) -> None:
    sagas = house.worker()
    stranger = await sagas.begin("trip", "stranger", {})
    held = await house.book.read("stranger")
    assert held is not None
    await house.book.write(stranger.model_copy(update={"kind": "voyage"}), held.version)

    async with house.working(sagas):
        await sagas.begin("trip", ID, {})
        await asyncio.sleep(60)

    assert house.did == ["one", "two", "three"]


async def test_an_entry_whose_record_was_never_written_is_struck_out(house: House) -> None:
    class Dying(MemoryStore):
        async def put(self, slot: object, *where: object, **how: object) -> int:
            if getattr(slot, "name", "") == "sagas.record":
                raise LinkError("the power went")
            return await super().put(slot, *where, **how)  # type: ignore[arg-type]

    house.store = Dying()
    sagas = house.worker()
    with pytest.raises(LinkError):
        await sagas.begin("trip", ID, {})
    async with house.working(sagas):
        await asyncio.sleep(60)
        young = await house.book.open()
        await asyncio.sleep(UNBORN)

    assert (list(young), list(await house.book.open())) == ([ID], [])


async def test_what_is_over_is_remembered_up_to_a_number(house: House) -> None:
    sagas = house.worker()
    for number in range(ENDED + 3):
        await sagas.begin("trip", f"saga-{number}", {})
        await sagas.advance(f"saga-{number}")

    kept = [each.id for each in await sagas.all()]
    assert (len(kept), kept[0], kept[-1]) == (ENDED, "saga-3", f"saga-{ENDED + 2}")
    assert await sagas.find("saga-0") is None


async def test_of_two_writers_of_a_record_the_second_is_refused(house: House) -> None:
    sagas = house.worker()
    record = await sagas.begin("trip", ID, {})
    held = await house.book.read(ID)
    assert held is not None
    await house.book.write(record, held.version)

    with pytest.raises(Conflict):
        await house.book.write(record, held.version)
