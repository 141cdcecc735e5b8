"""A process that is a fleet: `python -m workshop.fleet.simulator`. It tells in lines of JSON how far it is.

All bears connect, and it says so; at SIGUSR1 they send; whenever some were lost and all are back, it says so.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import signal
import sys
import time
from collections.abc import Sequence
from typing import Any, Final

from teddy_shared.addresses import broker_address
from teddy_shared.clock import SystemChance
from workshop.fleet.bear import SimulatedBear
from workshop.fleet.households import bears
from workshop.fleet.made_up import turn
from workshop.fleet.processor import calm
from workshop.fleet.tally import Tally

PAYLOAD: Final = 300  # bytes of an event
AT_ONCE: Final = 200  # bears that dial when the day begins
TICK: Final = 0.005  # seconds between two handfuls


def open_files() -> int:
    """As many as this machine lets us have, for us and those whom we start; how many that is."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


async def simulate(broker: str, count: int, *, epoch: str, rate: float, seconds: float) -> None:
    began = time.monotonic()
    tally, room, go = Tally(count), asyncio.Semaphore(AT_ONCE), asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, go.set)
    fleet = [
        SimulatedBear(
            bear=bear,
            epoch=epoch,
            address=broker_address(broker),
            tally=tally,
            room=room,
            chance=SystemChance(),
        )
        for bear in bears(count)
    ]
    async with asyncio.TaskGroup() as tasks:
        for number, bear in enumerate(fleet):
            tasks.create_task(bear.live(), name=f"bear-{number}")
        took = await tally.until(complete=True) - began
        calm()
        _say(there=count, seconds=took)
        await go.wait()
        sent = await _send(fleet, rate=rate, seconds=seconds)
        _say(sent=sent, again=tally.sent_again)
        while True:
            lost = await tally.until(complete=False)
            back = await tally.until(complete=True)
            knocks, most = tally.knocks_since(lost)
            _say(there=count, seconds=back - lost, knocks=knocks, most_knocks_per_s=most)


async def _send(fleet: Sequence[SimulatedBear], *, rate: float, seconds: float) -> int:
    """One bear after the other, each one event; how many there were once all are acknowledged."""
    payload = turn(size=PAYLOAD, chance=SystemChance())
    began, sent, all_of_it = time.monotonic(), 0, int(rate * seconds)
    async with asyncio.TaskGroup() as tasks:
        while sent < all_of_it:
            due = min(all_of_it, int((time.monotonic() - began) * rate) + 1)
            for number in range(sent, due):
                tasks.create_task(fleet[number % len(fleet)].send(payload), name=f"send-{number}")
            sent = due
            await asyncio.sleep(TICK)
    return sent


def _say(**facts: Any) -> None:
    print(json.dumps(facts), flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m workshop.fleet.simulator")
    parser.add_argument("--broker", required=True)
    parser.add_argument("--bears", type=int, required=True)
    parser.add_argument("--epoch", required=True)
    parser.add_argument("--rate", type=float, required=True, help="events a second, of all bears together")
    parser.add_argument("--seconds", type=float, required=True)
    wanted = parser.parse_args()
    open_files()
    asyncio.run(
        simulate(wanted.broker, wanted.bears, epoch=wanted.epoch, rate=wanted.rate, seconds=wanted.seconds)
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
