"""A child is forgotten everywhere on the bear, or the order says that it is not."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from teddy_edge.conversation.children import Children
from teddy_edge.conversation.generation import Generations
from teddy_edge.conversation.journal import Turn
from teddy_edge.conversation.memory import Memory
from teddy_edge.conversation.skills.known import Known
from teddy_edge.conversation.skills.skill import Reply
from teddy_edge.conversation.turn_log import TurnLog
from teddy_edge.home import open_home
from teddy_edge.limits.timekeeper import USED, Timekeeper
from teddy_edge.link.erasing import TRIES, Erasing
from teddy_edge.link.wishes import DOCUMENT, LINK, Wishes, seal_owner, seal_place
from teddy_edge.outbox.memory import MemoryOutbox
from teddy_shared.ages import AgeBand
from teddy_shared.clock import SeededChance
from teddy_shared.commands import EraseChild
from teddy_shared.envelope import BearId, ProfileId
from teddy_shared.errors import StateError
from teddy_shared.events import TurnEnded
from teddy_shared.limits import Limits
from teddy_shared.messages import SettingsDocument, to_bytes
from teddy_shared.purposes import Purpose
from teddy_shared.seal import ChaChaSeal, MemoryKeyRing
from teddy_shared.state.keys import Role
from teddy_shared.state.memory import MemoryStore
from teddy_shared.state.state import State
from teddy_shared.state.store import Slot, Stamp
from teddy_shared.tracing import Trace
from tests.virtual_time import VirtualClock

pytestmark = pytest.mark.virtual_time

BEAR, CHILD = BearId("bear-1"), ProfileId("child-1")
LIMITS = Limits(daily_minutes=45)
ERASE = EraseChild(profile=CHILD)
ENDED = TurnEnded(
    topic="bees", skill="animals", verdict="answer", outcome="answered", speech_ms=1, reply_ms=1, stages_ms={}
)


class Place:
    """Somewhere that knows a child; may be unable to forget for a while."""

    def __init__(self, name: str, asked: list[str], *, fails: int = 0) -> None:
        self._name = name
        self._asked = asked
        self._fails = fails

    async def forget(self, profile: ProfileId) -> None:
        assert profile == CHILD
        self._asked.append(self._name)
        if self._fails:
            self._fails -= 1
            raise StateError(f"{self._name} is full")


async def test_every_place_is_asked_in_order_those_of_the_talk_first() -> None:
    asked: list[str] = []
    erasing = Erasing(
        places=[Place("wishes", asked).forget, Place("outbox", asked).forget], chance=SeededChance()
    )

    with erasing.also(Place("memory", asked).forget):
        await erasing.erase(ERASE)
    await erasing.erase(ERASE)

    assert asked == ["memory", "wishes", "outbox", "wishes", "outbox"]


async def test_a_place_that_cannot_for_a_moment_is_asked_again_and_the_others_are_not_held_up() -> None:
    asked: list[str] = []
    places = [Place("wishes", asked, fails=2).forget, Place("outbox", asked).forget]

    await Erasing(places=places, chance=SeededChance()).erase(ERASE)

    assert asked == ["wishes", "outbox"] * 3


async def test_what_could_not_be_forgotten_is_said() -> None:
    asked: list[str] = []
    places = [Place("wishes", asked, fails=100).forget, Place("outbox", asked).forget]

    with pytest.raises(StateError, match="wishes is full"):
        await Erasing(places=places, chance=SeededChance()).erase(ERASE)

    assert asked == ["wishes", "outbox"] * TRIES


# --- the places --------------------------------------------------------------------------------------------


class Card(MemoryStore):
    full = False

    async def put(
        self, slot: Slot, value: bytes, *, stamp: Stamp, expires: float | None, expected: int | None
    ) -> int:
        if self.full:
            raise StateError("the card is full")
        return await super().put(slot, value, stamp=stamp, expires=expires, expected=expected)


class Bench:
    def __init__(self) -> None:
        keys = MemoryKeyRing(chance=SeededChance(1))
        for owner in ("state", seal_owner(BEAR)):
            keys.create(owner)
        self.seal = ChaChaSeal(keys=keys, chance=SeededChance(2))
        self.card = Card()
        self.state = State(store=self.card, seal=self.seal, clock=VirtualClock())
        outbox = MemoryOutbox(bear=BEAR, clock=VirtualClock(), chance=SeededChance(3))
        self.wishes = Wishes(bear=BEAR, seal=self.seal, state=self.state, journal=outbox)

    async def receives(self, version: int, profile: str = CHILD) -> None:
        document = SettingsDocument(
            version=version,
            profile=profile,
            age_band=AgeBand.BIG,
            volume=0.4,
            limits=LIMITS,
            consent=frozenset({Purpose.ACTIVITY}),
        )
        await self.wishes.receive(self.seal.seal(seal_owner(BEAR), to_bytes(document), seal_place(BEAR)))


@pytest.fixture
def bench() -> Bench:
    return Bench()


async def test_the_wishes_keep_the_volume_and_the_limits_and_grant_nothing_until_a_newer_document(
    bench: Bench,
) -> None:
    await bench.receives(4)

    await bench.wishes.forget_child(CHILD)
    await bench.receives(4)  # the broker keeps the old one

    bare = SettingsDocument(version=4, volume=0.4, limits=LIMITS)
    held = await bench.state.read(DOCUMENT, BEAR, LINK)
    assert held is not None
    assert (bench.wishes.document, held.value) == (bare, bare)
    assert (bench.wishes.profile, bench.wishes.consent) == (None, frozenset())
    await bench.receives(5, "child-2")
    assert bench.wishes.profile == "child-2"


async def test_the_wishes_of_another_child_stay(bench: Bench) -> None:
    await bench.receives(4, "child-2")

    await bench.wishes.forget_child(CHILD)

    assert bench.wishes.profile == "child-2"


async def test_on_a_full_card_the_wishes_are_out_of_force_at_once_and_gone_with_the_next_try(
    bench: Bench,
) -> None:
    await bench.receives(4)
    bench.card.full = True
    with pytest.raises(StateError):
        await bench.wishes.forget_child(CHILD)
    at_once = bench.wishes.profile
    bench.card.full = False

    await bench.wishes.forget_child(CHILD)

    held = await bench.state.read(DOCUMENT, BEAR, LINK)
    assert held is not None
    assert (at_once, held.value.profile) == (None, None)


async def test_the_turn_log_and_the_memory_of_the_talk_are_emptied(bench: Bench) -> None:
    turns = TurnLog(state=bench.state, clock=VirtualClock())
    generations = Generations()
    memory = Memory(state=bench.state, talk="talk-1", generations=generations)
    turn = Turn(
        id="t",
        generation=generations.next(),
        trace=Trace("a" * 32, "b" * 16),
        band=AgeBand.BIG,
        profile=CHILD,
        decided_at=0.0,
    )
    for _ in range(30):
        await turns.keep(turn, ENDED)
    await memory.keep(
        Reply(skill="animals", text="Bees buzz.", topic="bees"), generation=turn.generation, asked_back=True
    )

    await turns.forget_child(CHILD)
    await memory.forget_child(CHILD)

    assert await turns.last() == ()
    assert (await memory.recall()).asked_back == 0
    await turns.keep(turn, ENDED)
    assert len(await turns.last()) == 1


async def test_what_a_child_told_and_how_long_it_talked_is_forgotten(bench: Bench) -> None:
    children, clock = Children(state=bench.state), VirtualClock()
    await children.keep(CHILD, Known(name="Mia"))
    await children.keep(ProfileId("child-2"), Known(name="Ben"))
    timekeeper = Timekeeper(bear=BEAR, family=bench.wishes, state=bench.state, clock=clock)
    await timekeeper.talked(0.0, 60.0)

    erasing = Erasing(places=(children.forget_child, timekeeper.forget_child), chance=SeededChance())
    await erasing.erase(ERASE)

    assert await children.recall(CHILD) == Known()
    assert (await children.recall(ProfileId("child-2"))).name == "Ben"
    assert await bench.state.read(USED, BEAR, Role("limits")) is None


async def test_damaged_databases_that_were_kept_to_be_looked_at_are_removed(tmp_path: Path) -> None:
    def make(*names: str) -> None:
        for name in names:
            (tmp_path / name).write_bytes(b"about a child")

    await asyncio.to_thread(make, "outbox.db", "outbox.db.damaged-1", "outbox.db.damaged-1-wal", "keys.json")

    async with open_home(tmp_path) as home:
        await home.forget_set_aside(CHILD)
        await home.forget_set_aside(CHILD)

    left = await asyncio.to_thread(lambda: {path.name for path in tmp_path.iterdir()})
    assert left == {"outbox.db", "keys.json", "lock"}
