"""Whether the bear hears past its own voice, as it noted itself."""

from __future__ import annotations

from datetime import UTC, datetime

from teddy_edge.audio.samples import ear_ms
from teddy_edge.echo.notes import DOCTOR, NOTED, Noted
from teddy_edge.health.finding import Finding, note, unseen, well
from teddy_edge.health.patient import Patient
from teddy_shared.clock import SystemChance
from teddy_shared.errors import ConfigError, StateError, StoreDamaged
from teddy_shared.seal import ChaChaSeal, MemoryKeyRing
from teddy_shared.state.sqlite import read_sqlite_store
from teddy_shared.state.state import State

POOR = "a child's voice does not interrupt the bear now: free its loudspeaker, or turn it down"


async def echo(patient: Patient) -> Finding:
    try:
        noted = await _noted(patient)
    except (ConfigError, StoreDamaged, StateError) as error:
        return unseen(f"what the bear noted cannot be read ({error})")
    if noted is None:
        return note("it has not heard itself yet", "let it speak with its loudspeaker")
    measured = noted.measured
    at = f"(noted {datetime.fromtimestamp(noted.wall, UTC):%Y-%m-%d %H:%M} UTC)"
    delay = "unknown" if measured.delay is None else f"{ear_ms(measured.delay)} ms"
    if measured.enhancement is None:
        return note(f"its voice comes back after {delay}; it has not spoken enough to tell more {at}")
    told = f"its voice comes back after {delay} and is made {measured.enhancement:.0f} dB weaker {at}"
    return well(told) if measured.good else note(told, POOR)


async def _noted(patient: Patient) -> Noted | None:
    chance = SystemChance()
    seal = ChaChaSeal(keys=MemoryKeyRing(chance=chance), chance=chance)  # what is noted is not sealed
    async with read_sqlite_store(patient.data / "state.db") as store:
        state = State(store=store, seal=seal, clock=patient.clock)
        held = await state.read(NOTED, patient.identity.bear, DOCTOR)
    return None if held is None else held.value
