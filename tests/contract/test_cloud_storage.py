"""What the client of the store promises, over one server, one behind a sentinel, and a cluster."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from teddy_cloud.storage.client import Command, Moved, Script, StoreClient, connect
from teddy_shared.errors import ConfigError, LinkError
from tests import servers
from tests.servers import AnyStore, Server, StoreCluster

APART = [f"key:{{{number}}}" for number in range(40)]  # of so many slots that every node has some
COUNT = Script("return redis.call('INCRBY', KEYS[1], ARGV[1])")
READ = Script("return redis.call('GET', KEYS[1])")


@pytest.fixture
async def client(store_server: AnyStore) -> AsyncIterator[StoreClient]:
    client = connect(store_server.url)
    yield client
    await client.close()


async def test_commands_of_many_slots_go_out_together_and_are_answered_in_order(client: StoreClient) -> None:
    await client.do_all([("SET", key, number) for number, key in enumerate(APART)])

    found = await client.do_all([("GET", key) for key in reversed(APART)])

    assert found == [b"%d" % number for number in reversed(range(len(APART)))]
    assert await client.do_all([]) == []


async def test_many_who_begin_together_are_all_answered(client: StoreClient) -> None:
    async def use(key: str) -> int:
        return int(await client.do("INCR", key)) + int((await client.do_all([("INCR", key)]))[0])

    assert await asyncio.gather(*(use(key) for key in APART)) == [3] * len(APART)


async def test_commands_at_once_are_done_where_the_guard_is_as_expected(client: StoreClient) -> None:
    both: list[Command] = [
        ("SET", "at:{1}", "5"),
        ("HSET", "page:{1}", "line", b"\x00words"),
        ("PUBLISH", "x", 1),
    ]

    await client.do_at_once(both, guard="at:{1}", expected=None)
    await client.do_at_once([("SET", "at:{1}", "6")], guard="at:{1}", expected=b"5")

    assert await client.do("GET", "at:{1}") == b"6"
    assert await client.do("HGETALL", "page:{1}") == {b"line": b"\x00words"}


@pytest.mark.parametrize("expected", [None, b"", b"4"])
async def test_commands_at_once_change_nothing_where_it_is_not(
    client: StoreClient, expected: bytes | None
) -> None:
    await client.do("SET", "at:{1}", "5")

    with pytest.raises(Moved):
        await client.do_at_once(
            [("SET", "at:{1}", "6"), ("SET", "page:{1}", "a")], guard="at:{1}", expected=expected
        )

    assert await client.do_all([("GET", "at:{1}"), ("GET", "page:{1}")]) == [b"5", None]


async def test_of_two_who_change_the_same_at_once_one_is_told_that_it_moved(client: StoreClient) -> None:
    async def change(value: str) -> None:
        await client.do_at_once([("SET", "at:{1}", value)], guard="at:{1}", expected=None)

    ends = await asyncio.gather(change("a"), change("b"), return_exceptions=True)

    assert [type(end) for end in ends if end is not None] == [Moved]


async def test_many_scripts_run_in_one_go_whether_or_not_the_servers_know_them(client: StoreClient) -> None:
    await client.run(COUNT, [APART[0]], [1])  # one node, at most, knows one of them

    first = await client.run_all([(COUNT, [key], [number]) for number, key in enumerate(APART)])
    mixed = await client.run_all([(READ, [APART[2]], []), (COUNT, [APART[3]], [10]), (READ, [APART[0]], [])])

    assert first == [1, *range(1, len(APART))]
    assert mixed == [b"2", 13, b"1"]


async def test_a_call_that_cannot_be_is_our_own_mistake_and_not_a_store_that_is_away(
    client: StoreClient,
) -> None:
    await client.do("SET", "a:{1}", "text")

    with pytest.raises(Exception, match="WRONGTYPE") as mistake:
        await client.do_all([("GET", "a:{1}"), ("HGETALL", "a:{1}")])

    assert not isinstance(mistake.value, LinkError)


async def test_a_scan_finds_the_keys_of_every_server_once(client: StoreClient) -> None:
    await client.do_all([("SET", key, 1) for key in (*APART, "other")])

    found = await client.scan("key:*")

    assert sorted(found) == sorted(APART)


async def test_what_is_published_is_heard_whichever_server_took_it(client: StoreClient) -> None:
    async with client.listening("news") as first, client.listening("news") as second:
        for key in APART[:6]:
            await client.do_at_once([("SET", key, 1), ("PUBLISH", "news", key)])

        heard = [[await listener.heard(5) for _ in range(6)] for listener in (first, second)]

    assert [sorted(filter(None, each)) for each in heard] == [sorted(key.encode() for key in APART[:6])] * 2


async def test_a_store_that_dies_is_a_link_error_and_works_again_when_it_is_back(
    single_store: Server,
) -> None:
    client = connect(single_store.url)
    await client.do("SET", "bear", "awake")
    async with client.listening("news") as listener:
        single_store.kill()

        with pytest.raises(LinkError):
            await client.do("GET", "bear")
        with pytest.raises(LinkError):
            await listener.heard(5)
    single_store.start()

    assert await client.do("GET", "bear") == b"awake"
    await client.close()


async def test_a_replica_takes_over_and_the_client_follows(tmp_path: Path) -> None:
    with servers.watched_pair(tmp_path) as pair:
        client = connect(pair.url)
        await client.do("SET", "bear", "awake")
        await client.do("WAIT", 1, 5000)
        async with client.listening("news") as listener:
            pair.first.kill()
            with pytest.raises(LinkError):
                await client.do("SET", "bear", "asleep")
            with pytest.raises(LinkError):
                await listener.heard(5)

        async with asyncio.timeout(15):
            while True:
                try:
                    await client.do("SET", "bear", "asleep")
                    break
                except LinkError:
                    await asyncio.sleep(0.05)

        assert servers.ask(pair.second, "GET bear") == "asleep"
        await client.close()


async def test_an_address_of_the_wrong_form_is_for_the_operator_to_mend(
    redis_server: Server, redis_cluster: StoreCluster
) -> None:
    one_of_many = redis_cluster.nodes[0].url
    for url, remedy in (
        (f"redis+cluster://{redis_server.host}:{redis_server.port}", "write its address as redis://"),
        (one_of_many, r"write its address as redis\+cluster://"),
        (redis_server.url.replace("://", "://somebody:wrong@"), "refuses the name or password"),
        (redis_cluster.url.replace("://", "://somebody:wrong@"), "refuses the name or password"),
    ):
        client = connect(url)
        with pytest.raises(ConfigError, match=remedy):
            await client.do_all([("GET", key) for key in APART])
        with pytest.raises(ConfigError, match=remedy):
            for key in APART:
                await client.do("GET", key)
        await client.close()
