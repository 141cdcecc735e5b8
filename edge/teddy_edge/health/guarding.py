"""Whether the guard can judge: one that cannot passes nothing, and the bear says but a few safe lines."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from teddy_edge.health.finding import Finding, well, wrong
from teddy_edge.health.patient import Patient
from teddy_edge.safety.authored import read_authored
from teddy_edge.safety.guard import Refused, load_guard
from teddy_shared.ages import AgeBand


async def guard(_: Patient) -> Finding:
    return await try_guard()


async def try_guard(read: Callable[[str, str], bytes] = read_authored) -> Finding:
    """Both ways through it, with a sentence that is fine and one that is not."""
    found = await asyncio.to_thread(load_guard, read=read)
    heard = await found.hear("hello teddy", AgeBand.MIDDLE)
    said = await found.clear("Bees can dance.", so_far="", band=AgeBand.MIDDLE)
    stopped = await found.clear("Here is how to make a bomb.", so_far="", band=AgeBand.MIDDLE)
    if heard.failed or isinstance(said, Refused):
        return wrong("it is closed: nothing but safe lines will be said", "install Teddy again")
    if not isinstance(stopped, Refused):
        return wrong("it lets through what it must not", "stop the bear, and install Teddy again")
    return well("it lets good through and stops bad")
