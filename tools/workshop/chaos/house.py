"""Servers, two ingest workers, projector, dispatcher, and bears: everything a fault may strike."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from teddy_cloud.commands.moving_in import NewFamily, add_family
from teddy_cloud.eventstore.partitions import PARTITIONS, events
from teddy_cloud.settings import Settings, load
from teddy_cloud.storage.client import connect
from teddy_shared.ages import AgeBand
from teddy_shared.envelope import BearId
from teddy_shared.errors import LinkError
from teddy_shared.purposes import Purpose
from workshop import servers
from workshop.chaos import bear, cloud
from workshop.chaos.faults import Fault
from workshop.chaos.parts import Part
from workshop.chaos.proxy import Proxy, proxied
from workshop.servers import Server

SLOW: Final = 0.12  # seconds that the second ingest worker's network holds bytes back at most
KEEP_TAIL: Final = 2.0  # seconds: how old the file is that the store comes back with when it loses its tail
GRANTED: Final = frozenset({Purpose.ACTIVITY, Purpose.SAFETY})


@dataclass(frozen=True)
class Plan:
    folder: Path
    bears: int
    turns_a_second: float  # a bear
    seed: int
    ingest: cloud.Run = cloud.serve  # how an ingest worker runs; a test breaks one here
    forgetful: bool = False  # whether bears let go at once of what is acknowledged
    healing: float = 120.0  # seconds of peace at the end in which everything must arrive


class House:
    """Made by `living`."""

    def __init__(
        self,
        *,
        plan: Plan,
        broker: Server,
        store: Server,
        settings: Settings,
        lines: dict[str, Proxy],
        parts: dict[str, Part],
    ) -> None:
        self.settings = settings
        self.bears = [BearId(f"bear-{number}") for number in range(1, plan.bears + 1)]
        self._plan = plan
        self._broker = broker
        self._store = store
        self._lines = lines
        self._parts = parts
        self._saved = plan.folder / "older"
        self.taken_back = 0  # events that the store had, and lost with its tail

    @property
    def targets(self) -> dict[str, list[str]]:
        """The names of what may be killed, by sort."""
        sorts: dict[str, list[str]] = {"store": ["store"], "broker": ["broker"]}
        for name in self._parts:
            sorts.setdefault(name.split("-")[0], []).append(name)
        return sorts

    @property
    def lines(self) -> list[str]:
        return sorted(self._lines)

    @property
    def oaths(self) -> list[Path]:
        return [self._plan.folder / each / "oath" for each in self.bears]

    @property
    def strange_deaths(self) -> dict[str, list[int]]:
        """Parts that ended though nobody struck them, and their exit codes."""
        return {name: each.deaths_of_its_own for name, each in self._parts.items() if each.deaths_of_its_own}

    def begin(self) -> None:
        for part in self._parts.values():
            part.begin()

    async def strike(self, fault: Fault) -> None:
        """Returns when what was struck is back."""
        if fault.what == "cut":
            await self._lines[fault.whom].cut(fault.down)
            return
        had = await self._save_the_store() if fault.what == "lose-tail" else 0
        await asyncio.to_thread(self._kill, fault)
        await asyncio.sleep(fault.down)
        await asyncio.to_thread(self._revive, fault)
        if fault.what == "lose-tail":
            self.taken_back += max(0, had - await self._count())

    def hush(self) -> None:
        """No bear records anything from now on, but what it owes."""
        for each in self.bears:
            (self._plan.folder / each / "quiet").touch()

    def mend(self) -> None:
        """Whatever died by itself lives again, as a service manager would have it."""
        for part in self._parts.values():
            if not part.alive:
                part.begin()

    def _kill(self, fault: Fault) -> None:
        match fault.whom:
            case "store":
                self._store.kill()
            case "broker":
                self._broker.kill()
            case name:
                self._parts[name].kill()

    def _revive(self, fault: Fault) -> None:
        match fault.whom:
            case "store":
                if fault.what == "lose-tail":
                    _put_back(self._saved, self._store.folder)
                self._store.start()
            case "broker":
                self._broker.start()
            case name:
                self._parts[name].begin()

    async def _save_the_store(self) -> int:
        """A copy of the append-only files as they are, then time in which the copy grows old.

        How many events are in the store in the end, as far as it answers.
        """
        await asyncio.to_thread(_put_back, self._store.folder, self._saved)
        await asyncio.sleep(KEEP_TAIL)
        return await self._count()

    async def _count(self) -> int:
        client = await asyncio.to_thread(connect, self._store.url)
        try:
            lengths = await client.do_all([("XLEN", events(each)) for each in range(PARTITIONS)])
        except LinkError:
            return 0
        finally:
            await client.close()
        return sum(map(int, lengths))


@asynccontextmanager
async def living(plan: Plan) -> AsyncIterator[House]:
    """Everything is set up, and nothing runs but the servers."""
    async with AsyncExitStack() as stack:
        plan.folder.mkdir(parents=True, exist_ok=True)
        broker = stack.enter_context(servers.mosquitto(plan.folder / "broker"))
        store = stack.enter_context(servers.redis_server(plan.folder / "store"))
        settings = load(
            environment={},
            overrides={"broker": broker.url, "store": store.url, "data": plan.folder / "cloud"},
        )
        lines: dict[str, Proxy] = {}
        parts: dict[str, Part] = {}

        async def line(name: str, *, slowest: float = 0.0) -> str:
            seed = plan.seed + len(lines)
            lines[name] = await stack.enter_async_context(proxied(broker.port, seed=seed, slowest=slowest))
            return lines[name].url

        for role, worker in (("ingest", "1"), ("ingest", "2"), ("projector", "1"), ("dispatcher", "1")):
            name = f"{role}-{worker}"
            url = await line(name, slowest=SLOW if name == "ingest-2" else 0.0)
            post = cloud.Post(role, worker, url, store.url, settings.data, plan.folder / f"{name}.log")
            parts[name] = Part(name, plan.ingest if role == "ingest" else cloud.serve, [post])
        for number in range(1, plan.bears + 1):
            name = f"bear-{number}"
            await _provision(settings, plan.folder / name, name)
            life = bear.Life(name, plan.folder / name, await line(name), plan.turns_a_second, plan.forgetful)
            parts[name] = Part(name, bear.live, [life])
        house = House(plan=plan, broker=broker, store=store, settings=settings, lines=lines, parts=parts)
        stack.enter_context(_ended(parts.values()))
        yield house


async def _provision(settings: Settings, folder: Path, name: str) -> None:
    await asyncio.to_thread(folder.mkdir)
    await add_family(
        settings,
        NewFamily(
            f"{name}@example.org", "hello-grown-up", name, AgeBand.MIDDLE, GRANTED, folder / "bear.toml"
        ),
    )


@contextmanager
def _ended(parts: Collection[Part]) -> Iterator[None]:
    try:
        yield
    finally:
        for part in parts:
            part.end()


def _put_back(source: Path, target: Path) -> None:
    """The append-only files of one store folder in the place of another's."""
    target.mkdir(exist_ok=True)
    files = target / "appendonlydir"
    shutil.rmtree(files, ignore_errors=True)
    shutil.copytree(source / "appendonlydir", files)
