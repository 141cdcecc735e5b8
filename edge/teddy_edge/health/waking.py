"""Whether the bear can know its name, and "stop": the two heads that listen for them."""

from __future__ import annotations

import asyncio
from pathlib import Path

from teddy_edge.health.finding import Finding, note, well, wrong
from teddy_edge.health.patient import Patient
from teddy_edge.waking.head import HEADS, STOP, WAKE, open_head
from teddy_shared.errors import ConfigError

AGAIN = "install Teddy again"


async def waking(patient: Patient) -> Finding:
    return await asyncio.to_thread(look_at_heads, HEADS, by_name=patient.settings.listening.waking == "name")


def look_at_heads(folder: Path, *, by_name: bool) -> Finding:
    """`by_name`: whether the bear answers to its name alone. Blocks."""
    problems: dict[str, str] = {}
    for name in (WAKE, STOP):
        try:
            open_head(name, folder=folder)
        except ConfigError as error:
            problems[name] = str(error)
    if WAKE in problems and by_name:
        return wrong(f"it answers to its name, and does not know it: {problems[WAKE]}", AGAIN)
    if problems:
        return note(f"it listens without them: {'; '.join(problems.values())}", AGAIN)
    return well("its name and the word that stops it are known")
