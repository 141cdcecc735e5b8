"""One run: faults strike while bears talk and orders go down, then peace, then the verdict."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import Final

from teddy_cloud.container.cloud import open_parts
from teddy_cloud.eventstore.store import EventStore
from teddy_cloud.projections.bears import ALERTS
from teddy_cloud.projections.conversations import turns_of
from teddy_cloud.projections.readmodels import ReadModels
from teddy_shared.envelope import BearId
from workshop.chaos.faults import faults
from workshop.chaos.house import House, Plan, living
from workshop.chaos.orders import OrderGiver
from workshop.chaos.truth import read_truth
from workshop.chaos.verdict import Stored, Verdict, all_stored, judge

LOOK: Final = 1.0  # seconds between two looks at what has arrived
WARMING: Final = 4.0  # seconds until the bears have their settings and talk

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Outcome:
    kills: int
    tails: int
    taken_back: int  # events that were stored, acknowledged, and lost with a tail
    cuts: int
    orders: int
    healing_s: float
    verdict: Verdict
    strange_deaths: dict[str, list[int]]


async def run(plan: Plan, *, kills: int, tell: Tell) -> Outcome:
    async with AsyncExitStack() as stack:
        house = await stack.enter_async_context(living(plan))
        await asyncio.to_thread(house.begin)
        await asyncio.sleep(WARMING)
        giver = await stack.enter_async_context(OrderGiver.open(house, seed=plan.seed))
        counts = {"kill": 0, "lose-tail": 0, "cut": 0}
        for fault in faults(plan.seed, kills=kills, targets=house.targets, lines=house.lines):
            await asyncio.sleep(fault.after)
            await house.strike(fault)
            await asyncio.to_thread(house.mend)
            counts[fault.what] += 1
            done = counts["kill"] + counts["lose-tail"]
            if fault.what != "cut":
                tell(
                    f"{done} of {kills} kills: {fault.whom}{', its tail lost' * (fault.what == 'lose-tail')}"
                )
        giver.rest()
        house.hush()
        await asyncio.to_thread(house.mend)
        tell("peace; waiting until everything has arrived")
        verdict, seconds = await _heal(house, giver, plan.healing)
        return Outcome(
            kills=counts["kill"] + counts["lose-tail"],
            tails=counts["lose-tail"],
            taken_back=house.taken_back,
            cuts=counts["cut"],
            orders=len(giver.issued),
            healing_s=seconds,
            verdict=verdict,
            strange_deaths=house.strange_deaths,
        )


async def _heal(house: House, giver: OrderGiver, most: float) -> tuple[Verdict, float]:
    """Look until all is settled, and once more: what comes late may come twice."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    while True:
        await asyncio.sleep(LOOK)
        await asyncio.to_thread(house.mend)
        await giver.insist()
        verdict = await _look(house, giver)
        if verdict.settled or loop.time() - began > most:
            seconds = loop.time() - began
            await asyncio.sleep(2 * LOOK)
            return await _look(house, giver), seconds


async def _look(house: House, giver: OrderGiver) -> Verdict:
    async with open_parts(house.settings) as parts:
        store = await parts.get(EventStore)  # type: ignore[type-abstract]  # the key of a port
        models = await parts.get(ReadModels)  # type: ignore[type-abstract]
        truth = await asyncio.to_thread(read_truth, house.oaths)
        stored = await all_stored(store)
        seen, twice = await _seen(models, house.bears, stored)
        endings = await giver.endings(models)
    verdict = judge(truth, stored, seen=seen, endings=endings)
    return replace(verdict, doubled=[*verdict.doubled, *twice])


async def _seen(models: ReadModels, bears: list[BearId], stored: Stored) -> tuple[frozenset[str], list[str]]:
    """The events that show in the read models, and what shows there more than once."""
    seen: set[str] = set()
    twice: list[str] = []
    for bear in bears:
        turns = [
            turn for day in stored.days for turn in turns_of(await models.page("conversations", bear, day))
        ]
        seen.update(f"{turn.turn}/turn.begun" for turn in turns)
        seen.update(f"{turn.turn}/turn.ended" for turn in turns if turn.outcome)
        if len(turns) > len({turn.turn for turn in turns}):
            twice.append(f"turns of {bear}")
        lines = await models.page("bears", bear, ALERTS)
        seen.update(stored.alerts[line] for line in lines if line in stored.alerts)
        if any(line not in stored.alerts for line in lines):
            twice.append(f"alerts of {bear}")
    return frozenset(seen), twice


def progress(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
