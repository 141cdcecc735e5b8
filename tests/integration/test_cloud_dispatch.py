"""The way down: settings documents that every bear finds, after every accident."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import time

import pytest

from teddy_cloud.broker import Broker
from teddy_cloud.dispatch.wishes import SettingsDispatch
from teddy_cloud.eventstore.memory import MemoryEventStore
from teddy_cloud.eventstore.store import Item
from teddy_cloud.fleet.fleet import Fleet, NotYours
from teddy_cloud.fleet.household import Bear, ChildProfile, link_owner
from teddy_cloud.fleet.records import FleetRecords
from teddy_cloud.storage.client import connect
from teddy_shared import messages
from teddy_shared.addresses import broker_address
from teddy_shared.ages import AgeBand
from teddy_shared.clock import SeededChance
from teddy_shared.codec import decode_head
from teddy_shared.envelope import WITHHELD, FamilyId, Lane, ProfileId
from teddy_shared.errors import ConfigError, KeyErased
from teddy_shared.limits import UNLIMITED, Limits, QuietHours
from teddy_shared.messages import SettingsDocument
from teddy_shared.purposes import Purpose
from teddy_shared.seal import ChaChaSeal, MemoryKeyRing
from tests.cloud_bear import BEAR, SECONDS, Wire, ended, wire_to, wired
from tests.lost_answers import answer_lost
from tests.servers import Server

FAMILY = FamilyId("family-1")
ACTIVITY = frozenset({Purpose.ACTIVITY})
LIMITS = Limits(
    time_zone="Europe/Berlin", quiet_hours=(QuietHours(begins=time(19), ends=time(7)),), daily_minutes=45
)


@dataclass(frozen=True, slots=True)
class Cloud:
    fleet: Fleet
    store: MemoryEventStore
    seal: ChaChaSeal
    broker: Broker

    async def adopt(self) -> None:
        await self.fleet.adopt(family=FAMILY, bear=BEAR, age_band=AgeBand.MIDDLE, consent=ACTIVITY)

    async def document(self, bear: Wire, version: int) -> SettingsDocument:
        """What the bear reads, once it has that version."""
        async with asyncio.timeout(SECONDS):
            while True:
                sealed = await bear.settings.get()
                plain = self.seal.open(link_owner(BEAR), sealed, f"settings/{BEAR}".encode())
                document = messages.from_bytes(SettingsDocument, plain)
                if document.version >= version:
                    return document


@asynccontextmanager
async def dispatching(broker: Server, store: Server) -> AsyncIterator[Cloud]:
    chance = SeededChance(4)
    keys = MemoryKeyRing(chance=chance)
    seal = ChaChaSeal(keys=keys, chance=chance)
    client = connect(store.url)
    events, records = MemoryEventStore(), FleetRecords(client=client)
    door = Broker(address=broker_address(broker.url), identifier="cloud-1", chance=chance)
    dispatch = SettingsDispatch(post=door, records=records, seal=seal, chance=chance)
    fleet = Fleet(records=records, store=events, keys=keys, chance=chance)
    try:
        async with asyncio.TaskGroup() as tasks:
            roles = [
                tasks.create_task(door.run(), name="broker"),
                tasks.create_task(dispatch.run(), name="dispatch"),
            ]
            await door.connection_after(0)
            yield Cloud(fleet, events, seal, door)
            for role in roles:
                role.cancel()
    finally:
        await client.close()


async def test_a_bear_finds_its_settings_and_hears_of_every_change(
    broker: Server, redis_server: Server
) -> None:
    async with dispatching(broker, redis_server) as cloud:
        async with wire_to(broker) as bear:
            await cloud.adopt()
            first = await cloud.document(bear, 1)

            await cloud.fleet.wish(FAMILY, BEAR, volume=0.2, patience=0.9, consent=frozenset(), limits=LIMITS)
            second = await cloud.document(bear, 2)
            await cloud.fleet.wish(FAMILY, BEAR, volume=0.3, patience=0.9, consent=frozenset())
            third = await cloud.document(bear, 3)

        assert (first.version, first.consent, first.age_band) == (1, ACTIVITY, AgeBand.MIDDLE)
        assert (second.volume, second.patience, second.consent) == (0.2, 0.9, frozenset())
        assert (first.limits, second.limits, third.limits) == (UNLIMITED, LIMITS, LIMITS)
        async with wire_to(broker) as later:
            assert await cloud.document(later, 1) == third


async def test_a_broker_that_forgot_is_told_again(broker: Server, redis_server: Server) -> None:
    async with dispatching(broker, redis_server) as cloud:
        await cloud.adopt()
        async with wire_to(broker) as bear:
            await cloud.document(bear, 1)
        broker.kill()
        await asyncio.to_thread(_forget_everything, broker)
        broker.start()
        await cloud.broker.connection_after(1)

        async with wire_to(broker) as bear:
            assert (await cloud.document(bear, 1)).version == 1


async def test_what_was_wished_while_the_store_was_away_is_an_error_and_later_works(
    mosquitto: Server, redis_server: Server
) -> None:
    async with dispatching(mosquitto, redis_server) as cloud:
        await cloud.adopt()
        redis_server.restart()

        async with wire_to(mosquitto) as bear:
            async with asyncio.timeout(SECONDS):
                await cloud.fleet.wish(FAMILY, BEAR, volume=0.1, patience=0.1, consent=ACTIVITY)
            assert (await cloud.document(bear, 2)).volume == 0.1


async def test_a_withdrawn_purpose_is_refused_by_the_store_at_once(
    mosquitto: Server, redis_server: Server
) -> None:
    async with dispatching(mosquitto, redis_server) as cloud:
        await cloud.adopt()
        bear = await cloud.fleet.bear(FAMILY, BEAR)
        child = ProfileId(bear.profile.id)
        item = Item(wired(ended(), 1).head, Purpose.ACTIVITY, child, child, b"sealed")

        async def stored(seq: int) -> str:
            await cloud.store.append_batch(bear=BEAR, epoch="e", lane=Lane.BULK, first=seq, items=[item])
            found = await cloud.store.read_many(dict.fromkeys(range(256), "0-0"), 10)  # type: ignore[arg-type]
            ((*_, last),) = found.values()
            return decode_head(last.head).type

        granted = await stored(1)
        await cloud.fleet.wish(FAMILY, BEAR, volume=0.7, patience=0.3, consent=frozenset({Purpose.SAFETY}))

        assert (granted, await stored(2)) == ("turn.ended", WITHHELD)


async def test_two_parents_who_wish_at_once_both_count_and_the_store_obeys_the_last(
    mosquitto: Server, redis_server: Server
) -> None:
    async with dispatching(mosquitto, redis_server) as cloud:
        await cloud.adopt()

        await asyncio.gather(
            *(
                cloud.fleet.wish(FAMILY, BEAR, volume=number / 10, patience=0.5, consent=frozenset({purpose}))
                for number, purpose in enumerate([Purpose.ACTIVITY, Purpose.SAFETY, Purpose.TELEMETRY] * 3)
            )
        )

        document = await cloud.fleet.settings(FAMILY, BEAR)
        assert document.version == 10
        assert cloud.store.granted(BEAR) == document.consent


async def test_a_wish_that_changes_nothing_makes_no_new_version(
    mosquitto: Server, redis_server: Server
) -> None:
    async with dispatching(mosquitto, redis_server) as cloud:
        await cloud.adopt()

        same = await cloud.fleet.wish(FAMILY, BEAR, volume=0.7, patience=0.3, consent=ACTIVITY)

        assert same.version == 1


async def test_another_family_neither_sees_nor_changes_the_bear(
    mosquitto: Server, redis_server: Server
) -> None:
    async with dispatching(mosquitto, redis_server) as cloud:
        await cloud.adopt()
        other = FamilyId("family-2")

        with pytest.raises(NotYours):
            await cloud.fleet.settings(other, BEAR)
        with pytest.raises(NotYours):
            await cloud.fleet.wish(other, BEAR, volume=0, patience=0, consent=frozenset())
        with pytest.raises(ConfigError, match="belongs to a family"):
            await cloud.fleet.adopt(family=other, bear=BEAR, age_band=AgeBand.BIG, consent=frozenset())
        assert await cloud.fleet.bears(other) == []


async def test_a_bear_that_was_shut_out_stays_so_when_another_family_is_refused_it(
    mosquitto: Server, redis_server: Server
) -> None:
    async with dispatching(mosquitto, redis_server) as cloud:
        await cloud.adopt()
        await cloud.fleet.shut_out(BEAR)

        with pytest.raises(ConfigError, match="belongs to a family"):
            await cloud.fleet.adopt(
                family=FamilyId("family-2"), bear=BEAR, age_band=AgeBand.BIG, consent=frozenset()
            )

        with pytest.raises(KeyErased):
            cloud.seal.of(link_owner(BEAR))


async def test_a_bear_is_adopted_also_where_the_answer_to_that_was_lost(redis_server: Server) -> None:
    profile = ChildProfile(id="child-1", age_band=AgeBand.MIDDLE)
    document = SettingsDocument(version=1, profile="child-1", age_band=AgeBand.MIDDLE, consent=ACTIVITY)
    async with answer_lost(redis_server, to=b"NX") as url:
        client = connect(url)
        records = FleetRecords(client=client)

        added = await records.add(Bear(id=BEAR, family=FAMILY, profile=profile), document)

        assert added
        assert await records.bears_of(FAMILY) == [BEAR]
        other = Bear(id=BEAR, family="family-2", profile=profile)
        assert not await records.add(other, document)
        await client.close()


def _forget_everything(broker: Server) -> None:
    for file in broker.folder.glob("*.db"):
        file.unlink()
