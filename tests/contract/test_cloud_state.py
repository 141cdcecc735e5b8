"""What several workers see of the state that they share."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack

import pytest

from teddy_cloud.state.redis import AT_ONCE, RedisStore, open_redis_store
from teddy_cloud.storage.client import Part, Reply, Script, StoreClient, connect
from teddy_cloud.storage.redis import dial
from teddy_cloud.storage.wire import Servers
from teddy_shared.addresses import store_address
from teddy_shared.clock import SeededChance
from teddy_shared.errors import Conflict, LinkError
from teddy_shared.state.chain import look_through
from teddy_shared.state.keys import Role
from teddy_shared.state.scopes import Scope
from teddy_shared.state.store import Change, Slot, Stamp
from tests.servers import AnyStore, Server

SAGA = Role("saga")
SECONDS = 10


def slot(name: str = "erase.step", scope: Scope = Scope.APPLICATION) -> Slot:
    return Slot(scope, "bear-1", name)


class Worker:
    """One process's view, with what its listener heard."""

    def __init__(self, store: RedisStore) -> None:
        self.store = store
        self.heard: list[int] = []
        self._news = asyncio.Event()
        store.tell(self._hear)

    def _hear(self, change: Change) -> None:
        self.heard.append(change.number)
        self._news.set()

    async def write(self, name: str = "erase.step", scope: Scope = Scope.APPLICATION) -> int:
        where = slot(name, scope)
        return await self.store.put(where, b"", stamp=Stamp(SAGA, 1.0), expires=None, expected=None)

    async def heard_up_to(self, number: int) -> list[int]:
        async with asyncio.timeout(SECONDS):
            while not self.heard or self.heard[-1] < number:
                self._news.clear()
                await self._news.wait()
        return self.heard


async def joined(stack: AsyncExitStack, client: StoreClient) -> Worker:
    stack.push_async_callback(client.close)
    store = await stack.enter_async_context(open_redis_store(client=client, chance=SeededChance(1)))
    return Worker(store)


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


async def test_what_one_worker_changes_the_others_hear_in_order_and_once(
    store_server: AnyStore, stack: AsyncExitStack
) -> None:
    workers = [await joined(stack, connect(store_server.url)) for _ in range(2)]
    first = [await worker.write() for worker in workers]  # from here on each knows where it stands

    writing = [worker.write(f"step.{number}") for number in range(20) for worker in workers]
    last = max(await asyncio.gather(*writing))

    assert last == 42
    for worker, began in zip(workers, first, strict=True):
        heard = await worker.heard_up_to(last)
        assert heard[heard.index(began) :] == list(range(began, last + 1))
    assert (await look_through(workers[0].store)).entries == 42


async def test_before_its_own_change_a_worker_hears_of_those_that_others_made(
    redis_server: Server, stack: AsyncExitStack
) -> None:
    client = connect(redis_server.url)
    stack.push_async_callback(client.close)
    deaf = Worker(RedisStore(client=client))  # nobody listens for it
    other = await joined(stack, connect(redis_server.url))
    await deaf.write()
    await other.write()
    await other.write()

    await deaf.write()

    assert deaf.heard == [1, 2, 3, 4]


async def test_of_many_who_count_up_in_two_workers_none_is_lost(
    store_server: AnyStore, stack: AsyncExitStack
) -> None:
    workers = [await joined(stack, connect(store_server.url)) for _ in range(2)]

    async def count_up(store: RedisStore) -> None:
        while True:
            row = await store.get(slot(), now=0.0)
            value, version = (int(row.value), row.version) if row else (0, 0)
            with contextlib.suppress(Conflict):
                await store.put(
                    slot(), b"%d" % (value + 1), stamp=Stamp(SAGA, 1.0), expires=None, expected=version
                )
                return

    await asyncio.gather(*(count_up(worker.store) for worker in workers for _ in range(10)))

    row = await workers[0].store.get(slot(), now=0.0)
    assert row is not None
    assert row.value == b"20"


async def test_a_worker_that_could_not_listen_hears_afterwards_what_it_missed(
    redis_server: Server, stack: AsyncExitStack
) -> None:
    ours, theirs = [await joined(stack, connect(redis_server.url)) for _ in range(2)]
    await ours.write()  # from here on it knows where it stands
    await ours.heard_up_to(await theirs.write())
    redis_server.kill()
    with pytest.raises(LinkError):
        await theirs.write()
    redis_server.start()

    last = max([await theirs.write() for _ in range(3)])

    heard = await ours.heard_up_to(last)
    assert heard[-4:] == list(range(last - 3, last + 1))


async def test_a_value_written_anew_while_one_sweeps_stays(
    redis_server: Server, stack: AsyncExitStack
) -> None:
    other = await joined(stack, connect(redis_server.url))
    await other.store.put(slot(), b"old", stamp=Stamp(SAGA, 0.0), expires=1.0, expected=None)
    await other.store.put(slot("b"), b"old", stamp=Stamp(SAGA, 0.0), expires=1.0, expected=None)

    async def meanwhile() -> None:
        await other.store.put(slot(), b"new", stamp=Stamp(SAGA, 5.0), expires=9.0, expected=None)

    client = Interrupted(dial(store_address(redis_server.url)), meanwhile)
    stack.push_async_callback(client.close)
    sweeper = RedisStore(client=client)

    assert await sweeper.expire(stamp=Stamp(SAGA, 5.0)) == 1

    row = await other.store.get(slot(), now=5.0)
    assert row is not None
    assert row.value == b"new"


class Interrupted(StoreClient):
    """Something happens after the first script has run."""

    def __init__(self, servers: Servers, meanwhile: Callable[[], Awaitable[None]]) -> None:
        super().__init__(servers)
        self._meanwhile: Callable[[], Awaitable[None]] | None = meanwhile

    async def run(self, script: Script, keys: Sequence[str], arguments: Sequence[Part]) -> Reply:
        reply = await super().run(script, keys, arguments)
        meanwhile, self._meanwhile = self._meanwhile, None
        if meanwhile is not None:
            await meanwhile()
        return reply


async def test_more_than_goes_at_once_ends_with_its_owner(
    store_server: AnyStore, stack: AsyncExitStack
) -> None:
    worker = await joined(stack, connect(store_server.url))
    names = [f"step.{number}" for number in range(AT_ONCE + 20)]
    await asyncio.gather(*(worker.write(name, scope=Scope.SESSION) for name in names))
    await worker.write("stays")

    await worker.store.end(Scope.SESSION, "bear-1", stamp=Stamp(SAGA, 2.0))

    assert await worker.store.get(slot(names[-1], Scope.SESSION), now=0.0) is None
    assert await worker.store.get(slot("stays"), now=0.0) is not None
    ended = await worker.store.audit(after=len(names) + 1, limit=1000)
    assert [change.slot.name for change in ended] == sorted(names)
    assert (await look_through(worker.store)).broken is None
