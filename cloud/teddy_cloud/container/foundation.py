"""Time, chance, keys and the store: what everything stands on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from dishka import (
    Provider,
    Scope,
    from_context,
    provide,
)

from teddy_cloud.eventstore.archive.folder import FolderArchive
from teddy_cloud.eventstore.archive.segments import Archive
from teddy_cloud.settings import Settings, archive_folder, key_file, master_key
from teddy_cloud.storage.client import StoreClient, connect
from teddy_shared.clock import Chance, Clock, SystemChance, SystemClock
from teddy_shared.seal import ChaChaSeal, FileKeyRing, KeyRing, Seal


class Foundation(Provider):
    scope = Scope.APP
    settings = from_context(Settings)

    @provide
    def clock(self) -> Clock:
        return SystemClock()

    @provide
    def chance(self) -> Chance:
        return SystemChance()

    @provide
    async def keys(self, settings: Settings, chance: Chance) -> KeyRing:
        path, master = key_file(settings), master_key(settings)
        return await asyncio.to_thread(FileKeyRing, path=path, master=master, chance=chance)

    @provide
    def seal(self, keys: KeyRing, chance: Chance) -> Seal:
        return ChaChaSeal(keys=keys, chance=chance)

    @provide
    def archive(self, settings: Settings, seal: Seal, keys: KeyRing) -> Archive:
        return FolderArchive(folder=archive_folder(settings), seal=seal, keys=keys)

    @provide
    async def client(self, settings: Settings) -> AsyncIterator[StoreClient]:
        client = connect(settings.store)
        try:
            yield client
        finally:
            await client.close()
