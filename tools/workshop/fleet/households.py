"""Many families with a bear each, moved into a cloud in one go."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from teddy_cloud.eventstore.redis import RedisEventStore
from teddy_cloud.fleet.household import Bear, ChildProfile, device_owner, link_owner
from teddy_cloud.fleet.records import FleetRecords
from teddy_cloud.settings import Settings, key_file, master_key
from teddy_cloud.storage.client import StoreClient, connect
from teddy_shared.ages import AgeBand
from teddy_shared.clock import SystemChance
from teddy_shared.envelope import BearId, ProfileId
from teddy_shared.messages import SettingsDocument
from teddy_shared.purposes import Consent, Purpose
from teddy_shared.seal import FileKeyRing

GRANTED: Final[Consent] = frozenset({Purpose.ACTIVITY, Purpose.SAFETY})
AT_ONCE: Final = 64  # families under way to the store


def bears(count: int) -> Sequence[BearId]:
    return [BearId(f"bear-{number:05}") for number in range(count)]


def child_of(bear: BearId) -> ProfileId:
    return ProfileId(f"child-of-{bear}")


async def move_in(settings: Settings, fleet: Sequence[BearId]) -> None:
    """Keys, records and consent for all of them; each family grants activity and safety."""
    ring = FileKeyRing(path=key_file(settings), master=master_key(settings), chance=SystemChance())
    ring.create_all(
        owner for bear in fleet for owner in (child_of(bear), device_owner(bear), link_owner(bear))
    )
    client = connect(settings.store)
    try:
        room = asyncio.Semaphore(AT_ONCE)
        async with asyncio.TaskGroup() as tasks:
            for bear in fleet:
                tasks.create_task(_adopt(client, bear, room), name=f"adopt-{bear}")
    finally:
        await client.close()


async def _adopt(client: StoreClient, bear: BearId, room: asyncio.Semaphore) -> None:
    profile = ChildProfile(id=child_of(bear), age_band=AgeBand.MIDDLE)
    document = SettingsDocument(version=1, profile=profile.id, age_band=profile.age_band, consent=GRANTED)
    async with room:
        owned = Bear(id=bear, family=f"family-of-{bear}", profile=profile)
        await FleetRecords(client=client).add(owned, document)
        await permit(client, bear)


async def permit(client: StoreClient, bear: BearId) -> None:
    await RedisEventStore(client=client).permit(bear, consent=GRANTED, profiles=frozenset({child_of(bear)}))
