"""Whether the bear can hear and speak: its model files."""

from __future__ import annotations

import asyncio

from teddy_edge.health.finding import Finding, well, wrong
from teddy_edge.health.patient import Patient
from teddy_edge.inference.models import ModelStore


async def models(patient: Patient) -> Finding:
    store = ModelStore(patient.settings.models.cache)
    parts = await asyncio.to_thread(store.parts)
    broken = [part for part in parts if part.problem]
    if broken:
        names = ", ".join(part.name for part in broken)
        return wrong(f"{len(broken)} of {len(parts)} files: {names}", str(broken[0].problem))
    return well(f"{len(parts)} files, all of this release")
