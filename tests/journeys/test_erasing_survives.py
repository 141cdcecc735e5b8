"""A child's erasure whose process is killed in the middle, and that ends all the same."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from teddy_cloud import settings
from teddy_cloud.bus.callers import operator
from teddy_cloud.container.bundles import Office
from teddy_cloud.container.cloud import open_office
from teddy_cloud.processes.asking import EraseChild
from teddy_cloud.processes.erase_child import given
from teddy_cloud.sagas.lease import LEASE
from teddy_cloud.sagas.record import SagaRecord
from teddy_cloud.settings import Settings
from teddy_shared.envelope import BearId, ProfileId
from tests.cloud_bear import BEAR
from tests.cloud_house import move_in
from tests.processes import SECONDS, Teddy, teddy
from tests.servers import Server


@asynccontextmanager
async def processes(where: Settings, log: Path) -> AsyncIterator[Teddy]:
    run = ("cloud", "run", "--role", "processes", "--store", where.store, "--data", where.data, "--json")
    async with teddy(*run, log=log) as running:
        await running.until(bool)
        yield running


async def reached(office: Office, id_: str, step: int) -> SagaRecord:
    """As soon as it has come so far."""
    async with asyncio.timeout(LEASE + SECONDS):
        while True:
            record = await office.sagas.find(id_)
            assert record is not None
            if record.step >= step:
                return record
            await asyncio.sleep(0.001)


@pytest.mark.slow
async def test_an_erasure_is_finished_by_whoever_comes_after_the_kill(
    redis_server: Server, tmp_path: Path
) -> None:
    """Slow, since a killed worker's lease runs out in its own time, and the bear is waited for."""
    where = settings.load(environment={}, overrides={"store": redis_server.url, "data": tmp_path / "cloud"})
    family = await move_in(where, tmp_path)
    child = ProfileId(family.profile)
    async with open_office(where) as office:
        async with processes(where, tmp_path / "log") as first:
            begun = await office.commands.handle(EraseChild(bear=BEAR, profile=child), operator("clerk"))
            await reached(office, begun, 1)
            await first.kill()
        broken_off = await reached(office, begun, 1)
        async with processes(where, tmp_path / "log") as second:
            await office.sagas.tell(begun, {begun: "done"})  # as the bear would
            record = await reached(office, begun, 14)
            code = await second.end()
        found = await office.scan.look(BearId(BEAR), child)

    receipt = given(record.facts)
    assert receipt is not None
    assert broken_off.step < 8
    assert (record.standing, receipt.bear, found.nothing_left, code) == ("done", "done", True, 0)
    assert "Traceback" not in await asyncio.to_thread((tmp_path / "log").read_text)
