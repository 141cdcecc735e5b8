"""The charged governor takes the declared time, one run after the other in a class."""

from __future__ import annotations

import asyncio

import pytest

from teddy_edge.inference.governor import Governor, Work
from tests.fakes import ChargedGovernor

pytestmark = pytest.mark.virtual_time


async def test_work_takes_its_declared_time_and_waits_for_its_class() -> None:
    governor: Governor = ChargedGovernor({Work.HEARING: 0.2, Work.VOICE: 0.05})
    loop = asyncio.get_running_loop()
    ends: dict[str, float] = {}

    async def run(name: str, work: Work) -> None:
        assert await governor.run(work, str.upper, name) == name.upper()
        ends[name] = loop.time()

    async with asyncio.TaskGroup() as tasks:
        for name, work in (("a", Work.HEARING), ("b", Work.HEARING), ("c", Work.VOICE)):
            tasks.create_task(run(name, work), name=name)

    assert ends == pytest.approx({"a": 0.2, "b": 0.4, "c": 0.05})


async def test_what_the_work_raises_comes_through() -> None:
    with pytest.raises(ZeroDivisionError):
        await ChargedGovernor().run(Work.GUARD, divmod, 1, 0)
