"""Whether the guard can judge: one that cannot passes nothing, and the bear says but a few safe lines."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from teddy_edge.health.finding import Finding, well, wrong
from teddy_edge.health.patient import Patient
from teddy_edge.inference.governor import ThreadGovernor
from teddy_edge.inference.meaning import open_meaning
from teddy_edge.inference.models import ModelStore
from teddy_edge.safety.authored import read_authored
from teddy_edge.safety.classifier import Classifier
from teddy_edge.safety.guard import Judge, Refused, load_guard
from teddy_shared.ages import AgeBand


async def guard(patient: Patient) -> Finding:
    store, governor = ModelStore(patient.settings.models.cache), ThreadGovernor()
    classifier = Classifier(open_embedder=lambda: open_meaning(store), governor=governor)
    try:
        await classifier.get_ready()
        if classifier.failure is not None:
            return wrong(f"its classifier does not load ({classifier.failure})", "install Teddy again")
        return await try_guard(judges=(classifier,))
    finally:
        await asyncio.to_thread(governor.close)


async def try_guard(
    read: Callable[[str, str], bytes] = read_authored, *, judges: Sequence[Judge] = ()
) -> Finding:
    """Both ways through it, with a sentence that is fine and one that is not."""
    found = await asyncio.to_thread(load_guard, read=read, judges=judges)
    heard = await found.hear("hello teddy", AgeBand.MIDDLE)
    said = await found.clear("Bees can dance.", so_far="", band=AgeBand.MIDDLE)
    stopped = await found.clear("Here is how to make a bomb.", so_far="", band=AgeBand.MIDDLE)
    if heard.failed or isinstance(said, Refused):
        return wrong("it is closed: nothing but safe lines will be said", "install Teddy again")
    if not isinstance(stopped, Refused):
        return wrong("it lets through what it must not", "stop the bear, and install Teddy again")
    return well("it lets good through and stops bad")
