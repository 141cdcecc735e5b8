"""What the bear keeps: events that wait for the cloud, and its state."""

from __future__ import annotations

import asyncio
from pathlib import Path

from teddy_edge.health.finding import FIRST_START, Finding, note, well, wrong
from teddy_edge.health.patient import Patient
from teddy_edge.outbox.condition import examine
from teddy_edge.outbox.tables import UPGRADES
from teddy_edge.outbox.tables import VERSION as OUTBOX
from teddy_shared.errors import ConfigError, StateError, StoreDamaged
from teddy_shared.state.chain import look_through
from teddy_shared.state.database import check_database
from teddy_shared.state.sqlite import VERSION as STATE
from teddy_shared.state.sqlite import read_sqlite_store

EARLIER = ("it is of an earlier release", "the next start brings it up to this one")
AT_THE_NEXT_START = "start the bear again: it sets the damaged file aside and begins a new one"


async def outbox(patient: Patient) -> Finding:
    file = patient.data / "outbox.db"
    if not await asyncio.to_thread(file.exists):
        return note("there is none yet", FIRST_START)
    try:
        if await asyncio.to_thread(check_database, file, {OUTBOX, *UPGRADES}) != OUTBOX:
            return note(*EARLIER)
        seen = await asyncio.to_thread(examine, file)
    except StoreDamaged as damage:
        return wrong(str(damage), AT_THE_NEXT_START)
    except ConfigError as error:
        return wrong(str(error), "run this as the bear's user")
    waiting = ", ".join(f"{count} {lane.name.lower()}" for lane, count in seen.waiting.items() if count)
    told = f"{seen.used / 1e6:.1f} MB; waiting: {waiting or 'nothing'}"
    if any(seen.dropped.values()):
        gone = ", ".join(f"{count} {lane.name.lower()}" for lane, count in seen.dropped.items() if count)
        return note(
            f"{told}; gave way for want of room: {gone}", "make room, and let the bear reach its cloud"
        )
    return await asyncio.to_thread(_remembering, file, told)


async def state(patient: Patient) -> Finding:
    file = patient.data / "state.db"
    if not await asyncio.to_thread(file.exists):
        return note("there is none yet", FIRST_START)
    try:
        if await asyncio.to_thread(check_database, file, range(1, STATE + 1)) != STATE:
            return note(*EARLIER)
        async with read_sqlite_store(file) as store:
            verdict = await look_through(store)
    except (StoreDamaged, StateError) as damage:
        return wrong(str(damage), AT_THE_NEXT_START)
    except ConfigError as error:
        return wrong(str(error), "run this as the bear's user")
    if verdict.broken is not None:
        return wrong(
            f"its audit was changed from outside: {verdict.broken}",
            "somebody else wrote into the card; provision the bear again on a new one",
        )
    return await asyncio.to_thread(
        _remembering, file, f"{verdict.entries} changes, all of them accounted for"
    )


def _remembering(file: Path, told: str) -> Finding:
    """Damaged files that were set aside stay until somebody has looked at them."""
    aside = sorted(
        each.name for each in file.parent.glob(f"{file.name}.damaged-*") if each.suffix[-1:].isdigit()
    )
    if aside:
        return note(f"{told}; an earlier one was damaged and lies in {aside[-1]}", "look at the card's age")
    return well(told)
