"""Whether the bear reaches its broker, and what it noted itself of that."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from teddy_edge.health.finding import Finding, note, unseen, well, wrong
from teddy_edge.health.patient import Patient
from teddy_edge.link.noted import DOCTOR, NOTED, Noted
from teddy_edge.link.probe import probe
from teddy_shared.addresses import broker_address
from teddy_shared.clock import SystemChance
from teddy_shared.errors import ConfigError, StateError, StoreDamaged
from teddy_shared.seal import ChaChaSeal, MemoryKeyRing
from teddy_shared.state.sqlite import read_sqlite_store
from teddy_shared.state.state import State
from teddy_shared.tls import context_for


async def broker(patient: Patient) -> Finding:
    url = patient.settings.link.broker
    if not url:
        return note("none is named: the bear talks, and keeps what it would send")
    try:
        address = broker_address(url)
        tls = await asyncio.to_thread(context_for, address, patient.identity.credentials)
    except ConfigError as error:
        return wrong(str(error), "correct link.broker, or provision the bear again")
    seen = await probe(address, tls, bear=patient.identity.bear, runs=patient.runs)
    if seen.trouble is not None:
        return wrong(seen.trouble.what, seen.trouble.remedy)
    return well(f"{address.host}:{address.port} {seen.how_far}")


async def link(patient: Patient) -> Finding:
    if not patient.runs:
        return unseen("no bear runs here; while one does, it notes how it fares")
    try:
        noted = await _noted(patient)
    except (ConfigError, StoreDamaged, StateError) as error:
        return unseen(f"what the bear noted cannot be read ({error})")
    if noted is None:
        if not patient.settings.link.broker:
            return note("no broker is named")
        return note("the bear has not noted yet how it fares")
    at = f"{datetime.fromtimestamp(noted.wall, UTC):%Y-%m-%d %H:%M} UTC"
    if noted.trouble is not None:
        return wrong(f"{noted.trouble.what} (noted {at})", noted.trouble.remedy)
    return well(f"connected (noted {at})")


async def _noted(patient: Patient) -> Noted | None:
    chance = SystemChance()
    seal = ChaChaSeal(keys=MemoryKeyRing(chance=chance), chance=chance)  # what is noted is not sealed
    async with read_sqlite_store(patient.data / "state.db") as store:
        state = State(store=store, seal=seal, clock=patient.clock)
        held = await state.read(NOTED, patient.identity.bear, DOCTOR)
    return None if held is None else held.value
