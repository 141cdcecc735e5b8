"""Whatever the link does and however often the power goes: begun at most once, answered once."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from teddy_edge.link.ledger import LEDGER, Known, Ledger
from teddy_edge.link.orders import MOST, WAITING, Handler, Orders
from teddy_edge.link.wishes import LINK, seal_owner
from teddy_edge.outbox.entry import Context, Mark
from teddy_edge.outbox.errors import OutboxAway
from teddy_shared.clock import SeededChance
from teddy_shared.commands import REMEMBERED, Command, EraseChild, OrderCopy, ReportHealth, order_place
from teddy_shared.envelope import BearId, Envelope, Lane, Place, When
from teddy_shared.errors import StateError, TeddyError
from teddy_shared.events import CommandEnded, Event
from teddy_shared.seal import ChaChaSeal, MemoryKeyRing
from teddy_shared.state.memory import MemoryStore
from teddy_shared.state.state import State
from teddy_shared.state.store import Slot, Stamp
from tests.virtual_time import SEPTEMBER, VirtualClock, run_virtual

pytestmark = pytest.mark.virtual_time

BEAR = BearId("bear-1")
NOW = int(SEPTEMBER * 1000)
ERASE = EraseChild(profile="child-1")


def order(id_: str = "o-1", command: Command = ERASE, *, life: float = 3600.0, **changes: Any) -> OrderCopy:
    fields: dict[str, Any] = {
        "id": id_,
        "type": command.type,
        "body": command.model_dump(),
        "issued_wall_ms": NOW,
        "expires_wall_ms": NOW + int(life * 1000),
    }
    return OrderCopy(**(fields | changes))


class Clock(VirtualClock):
    """A bear's: it may not have been set."""

    def __init__(self, *, set_: bool = True, ahead: float = 0.0) -> None:
        super().__init__(wall_at_start=SEPTEMBER + ahead)
        self._set = set_

    def synchronised(self) -> bool:
        return self._set


class Journal:
    """An outbox that outlives the process."""

    def __init__(self) -> None:
        self.epoch = "epoch-1"
        self.recorded: list[tuple[CommandEnded, Context]] = []
        self.away = 0  # so many appends are refused
        self.held: set[str] = set()  # the orders whose endings this outbox has

    async def append(self, event: Event, context: Context) -> Envelope:
        if self.away:
            self.away -= 1
            raise OutboxAway("full")
        assert isinstance(event, CommandEnded)
        self.recorded.append((event, context))
        self.held.add(event.command)
        label = event.label
        return Envelope(
            place=Place(bear=BEAR, epoch=self.epoch, lane=label.lane, seq=len(self.recorded)),
            type=label.type,
            version=label.version,
            kind=label.kind,
            purpose=label.purpose,
            when=When(boot="boot-1", monotonic_us=0, wall_ms=NOW, synchronised=True),
        )

    def marks(self) -> Mapping[Lane, Mark]:
        return dict.fromkeys(Lane, Mark(0, len(self.recorded)))

    async def holds(self, type_: str, correlation: str, *, lane: Lane, after: int) -> bool:
        behind = [event.command for event, _ in self.recorded[after:] if event.command in self.held]
        return (type_, lane) == (CommandEnded.label.type, CommandEnded.label.lane) and correlation in behind

    def damaged(self) -> None:
        """It was set aside, and another one begun."""
        self.epoch = "epoch-2"
        self.held.clear()

    @property
    def endings(self) -> list[tuple[str, str]]:
        return [(event.command, event.ending) for event, _ in self.recorded]


class Card(MemoryStore):
    """A store that may be full."""

    full = False

    async def put(
        self, slot: Slot, value: bytes, *, stamp: Stamp, expires: float | None, expected: int | None
    ) -> int:
        if self.full:
            raise StateError("the card is full")
        return await super().put(slot, value, stamp=stamp, expires=expires, expected=expected)


