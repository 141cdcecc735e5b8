"""From a spoken sentence to the parents' page, with everything in between killed in mid-conversation."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx2
import pytest

from teddy_cloud.commands.ordering import Wanted, list_orders, send_order
from teddy_cloud.settings import Settings, load
from tests.processes import SECONDS, Teddy, ask, teddy
from tests.servers import Server

RECORDING = Path(__file__).parent.parent.parent / "tools/workshop/recording"
EMAIL, BEAR = "parent@example.org", "bear-1"


ALL: Final = sorted(RECORDING.glob("*.wav"))


def clips(*numbers: int) -> list[Path]:
    return [ALL[number - 1] for number in numbers]


@dataclass(frozen=True)
class Home:
    """A family with a bear, and the servers between them."""

    folder: Path
    broker: Server
    store: Server
    password: str

    @asynccontextmanager
    async def cloud(self) -> AsyncIterator[Teddy]:
        where: list[str | Path] = ["--broker", self.broker.url, "--store", self.store.url]
        where += ["--data", self.folder / "cloud"]
        async with teddy(
            "cloud", "run", *where, "--port", "0", "--json", log=self.folder / "cloud.log"
        ) as run:
            await run.until(lambda said: any("page" in each for each in said))
            yield run

    @asynccontextmanager
    async def bear(self, *recording: Path) -> AsyncIterator[Teddy]:
        where: list[str | Path] = ["--provision", self.folder / "bear.toml", "--broker", self.broker.url]
        where += ["--data", self.folder / "bear", "--json", "--clips", *recording]
        async with teddy("bear", "run", *where, log=self.folder / "bear.log") as run:
            yield run

    async def turns(self, cloud: Teddy) -> list[dict[str, Any]]:
        """Today's turns as the parents' read model has them."""
        async with httpx2.AsyncClient(base_url=cloud.said[0]["page"]) as browser:
            entry = {"email": EMAIL, "password": self.password}
            (await browser.post("/api/sign-in", json=entry)).raise_for_status()
            today = (await browser.get(f"/api/bears/{BEAR}/today")).raise_for_status().json()
        turns: list[dict[str, Any]] = today["turns"]
        return turns

    async def ordered(self) -> str:
        """The bear shall tell how it is; nothing of the cloud need run for that."""
        return (await send_order(self._office, Wanted(BEAR, "report", None, expires_in=3600.0, wait=0.0))).id

    async def done(self, order: str) -> None:
        """Returns when the bear has obeyed."""
        async with asyncio.timeout(SECONDS):
            while True:
                (found,) = [each for each in await list_orders(self._office, BEAR) if each.id == order]
                if found.standing == "done":
                    return
                await asyncio.sleep(0.2)

    @property
    def _office(self) -> Settings:
        return load(environment={}, overrides={"store": self.store.url, "data": self.folder / "cloud"})

    async def all_arrived(self, cloud: Teddy, wanted: set[str]) -> list[dict[str, Any]]:
        async with asyncio.timeout(SECONDS):
            while True:
                found = await self.turns(cloud)
                if wanted <= {each["turn"] for each in found if each["outcome"]}:
                    return found
                await asyncio.sleep(0.2)


@pytest.fixture
def home(tmp_path: Path, mosquitto: Server, redis_server: Server) -> Home:
    code, out, errors = ask(
        [
            *("cloud", "family", "add", "--store", redis_server.url, "--data", tmp_path / "cloud"),
            *("--email", EMAIL, "--bear", BEAR, "--age-band", "5-7", "--grant", "activity"),
            *("--grant", "safety", "--provision", tmp_path / "bear.toml", "--json"),
        ]
    )
    assert code == 0, errors
    return Home(tmp_path, mosquitto, redis_server, json.loads(out)["password"])


@pytest.mark.slow
async def test_every_turn_arrives_exactly_once_though_everything_is_killed(home: Home) -> None:
    """Slow, since a bear talks in real time: four turns."""
    async with AsyncExitStack() as stack:
        cloud = await stack.enter_async_context(home.cloud())
        first_life = await stack.enter_async_context(home.bear(*clips(1, 3, 6)))
        one, *_ = await first_life.turns(1)
        await home.all_arrived(cloud, {one["turn"]})

        await asyncio.to_thread(home.broker.kill)
        _, two = await first_life.turns(2)  # the bear goes on talking
        await first_life.kill()  # recorded, and never sent
        await cloud.kill()

        order = await home.ordered()
        await asyncio.to_thread(home.broker.start)
        second_life = await stack.enter_async_context(home.bear(*clips(4, 9)))
        (three,) = await second_life.turns(1)  # and talks without a cloud
        cloud = await stack.enter_async_context(home.cloud())
        _, four = await second_life.turns(2)

        talked = [each["turn"] for each in (one, two, three, four)]
        arrived = await home.all_arrived(cloud, set(talked))
        assert sorted(each["turn"] for each in arrived) == sorted(talked)
        await home.done(order)
        assert await second_life.end() == 0
        assert await cloud.end() == 0
