"""Whether the bear can hear and speak: its model files, and how many of them its board has room for."""

from __future__ import annotations

import asyncio

from teddy_edge.health.finding import Finding, note, well, wrong
from teddy_edge.health.patient import Patient
from teddy_edge.inference.models import ModelStore
from teddy_edge.inference.profile import FULL, ROOMY, Wanted, choose, total_memory


async def models(patient: Patient) -> Finding:
    store = ModelStore(patient.settings.models.cache)
    parts = await asyncio.to_thread(store.parts)
    broken = [part for part in parts if part.problem]
    if broken:
        names = ", ".join(part.name for part in broken)
        return wrong(f"{len(broken)} of {len(parts)} files: {names}", str(broken[0].problem))
    return well(f"{len(parts)} files, all of this release")


async def profile(patient: Patient) -> Finding:
    return room_for(patient.settings.models.profile, await asyncio.to_thread(total_memory))


def room_for(wanted: Wanted, total: int | None) -> Finding:
    """What is loaded on a board with so many bytes."""
    found = choose(wanted, total)
    memory = "a board of unknown memory" if total is None else f"{total / 1e6:.0f} MB of memory"
    told = f"{found.name}: {found.says}; {memory}"
    if found is FULL and total is not None and total < ROOMY:
        return wrong(f"{told}: not enough for all", "set models.profile to auto or small")
    if wanted != "auto":
        return note(f"{told}; set by models.profile")
    return well(told)