@dataclass
class Bench:
    """A bear's card, outbox and hands; the process between them may die and come back."""

    card: Card = field(default_factory=Card)
    journal: Journal = field(default_factory=Journal)
    clock: Clock = field(default_factory=Clock)
    keys: MemoryKeyRing = field(default_factory=lambda: MemoryKeyRing(chance=SeededChance()))
    obeyed: int = 3
    done: list[Command] = field(default_factory=list)
    do: Callable[[], Awaitable[None]] | None = None

    def __post_init__(self) -> None:
        self.keys.create(seal_owner(BEAR))
        self.seal = ChaChaSeal(keys=self.keys, chance=SeededChance(1))
        self.state = State(store=self.card, seal=self.seal, clock=self.clock)

    async def obey(self, command: Command) -> None:
        self.done.append(command)
        if self.do is not None:
            await self.do()

    def started(self, handlers: dict[type[Command], Handler] | None = None) -> Orders:
        return Orders(
            bear=BEAR,
            seal=self.seal,
            state=self.state,
            journal=self.journal,
            obeyed=lambda: self.obeyed,
            handlers=handlers or {EraseChild: self.obey, ReportHealth: self.obey},
            clock=self.clock,
            chance=SeededChance(2),
        )

    def sealed(self, order_: OrderCopy) -> bytes:
        return self.seal.seal(seal_owner(BEAR), order_.model_dump_json().encode(), order_place(BEAR))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Orders]:
        orders = self.started()
        task = asyncio.create_task(orders.run(), name="orders")
        try:
            yield orders
            assert not task.done(), task
        finally:
            task.cancel()
            await asyncio.wait([task])

    async def gets(self, *orders: OrderCopy) -> Orders:
        """A process that gets these, does what it does within a while, and ends."""
        async with self.running() as running:
            for each in orders:
                await running.receive(self.sealed(each))
            await asyncio.sleep(300)
        return running


@pytest.fixture
def bench() -> Bench:
    return Bench()


# --- one order ---------------------------------------------------------------------------------------------


async def test_an_order_is_done_and_its_ending_names_it(bench: Bench) -> None:
    await bench.gets(order(traceparent="00-abc-def-01"))

    assert bench.done == [ERASE]
    ((event, context),) = bench.journal.recorded
    assert event == CommandEnded(command="o-1", type="child.erase", ending="done")
    assert context == Context(correlation="o-1", causation="o-1", traceparent="00-abc-def-01")


async def test_the_same_order_again_is_neither_begun_nor_answered_again(bench: Bench) -> None:
    await bench.gets(order(), order(), order())
    await bench.gets(order())

    assert bench.done == [ERASE]
    assert bench.journal.endings == [("o-1", "done")]


async def test_what_the_cloud_marks_as_overdue_is_reported_and_not_run(bench: Bench) -> None:
    await bench.gets(order(overdue=True))

    assert (bench.done, bench.journal.endings) == ([], [("o-1", "expired")])


@pytest.mark.parametrize(
    ("clock", "ending"),
    [
        (Clock(ahead=7200), "expired"),
        (Clock(set_=False, ahead=7200), "done"),  # its clock says nothing; the copy is not overdue
        (Clock(set_=False, ahead=-7200), "done"),
    ],
    ids=["set", "not set and ahead", "not set and behind"],
)
async def test_a_bear_looks_at_its_own_clock_only_if_it_was_set(clock: Clock, ending: str) -> None:
    bench = Bench(clock=clock)

    await bench.gets(order())

    assert bench.journal.endings == [("o-1", ending)]


async def test_an_order_that_had_begun_does_not_expire_afterwards(bench: Bench) -> None:
    await bench.gets(order())
    await bench.gets(order(overdue=True))

    assert bench.journal.endings == [("o-1", "done")]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"expected_settings": 2}, "obeys settings 3, not 2"),
        ({"type": "bear.dance"}, "does not know it"),
        ({"body": {}}, "child.erase does not fit: profile"),
    ],
)
async def test_what_cannot_be_done_is_refused_with_the_reason(
    bench: Bench, wrong: dict[str, Any], says: str
) -> None:
    await bench.gets(order(**wrong))

    ((event, _),) = bench.journal.recorded
    assert (event.ending, bench.done) == ("refused", [])
    assert says in event.reason


async def test_the_settings_that_it_was_meant_for_let_it_begin(bench: Bench) -> None:
    await bench.gets(order(expected_settings=3))

    assert bench.journal.endings == [("o-1", "done")]


async def test_what_goes_wrong_in_the_doing_ends_it_as_refused_with_the_reason(bench: Bench) -> None:
    async def fail() -> None:
        raise TeddyError("the card takes nothing: " + "x" * 1000)

    bench.do = fail

    await bench.gets(order(), order())

    ((event, _),) = bench.journal.recorded
    assert (event.ending, len(event.reason), len(bench.done)) == ("refused", 200, 1)


