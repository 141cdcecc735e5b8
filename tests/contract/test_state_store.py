"""What the state promises, over every store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from pydantic import BaseModel, TypeAdapter

from teddy_cloud.state.redis import open_redis_store
from teddy_cloud.storage.client import connect
from teddy_shared.clock import SeededChance
from teddy_shared.errors import Conflict, NotAllowed, SealError, StateError
from teddy_shared.seal import ChaChaSeal, MemoryKeyRing
from teddy_shared.state.chain import GENESIS
from teddy_shared.state.keys import Held, Key, Role
from teddy_shared.state.memory import MemoryStore
from teddy_shared.state.scopes import Scope
from teddy_shared.state.sqlite import open_sqlite_store
from teddy_shared.state.state import State
from teddy_shared.state.store import Slot, Stamp, Store, Verb
from tests.servers import AnyStore

TALK, PARENT, STRANGER = Role("talk"), Role("parent"), Role("stranger")
AUDIT_KEPT = 8


class Favourite(BaseModel):
    animal: str
    times: int = 1


def key(name: str = "talk.favourite", scope: Scope = Scope.APPLICATION, **more: object) -> Key[Favourite]:
    return Key(
        name=name,
        scope=scope,
        shape=TypeAdapter(Favourite),
        readers=frozenset({TALK, PARENT}),
        writers=frozenset({TALK}),
        **more,  # type: ignore[arg-type]  # a test's shorthand
    )


@dataclass
class HandClock:
    """A clock that a test moves."""

    now: float = 1000.0

    def monotonic(self) -> float:
        return self.now

    def wall(self) -> float:
        return self.now

    def synchronised(self) -> bool:
        return True


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def keys() -> MemoryKeyRing:
    ring = MemoryKeyRing(chance=SeededChance(1))
    ring.create("state")
    return ring


class StateContract:
    """Run over each store."""

    @pytest.fixture
    def state(self, store: Store, clock: HandClock, keys: MemoryKeyRing) -> State:
        return State(store=store, seal=ChaChaSeal(keys=keys, chance=SeededChance(2)), clock=clock)

    # scope

    async def test_a_value_is_its_owners_alone(self, state: State) -> None:
        await state.write(key(), "bear-1", Favourite(animal="owl"), TALK)

        held = await state.read(key(), "bear-1", PARENT)

        assert held is not None
        assert held.value == Favourite(animal="owl")
        assert await state.read(key(), "bear-2", PARENT) is None

    async def test_the_same_name_in_another_scope_is_another_value(self, state: State) -> None:
        for scope in Scope:
            await state.write(key(scope=scope), "x", Favourite(animal=scope.value), TALK)

        for scope in Scope:
            held = await state.read(key(scope=scope), "x", TALK)
            assert held is not None
            assert held.value.animal == scope.value

    async def test_what_belongs_to_a_session_or_a_request_vanishes_with_it(self, state: State) -> None:
        lasting, session, request = key(), key(scope=Scope.SESSION), key(scope=Scope.REQUEST)
        async with state.session("talk-1"):
            async with state.request("turn-1"):
                await state.write(request, "turn-1", Favourite(animal="ant"), TALK)
                await state.write(session, "talk-1", Favourite(animal="bee"), TALK)
                await state.write(session, "talk-2", Favourite(animal="cat"), TALK)
                await state.write(lasting, "talk-1", Favourite(animal="dog"), TALK)
            assert await state.read(request, "turn-1", TALK) is None
            assert await state.read(session, "talk-1", TALK) is not None

        assert await state.read(session, "talk-1", TALK) is None
        assert await state.read(session, "talk-2", TALK) is not None
        assert await state.read(lasting, "talk-1", TALK) is not None

    async def test_a_session_ends_for_its_values_when_its_block_fails(self, state: State) -> None:
        session = key(scope=Scope.SESSION)
        with pytest.raises(ZeroDivisionError):
            async with state.session("talk-1"):
                await state.write(session, "talk-1", Favourite(animal="bee"), TALK)
                raise ZeroDivisionError

        assert await state.read(session, "talk-1", TALK) is None

    # expiry

    async def test_a_value_is_gone_when_its_time_is_past(self, state: State, clock: HandClock) -> None:
        fleeting = key(lifetime=30.0)
        await state.write(fleeting, "b", Favourite(animal="fly"), TALK)
        clock.now += 29.9
        assert await state.read(fleeting, "b", TALK) is not None

        clock.now += 0.1

        assert await state.read(fleeting, "b", TALK) is None
        await state.compare_and_set(fleeting, "b", Favourite(animal="gnat"), 0, TALK)

    async def test_a_write_begins_the_lifetime_anew(self, state: State, clock: HandClock) -> None:
        fleeting = key(lifetime=30.0)
        await state.write(fleeting, "b", Favourite(animal="fly"), TALK)
        clock.now += 20
        await state.write(fleeting, "b", Favourite(animal="fly"), TALK)

        clock.now += 20

        assert await state.read(fleeting, "b", TALK) is not None

    async def test_sweeping_takes_away_what_is_past_and_nothing_else(
        self, state: State, store: Store, clock: HandClock
    ) -> None:
        await state.write(key(lifetime=1.0), "old", Favourite(animal="fly"), TALK)
        await state.write(key(lifetime=100.0), "young", Favourite(animal="fly"), TALK)
        await state.write(key(), "lasting", Favourite(animal="fly"), TALK)
        clock.now += 2

        assert await state.sweep() == 1

        slot = Slot(Scope.APPLICATION, "old", key().name)
        assert await store.get(slot, now=0.0) is None  # even for one who lives in the past
        assert await state.read(key(), "young", TALK) is not None
        assert await state.read(key(), "lasting", TALK) is not None

    # observers

    async def test_an_observer_of_a_key_hears_of_its_changes_in_order(self, state: State) -> None:
        async with state.observe(key(), PARENT) as changes:
            first = await state.write(key(), "b", Favourite(animal="owl"), TALK)
            await state.write(key("other"), "b", Favourite(animal="owl"), TALK)
            await state.forget(key(), "b", TALK)

            heard = [await changes.next(), await changes.next()]

        assert [change.verb for change in heard] == [Verb.WRITTEN, Verb.FORGOTTEN]
        assert heard[0].number == first
        assert heard[0].slot == Slot(Scope.APPLICATION, "b", key().name)

    async def test_an_observer_of_a_prefix_hears_of_all_keys_below_it(
        self, state: State, clock: HandClock
    ) -> None:
        async with state.observe("game.", PARENT) as changes, state.session("s"):
            await state.write(key("game.score", lifetime=1.0), "b", Favourite(animal="owl"), TALK)
            await state.write(key("talk.name"), "b", Favourite(animal="owl"), TALK)
            await state.write(key("game.round", scope=Scope.SESSION), "s", Favourite(animal="owl"), TALK)
            clock.now += 2
            await state.sweep()
        heard = [await changes.next() for _ in range(3)]

        assert [(change.slot.name, change.verb) for change in heard] == [
            ("game.score", Verb.WRITTEN),
            ("game.round", Verb.WRITTEN),
            ("game.score", Verb.EXPIRED),
        ]

    async def test_an_observer_may_ask_for_one_owner(self, state: State) -> None:
        async with state.observe(key(), PARENT, owner="b") as changes:
            await state.write(key(), "a", Favourite(animal="owl"), TALK)
            await state.write(key(), "b", Favourite(animal="owl"), TALK)

            assert (await changes.next()).slot.owner == "b"

    async def test_a_slow_observer_loses_the_oldest_changes_and_is_told_how_many(self, state: State) -> None:
        async with state.observe(key(), PARENT, room=2) as changes:
            for times in range(5):
                last = await state.write(key(), "b", Favourite(animal="owl", times=times), TALK)

            assert changes.missed == 3
            await changes.next()
            assert (await changes.next()).number == last

    async def test_a_change_is_heard_even_if_its_writer_stopped_waiting(self, state: State) -> None:
        async with state.observe(key(), PARENT) as changes:
            writing = asyncio.create_task(state.write(key(), "b", Favourite(animal="owl"), TALK))
            await asyncio.sleep(0)  # it has been handed over
            writing.cancel()
            await asyncio.wait([writing])

            held = await state.read(key(), "b", TALK)
            if held is not None:
                assert (await changes.next()).number == held.version

    # compare-and-set

    async def test_compare_and_set_writes_over_the_version_it_expects(self, state: State) -> None:
        first = await state.compare_and_set(key(), "b", Favourite(animal="owl"), 0, TALK)

        second = await state.compare_and_set(key(), "b", Favourite(animal="elk"), first, TALK)

        assert second > first
        assert await state.read(key(), "b", TALK) == Held(Favourite(animal="elk"), second)

    async def test_compare_and_set_refuses_any_other_version_and_changes_nothing(self, state: State) -> None:
        first = await state.write(key(), "b", Favourite(animal="owl"), TALK)

        for wrong in (0, first + 1):
            with pytest.raises(Conflict) as refused:
                await state.compare_and_set(key(), "b", Favourite(animal="elk"), wrong, TALK)
            assert refused.value.found == first

        assert await state.read(key(), "b", TALK) == Held(Favourite(animal="owl"), first)
        assert len(await state.audit()) == 1

    async def test_a_version_never_comes_back_after_forgetting(self, state: State) -> None:
        first = await state.write(key(), "b", Favourite(animal="owl"), TALK)
        await state.forget(key(), "b", TALK)

        await state.write(key(), "b", Favourite(animal="elk"), TALK)

        with pytest.raises(Conflict):
            await state.compare_and_set(key(), "b", Favourite(animal="fox"), first, TALK)

    async def test_of_many_who_count_up_together_none_is_lost(self, state: State) -> None:
        async def count_up() -> None:
            while True:
                held = await state.read(key(), "b", TALK)
                times, version = (held.value.times, held.version) if held else (0, 0)
                try:
                    more = Favourite(animal="owl", times=times + 1)
                    await state.compare_and_set(key(), "b", more, version, TALK)
                    return
                except Conflict:
                    continue

        async with asyncio.TaskGroup() as tasks:
            for number in range(8):
                tasks.create_task(count_up(), name=f"counter-{number}")

        held = await state.read(key(), "b", TALK)
        assert held is not None
        assert held.value.times == 8

    # sealing

    async def test_a_sealed_value_lies_in_the_store_unreadable(self, state: State, store: Store) -> None:
        secret = key(sealed=True)
        await state.write(secret, "b", Favourite(animal="unicorn"), TALK)

        row = await store.get(Slot(Scope.APPLICATION, "b", secret.name), now=0.0)

        assert row is not None
        assert b"unicorn" not in row.value
        held = await state.read(secret, "b", TALK)
        assert held is not None
        assert held.value.animal == "unicorn"

    async def test_a_sealed_value_does_not_open_in_another_place(self, state: State, store: Store) -> None:
        secret = key(sealed=True)
        await state.write(secret, "b", Favourite(animal="unicorn"), TALK)
        row = await store.get(Slot(Scope.APPLICATION, "b", secret.name), now=0.0)
        assert row is not None
        elsewhere = Slot(Scope.APPLICATION, "thief", secret.name)
        await store.put(elsewhere, row.value, stamp=Stamp(TALK, 0.0), expires=None, expected=None)

        with pytest.raises(SealError):
            await state.read(secret, "thief", TALK)

    async def test_what_an_erased_key_sealed_counts_as_erased(
        self, state: State, keys: MemoryKeyRing
    ) -> None:
        secret = key(sealed=True)
        await state.write(secret, "b", Favourite(animal="unicorn"), TALK)

        keys.erase("state")

        assert await state.read(secret, "b", TALK) is None

    # roles

    async def test_only_its_readers_may_read_a_key(self, state: State) -> None:
        with pytest.raises(NotAllowed):
            await state.read(key(), "b", STRANGER)

    async def test_only_its_writers_may_change_a_key(self, state: State) -> None:
        await state.write(key(), "b", Favourite(animal="owl"), TALK)

        with pytest.raises(NotAllowed):
            await state.write(key(), "b", Favourite(animal="elk"), PARENT)
        with pytest.raises(NotAllowed):
            await state.compare_and_set(key(), "b", Favourite(animal="elk"), 1, PARENT)
        with pytest.raises(NotAllowed):
            await state.forget(key(), "b", PARENT)

        assert len(await state.audit()) == 1

    async def test_only_its_readers_may_observe_a_key(self, state: State) -> None:
        with pytest.raises(NotAllowed):
            async with state.observe(key(), STRANGER):
                pass
        async with state.observe("talk.", STRANGER) as changes, state.observe("talk.", PARENT) as allowed:
            await state.write(key(), "b", Favourite(animal="owl"), TALK)
            await allowed.next()
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(changes.next(), 0.01)

    # audit

    async def test_every_change_is_in_the_audit_with_who_and_when(
        self, state: State, clock: HandClock
    ) -> None:
        fleeting, session = key("talk.mood", lifetime=1.0), key(scope=Scope.SESSION)
        async with state.session("s"):
            await state.write(fleeting, "b", Favourite(animal="owl"), TALK)
            await state.write(session, "s", Favourite(animal="owl"), TALK)
            await state.write(key(), "b", Favourite(animal="owl"), TALK)
            await state.forget(key(), "b", TALK)
            await state.forget(key(), "b", TALK)  # nothing there: no change
            clock.now = 2000.0
            await state.sweep()

        entries = await state.audit()

        assert [(entry.slot.name, entry.verb, entry.stamp.who, entry.stamp.when) for entry in entries] == [
            ("talk.mood", Verb.WRITTEN, "talk", 1000.0),
            ("talk.favourite", Verb.WRITTEN, "talk", 1000.0),
            ("talk.favourite", Verb.WRITTEN, "talk", 1000.0),
            ("talk.favourite", Verb.FORGOTTEN, "talk", 1000.0),
            ("talk.mood", Verb.EXPIRED, "state", 2000.0),
            ("talk.favourite", Verb.ENDED, "state", 2000.0),
        ]
        assert "owl" not in repr(entries)

    async def test_the_audit_is_read_on_from_where_one_stopped(self, state: State) -> None:
        for times in range(5):
            await state.write(key(), "b", Favourite(animal="owl", times=times), TALK)

        first = await state.audit(limit=2)
        rest = await state.audit(after=first[-1].number)

        numbers = [entry.number for entry in (*first, *rest)]
        assert len(first) == 2
        assert numbers == sorted(set(numbers))
        assert len(numbers) == 5

    async def test_the_oldest_entries_of_the_audit_make_room_when_it_is_full(self, state: State) -> None:
        versions = [await state.write(key(), "b", Favourite(animal="owl"), TALK) for _ in range(12)]

        assert [entry.number for entry in await state.audit()] == versions[-AUDIT_KEPT:]

    async def test_the_audit_is_chained_and_stays_so_when_its_oldest_entries_make_room(
        self, state: State, store: Store, clock: HandClock
    ) -> None:
        for number in range(AUDIT_KEPT):
            await state.write(key(lifetime=1.0), f"b-{number}", Favourite(animal="owl"), TALK)
        before = await state.look_through_audit()
        clock.now += 2
        await state.sweep()

        after = await state.look_through_audit()

        assert (before.broken, before.entries, before.span.before) == (None, AUDIT_KEPT, GENESIS)
        assert (after.broken, after.entries) == (None, AUDIT_KEPT)
        assert after.span.before == before.span.end
        assert (await store.span()).end == (await state.audit())[-1].link

    async def test_a_value_of_another_release_is_a_named_error(self, state: State) -> None:
        await state.write(key(), "b", Favourite(animal="owl"), TALK)
        changed = Key(
            name=key().name,
            scope=Scope.APPLICATION,
            shape=TypeAdapter(int),
            readers=frozenset({TALK}),
            writers=frozenset({TALK}),
        )

        with pytest.raises(StateError, match="another shape"):
            await state.read(changed, "b", TALK)


class TestMemoryStore(StateContract):
    @pytest.fixture
    async def store(self) -> AsyncIterator[Store]:
        yield MemoryStore(audit_kept=AUDIT_KEPT)


class TestSqliteStore(StateContract):
    @pytest.fixture
    async def store(self, tmp_path: Path) -> AsyncIterator[Store]:
        async with open_sqlite_store(tmp_path / "state.db", audit_kept=AUDIT_KEPT) as store:
            yield store


class TestRedisStore(StateContract):
    @pytest.fixture
    async def store(self, store_server: AnyStore) -> AsyncIterator[Store]:
        client = connect(store_server.url)
        async with open_redis_store(client=client, chance=SeededChance(3), audit_kept=AUDIT_KEPT) as store:
            yield store
        await client.close()


async def test_brief_scopes_may_live_in_a_store_of_their_own(clock: HandClock, keys: MemoryKeyRing) -> None:
    lasting, brief = MemoryStore(), MemoryStore()
    seal = ChaChaSeal(keys=keys, chance=SeededChance(2))
    state = State(store=lasting, brief=brief, seal=seal, clock=clock)
    async with state.session("s"), state.observe("talk.", PARENT) as changes:
        await state.write(key(scope=Scope.SESSION), "s", Favourite(animal="owl"), TALK)
        await state.write(key(), "b", Favourite(animal="owl"), TALK)

        assert len(await lasting.audit(after=0, limit=9)) == 1
        assert len(await state.audit(scope=Scope.SESSION)) == 1
        assert {(await changes.next()).slot.scope for _ in range(2)} == {Scope.SESSION, Scope.APPLICATION}
