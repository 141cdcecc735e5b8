"""A card that takes nothing any more: what lies on it is read, and the bear starts, talks and recovers."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from teddy_edge.container.foundation import Foundation
from teddy_edge.container.parts import Parts, open_parts
from teddy_edge.container.way import Way
from teddy_edge.link.wishes import Wishes
from teddy_edge.outbox.entry import NO_TURN
from teddy_edge.outbox.errors import OutboxAway
from teddy_edge.outbox.store import Outbox, open_outbox
from teddy_edge.settings import Settings
from teddy_shared.clock import SeededChance, SystemClock
from teddy_shared.envelope import BearId, Lane
from teddy_shared.errors import StateError
from teddy_shared.events import TurnBegun
from teddy_shared.seal import ChaChaSeal, MemoryKeyRing
from teddy_shared.state.keys import Key, Role
from teddy_shared.state.scopes import Scope
from teddy_shared.state.sqlite import open_sqlite_store
from teddy_shared.state.state import State
from tests import full_disk_stories
from tests.full_disk import NO_PAGE, no_room_above, open_folder, read_only
from tests.small_disk import Story, tell_on_small_disk

BEAR = Role("bear")
NAME = Key(
    name="name",
    scope=Scope.APPLICATION,
    shape=TypeAdapter(str),
    readers=frozenset({BEAR}),
    writers=frozenset({BEAR}),
)
BRIEF = Key(
    name="brief",
    scope=Scope.SESSION,
    shape=NAME.shape,
    readers=NAME.readers,
    writers=NAME.writers,
)


def sealed() -> ChaChaSeal:
    ring = MemoryKeyRing(chance=SeededChance(1))
    ring.create("outbox")
    return ChaChaSeal(keys=ring, chance=SeededChance(2))


@asynccontextmanager
async def state_in(folder: Path) -> AsyncIterator[State]:
    async with open_sqlite_store(folder / "s.db") as store:
        assert store.healed == ()
        yield State(store=store, seal=sealed(), clock=SystemClock())


def outbox_in(folder: Path) -> AbstractAsyncContextManager[Outbox]:
    return open_outbox(
        folder / "o.db", bear=BearId("bear-1"), seal=sealed(), clock=SystemClock(), chance=SeededChance(3)
    )


async def name_in(state: State) -> str | None:
    held = await state.read(NAME, "b", BEAR)
    return None if held is None else held.value


async def numbers_in(outbox: Outbox) -> list[int]:
    return [entry.head.place.seq for entry in await outbox.pending(Lane.INTERACTION, 0)]


@pytest.fixture
def card() -> Iterator[Path]:
    with open_folder() as folder:
        yield folder


@pytest.fixture(params=["stopped", "power cut"])
async def used(request: pytest.FixtureRequest, card: Path, tmp_path: Path) -> Path:
    """A card with a name in the state and two events in the outbox."""
    async with state_in(tmp_path) as state, outbox_in(tmp_path) as outbox:
        await state.write(NAME, "b", "Bruno", BEAR)
        await state.write(BRIEF, "talk", "Anna", BEAR)
        for n in range(2):
            await outbox.append(TurnBegun(speech_ms=n), NO_TURN)
        if request.param == "power cut":
            for file in ("s.db", "s.db-wal", "o.db", "o.db-wal"):
                await asyncio.to_thread(shutil.copy, tmp_path / file, card)
            for index in ("s.db-shm", "o.db-shm"):  # never synced: only its name outlives a power cut
                await asyncio.to_thread((card / index).touch)
    if request.param == "stopped":
        for file in ("s.db", "o.db"):
            await asyncio.to_thread(shutil.copy, tmp_path / file, card)
    return card


async def test_on_a_full_card_the_state_is_read_and_kept_again_when_there_is_room(used: Path) -> None:
    with no_room_above(NO_PAGE):
        async with state_in(used) as state:
            assert await name_in(state) == "Bruno"
            with pytest.raises(StateError, match="cannot be kept for now"):
                await state.write(NAME, "b", "Otto", BEAR)
            with no_room_above(10**9):
                await state.write(NAME, "b", "Anton", BEAR)

            assert await name_in(state) == "Anton"

    async with state_in(used) as state:
        assert await name_in(state) == "Anton"
        assert await state.read(BRIEF, "talk", BEAR) is None


async def test_on_a_full_card_the_outbox_stands_where_it_stood_and_goes_on_when_there_is_room(
    used: Path,
) -> None:
    with no_room_above(NO_PAGE):
        async with outbox_in(used) as outbox:
            assert await numbers_in(outbox) == [1, 2]
            with pytest.raises(OutboxAway):
                await outbox.append(TurnBegun(speech_ms=3), NO_TURN)
            with no_room_above(10**9):
                head = await outbox.append(TurnBegun(speech_ms=3), NO_TURN)

            assert (head.place.seq, head.place.epoch) == (3, outbox.epoch)
            assert await numbers_in(outbox) == [1, 2, 3]
            assert outbox.healed == ()


async def test_on_a_card_that_has_become_read_only_the_bear_knows_where_it_stood(used: Path) -> None:
    async with outbox_in(used) as outbox:
        epoch = outbox.epoch

    async with read_only(used), state_in(used) as state, outbox_in(used) as outbox:
        assert await name_in(state) == "Bruno"
        with pytest.raises(StateError, match="cannot be kept for now"):
            await state.write(NAME, "b", "Otto", BEAR)
        assert (outbox.epoch, outbox.marks()[Lane.INTERACTION].last) == (epoch, 2)
        with pytest.raises(OutboxAway):
            await outbox.append(TurnBegun(speech_ms=3), NO_TURN)


async def test_on_a_full_card_all_parts_that_keep_something_start(tmp_path: Path) -> None:
    async with parts_in(tmp_path) as parts:
        assert (await parts.get(Outbox)).healed == ()

    with no_room_above(NO_PAGE):
        async with parts_in(tmp_path) as parts:
            outbox = await parts.get(Outbox)
            with pytest.raises(OutboxAway):
                await outbox.append(TurnBegun(speech_ms=1), NO_TURN)


def parts_in(folder: Path) -> AbstractAsyncContextManager[Parts]:
    settings = Settings(data=folder)
    return open_parts(Foundation(), Way(), context={Settings: settings}, warm=(Outbox, Wishes, State))


async def test_an_outbox_that_cannot_be_made_anew_is_away_until_there_is_room(tmp_path: Path) -> None:
    await asyncio.to_thread((tmp_path / "o.db").write_bytes, b"rubbish" * 1000)

    with no_room_above(NO_PAGE):
        async with outbox_in(tmp_path) as outbox:
            away = outbox.epoch
            assert away  # it is told to the cloud
            assert len(outbox.healed) == 1
            with pytest.raises(OutboxAway):
                await outbox.append(TurnBegun(speech_ms=1), NO_TURN)
            with no_room_above(10**9):
                head = await outbox.append(TurnBegun(speech_ms=2), NO_TURN)

            assert (head.place.seq, head.place.epoch) == (1, outbox.epoch)
            assert outbox.epoch != away
            assert await numbers_in(outbox) == [1]


async def test_an_outbox_opens_while_somebody_else_holds_it(tmp_path: Path) -> None:
    async with outbox_in(tmp_path) as outbox:
        await outbox.append(TurnBegun(speech_ms=1), NO_TURN)
    holding = await asyncio.to_thread(held, tmp_path / "o.db")

    async with asyncio.timeout(3), outbox_in(tmp_path) as outbox:
        assert outbox.marks()[Lane.INTERACTION].last == 1
        await asyncio.to_thread(holding.close)


def held(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    database.execute("BEGIN IMMEDIATE")
    return database


@pytest.mark.parametrize(
    "story",
    [
        full_disk_stories.safety_is_last,
        full_disk_stories.stored_gives_way_when_the_card_gets_tight,
        full_disk_stories.alerts_at_a_start_without_room,
        full_disk_stories.acknowledgements_without_room,
    ],
)
async def test_on_a_disk_that_is_really_full(story: Story) -> None:
    await asyncio.to_thread(tell_on_small_disk, story, size=full_disk_stories.SMALL)
