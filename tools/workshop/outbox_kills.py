"""Records events until it is killed, again and again, and looks what of the acknowledged is still there.

Run as a program it forks a child for each line on its input: the imports are paid once, and each child is
a whole process with an outbox of its own opening.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from itertools import count, islice
from pathlib import Path
from typing import NamedTuple

from teddy_edge.outbox.entry import NO_TURN
from teddy_edge.outbox.store import Outbox, open_outbox
from teddy_shared.clock import SystemChance, SystemClock
from teddy_shared.envelope import UNREADABLE, BearId, Lane
from teddy_shared.events import SafetyAlertRaised, TurnBegun
from teddy_shared.seal import ChaChaSeal, FileKeyRing


class Acknowledged(NamedTuple):
    """What a child wrote down as durable."""

    epoch: str
    lane: int
    seq: int


def kill_again_and_again(folder: Path, *, kills: int) -> list[Acknowledged]:
    """Each child is killed after it has written down a few more events than the one before. Blocks."""
    acknowledged: list[Acknowledged] = []
    with subprocess.Popen(
        [sys.executable, __file__, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as forker:
        assert forker.stdin is not None and forker.stdout is not None
        for kill in range(kills):
            forker.stdin.write("go\n")
            forker.stdin.flush()
            child = int(forker.stdout.readline().removeprefix("pid "))
            acknowledged += _parsed(islice(forker.stdout, 20 + 7 * (kill % 20)))
            os.kill(child, signal.SIGKILL)
            acknowledged += _parsed(iter(forker.stdout.readline, "gone\n"))
        forker.stdin.close()
    return acknowledged


async def lost(folder: Path, acknowledged: Sequence[Acknowledged]) -> list[Acknowledged]:
    """What was acknowledged and is not there, or not under its number. Also what came twice."""
    kept: set[Acknowledged] = set()
    async with _opened(folder) as outbox:
        for lane in Lane:
            for entry in await outbox.pending(lane, 0, events=10**6, size=10**9):
                if entry.head.type != UNREADABLE:
                    kept.add(Acknowledged(entry.head.place.epoch, int(lane), entry.head.place.seq))
    gone = [each for each in acknowledged if each not in kept]
    twice = len(acknowledged) - len(set(acknowledged))
    return gone + list(acknowledged[:twice])


def _parsed(lines: Iterator[str]) -> list[Acknowledged]:
    return [Acknowledged(epoch, int(lane), int(seq)) for epoch, lane, seq in (line.split() for line in lines)]


@asynccontextmanager
async def _opened(folder: Path) -> AsyncIterator[Outbox]:
    keys = await asyncio.to_thread(_keys_in, folder)
    async with open_outbox(
        folder / "outbox.db",
        bear=BearId("victim"),
        seal=ChaChaSeal(keys=keys, chance=SystemChance()),
        clock=SystemClock(),
        chance=SystemChance(),
    ) as outbox:
        yield outbox


def _keys_in(folder: Path) -> FileKeyRing:
    keys = FileKeyRing(path=folder / "keys", master=folder / "master", chance=SystemChance())
    keys.create("outbox")
    return keys


async def _record(folder: Path) -> None:
    """Write down each acknowledged number as one atomic line."""
    async with _opened(folder) as outbox, asyncio.TaskGroup() as tasks:
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
            os.write(
                1, f"pid {os.getpid()}\n".encode()
            )  # not by its parent, which may be slower than its events
            asyncio.run(_record(Path(sys.argv[1])))
        os.waitpid(child, 0)
        os.write(1, b"gone\n")
