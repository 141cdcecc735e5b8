"""Where the bear lives: its folder, the room there, and its keys."""

from __future__ import annotations

import asyncio
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

from teddy_edge.health.finding import FIRST_START, Finding, note, well, wrong
from teddy_edge.health.patient import Patient
from teddy_edge.outbox.room import SPARE
from teddy_shared.clock import SystemChance
from teddy_shared.errors import ConfigError, KeyErased
from teddy_shared.seal import FileKeyRing

SCARCE: Final = 4 * SPARE  # bytes


async def folder(patient: Patient) -> Finding:
    return await asyncio.to_thread(_folder, patient)


async def space(patient: Patient) -> Finding:
    return room(await asyncio.to_thread(_free, patient.data))


def room(free: int) -> Finding:
    """What so many free bytes mean."""
    told = f"{free / 1e6:.0f} MB are free"
    if free < SPARE:
        return wrong(f"{told}: what the bear records gives way or is lost", "make room on the card")
    if free < SCARCE:
        return note(f"{told}: telemetry will soon give way", "make room on the card")
    return well(told)


async def keys(patient: Patient) -> Finding:
    return await asyncio.to_thread(_keys, patient.data)


def _folder(patient: Patient) -> Finding:
    data = patient.data
    if not data.exists():
        return note(f"{data} is not there yet", FIRST_START)
    if not data.is_dir():
        return wrong(f"{data} is no folder", "move it away, or name another folder by data")
    if os.statvfs(data).f_flag & os.ST_RDONLY:
        return wrong(
            f"the card under {data} can only be read", "look at the card: worn out ones end so; change it"
        )
    if not os.access(data, os.R_OK | os.W_OK | os.X_OK, effective_ids=True):
        return wrong(
            f"this user may not write in {data}", "run this as the bear's user, or give the folder to it"
        )
    return well(f"a bear runs in {data}" if patient.runs else f"no bear runs in {data}")


def _free(data: Path) -> int:
    """Bytes where the folder is, or will be."""
    place = next(each for each in (data, *data.absolute().parents) if each.exists())
    found = os.statvfs(place)
    return found.f_bavail * found.f_frsize


def _keys(data: Path) -> Finding:
    master, ring = data / "master.key", data / "keys.json"
    if not master.exists():
        if ring.exists() or (data / "outbox.db").exists():
            return wrong(
                f"{master} is gone, and without it nothing opens that the bear keeps",
                "restore it from a backup; without one, start with an empty folder",
            )
        return note("there are none yet", FIRST_START)
    for file in (master, ring):
        if file.exists() and file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            return wrong(f"others on this machine may read {file}", f"chmod 600 {file}")
    if not ring.exists():
        return note("there are none yet", FIRST_START)
    try:
        with suppress(KeyErased):  # to ask for any key is to open all
            FileKeyRing(path=ring, master=master, chance=SystemChance()).key("")
    except ConfigError as error:
        return wrong(str(error), "without its keys the bear cannot read what it kept")
    return well("all of them open")
