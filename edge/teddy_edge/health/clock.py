"""Whether the bear knows what time it is: certificates and expiries hang on it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Final

from teddy_edge.health.finding import Finding, note, well, wrong
from teddy_edge.health.patient import Patient

MADE: Final = datetime(2026, 1, 1, tzinfo=UTC)  # no bear is older


async def clock(patient: Patient) -> Finding:
    now = datetime.fromtimestamp(patient.clock.wall(), UTC)
    if now < MADE:
        return wrong(f"it shows {now:%Y-%m-%d %H:%M} UTC", "give the bear a network, or set the clock")
    if not await asyncio.to_thread(patient.clock.synchronised):
        return note(f"it shows {now:%Y-%m-%d %H:%M} UTC, and nothing has set it", "give the bear a network")
    return well(f"{now:%Y-%m-%d %H:%M} UTC, set from the network")
