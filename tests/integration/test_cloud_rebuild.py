"""A read model made anew while bears send, two projectors follow and a parent looks; and after a kill."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from teddy_cloud.eventstore.partitions import PARTITIONS
from teddy_cloud.projections.bears import Bears
from teddy_cloud.projections.rebuilding import Progress
from teddy_shared.envelope import BearId
from tests.processes import SECONDS
from tests.projecting import Cloud, cloud_on, following, turn, until
from tests.servers import Server

BEARS = [BearId(f"bear-{number}") for number in range(1, 41)]
BUSIEST = BEARS[0]


async def test_nothing_is_lost_doubled_or_out_of_sight_while_it_goes_on_and_after_it_was_killed(
    redis_server: Server, tmp_path: Path
) -> None:
    async with cloud_on(redis_server.url, tmp_path) as cloud:
        for bear in BEARS:
            await cloud.append(*turn(bear, 1), *turn(bear, 2))
        async with following(cloud, projectors=2):
            await until(lambda: all_as_stored(cloud))
            async with sending(cloud) as sent, looking(cloud) as seen:
                said = await killed_rebuild(redis_server, tmp_path)
                progress: list[Progress] = []
                await cloud.rebuilder().rebuild(Bears.name, tell=progress.append)
            await until(lambda: all_as_stored(cloud))
            assert await cloud.counted(BUSIEST) >= 2 + len(sent)

    assert len(sent) > 10  # they did come meanwhile
    assert seen == sorted(seen) and seen[0] >= 2
    assert said.startswith("bears: ")
    assert 0 < progress[0].done < PARTITIONS
    assert progress[-1] == Progress(PARTITIONS, PARTITIONS, 0.0)


async def killed_rebuild(store: Server, folder: Path) -> str:
    """kill -9 as soon as it has told that some of it is done; what it said then."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "teddy_cloud", "rebuild", Bears.name),
        *("--store", store.url, "--data", str(folder)),
        stderr=PIPE,
    )
    assert process.stderr is not None
    async with asyncio.timeout(SECONDS):
        async for line in process.stderr:
            if b": 0 of" not in line:
                process.kill()
                break
        code = await process.wait()
    assert code == -9, "it was done before it could be killed"
    return line.decode()


@asynccontextmanager
async def sending(cloud: Cloud) -> AsyncIterator[list[int]]:
    """The busiest bear talks and talks; gives the numbers of its turns so far."""
    sent: list[int] = []

    async def talk() -> None:
        while True:
            number = 3 + len(sent)
            await cloud.append(*turn(BUSIEST, number))
            sent.append(number)
            await asyncio.sleep(0.001)

    async with asyncio.TaskGroup() as tasks:
        talking = tasks.create_task(talk(), name="talk")
        yield sent
        talking.cancel()


@asynccontextmanager
async def looking(cloud: Cloud) -> AsyncIterator[list[int]]:
    """A parent who looks again and again; gives what was counted each time."""
    seen: list[int] = []

    async def look() -> None:
        while True:
            seen.append(await cloud.counted(BUSIEST))
            await asyncio.sleep(0.002)

    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(look(), name="look")
        yield seen
        task.cancel()


async def all_as_stored(cloud: Cloud) -> bool:
    return await cloud.pages(BEARS) == await cloud.replayed(BEARS)