@pytest.mark.parametrize("damage", ["not sealed", "altered", "another bear's", "sealed nonsense", "empty"])
async def test_what_is_no_order_is_counted_and_the_next_one_is_heard(bench: Bench, damage: str) -> None:
    sealed, plain = bench.sealed(order("o-9")), order("o-9").model_dump_json().encode()
    data = {
        "not sealed": plain,
        "altered": sealed[:-1] + bytes([sealed[-1] ^ 1]),
        "another bear's": bench.seal.seal(seal_owner(BEAR), plain, order_place(BearId("bear-2"))),
        "sealed nonsense": bench.seal.seal(seal_owner(BEAR), b'{"id": 7}', order_place(BEAR)),
        "empty": b"",
    }[damage]
    async with bench.running() as orders:
        await orders.receive(data)
        await orders.receive(bench.sealed(order()))
        await asyncio.sleep(1)

    assert orders.ignored == 1
    assert bench.journal.endings == [("o-1", "done")]


# --- what is kept ------------------------------------------------------------------------------------------


async def test_nothing_is_begun_that_cannot_be_noted_and_a_later_copy_is_done(bench: Bench) -> None:
    bench.card.full = True
    first = await bench.gets(order())
    nothing = list(bench.done)
    bench.card.full = False

    await bench.gets(order())

    assert (first.ignored, nothing) == (1, [])
    assert bench.journal.endings == [("o-1", "done")]


async def test_an_ending_waits_for_an_outbox_that_is_away_also_over_a_restart(bench: Bench) -> None:
    bench.journal.away = 10_000
    await bench.gets(order())
    owed = list(bench.journal.recorded)
    bench.journal.away = 2

    await bench.gets()

    assert owed == []
    assert bench.journal.endings == [("o-1", "done")]
    assert bench.done == [ERASE]


async def test_what_was_begun_when_the_power_went_ends_as_interrupted_and_is_not_begun_again(
    bench: Bench,
) -> None:
    async def hang() -> None:
        await asyncio.sleep(10_000)

    bench.do = hang
    await bench.gets(order())
    bench.do = None

    await bench.gets(order(), order())

    assert bench.done == [ERASE]
    assert bench.journal.endings == [("o-1", "interrupted")]


async def test_an_ending_that_was_lost_with_the_outbox_is_told_again_when_the_cloud_asks(
    bench: Bench,
) -> None:
    await bench.gets(order())
    bench.journal.damaged()

    await bench.gets()
    silent = len(bench.journal.recorded)
    await bench.gets(order(), order())

    assert silent == 1
    assert bench.journal.endings == [("o-1", "done")] * 2
    assert bench.done == [ERASE]


async def test_an_outbox_that_was_renumbered_still_has_the_ending(bench: Bench) -> None:
    await bench.gets(order())
    bench.journal.epoch = "epoch-2"

    await bench.gets(order(), order())

    assert bench.journal.endings == [("o-1", "done")]


async def test_ids_are_forgotten_a_month_behind_their_expiry_by_the_clouds_clock(bench: Bench) -> None:
    await bench.gets(order("o-1", life=60))
    month = NOW + 60_000 + REMEMBERED * 1000

    async def known_after(id_: str, issued: int) -> set[str]:
        await bench.gets(order(id_, issued_wall_ms=issued, expires_wall_ms=issued + 10**12))
        held = await bench.state.read(LEDGER, BEAR, LINK)
        assert held is not None
        return set(held.value.orders)

    assert await known_after("o-2", month - 1) == {"o-1", "o-2"}
    assert await known_after("o-3", month) == {"o-2", "o-3"}


async def test_there_is_room_for_so_many_orders_and_more_are_left_for_later(bench: Bench) -> None:
    full = Ledger(
        {
            f"o-{number}": Known.of(order()).ended("done", epoch="e", after=0).told("e")
            for number in range(MOST)
        }
    )
    await bench.state.write(LEDGER, BEAR, full, LINK)

    orders = await bench.gets(order("one-more"))

    assert (orders.ignored, bench.done, bench.journal.endings) == (1, [], [])


async def test_a_flood_is_dropped_beyond_what_may_wait(bench: Bench) -> None:
    orders = bench.started()  # and nobody works it off

    for number in range(WAITING + 3):
        await orders.receive(bench.sealed(order(f"o-{number}")))

    assert orders.ignored == 3


