"""Many single events a second straight into the store, and how far the projector lags behind them."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from teddy_cloud.eventstore.store import Item
from teddy_cloud.fleet.household import device_owner
from teddy_cloud.projections.readmodels import EveryNotice
from teddy_cloud.projections.redis import RedisReadModels
from teddy_cloud.settings import Role, key_file, master_key
from teddy_cloud.storage.client import connect
from teddy_shared.clock import SystemChance
from teddy_shared.codec import encode_head
from teddy_shared.envelope import BearId, Envelope, Place, When
from teddy_shared.events import TurnBegun, to_bytes
from teddy_shared.purposes import Purpose
from teddy_shared.seal import ChaChaSeal, FileKeyRing
from workshop.syncing.appending import append_commands, sending
from workshop.syncing.house import BEAR, House

TICK: Final = 0.005  # seconds between two handfuls
LATE: Final = 1.0  # seconds until what is missing counts as lost


@dataclass(frozen=True, slots=True)
class Lag:
    seconds: list[float]  # of each event, from before its append to its notice
    lost: int
    cores: float  # that the projector kept busy


async def lag_under(house: House, *, rate: int, seconds: float) -> Lag:
    """So many bears say something once a second each, one event a batch."""
    bears = [BearId(f"load-{rate}-{number}") for number in range(rate)]
    lane = TurnBegun.label.lane
    commands = await append_commands(_batches(house, bears, int(seconds)), lane)
    client = connect(house.store)
    try:
        with house.cloud(Role.PROJECTOR) as projector:
            async with RedisReadModels(client=client).every_notice() as notices:
                await asyncio.sleep(1.0)  # its first look at everything
                before, began = _cpu(projector.process.pid), time.monotonic()
                sent: dict[BearId, float] = {}  # of each bear, the event that is under way
                took: list[float] = []
                async with asyncio.TaskGroup() as tasks:
                    hearing = tasks.create_task(_hear(notices, sent, took), name="hear")
                    await _feed(house.store, bears, commands, sent)
                    cores = (_cpu(projector.process.pid) - before) / (time.monotonic() - began)
                    await asyncio.sleep(LATE)
                    hearing.cancel()
    finally:
        await client.close()
    return Lag(took, len(sent), cores)


async def _feed(store: str, bears: list[BearId], commands: list[bytes], sent: dict[BearId, float]) -> None:
    """Each second every bear once."""
    rate = len(bears)
    handful = max(1, round(rate * TICK))
    async with sending(store) as writer:
        began = time.monotonic()
        for at in range(0, len(commands), handful):
            await asyncio.sleep(max(0.0, began + at / rate - time.monotonic()))
            now = time.monotonic()
            sent.update((bears[number % rate], now) for number in range(at, at + handful))
            writer.write(b"".join(commands[at : at + handful]))
            await writer.drain()


async def _hear(notices: EveryNotice, sent: dict[BearId, float], took: list[float]) -> None:
    while True:
        changed = await notices.changed(1.0)
        now = time.monotonic()
        took += [now - sent.pop(bear) for bear in changed if bear in sent]


def _batches(house: House, bears: list[BearId], each: int) -> Iterator[tuple[BearId, int, Item]]:
    """What every bear says, in turn. All of it is sealed under one key, since making keys takes long."""
    chance = SystemChance()
    ring = FileKeyRing(path=key_file(house.settings), master=master_key(house.settings), chance=chance)
    seal, owner, payload = (
        ChaChaSeal(keys=ring, chance=chance),
        device_owner(BEAR),
        to_bytes(TurnBegun(speech_ms=1_000)),
    )
    for seq in range(1, each + 1):
        for bear in bears:
            head = _head(bear, seq)
            sealed = seal.seal(owner, payload, head.place.bytes())
            yield bear, seq, Item(encode_head(head), Purpose.DEVICE, None, owner, sealed)


def _head(bear: BearId, seq: int) -> Envelope:
    label = TurnBegun.label
    return Envelope(
        place=Place(bear=bear, epoch="load", lane=label.lane, seq=seq),
        type=label.type,
        version=label.version,
        kind=label.kind,
        purpose=label.purpose,
        when=When(boot="load", monotonic_us=seq, wall_ms=int(time.time() * 1000), synchronised=True),
        turn=f"turn-{seq}",
    )


def _cpu(pid: int) -> float:
    """Seconds of processor time so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
