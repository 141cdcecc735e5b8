"""Lines to one store: many exchanges on a few of them, and no answer ever goes to somebody else."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from teddy_cloud.storage.client import StoreClient, connect
from teddy_cloud.storage.lines import MOST
from teddy_cloud.storage.near import Near
from teddy_cloud.storage.redis import dial
from teddy_shared.addresses import store_address
from teddy_shared.errors import ConfigError, LinkError
from tests import servers
from tests.servers import Server


@pytest.fixture
async def client(redis_server: Server) -> AsyncIterator[StoreClient]:
    client = connect(redis_server.url)
    yield client
    await client.close()


async def test_more_exchanges_than_lines_are_all_answered_with_what_they_asked(client: StoreClient) -> None:
    async def asks(number: int) -> bool:
        words = [f"{number}-{each}" for each in range(number % 7 + 1)]
        found = await client.do_all([("ECHO", word) for word in words])
        return found == [word.encode() for word in words]

    assert all(await asyncio.gather(*(asks(number) for number in range(40 * MOST))))
    connected = (await client.do("CLIENT", "LIST")).splitlines()
    assert len(connected) <= MOST


async def test_the_answer_of_one_who_has_gone_is_nobody_elses(client: StoreClient) -> None:
    for number in range(50):
        gone = asyncio.create_task(client.do("ECHO", "gone"))
        if number % 2:
            await asyncio.sleep(0)  # it has asked by now
        gone.cancel()
        answers = await asyncio.gather(*(client.do("ECHO", each) for each in range(3 * MOST)))
        await asyncio.wait([gone])

        assert answers == [b"%d" % each for each in range(3 * MOST)]


async def test_a_large_answer_and_a_large_question_are_whole(client: StoreClient) -> None:
    words = os.urandom(3_000_000)

    await client.do("SET", "large", words)
    found = await asyncio.gather(*(client.do("GET", "large") for _ in range(4)))

    assert found == [words] * 4


async def test_lines_that_died_while_they_were_idle_are_dialled_anew(
    client: StoreClient, redis_server: Server
) -> None:
    await client.do("SET", "bear", "awake")
    other = connect(redis_server.url)

    killed = await other.do("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    found = await client.do("GET", "bear")
    await other.close()

    assert (killed, found) == (1, b"awake")


async def test_a_store_that_does_not_answer_is_away_and_its_late_answer_is_nobodys(
    redis_server: Server,
) -> None:
    place = {"host": redis_server.host, "port": redis_server.port}
    library = dial(store_address(redis_server.url))
    client = StoreClient(Near(place=place, library=library, told=lambda _, reply: reply, seconds=0.2))
    await client.do("ECHO", "early")

    os.kill(redis_server.pid, signal.SIGSTOP)
    try:
        with pytest.raises(LinkError, match="does not answer"):
            await client.do("ECHO", "late")
    finally:
        os.kill(redis_server.pid, signal.SIGCONT)
    found = await client.do("ECHO", "now")
    await client.close()

    assert found == b"now"


async def test_what_is_dialled_while_a_client_closes_is_closed_too(redis_server: Server) -> None:
    onlooker = connect(redis_server.url)
    await onlooker.do("PING")
    for pause in range(8):
        client = connect(redis_server.url)
        asking = asyncio.create_task(client.do("ECHO", "early"))
        for _ in range(pause):
            await asyncio.sleep(0)  # the line is being dialled, or introduced, or carries the question
        await client.close()
        await asyncio.wait([asking])
        assert asking.exception() is None or isinstance(asking.exception(), LinkError)

    async with asyncio.timeout(10):  # the server hears of it a moment later
        while len((await onlooker.do("CLIENT", "LIST")).splitlines()) > 1:
            await onlooker.do("PING")
    await onlooker.close()


async def test_a_password_a_socket_and_a_database_are_taken_from_the_address(tmp_path: Path) -> None:
    socket = tmp_path / "s"
    with servers.redis_server(tmp_path / "redis", unixsocket=socket) as server:
        there = f"{server.host}:{server.port}"
        operator = connect(f"redis://{there}")
        await operator.do("CONFIG", "SET", "requirepass", "secret")
        await operator.close()
        ours = [connect(f"redis://:secret@{there}/2"), connect(f"unix://:secret@{socket}?db=2")]
        strangers = [connect(f"redis://{there}"), connect(f"redis://:guessed@{there}")]
        await ours[0].do("SET", "bear", "awake")

        found = await ours[1].do("GET", "bear")
        for stranger in strangers:
            with pytest.raises(ConfigError, match="refuses the name or password"):
                await stranger.do("GET", "bear")
        for each in (*ours, *strangers):
            await each.close()

    assert found == b"awake"
