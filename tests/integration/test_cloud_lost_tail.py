"""A store that loses its tail: the bear fills it in again, and the read models come to the same."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import replace
from pathlib import Path

from teddy_cloud.eventstore import partitions
from teddy_cloud.eventstore.archive.folder import FolderArchive
from teddy_cloud.eventstore.archive.keeping import Keeper
from teddy_cloud.eventstore.archive.reading import ArchivedEventStore
from teddy_cloud.eventstore.presence import OFFLINE, ONLINE, OWN_EPOCH
from teddy_cloud.eventstore.redis import RedisEventStore
from teddy_cloud.eventstore.redis_letters import RedisDeadLetters
from teddy_cloud.eventstore.store import Item
from teddy_cloud.projections.bears import STATE, Bears, state_of
from teddy_shared.clock import SystemChance, SystemClock
from teddy_shared.codec import encode_head
from teddy_shared.envelope import Lane
from teddy_shared.purposes import Purpose
from teddy_shared.seal import ChaChaSeal, MemoryKeyRing
from tests import servers
from tests.cloud_archive import DAY, Calendar
from tests.cloud_bear import BEAR, EPOCH, head_of
from tests.projecting import NOON, Cloud, cloud_on, following, turn, until
from tests.servers import Server

HERE = partitions.partition_of(BEAR)
FAR_AHEAD = 9_999_999_999_999  # ms, as if the clock of the store were set back afterwards


async def test_what_an_older_file_does_not_hold_is_filled_in_and_shown_once(tmp_path: Path) -> None:
    with servers.redis_server(tmp_path / "redis", appendfsync="always") as store:
        async with cloud_on(store.url) as cloud, following(cloud):
            for number in range(1, 4):
                await cloud.append(*turn(BEAR, number))
            await presence(cloud, 1, ONLINE)
            await cloud.until_turns(BEAR, 3)
            await asyncio.to_thread(shutil.copytree, files(store), tmp_path / "older")
            await move_the_clock_on(cloud)
            for number in range(4, 6):
                await cloud.append(*turn(BEAR, number, "moles"))
            await presence(cloud, 2, ONLINE)
            await cloud.until_turns(BEAR, 5)

            store.kill()
            await asyncio.to_thread(shutil.rmtree, files(store))
            await asyncio.to_thread(shutil.copytree, tmp_path / "older", files(store))
            store.start()
            mark = (await cloud.store.marks(BEAR, EPOCH))[Lane.INTERACTION]
            # The cloud's own numbers are not sent again: the next event takes the number of the lost one.
            await presence(cloud, 2, OFFLINE)
            for number in range(4, 6):
                await cloud.append(*turn(BEAR, number, "moles"))
            await cloud.until_turns(BEAR, 5)
            await until(lambda: as_stored(cloud))

            assert mark == 9
            assert not state_of(await cloud.models.page(Bears.name, BEAR, STATE)).online


async def test_a_store_that_goes_back_beneath_its_readers_is_believed_and_not_their_memory(
    redis_server: Server,
) -> None:
    """As when one node of a cluster gives way to a replica that is behind: no connection is lost."""
    async with cloud_on(redis_server.url) as cloud, following(cloud):
        await cloud.append(*turn(BEAR, 1))
        await cloud.until_turns(BEAR, 1)
        await until(lambda: as_stored(cloud))  # of a turn's three events the first makes it a turn
        older = await replica(cloud)
        await move_the_clock_on(cloud)
        await cloud.append(*turn(BEAR, 2))
        await cloud.until_turns(BEAR, 2)

        gone = [key for key in await cloud.client.scan("*") if key not in older]
        await cloud.client.do_at_once(
            [("DEL", key) for key in gone]
            + [("RESTORE", key, 0, value, "REPLACE") for key, value in older.items()]
        )
        shown = await cloud.turns(BEAR)
        await cloud.append(*turn(BEAR, 2, "moles"))
        await cloud.until_turns(BEAR, 2)

        assert shown == 1
        await until(lambda: as_stored(cloud))


async def test_what_only_the_archive_holds_is_shown_though_the_store_lost_everything(
    redis_server: Server, tmp_path: Path
) -> None:
    keys = MemoryKeyRing(chance=SystemChance())
    async with cloud_on(redis_server.url) as live:
        later = Calendar(wall=SystemClock().wall() + 120 * DAY)
        seal = ChaChaSeal(keys=keys, chance=SystemChance())
        archive = FolderArchive(folder=tmp_path, seal=seal, keys=keys)
        streams, letters = RedisEventStore(client=live.client), RedisDeadLetters(client=live.client)
        keeper = Keeper(live=streams, archive=archive, letters=letters, clock=later, chance=SystemChance())
        cloud = replace(live, store=ArchivedEventStore(live=streams, archive=archive))
        await cloud.append(*turn(BEAR, 1), *turn(BEAR, 2))
        kept = await keeper.keep()
        await cloud.append(*turn(BEAR, 3))
        async with following(cloud):
            await cloud.until_turns(BEAR, 3)

        redis_server.flush()
        async with following(cloud):
            await cloud.until_turns(BEAR, 2)
        await cloud.rebuilder().rebuild(Bears.name)

        assert kept.archived == 6
        assert await cloud.counted(BEAR) == 2


def files(store: Server) -> Path:
    return store.folder / "appendonlydir"


async def replica(cloud: Cloud) -> dict[str, bytes]:
    """All keys at one moment: a replica that is behind is never torn."""
    keys = await cloud.client.scan("*")
    return dict(zip(keys, await cloud.client.do_at_once([("DUMP", key) for key in keys]), strict=True))


async def move_the_clock_on(cloud: Cloud) -> None:
    """What is stored from now on lies under positions far ahead of all that will come."""
    await cloud.client.do_at_once(
        [
            ("XADD", partitions.events(HERE), f"{FAR_AHEAD}-0", "head", b"", "owner", b"", "sealed", b""),
            ("XDEL", partitions.events(HERE), f"{FAR_AHEAD}-0"),
        ]
    )


async def presence(cloud: Cloud, seq: int, type_: str) -> None:
    head = head_of(None, seq, epoch=OWN_EPOCH, type=type_, wall_ms=NOON, profile=None)
    item = Item(encode_head(head), Purpose.DEVICE, None, "", b"")
    await cloud.store.append_batch(bear=BEAR, epoch=OWN_EPOCH, lane=Lane.INTERACTION, first=seq, items=[item])


async def as_stored(cloud: Cloud) -> bool:
    return await cloud.pages([BEAR]) == await cloud.replayed([BEAR])
