"""The command bus: who may, what fits, once for each key, and a record of everything."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pytest
from pydantic import TypeAdapter

from teddy_cloud.bus.callers import Caller, NotForYou, Standing, operator, parent, part
from teddy_cloud.bus.commands import Call, Command, CommandBus, Next, handles
from teddy_cloud.bus.middleware import Misfit, in_order
from teddy_cloud.bus.once import IN_HAND, REMEMBERED, KeyMisused, StillAtWork
from teddy_cloud.bus.records import Records
from teddy_cloud.bus.timings import Timings
from teddy_cloud.eventstore.memory import MemoryEventStore
from teddy_cloud.eventstore.partitions import partition_of
from teddy_cloud.eventstore.store import BEGINNING
from teddy_cloud.fleet.fleet import NotYours
from teddy_cloud.fleet.household import device_owner
from teddy_shared.clock import SeededChance
from teddy_shared.codec import decode_head
from teddy_shared.envelope import BearId, FamilyId
from teddy_shared.errors import ConfigError, LinkError
from teddy_shared.events import ActionTaken, from_bytes
from teddy_shared.seal import ChaChaSeal, MemoryKeyRing
from teddy_shared.state.memory import MemoryStore
from teddy_shared.state.state import State
from teddy_shared.tracing import Trace
from tests.cloud_bear import BEAR
from tests.virtual_time import VirtualClock

pytestmark = pytest.mark.virtual_time

FAMILY, OTHERS = FamilyId("family-1"), FamilyId("family-2")
MOTHER = parent("mother@example.org", FAMILY)
STRANGER = parent("stranger@example.org", OTHERS)
CLERK = operator("clerk")
KEY = "key-12345678"


class Sing(Command[str]):
    name: ClassVar[str] = "bear.sing"
    result: ClassVar[TypeAdapter[Any]] = TypeAdapter(str)

    song: str
    verses: int = 1


class Recall(Command[None]):
    name: ClassVar[str] = "bear.recall"
    allowed: ClassVar[frozenset[Standing]] = frozenset({Standing.OPERATOR})
    result: ClassVar[TypeAdapter[Any]] = TypeAdapter(None)


class OneFamily:
    async def bear(self, family: FamilyId, bear: BearId) -> object:
        if (family, bear) != (FAMILY, BEAR):
            raise NotYours
        return bear


@dataclass
class Choir:
    """A handler that counts, and can be told to stumble or to wait."""

    sung: list[str] = field(default_factory=list)
    stumble: Exception | None = None
    wait: float = 0.0

    async def sing(self, command: Sing, _: Caller) -> str:
        self.sung.append(command.song)
        await asyncio.sleep(self.wait)
        if self.stumble is not None:
            raise self.stumble
        return f"{command.song} number {len(self.sung)}"

    async def recall(self, _: Recall, __: Caller) -> None:
        self.sung.append("recalled")


@dataclass
class House:
    store: MemoryEventStore
    keys: MemoryKeyRing
    state: State
    timings: Timings
    choir: Choir
    bus: CommandBus

    async def ledger(self, bear: BearId = BEAR) -> Sequence[tuple[str, str, str]]:
        seal = ChaChaSeal(keys=self.keys, chance=SeededChance())
        found = []
        for entry in await self.store.read(partition_of(bear), BEGINNING, 100):
            head = decode_head(entry.head)
            event = from_bytes(
                head.type, head.version, seal.open(entry.owner, entry.sealed, head.place.bytes())
            )
            assert isinstance(event, ActionTaken)
            found.append((event.action, event.who, event.outcome))
        return found


@pytest.fixture
def house() -> House:
    return make_house(MemoryEventStore())


def make_house(store: MemoryEventStore, kept: MemoryStore | None = None) -> House:
    clock, chance = VirtualClock(), SeededChance()
    keys = MemoryKeyRing(chance=chance)
    keys.create(device_owner(BEAR))
    seal = ChaChaSeal(keys=keys, chance=chance)
    state = State(store=kept or MemoryStore(), seal=seal, clock=clock)
    timings, choir = Timings(), Choir()
    records = Records(store=store, seal=seal, clock=clock, owner_of=device_owner)
    bus = CommandBus(
        handlers=[handles(Sing, choir.sing), handles(Recall, choir.recall)],
        middleware=in_order(state=state, clock=clock, owners=OneFamily(), records=records, timings=timings),
        begin=lambda: Trace.start(chance),
    )
    return House(store, keys, state, timings, choir, bus)


async def test_a_command_reaches_its_handler_and_leaves_a_line_in_the_ledger(house: House) -> None:
    sung = await house.bus.handle(Sing(bear=BEAR, song="la"), MOTHER)

    assert sung == "la number 1"
    assert await house.ledger() == [("bear.sing", MOTHER.who, "done")]
    assert "@" not in MOTHER.who
    assert house.timings.all()["bear.sing", "done"].count == 1


async def test_the_record_is_found_by_the_trace_of_the_command(house: House) -> None:
    trace = Trace("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331")

    await house.bus.handle(Sing(bear=BEAR, song="la"), MOTHER, trace=trace)

    (entry,) = await house.store.read(partition_of(BEAR), BEGINNING, 10)
    head = decode_head(entry.head)
    assert (head.correlation, head.traceparent) == (trace.trace_id, trace.traceparent)


async def test_another_familys_bear_and_a_wrong_role_are_refused_before_anything_happens(
    house: House,
) -> None:
    with pytest.raises(NotYours):
        await house.bus.handle(Sing(bear=BEAR, song="la"), STRANGER)
    with pytest.raises(NotForYou, match=r"as parent one may not do bear\.recall"):
        await house.bus.handle(Recall(bear=BEAR), MOTHER)
    await house.bus.handle(Recall(bear=BEAR), CLERK)

    assert house.choir.sung == ["recalled"]
    assert await house.ledger() == [("bear.recall", CLERK.who, "done")]
    assert house.timings.all()["bear.sing", "refused"].count == 1


async def test_a_command_that_does_not_fit_is_refused_without_its_values(house: House) -> None:
    nonsense: Any = "secret words"
    broken = Sing.model_construct(bear=BEAR, song="la", verses=nonsense)

    with pytest.raises(Misfit, match=r"bear\.sing does not fit: verses") as refused:
        await house.bus.handle(broken, MOTHER)

    assert "secret" not in str(refused.value)
    assert house.choir.sung == []


async def test_what_a_handler_refuses_or_breaks_is_recorded_as_that(house: House) -> None:
    house.choir.stumble = ConfigError("not in this key")
    with pytest.raises(ConfigError):
        await house.bus.handle(Sing(bear=BEAR, song="la"), MOTHER)
    house.choir.stumble = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        await house.bus.handle(Sing(bear=BEAR, song="la"), MOTHER)

    assert [outcome for *_, outcome in await house.ledger()] == ["refused", "failed"]
    assert {outcome for _, outcome in house.timings.all()} == {"refused", "failed"}


# --- once for each key ---------------------------------------------------------------------------------


async def test_the_same_key_gives_the_first_result_and_does_nothing_again(house: House) -> None:
    first = await house.bus.handle(Sing(bear=BEAR, song="la"), MOTHER, key=KEY)
    again = await house.bus.handle(Sing(bear=BEAR, song="la"), MOTHER, key=KEY)
    other = await house.bus.handle(Sing(bear=BEAR, song="la"), CLERK, key=KEY)

    assert (first, again, other) == ("la number 1", "la number 1", "la number 2")
    assert len(await house.ledger()) == 2


async def test_a_key_is_free_again_after_its_lifetime(house: House) -> None:
    await house.bus.handle(Sing(bear=BEAR, song="la"), MOTHER, key=KEY)
    await asyncio.sleep(REMEMBERED + 1)

    assert await house.bus.handle(Sing(bear=BEAR, song="la"), MOTHER, key=KEY) == "la number 2"


async def test_a_key_belongs_to_one_command_and_has_a_form(house: House) -> None:
    await house.bus.handle(Sing(bear=BEAR, song="la"), MOTHER, key=KEY)

    with pytest.raises(KeyMisused, match="another command"):
        await house.bus.handle(Sing(bear=BEAR, song="lo"), MOTHER, key=KEY)
    with pytest.raises(KeyMisused, match="8 to 64"):
        await house.bus.handle(Sing(bear=BEAR, song="la"), MOTHER, key="a/b")


async def test_two_at_once_under_one_key_are_done_once(house: House) -> None:
    house.choir.wait = 1.0

    sung = await asyncio.gather(
        *(house.bus.handle(Sing(bear=BEAR, song="la"), MOTHER, key=KEY) for _ in range(4))
    )

    assert sung == ["la number 1"] * 4
    assert house.choir.sung == ["la"]


async def test_a_repetition_does_not_wait_for_ever(house: House) -> None:
    house.choir.wait = 30.0
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(house.bus.handle(Sing(bear=BEAR, song="la"), MOTHER, key=KEY), name="first")
        await asyncio.sleep(0.1)

        with pytest.raises(StillAtWork):
            await house.bus.handle(Sing(bear=BEAR, song="la"), MOTHER, key=KEY)


async def test_what_failed_may_be_tried_again_under_its_key(house: House) -> None:
    house.choir.stumble = LinkError("away")
    with pytest.raises(LinkError):
        await house.bus.handle(Sing(bear=BEAR, song="la"), MOTHER, key=KEY)
    house.choir.stumble = None

    assert await house.bus.handle(Sing(bear=BEAR, song="la"), MOTHER, key=KEY) == "la number 2"
    assert len(await house.ledger()) == 1


class Forgetful(MemoryStore):
    """A process that was killed does not free the key that it had in hand."""

    async def delete(self, *_: object, **__: object) -> bool:
        return False


async def test_a_key_in_the_hand_of_a_dead_process_is_free_after_a_minute() -> None:
    house = make_house(MemoryEventStore(), Forgetful())
    house.choir.wait = 10.0
    first = asyncio.create_task(house.bus.handle(Sing(bear=BEAR, song="la"), MOTHER, key=KEY), name="killed")
    await asyncio.sleep(1)
    first.cancel()
    await asyncio.wait([first])
    house.choir.wait = 0.0

    with pytest.raises(StillAtWork):
        await house.bus.handle(Sing(bear=BEAR, song="la"), MOTHER, key=KEY)
    await asyncio.sleep(IN_HAND)
    assert await house.bus.handle(Sing(bear=BEAR, song="la"), MOTHER, key=KEY) == "la number 2"


class AwayAfter(MemoryEventStore):
    """A store that is away for the first so many records."""

    def __init__(self, away: int) -> None:
        super().__init__()
        self.away = away

    async def append_expected(self, **where: Any) -> int:
        if self.away > 0:
            self.away -= 1
            raise LinkError("the store is away")
        return await super().append_expected(**where)


async def test_what_could_not_be_recorded_does_not_count_as_done() -> None:
    house = make_house(AwayAfter(1))
    with pytest.raises(LinkError):
        await house.bus.handle(Sing(bear=BEAR, song="la"), MOTHER, key=KEY)

    await house.bus.handle(Sing(bear=BEAR, song="la"), MOTHER, key=KEY)

    assert await house.ledger() == [("bear.sing", MOTHER.who, "done")]


async def test_middleware_runs_from_the_outside_in_and_back() -> None:
    way: list[str] = []

    def step(name: str) -> Callable[[Call, Next], Awaitable[Any]]:
        async def run(call: Call, on: Next) -> Any:
            way.append(f"into {name}")
            result = await on(call)
            way.append(f"out of {name}")
            return result

        return run

    bus = CommandBus(
        handlers=[handles(Sing, Choir().sing)],
        middleware=[step("one"), step("two")],
        begin=lambda: Trace.start(SeededChance()),
    )

    await bus.handle(Sing(bear=BEAR, song="la"), part("test"))

    assert way == ["into one", "into two", "out of two", "out of one"]


def test_one_command_has_one_handler() -> None:
    choir = Choir()

    with pytest.raises(ValueError, match="two handlers"):
        CommandBus(
            handlers=[handles(Sing, choir.sing), handles(Sing, choir.sing)],
            middleware=[],
            begin=lambda: Trace.start(SeededChance()),
        )
