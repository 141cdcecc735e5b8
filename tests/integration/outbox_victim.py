"""A process that records events until it is killed: forks a child for each line on its input.

The imports are paid once; each child is a whole process with an outbox of its own opening.
"""

from __future__ import annotations

import asyncio
import os
import sys
from itertools import count
from pathlib import Path

from teddy_edge.outbox.entry import NO_TURN
from teddy_edge.outbox.store import Outbox, open_outbox
from teddy_shared.clock import SystemChance, SystemClock
from teddy_shared.envelope import BearId
from teddy_shared.events import SafetyAlertRaised, TurnBegun
from teddy_shared.seal import ChaChaSeal, FileKeyRing


def seal_in(folder: Path) -> ChaChaSeal:
    keys = FileKeyRing(path=folder / "keys", master=folder / "master", chance=SystemChance())
    keys.create("outbox")
    return ChaChaSeal(keys=keys, chance=SystemChance())


async def record(folder: Path) -> None:
    """Write down each acknowledged number as one atomic line."""
    async with (
        open_outbox(
            folder / "outbox.db",
            bear=BearId("victim"),
            seal=seal_in(folder),
            clock=SystemClock(),
            chance=SystemChance(),
        ) as outbox,
        asyncio.TaskGroup() as tasks,
    ):
        for number in range(3):
            tasks.create_task(_talk(outbox, number), name=f"talk-{number}")


async def _talk(outbox: Outbox, number: int) -> None:
    for n in count():
        event = (
            SafetyAlertRaised(category="c", advice="a") if (n + number) % 5 == 0 else TurnBegun(speech_ms=n)
        )
        place = (await outbox.append(event, NO_TURN)).place
        os.write(1, f"{place.epoch} {int(place.lane)} {place.seq}\n".encode())


if __name__ == "__main__":
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            asyncio.run(record(Path(sys.argv[1])))
        os.write(1, f"pid {child}\n".encode())
        os.waitpid(child, 0)
        os.write(1, b"gone\n")
