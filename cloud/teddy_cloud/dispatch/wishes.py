"""The way down: every bear's settings document, sealed for it, kept on the broker for it to find."""

from __future__ import annotations

import asyncio
from typing import Final, Protocol

from teddy_cloud.fleet.household import device_owner
from teddy_cloud.fleet.records import FleetRecords
from teddy_shared import messages, topics
from teddy_shared.backoff import delays
from teddy_shared.clock import Chance
from teddy_shared.envelope import BearId
from teddy_shared.errors import KeyErased, LinkError
from teddy_shared.logs import log
from teddy_shared.seal import Seal

LISTEN: Final = 5.0  # seconds of listening before looking whether the store still answers

_log = log("dispatch")


class Post(Protocol):
    """The broker as dispatch needs it."""

    async def connection_after(self, number: int) -> int: ...

    async def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None: ...


class Dispatch:
    def __init__(self, *, post: Post, records: FleetRecords, seal: Seal, chance: Chance) -> None:
        self._post = post
        self._records = records
        self._seal = seal
        self._chance = chance

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._send_at_every_connection(), name="dispatch-connections")
            tasks.create_task(self._send_at_every_change(), name="dispatch-changes")

    async def _send_at_every_connection(self) -> None:
        """The embedded broker forgets what it kept when it restarts; a bear ignores what is not newer."""
        connection = 0
        while True:
            connection = await self._post.connection_after(connection)
            waits = delays(self._chance, first=0.2, most=5.0)
            while True:
                try:
                    await self._send_all()
                    break
                except LinkError as error:
                    _log.info("settings not sent, trying again", reason=str(error))
                await asyncio.sleep(next(waits))

    async def _send_at_every_change(self) -> None:
        waits = delays(self._chance, first=0.2, most=5.0)
        while True:
            try:
                async with self._records.changes() as changes:
                    await self._send_all()  # what changed while nobody listened
                    waits = delays(self._chance, first=0.2, most=5.0)
                    while True:
                        bear = await changes.next(LISTEN)
                        if bear is not None:
                            await self._send(bear)
            except LinkError as error:
                _log.debug("not listening for changes, trying again", reason=str(error))
            await asyncio.sleep(next(waits))

    async def _send_all(self) -> None:
        for bear in await self._records.all_bears():
            await self._send(bear)

    async def _send(self, bear: BearId) -> None:
        document = await self._records.document(bear)
        if document is None:
            return
        plain = messages.to_bytes(document)
        try:
            sealed = await asyncio.to_thread(
                self._seal.seal, device_owner(bear), plain, f"settings/{bear}".encode()
            )
        except KeyErased:
            _log.warning("no link key, so no settings", bear=bear)
            return
        await self._post.publish(topics.settings(bear), sealed, retain=True)
        _log.debug("settings sent", bear=bear, version=document.version)
