"""The event bus: every event handled by each group, however often handlers fail or workers die."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from teddy_cloud.bus.deliveries import Deliveries
from teddy_cloud.bus.events import DEAD_AFTER, HANDLE, TRIES, EventHandler, GroupWorker
from teddy_cloud.bus.memory import MemoryDeliveries
from teddy_cloud.bus.opening import Happened, Opener
from teddy_cloud.eventstore.memory import MemoryEventStore
from teddy_cloud.eventstore.own import AUDIT, write_own
from teddy_cloud.eventstore.store import Entry, Item, Position
from teddy_shared.clock import SeededChance
from teddy_shared.codec import encode_head
from teddy_shared.envelope import BearId
from teddy_shared.errors import ConfigError, LinkError
from teddy_shared.events import ActionTaken, Event, QueryAsked
from teddy_shared.purposes import Purpose
from teddy_shared.seal import ChaChaSeal, MemoryKeyRing
from tests.cloud_bear import head_of
from tests.virtual_time import VirtualClock

pytestmark = pytest.mark.virtual_time

BEARS = [BearId(f"bear-{number}") for number in range(12)]
ONE = BEARS[1]


class Away(MemoryEventStore):
    """A store that can be taken away from those who read."""

    away = False

    async def read(self, partition: int, after: Position, count: int) -> Sequence[Entry]:
        if self.away:
            raise LinkError("the store is away")
        return await super().read(partition, after, count)


@dataclass
class House:
    store: Away = field(default_factory=Away)
    handled: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    act: Callable[[Happened], Exception | float | None] = lambda _: None

    def __post_init__(self) -> None:
        ring = MemoryKeyRing(chance=SeededChance())
        for bear in BEARS:
            ring.create(bear)
        self.ring = ring
        self.seal = ChaChaSeal(keys=ring, chance=SeededChance())
        self.deliveries: Deliveries = MemoryDeliveries(store=self.store, clock=VirtualClock())

    async def happens(self, what: str, bear: BearId = ONE, event: Event | None = None) -> None:
        await write_own(
            store=self.store,
            seal=self.seal,
            clock=VirtualClock(),
            subject=bear,
            stream=AUDIT,
            event=event or ActionTaken(action=what, who="cloud:test", outcome="done"),
            owner=bear,
        )

    async def handle(self, happened: Happened) -> None:
        self.keys.append(happened.key)
        what = self.act(happened)
        if isinstance(what, Exception):
            raise what
        await asyncio.sleep(what or 0)
        assert isinstance(happened.event, ActionTaken)
        self.handled.append(happened.event.action)

    def worker(self, name: str = "w1", group: str = "mail") -> GroupWorker:
        return GroupWorker(
            handler=EventHandler(group, frozenset({ActionTaken.label.type}), self.handle),
            deliveries=self.deliveries,
            store=self.store,
            opener=Opener(seal=self.seal),
            clock=VirtualClock(),
            chance=SeededChance(),
            worker=name,
        )

    @asynccontextmanager
    async def working(self, *names: str, group: str = "mail") -> AsyncIterator[list[asyncio.Task[None]]]:
        async with asyncio.TaskGroup() as tasks:
            running = [
                tasks.create_task(self.worker(name, group).run(), name=name) for name in names or ("w1",)
            ]
            yield running
            for each in running:
                each.cancel()


@pytest.fixture
async def house() -> House:
    return House()


async def test_what_a_group_wants_is_handled_once_whether_it_was_there_or_comes(house: House) -> None:
    await house.happens("before")
    async with house.working():
        await asyncio.sleep(0.5)
        await house.happens("after")
        await house.happens("", event=QueryAsked(query="x", who="cloud:test"))
        await asyncio.sleep(0.5)
        soon = list(house.handled)
        await asyncio.sleep(3 * DEAD_AFTER)

    assert (soon, house.handled) == (["before", "after"], ["before", "after"])


async def test_workers_of_a_group_share_the_events_and_two_groups_get_all(house: House) -> None:
    for number in range(200):
        await house.happens(f"deed-{number}", BEARS[number % 12])

    async with house.working("w1", "w2", "w3"):
        await asyncio.sleep(1)
    mail = sorted(house.handled)
    async with house.working(group="push"):
        await asyncio.sleep(1)

    assert mail == sorted(f"deed-{number}" for number in range(200))
    assert len(house.handled) == 400


async def test_what_fails_is_tried_again_later_each_time_and_then_given_up(house: House) -> None:
    house.act = lambda _: ConfigError("the letterbox is full")
    await house.happens("letter")
    loop = asyncio.get_running_loop()
    times: list[float] = []
    broken = house.act
    house.act = lambda happened: times.append(loop.time()) or broken(happened)  # type: ignore[func-returns-value]  # notes, then acts

    async with house.working():
        await asyncio.sleep(3 * DEAD_AFTER)

    assert len(times) == TRIES
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert gaps == sorted(gaps)
    (letter,) = await house.deliveries.letters()
    assert (letter.group, letter.grave.reason, letter.grave.tries) == ("mail", "the letterbox is full", TRIES)
    assert (letter.grave.bear, letter.grave.type) == (ONE, ActionTaken.label.type)


async def test_a_failing_event_holds_up_no_other(house: House) -> None:
    def act(happened: Happened) -> Exception | None:
        assert isinstance(happened.event, ActionTaken)
        return ZeroDivisionError("secret words") if happened.event.action == "bad" else None

    house.act = act
    await house.happens("bad")
    async with house.working():
        for number in range(5):
            await house.happens(f"good-{number}")
        await asyncio.sleep(0.5)
        soon = list(house.handled)
        await asyncio.sleep(3 * DEAD_AFTER)

    assert soon == [f"good-{number}" for number in range(5)]
    (letter,) = await house.deliveries.letters()
    assert letter.grave.reason == "ZeroDivisionError"


async def test_what_is_only_away_is_tried_for_as_long_as_it_takes(house: House) -> None:
    house.act = lambda _: LinkError("the mail server is away")
    await house.happens("letter")

    async with house.working() as (running,):
        await asyncio.sleep(600)
        running.cancel()
    async with house.working("w2"):  # whoever takes over does not give it up either
        await asyncio.sleep(600)
        house.act = lambda _: None
        await asyncio.sleep(60)

    assert house.handled == ["letter"]
    assert await house.deliveries.letters() == []


async def test_a_redriven_letter_is_handled(house: House) -> None:
    house.act = lambda _: ConfigError("the letterbox is full")
    await house.happens("letter")
    async with house.working():
        await asyncio.sleep(3 * DEAD_AFTER)
        house.act = lambda _: None
        (letter,) = await house.deliveries.letters()
        await house.deliveries.redrive(letter)
        await asyncio.sleep(10)

    assert house.handled == ["letter"]
    assert await house.deliveries.letters() == []


async def test_what_a_dead_worker_had_in_hand_is_handled_by_another_under_the_same_key(house: House) -> None:
    house.act = lambda _: 10.0
    for number in range(3):
        await house.happens(f"letter-{number}")
    async with house.working() as (running,):
        await asyncio.sleep(1)
        running.cancel()
    begun = sorted(house.keys)
    house.act = lambda _: None

    async with house.working("w2"):
        await asyncio.sleep(DEAD_AFTER - 10)
        early = list(house.handled)
        await asyncio.sleep(20)

    assert (early, sorted(house.handled)) == ([], [f"letter-{number}" for number in range(3)])
    assert sorted(house.keys[3:]) == begun
    assert len(set(begun)) == 3


async def test_an_event_that_kills_its_workers_is_given_up(house: House) -> None:
    house.act = lambda _: 10.0
    await house.happens("poison")
    for _ in range(TRIES):
        async with house.working() as (running,):
            await asyncio.sleep(7)
            running.cancel()
        await asyncio.sleep(DEAD_AFTER)
    house.act = lambda _: None

    async with house.working():
        await asyncio.sleep(DEAD_AFTER)

    assert house.handled == []
    (letter,) = await house.deliveries.letters()
    assert letter.grave.reason == "its workers died"


async def test_what_waits_behind_slow_handlers_is_handled_in_the_end_and_never_given_up(house: House) -> None:
    house.act = lambda _: 15.0
    letters = [f"letter-{number}" for number in range(900)]
    for number, letter in enumerate(letters):
        await house.happens(letter, BEARS[number % len(BEARS)])

    async with house.working():
        await asyncio.sleep(60 * DEAD_AFTER)

    assert await house.deliveries.letters() == []
    assert sorted(house.handled) == sorted(letters)


async def test_a_handler_that_hangs_is_stopped_and_tried_again(house: House) -> None:
    house.act = lambda _: HANDLE + 1 if len(house.keys) == 1 else None
    await house.happens("letter")

    async with house.working():
        await asyncio.sleep(2 * HANDLE)

    assert house.handled == ["letter"]
    assert len(house.keys) == 2


async def test_what_an_erased_key_sealed_is_passed_over_and_what_does_not_open_is_given_up(
    house: House,
) -> None:
    await house.happens("erased", BEARS[2])
    house.ring.erase(BEARS[2])
    head = head_of(ActionTaken(action="x", who="y", outcome="done"), 1, bear=BEARS[3], epoch="cloud-x")
    forged = Item(encode_head(head), Purpose.DEVICE, None, BEARS[3], b"not sealed at all")
    await house.store.append_batch(
        bear=BEARS[3], epoch="cloud-x", lane=head.place.lane, first=1, items=[forged]
    )
    await house.happens("whole")

    async with house.working():
        await asyncio.sleep(3 * DEAD_AFTER)

    assert house.handled == ["whole"]
    (letter,) = await house.deliveries.letters()
    assert letter.grave.bear == BEARS[3]


async def test_a_store_that_was_away_is_gone_on_with(house: House) -> None:
    async with house.working():
        await asyncio.sleep(1)
        house.store.away = True
        await house.happens("meanwhile")
        await asyncio.sleep(60)
        house.store.away = False
        await asyncio.sleep(10)

    assert house.handled == ["meanwhile"]
