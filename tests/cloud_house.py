"""A whole cloud in the test's own process, with families, and a store to write events into."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx2

from teddy_cloud import settings
from teddy_cloud.app import Ready, run_until
from teddy_cloud.commands.moving_in import Added, NewFamily, add_family
from teddy_cloud.settings import Settings
from teddy_cloud.storage.client import connect
from teddy_shared.ages import AgeBand
from teddy_shared.purposes import Consent, Purpose
from tests.cloud_bear import BEAR, SECONDS
from tests.servers import AnyStore, Server

EMAIL: Final = "parent@example.org"
PASSWORD: Final = "hello-grown-up"
GRANTED: Final[Consent] = frozenset({Purpose.ACTIVITY, Purpose.SAFETY})


@dataclass(frozen=True, slots=True)
class House:
    settings: Settings
    page: str
    folder: Path
    family: Added
    stop: asyncio.Event
    running: asyncio.Task[None]

    def browser(self) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(base_url=self.page, headers={"Origin": self.page.rstrip("/")})

    @asynccontextmanager
    async def parent(self, email: str = EMAIL, password: str = PASSWORD) -> AsyncIterator[httpx2.AsyncClient]:
        """A browser that is signed in."""
        async with self.browser() as browser:
            answer = await browser.post("/api/sign-in", json={"email": email, "password": password})
            assert answer.status_code == 200, answer.text
            yield browser

    async def store(self, *command: str | int) -> Any:
        """Ask the store something directly."""
        client = connect(self.settings.store)
        try:
            return await client.do(*command)
        finally:
            await client.close()


async def move_in(
    where: Settings, folder: Path, *, email: str = EMAIL, bear: str = BEAR, consent: Consent = GRANTED
) -> Added:
    wanted = NewFamily(email, PASSWORD, bear, AgeBand.MIDDLE, consent, folder / f"{bear}.toml")
    return await add_family(where, wanted)


@asynccontextmanager
async def living(broker: Server, store: AnyStore, folder: Path) -> AsyncIterator[House]:
    """The cloud runs while the block does."""
    async with living_by(broker.url, store, data=folder / "cloud", folder=folder) as house:
        yield house


@asynccontextmanager
async def living_by(broker: str, store: AnyStore, *, data: Path, folder: Path) -> AsyncIterator[House]:
    """The same at a broker's address, with the keys and authorities of a data folder that may be there."""
    where = settings.load(
        environment={}, overrides={"broker": broker, "store": store.url, "data": data, "web.port": 0}
    )
    family = await move_in(where, folder)
    stop = asyncio.Event()
    ready: asyncio.Future[Ready] = asyncio.get_running_loop().create_future()
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(run_until(where, stop, ready=ready.set_result), name="cloud")
        async with asyncio.timeout(SECONDS):
            address = (await ready).page
        assert address is not None
        try:
            yield House(where, address, folder, family, stop, running)
        finally:
            stop.set()
            await asyncio.wait([running])
