"""Broker, store and a family, and the cloud as processes of its own."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from teddy_cloud import settings
from teddy_cloud.commands.moving_in import NewFamily, add_family
from teddy_cloud.settings import Role, Settings
from teddy_shared.ages import AgeBand
from teddy_shared.envelope import BearId
from teddy_shared.purposes import Purpose
from workshop.children import Child, Children
from workshop.servers import mosquitto, redis_server

BEAR: Final = BearId("bench-bear")
READY: Final = 30.0  # seconds for a process to come up


@dataclass(frozen=True, slots=True)
class House:
    folder: Path
    broker: str  # URLs
    store: str
    settings: Settings  # of the cloud
    provision: Path  # the bear's file
    python: Path

    @contextmanager
    def cloud(self, *roles: Role) -> Iterator[Child]:
        """A process with these roles, ready; all of them where none is named."""
        named = [part for role in roles for part in ("--role", role.value)]
        where: list[str | Path] = [
            "--broker",
            self.broker,
            "--store",
            self.store,
            "--data",
            self.settings.data,
            "--json",
        ]
        command = [self.python, "-m", "teddy_cloud", "run", *where, *named]
        ours = ("PYTHONPATH", "PYTHONSAFEPATH")  # how the tools find their own modules
        environment = {name: value for name, value in os.environ.items() if name not in ours}
        with Children(logs=self.folder, environment=environment) as children:
            child = children.start("cloud", command)
            children.first_word(child, seconds=READY)
            yield child


@asynccontextmanager
async def family_house(folder: Path, python: Path) -> AsyncIterator[House]:
    """Both servers accept, and a family has a bear; no cloud runs yet. Raises ServerMissing."""
    with ExitStack() as stack:
        broker = await asyncio.to_thread(stack.enter_context, mosquitto(folder / "mosquitto"))
        store = await asyncio.to_thread(stack.enter_context, redis_server(folder / "redis"))
        overrides = {"broker": broker.url, "store": store.url, "data": folder / "cloud"}
        where = settings.load(environment={}, overrides=overrides)
        provision = folder / "bear.toml"
        granted = frozenset({Purpose.ACTIVITY, Purpose.SAFETY})
        await add_family(
            where, NewFamily("bench@example.org", None, BEAR, AgeBand.MIDDLE, granted, provision)
        )
        yield House(folder, broker.url, store.url, where, provision, python)
