"""The whole cloud on a store of three nodes, one of which goes and comes back."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from teddy_cloud.commands.ordering import send_order
from teddy_cloud.commands.rebuilding import rebuild
from teddy_cloud.commands.state_looking import verify
from teddy_cloud.storage.client import Script, connect
from teddy_shared.errors import LinkError
from tests import servers
from tests.cloud_bear import BEAR, begun, ended, wire_to, wired
from tests.cloud_house import living, move_in
from tests.integration.test_orders_whole_way import report, until_it_stands
from tests.quiet_bear import quiet_bear
from tests.servers import Server, StoreCluster

APART = [f"key:{{{number}}}" for number in range(40)]  # of so many slots that every node has some


@pytest.fixture(scope="module")
def valkeys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreCluster]:
    """Three nodes of the embedded store."""
    with servers.cluster(tmp_path_factory.mktemp("cluster"), servers.valkey) as nodes:
        yield nodes


async def test_a_turn_an_order_and_a_rebuild_go_their_way_although_a_node_was_away(
    mosquitto: Server, valkeys: StoreCluster, tmp_path: Path
) -> None:
    async with living(mosquitto, valkeys, tmp_path) as house, house.parent() as browser:
        await move_in(house.settings, tmp_path, email="other@example.org", bear="bear-2")
        child = house.family.profile
        async with wire_to(mosquitto) as bear:
            first = wired(begun(), 1, turn="turn-1", profile=child)
            await bear.send([first, wired(ended(), 2, turn="turn-1", profile=child)], 1)
        order = await send_order(house.settings, report(wait=0))
        await a_node_goes_and_comes_back(valkeys)

        async with quiet_bear(tmp_path / "bear", tmp_path / f"{BEAR}.toml", mosquitto):
            await until_it_stands(house, order.id, "done")
        await rebuild(house.settings, "conversations", anew=False)
        said = (await browser.get(f"/api/bears/{BEAR}/today")).raise_for_status().json()

        assert [turn["turn"] for turn in said["turns"]] == ["turn-1"]
        assert (await verify(house.settings, None)).broken is None


async def a_node_goes_and_comes_back(nodes: StoreCluster) -> None:
    """Whoever asks it or listens at it is told."""
    client = connect(nodes.url)
    count = Script("return redis.call('INCR', KEYS[1])")
    await client.run_all([(count, [key], []) for key in APART])
    async with AsyncExitStack() as stack:
        # One of them listens at the node that goes; nobody is told which.
        listeners = [await stack.enter_async_context(client.listening("news")) for _ in nodes.nodes]
        nodes.nodes[1].kill()

        with pytest.raises(LinkError):
            await client.do_all([("GET", key) for key in APART])
        heard = await asyncio.gather(*(each.heard(0.1) for each in listeners), return_exceptions=True)
        async with client.listening("news"):  # at one of those that are left
            pass
    nodes.start()

    assert [type(each) for each in heard if each is not None] == [LinkError]
    assert await client.do_all([("GET", key) for key in APART]) == [b"1"] * len(APART)
    await client.close()
