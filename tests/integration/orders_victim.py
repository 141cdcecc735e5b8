"""A bear that does what it is ordered until it is killed: forks a child for each line on its input.

A line is a sealed order in hex, and how many milliseconds the doing takes. The imports are paid once.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from teddy_edge.link.orders import Orders
from teddy_edge.link.wishes import seal_owner
from teddy_edge.outbox.store import Outbox, open_outbox
from teddy_shared import logs
from teddy_shared.clock import SystemChance, SystemClock
from teddy_shared.commands import Command, ReportHealth
from teddy_shared.envelope import BearId
from teddy_shared.seal import ChaChaSeal, FileKeyRing
from teddy_shared.state.sqlite import open_sqlite_store
from teddy_shared.state.state import State

BEAR = BearId("victim")


def seal_in(folder: Path) -> ChaChaSeal:
    keys = FileKeyRing(path=folder / "keys", master=folder / "master", chance=SystemChance())
    for owner in ("outbox", "state", seal_owner(BEAR)):
        keys.create(owner)
    return ChaChaSeal(keys=keys, chance=SystemChance())


@asynccontextmanager
async def bear_in(folder: Path, takes: float) -> AsyncIterator[tuple[Orders, Outbox]]:
    """Each beginning is one atomic line in a file."""
    seal, clock, chance = await asyncio.to_thread(seal_in, folder), SystemClock(), SystemChance()
    outbox = open_outbox(folder / "outbox.db", bear=BEAR, seal=seal, clock=clock, chance=chance)
    begun = await asyncio.to_thread(os.open, folder / "begun", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    async def obey(_: Command) -> None:
        await asyncio.to_thread(os.write, begun, b"begun\n")
        await asyncio.sleep(takes)

    async with open_sqlite_store(folder / "state.db") as store, outbox as journal:
        orders = Orders(
            bear=BEAR,
            seal=seal,
            state=State(store=store, seal=seal, clock=clock),
            journal=journal,
            obeyed=lambda: 0,
            handlers={ReportHealth: obey},
            clock=clock,
            chance=chance,
        )
        yield orders, journal
    await asyncio.to_thread(os.close, begun)


async def obey_for_ever(folder: Path, sealed: bytes, takes: float) -> None:
    async with bear_in(folder, takes) as (orders, _):
        await orders.receive(sealed)
        os.write(1, b"got it\n")
        await orders.run()


if __name__ == "__main__":
    logs.configure(level="error")  # to standard error; standard output is for the numbers
    for line in sys.stdin:
        order, milliseconds = line.split()
        child = os.fork()
        if child == 0:
            asyncio.run(obey_for_ever(Path(sys.argv[1]), bytes.fromhex(order), int(milliseconds) / 1000))
        os.write(1, f"pid {child}\n".encode())
        os.waitpid(child, 0)
        os.write(1, b"gone\n")
