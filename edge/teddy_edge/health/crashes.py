"""Whether the bear keeps crashing, and of what; whether it is in safe mode."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from teddy_edge.health.finding import Finding, note, well, wrong
from teddy_edge.health.history import End, Now, Rung, Start, recent_crashes
from teddy_edge.health.patient import Patient
from teddy_edge.health.starts import NAME, read_starts, this_boot

LOOK: str = "look at the other parts, then at `journalctl -u teddy`"


async def crashes(patient: Patient) -> Finding:
    file = patient.data / NAME
    if not await asyncio.to_thread(file.exists):
        return note("nothing counts them: the bear was never run by systemd")
    _, history = await asyncio.to_thread(read_starts, file)
    now = Now(await asyncio.to_thread(this_boot), patient.clock.monotonic())
    return judge(history, now, runs=patient.runs)


def judge(history: Sequence[Start], now: Now, *, runs: bool) -> Finding:
    """What the starts tell. The last of them is the bear that runs, if one does."""
    over = history[:-1] if runs else history
    recent = recent_crashes(over, now)
    parts = ", ".join(dict.fromkeys(each.part or "an unknown part" for each in recent))
    if runs and history and history[-1].rung is Rung.SAFE_MODE:
        return wrong(f"it is in safe mode, and only says so; crashed: {parts or 'what is long past'}", LOOK)
    if recent:
        return wrong(f"it crashed {len(recent)} times within ten minutes: {parts}", LOOK)
    past = sum(each.end is End.CRASHED for each in over)
    if past:
        return note(f"{past} of the last {len(over)} starts ended in a crash, none of them just now")
    return well(f"none in the last {len(over)} starts")
