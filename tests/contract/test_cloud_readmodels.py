"""What the read models' store promises, in memory, on Redis, on Valkey and on a cluster."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from teddy_cloud.eventstore.partitions import partition_of
from teddy_cloud.eventstore.store import BEGINNING, Position
from teddy_cloud.projections.memory import MemoryReadModels
from teddy_cloud.projections.readmodels import Cell, ReadModels, Source, Step
from teddy_cloud.projections.redis import RedisReadModels
from teddy_cloud.storage.client import connect
from teddy_shared.envelope import BearId, Lane
from tests.servers import AnyStore

BEAR = BearId("bear-1")
OTHER = BearId("bear-2")
HERE = partition_of(BEAR)
SOURCE = Source(BEAR, "e1", Lane.INTERACTION)
MONDAY = Cell(BEAR, "monday", "turn-1")


def step(before: str, after: str, value: bytes = b"first", number: int = 1) -> Step:
    return Step(HERE, Position(before), Position(after), {MONDAY: value}, {SOURCE: number})


def other_step() -> Step:
    return Step(partition_of(OTHER), BEGINNING, Position("1-0"), {Cell(OTHER, "monday", "turn-1"): b"x"}, {})


class ReadModelsContract:
    async def test_data_numbers_and_checkpoint_come_in_one_write(self, models: ReadModels) -> None:
        assert await models.write("days", step(BEGINNING, "5-0"))

        assert (await models.checkpoints("days"))[HERE] == "5-0"
        assert await models.cells("days", [MONDAY, Cell(BEAR, "monday", "turn-2")]) == {MONDAY: b"first"}
        assert await models.applied("days", [SOURCE]) == {SOURCE: 1}
        assert await models.page("days", BEAR, "monday") == {"turn-1": b"first"}

    async def test_a_step_from_elsewhere_than_the_checkpoint_writes_nothing(self, models: ReadModels) -> None:
        await models.write("days", step(BEGINNING, "5-0"))

        assert not await models.write("days", step(BEGINNING, "4-0", b"late"))
        assert not await models.write("days", step("3-0", "6-0", b"late"))

        assert (await models.checkpoints("days"))[HERE] == "5-0"
        assert await models.page("days", BEAR, "monday") == {"turn-1": b"first"}

    async def test_dropping_one_forgets_all_of_it_and_nothing_else(self, models: ReadModels) -> None:
        await models.write("days", step(BEGINNING, "5-0"))
        await models.write("nights", step(BEGINNING, "5-0", b"other"))

        await models.drop("days")

        assert (await models.checkpoints("days"))[HERE] == BEGINNING
        assert await models.applied("days", [SOURCE]) == {}
        assert await models.page("days", BEAR, "monday") == {}
        assert await models.page("nights", BEAR, "monday") == {"turn-1": b"other"}
        assert await models.write("days", step(BEGINNING, "1-0"))

    async def test_a_notice_tells_that_a_bears_pages_changed(self, models: ReadModels) -> None:
        async with models.notices(BEAR) as ours, models.notices(BearId("bear-2")) as others:
            before = await ours.changed(0.02)
            await models.write("days", step(BEGINNING, "5-0"))
            after, elsewhere = await ours.changed(5), await others.changed(0.02)

        assert (before, after, elsewhere) == (False, True, False)

    async def test_one_listener_hears_of_every_bears_changes(self, models: ReadModels) -> None:
        async with models.every_notice() as every:
            before = await every.changed(0.02)
            await models.write("days", step(BEGINNING, "5-0"))
            first = await every.changed(5)
            await models.write("days", step("5-0", "6-0"))
            await models.write("days", other_step())
            heard: set[BearId] = set()
            while len(heard) < 2:
                heard |= await every.changed(5)

        assert (before, first, heard) == (frozenset(), {BEAR}, {BEAR, OTHER})


class TestMemoryReadModels(ReadModelsContract):
    @pytest.fixture
    def models(self) -> ReadModels:
        return MemoryReadModels()


class TestRedisReadModels(ReadModelsContract):
    @pytest.fixture
    async def models(self, store_server: AnyStore) -> AsyncIterator[ReadModels]:
        client = connect(store_server.url)
        yield RedisReadModels(client=client)
        await client.close()
