"""A whole cloud and its bears behind TLS: what papers open, what replaying gains, and papers taken back."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiomqtt
import pytest

from teddy_cloud.bus.callers import operator
from teddy_cloud.commands.enrolling import provision, revoke, set_up_broker
from teddy_cloud.container.cloud import open_office
from teddy_cloud.eventstore.partitions import partition_of
from teddy_cloud.eventstore.store import BEGINNING, Entry
from teddy_cloud.fleet.broker_folder import BrokerPlan
from teddy_edge.identity import BearKeys, Identity, read_identity
from teddy_edge.link.wishes import seal_owner, seal_place
from teddy_shared import topics
from teddy_shared.clock import SeededChance
from teddy_shared.codec import decode_head
from teddy_shared.commands import order_place
from teddy_shared.envelope import BearId, Lane
from teddy_shared.errors import SealError
from teddy_shared.messages import SettingsDocument, from_bytes
from teddy_shared.seal import ChaChaSeal, MemoryKeyRing
from teddy_shared.tls import client_context
from tests.cloud_bear import BEAR, EPOCH, SECONDS, Wire, batch_of, ended, turns, wire_to, wired
from tests.cloud_house import House, living_by, move_in
from tests.secure_broker import SecureBroker
from tests.servers import HOST, Server

OTHER = BearId("bear-2")
ME = operator("a test")


@dataclass(frozen=True, slots=True)
class Cloud:
    house: House
    broker: SecureBroker

    async def identity(self, bear: BearId = BEAR) -> Identity:
        return await asyncio.to_thread(read_identity, self.house.folder / f"{bear}.toml")

    async def context(self, bear: BearId = BEAR) -> ssl.SSLContext:
        credentials = (await self.identity(bear)).credentials
        assert credentials is not None
        return await asyncio.to_thread(client_context, credentials)

    @asynccontextmanager
    async def wire(self, bear: BearId = BEAR) -> AsyncIterator[Wire]:
        async with wire_to(self.broker.server, bear, tls=await self.context(bear)) as wire:
            yield wire

    async def is_let_in(self, bear: BearId = BEAR) -> bool:
        try:
            async with asyncio.timeout(SECONDS):
                context = await self.context(bear)
                reader, writer = await asyncio.open_connection(HOST, self.broker.server.port, ssl=context)
                writer.write(bytes.fromhex("10 0e 0004 4d515454 05 02 003c 00 0001 78"))
                answer = await reader.read(1)
                writer.close()
        except OSError:
            return False
        return answer == b"\x20"

    async def stored(self, bear: BearId = BEAR) -> Sequence[Entry]:
        """What came from the bear itself, byte by byte."""
        async with open_office(self.house.settings) as office:
            entries = await office.store.read(partition_of(bear), BEGINNING, 1000)
        return [each for each in entries if decode_head(each.head).place.epoch == EPOCH]

    async def reasons(self, bear: BearId, count: int) -> list[str]:
        """Why things of this bear were set aside, once there are so many."""
        async with open_office(self.house.settings) as office:
            letters = office.store.dead_letters

            async def enough() -> bool:
                return len(await letters(partition_of(bear))) >= count

            await until(enough)
            return [each.reason for each in await letters(partition_of(bear)) if each.bear == bear]


@pytest.fixture
async def cloud(tls_mosquitto: SecureBroker, redis_server: Server, tmp_path: Path) -> AsyncIterator[Cloud]:
    """With a family and its bear, whose file is there."""
    async with living_by(
        tls_mosquitto.cloud_url, redis_server, data=tls_mosquitto.data, folder=tmp_path
    ) as house:
        yield Cloud(house, tls_mosquitto)


def opener(identity: Identity) -> ChaChaSeal:
    """The seal of a bear."""
    keys = BearKeys(own=MemoryKeyRing(chance=SeededChance(1)), identity=identity)
    return ChaChaSeal(keys=keys, chance=SeededChance(2))


# --- with papers ---------------------------------------------------------------------------------------


async def test_a_bears_file_is_all_that_it_needs_to_be_heard_and_to_be_told(cloud: Cloud) -> None:
    async with cloud.wire() as wire:
        await wire.send(turns(3), 1)
        assert await wire.acknowledged() == 3
        async with asyncio.timeout(SECONDS):
            sealed = await wire.settings.get()

    identity = await cloud.identity()
    plain = opener(identity).open(seal_owner(BEAR), sealed, seal_place(BEAR))
    assert from_bytes(SettingsDocument, plain).version == 1
    assert len(await cloud.stored()) == 3


async def test_what_is_sealed_for_a_bear_opens_for_it_alone_in_its_place_and_unaltered(cloud: Cloud) -> None:
    await move_in(cloud.house.settings, cloud.house.folder, email="other@example.org", bear=OTHER)
    async with cloud.wire() as wire, cloud.wire(OTHER) as other, asyncio.timeout(SECONDS):
        mine, not_mine = await wire.settings.get(), await other.settings.get()
    seal = opener(await cloud.identity())

    for sealed, place in (
        (not_mine, seal_place(BEAR)),
        (not_mine, seal_place(OTHER)),
        (mine, seal_place(OTHER)),
        (mine, order_place(BEAR)),
        *((mine[:at] + bytes([mine[at] ^ 1]) + mine[at + 1 :], seal_place(BEAR)) for at in range(len(mine))),
    ):
        with pytest.raises(SealError):
            seal.open(seal_owner(BEAR), sealed, place)


async def test_a_bear_that_joins_the_clouds_groups_takes_nothing_from_them(cloud: Cloud) -> None:
    await move_in(cloud.house.settings, cloud.house.folder, email="other@example.org", bear=OTHER)
    async with cloud.wire() as wire, cloud.wire(OTHER) as other:
        for group in (topics.INGEST_EVENTS, topics.EVERY_QUESTION):
            await other.client.subscribe(group, qos=1)

        for number in range(1, 9):
            await wire.send(turns(1, first=number), number)

        while await wire.acknowledged() < 8:  # though none of them is sent again
            pass


# --- replaying and altering ----------------------------------------------------------------------------


async def test_a_batch_that_comes_again_or_altered_changes_nothing(cloud: Cloud) -> None:
    batch = batch_of(turns(3), 1)
    altered = batch_of([wired(ended("sharks"), seq, turn="other") for seq in (1, 2, 3)], 1)
    broken = [batch[:at] + bytes([batch[at] ^ 0x10]) + batch[at + 1 :] for at in range(0, len(batch), 16)]
    async with cloud.wire() as wire:
        await wire.send_raw(batch)
        assert await wire.acknowledged() == 3
        before = await cloud.stored()

        for again in (batch, altered, *broken, batch):
            await wire.send_raw(again)
        await wire.send(turns(1, first=4), 4)
        while (mark := await wire.acknowledged()) < 4:
            assert mark == 3

    after = await cloud.stored()
    assert after[: len(before)] == before
    assert [decode_head(each.head).place.seq for each in after] == [1, 2, 3, 4]


async def test_a_batch_of_another_bear_is_set_aside_and_the_other_ones_stream_stays(cloud: Cloud) -> None:
    await move_in(cloud.house.settings, cloud.house.folder, email="other@example.org", bear=OTHER)
    batch = batch_of(turns(2), 1)  # whose heads name the first bear
    async with cloud.wire() as wire:
        await wire.send_raw(batch)
        assert await wire.acknowledged() == 2
    before = await cloud.stored()

    async with cloud.wire(OTHER) as other:
        await other.send_raw(batch)
        assert await other.acknowledged() == 2  # its own numbers, which count as poison

    assert len(await cloud.reasons(OTHER, 2)) == 2
    assert (await cloud.stored(), await cloud.stored(OTHER)) == (before, [])


async def test_a_bear_that_poses_as_the_cloud_is_set_aside_whole(cloud: Cloud) -> None:
    posing = ("cloud", "cloud-orders", "cloud-audit")
    async with cloud.wire() as wire:
        for epoch in posing:
            await wire.send([wired(ended(), 1, epoch=epoch)], 1, epoch=epoch)

        reasons = await cloud.reasons(BEAR, len(posing))
        assert all("claims to come from the cloud" in each for each in reasons)
        await wire.send(turns(1), 1)
        assert await wire.acknowledged() == 1


# --- papers taken back ----------------------------------------------------------------------------------


async def test_what_a_revoked_bear_says_is_not_stored_though_its_connection_stands(cloud: Cloud) -> None:
    await asyncio.to_thread(set_up_broker, cloud.house.settings, cloud.broker.folder, plan_of(cloud.broker))
    async with cloud.wire() as wire:
        await wire.send(turns(1), 1)
        assert await wire.acknowledged() == 1

        done = await revoke(cloud.house.settings, BEAR, (), ME)
        await wire.send(turns(1, first=2), 2)

        assert await wire.nothing_acknowledged()
        assert (list(done.told), done.untold) == ([cloud.broker.folder], {})
    assert len(await cloud.stored()) == 1


async def test_a_broker_that_is_told_refuses_a_revoked_bear_and_silences_it(cloud: Cloud) -> None:
    await move_in(cloud.house.settings, cloud.house.folder, email="other@example.org", bear=OTHER)
    async with cloud.wire() as wire, cloud.wire(OTHER) as other:
        await revoke(cloud.house.settings, BEAR, (cloud.broker.folder,), ME)
        await asyncio.to_thread(cloud.broker.obey)

        async with ingest_ear(cloud.broker) as heard:
            await wire.send(turns(1), 1)
            await other.send(turns(1), 1)
            async with asyncio.timeout(SECONDS):
                assert (await anext(heard)).topic.value == topics.up(OTHER, Lane.INTERACTION)
    assert (await cloud.is_let_in(), await cloud.is_let_in(OTHER)) == (False, True)


async def test_a_bear_with_new_papers_is_welcome_and_its_old_ones_are_not(cloud: Cloud) -> None:
    folder, settings = cloud.house.folder, cloud.house.settings
    old = await cloud.identity()
    async with cloud.wire() as wire, asyncio.timeout(SECONDS):
        await revoke(settings, BEAR, (cloud.broker.folder,), ME)
        while await wire.settings.get():  # until the broker keeps nothing more for it
            pass
    await provision(settings, BEAR, folder / f"{BEAR}.toml", ME)
    await asyncio.to_thread(
        cloud.broker.obey
    )  # what it was told holds on: the old papers stay on its list, the new are not there
    await until(cloud.is_let_in)
    new = await cloud.identity()

    assert new.link_key != old.link_key
    async with cloud.wire() as wire, asyncio.timeout(SECONDS):
        sealed = await wire.settings.get()
        while not sealed:
            sealed = await wire.settings.get()
        with pytest.raises(SealError):
            opener(old).open(seal_owner(BEAR), sealed, seal_place(BEAR))
        opener(new).open(seal_owner(BEAR), sealed, seal_place(BEAR))
        await wire.send(turns(1), 1)
        assert await wire.acknowledged() == 1


async def until(found: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(SECONDS):
        while not await found():  # noqa: ASYNC110  # what is watched is in another process
            await asyncio.sleep(0.02)


@asynccontextmanager
async def ingest_ear(broker: SecureBroker) -> AsyncIterator[AsyncIterator[aiomqtt.Message]]:
    """What an ingest would hear."""
    context = await asyncio.to_thread(client_context, broker.authorities.client("teddy-cloud-ingest"))
    async with aiomqtt.Client(
        HOST, broker.cloud_port, protocol=aiomqtt.ProtocolVersion.V5, tls_context=context
    ) as client:
        await client.subscribe("teddy/v1/+/up/#", qos=1)
        yield client.messages


def plan_of(broker: SecureBroker) -> BrokerPlan:
    return BrokerPlan(
        port=broker.server.port, cloud_port=broker.cloud_port, hosts=(HOST,), address=HOST, user="root"
    )
