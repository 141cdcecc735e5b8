"""Power cuts while a bear obeys: no order is begun twice, and none is left without its ending."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

from teddy_edge.link.wishes import seal_owner
from teddy_edge.outbox.store import Outbox
from teddy_shared.commands import Order, order_place
from teddy_shared.envelope import Lane
from teddy_shared.events import CommandEnded, from_bytes
from tests.integration import orders_victim
from tests.integration.orders_victim import BEAR, bear_in

HOUR = 3600_000
ROUNDS = 6
SECONDS = 10.0  # for anything that a test waits for


def sealed_order(folder: Path, id_: str) -> bytes:
    now = int(time.time() * 1000)
    order = Order(id=id_, type="bear.report", body={}, issued_wall_ms=now, expires_wall_ms=now + HOUR)
    seal = orders_victim.seal_in(folder)
    return seal.seal(seal_owner(BEAR), order.model_dump_json().encode(), order_place(BEAR))


def killed(victims: subprocess.Popen[bytes], order: bytes, *, takes: int, after: float) -> None:
    """One bear that gets the order and dies so many seconds later."""
    assert victims.stdin is not None
    assert victims.stdout is not None
    victims.stdin.write(f"{order.hex()} {takes}\n".encode())
    victims.stdin.flush()
    said = _lines(victims.stdout, 2)
    pid = int(next(line for line in said if line.startswith(b"pid"))[4:])
    time.sleep(after)
    os.kill(pid, signal.SIGKILL)
    _lines(victims.stdout, 1)


def _lines(pipe: IO[bytes], count: int) -> list[bytes]:
    return [pipe.readline() for _ in range(count)]


def kill_each_once(folder: Path) -> dict[str, bytes]:
    """Bears that die at any moment between getting an order and having told its ending."""
    dice = random.Random(4)
    orders = {f"o-{number}": sealed_order(folder, f"o-{number}") for number in range(ROUNDS)}
    with subprocess.Popen(
        [sys.executable, orders_victim.__file__, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as victims:
        try:
            for order in orders.values():
                killed(victims, order, takes=dice.choice([0, 0, 5]), after=dice.uniform(0, 0.02))
            killed(victims, sealed_order(folder, "hangs"), takes=60_000, after=0.3)
        finally:
            assert victims.stdin is not None
            victims.stdin.close()
    return orders


async def endings(outbox: Outbox) -> list[CommandEnded]:
    waiting = await outbox.pending(Lane.INTERACTION, 0, events=1000)
    events = [from_bytes(each.head.type, each.head.version, each.wire.payload) for each in waiting]
    return [event for event in events if isinstance(event, CommandEnded)]


async def test_whenever_the_power_goes_each_order_is_begun_once_at_most_and_answered(tmp_path: Path) -> None:
    orders = await asyncio.to_thread(kill_each_once, tmp_path)
    hanging = await asyncio.to_thread(sealed_order, tmp_path, "hangs")

    async with bear_in(tmp_path, 0) as (bear, outbox), asyncio.TaskGroup() as tasks:
        running = tasks.create_task(bear.run(), name="orders")
        for order in (*orders.values(), hanging, *orders.values()):  # the cloud sends again, and twice
            await bear.receive(order)
        async with asyncio.timeout(SECONDS):
            while len({e.command for e in await endings(outbox)}) <= ROUNDS:  # noqa: ASYNC110  # on the card
                await asyncio.sleep(0.01)
        running.cancel()
        told = await endings(outbox)

    begun = (await asyncio.to_thread((tmp_path / "begun").read_text)).count("begun\n")
    ended = {event.command: event.ending for event in told}
    assert ended["hangs"] == "interrupted"
    assert set(ended.values()) <= {"done", "interrupted"}
    assert begun <= len(ended) == len(told) == ROUNDS + 1
    assert sum(ending == "done" for ending in ended.values()) <= begun