# --- over any link, through any number of crashes ----------------------------------------------------------


class PowerCut(BaseException):
    """The process ends here, whatever it was doing."""


class Fate:
    """Where the power goes: at each step of the bear it may."""

    def __init__(self, seed: int, cuts: int) -> None:
        self.dice = random.Random(seed)
        self._cuts = cuts

    def may_strike(self) -> None:
        if self._cuts and self.dice.random() < 0.15:
            self._cuts -= 1
            raise PowerCut


class StruckCard(MemoryStore):
    def __init__(self, fate: Fate) -> None:
        super().__init__()
        self._fate = fate

    async def put(
        self, slot: Slot, value: bytes, *, stamp: Stamp, expires: float | None, expected: int | None
    ) -> int:
        self._fate.may_strike()
        version = await super().put(slot, value, stamp=stamp, expires=expires, expected=expected)
        self._fate.may_strike()  # it is on the card, and nobody learns of it
        return version


class StruckJournal(Journal):
    def __init__(self, fate: Fate) -> None:
        super().__init__()
        self._fate = fate

    async def append(self, event: Event, context: Context) -> Envelope:
        self._fate.may_strike()
        if self._fate.dice.random() < 0.1:
            raise OutboxAway("busy")
        head = await super().append(event, context)
        self._fate.may_strike()  # it is recorded, and nobody learns of it
        return head


@given(seed=st.integers(0, 2**32), cuts=st.integers(0, 12), count=st.integers(1, 6))
@settings(max_examples=100, deadline=None)
def test_over_any_link_and_through_any_crashes_each_is_begun_once_at_most_and_answered_once(
    seed: int, cuts: int, count: int
) -> None:
    fate = Fate(seed, cuts)
    dice = fate.dice
    begun: Counter[str] = Counter()
    journal = StruckJournal(fate)

    async def story() -> None:
        bench = Bench(card=StruckCard(fate), journal=journal)  # type: ignore[arg-type]  # full in its own way

        async def obey(command: Any) -> None:
            begun[command.profile] += 1
            fate.may_strike()
            await asyncio.sleep(dice.uniform(0, 5))
            fate.may_strike()

        wanted = {
            f"o-{number}": order(
                f"o-{number}", EraseChild(profile=f"o-{number}"), life=dice.choice([5.0, 100.0, 10_000.0])
            )
            for number in range(count)
        }
        current: list[Orders] = []

        async def deliver(each: OrderCopy) -> None:
            """One copy: late, and perhaps never."""
            await asyncio.sleep(dice.uniform(0, 20))
            if current and dice.random() < 0.7:
                await current[0].receive(bench.sealed(each))

        async def cloud(tasks: asyncio.TaskGroup) -> None:
            """Sends every order, in any order and often twice, until an ending of it is recorded."""
            while len({id_ for id_, _ in journal.endings}) < count:
                answered = {id_ for id_, _ in journal.endings}
                for each in dice.sample(list(wanted.values()), count):
                    late = bench.clock.wall() * 1000 >= each.expires_wall_ms
                    if each.id not in answered or dice.random() < 0.1:
                        copy = each.model_copy(update={"overdue": late})
                        for _ in range(dice.randrange(3)):
                            tasks.create_task(deliver(copy), name="copy")
                await asyncio.sleep(dice.uniform(1, 30))

        async def bear() -> None:
            while True:
                orders = bench.started({EraseChild: obey})
                current[:] = [orders]
                try:
                    async with asyncio.timeout(dice.uniform(1, 1000)):  # an orderly stop in between
                        await orders.run()
                except (PowerCut, TimeoutError):
                    current.clear()
                    await asyncio.sleep(dice.uniform(0, 10))

        async with asyncio.timeout(100_000), asyncio.TaskGroup() as tasks:
            living = tasks.create_task(bear(), name="bear")
            async with asyncio.TaskGroup() as copies:
                await cloud(copies)
            await asyncio.sleep(200)
            living.cancel()

    run_virtual(story())

    assert set(begun.values()) <= {1}
    endings = dict(journal.endings)
    assert len(endings) == len(journal.endings) == count
    for id_, ending in endings.items():
        assert begun[id_] == 1 if ending == "done" else begun[id_] == 0 or ending == "interrupted"
