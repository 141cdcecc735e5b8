"""The way down: every bear's settings document, sealed for it, kept on the broker for it to find."""

from __future__ import annotations

import asyncio
from typing import Final

from teddy_cloud.dispatch.post import Post
from teddy_cloud.fleet.household import link_owner
from teddy_cloud.fleet.records import FleetRecords
from teddy_shared import messages, topics
from teddy_shared.backoff import delays
from teddy_shared.clock import Chance
from teddy_shared.envelope import BearId
from teddy_shared.errors import KeyErased, LinkError
from teddy_shared.logs import log
from teddy_shared.seal import Seal

LISTEN: Final = 5.0  # seconds of listening before looking whether the store still answers
A_SECOND: Final = 500  # documents at most that go out where all are due

_log = log("dispatch")


class SettingsDispatch:
    def __init__(self, *, post: Post, records: FleetRecords, seal: Seal, chance: Chance) -> None:
        self._post = post
        self._records = records
        self._seal = seal
        self._chance = chance
        self._all_due = asyncio.Event()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._watch_connections(), name="settings-connections")
            tasks.create_task(self._send_at_every_change(), name="settings-changes")
            tasks.create_task(self._send_all(), name="settings-all")

    async def _watch_connections(self) -> None:
        """The embedded broker forgets what it kept when it restarts; a bear ignores what is not newer."""
        connection = 0
        while True:
            connection = await self._post.connection_after(connection)
            self._all_due.set()

    async def _send_at_every_change(self) -> None:
        """A change does not wait behind the whole fleet."""
        waits = delays(self._chance, first=0.2, most=5.0)
        while True:
            try:
                async with self._records.changes() as changes:
                    self._all_due.set()  # what changed while nobody listened
                    waits = delays(self._chance, first=0.2, most=5.0)
                    while True:
                        bear = await changes.next(LISTEN)
                        if bear is not None:
                            await self._send(bear)
            except LinkError as error:
                _log.debug("not listening for changes, trying again", reason=str(error))
            await asyncio.sleep(next(waits))

    async def _send_all(self) -> None:
        """Every document, one after the other: the line is there for orders as well."""
        waits = delays(self._chance, first=0.2, most=5.0)
        while True:
            await self._all_due.wait()
            self._all_due.clear()
            try:
                for bear in await self._records.all_bears():
                    await self._send(bear)
                    await asyncio.sleep(1 / A_SECOND)
                waits = delays(self._chance, first=0.2, most=5.0)
            except LinkError as error:
                _log.info("settings not sent, trying again", reason=str(error))
                self._all_due.set()
                await asyncio.sleep(next(waits))

    async def _send(self, bear: BearId) -> None:
        document = await self._records.document(bear)
        if document is None:
            return
        plain = messages.to_bytes(document)
        try:
            sealed = await asyncio.to_thread(
                self._seal.seal, link_owner(bear), plain, f"settings/{bear}".encode()
            )
        except KeyErased:
            _log.warning("no link key, so no settings", bear=bear)
            sealed = b""  # which takes away what the broker still keeps for a bear that was revoked
        await self._post.publish(topics.settings(bear), sealed, retain=True)
        _log.debug("settings sent", bear=bear, version=document.version)
