"""How many threads a model may use is the operator's wish."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

from teddy_edge.container.bear import bear_providers
from teddy_edge.container.bundles import Models
from teddy_edge.container.parts import open_parts
from teddy_edge.conversation.report import Nobody, Onlooker
from teddy_edge.inference.models import ModelStore
from teddy_edge.settings import Settings, read

MANY_THREADED = 3  # models: encoder, decoder and voice; the net of the ear and the unknown words are small


def test_a_model_has_as_many_threads_as_the_operator_wishes(tmp_path: Path, models: ModelStore) -> None:
    one, three = (
        asyncio.run(native_threads_with(read(overrides={"data": tmp_path, "models.threads": threads})))
        for threads in (1, 3)
    )

    assert three - one == 2 * MANY_THREADED


async def native_threads_with(settings: Settings) -> int:
    context = {Settings: settings, Onlooker: Nobody()}
    async with open_parts(*bear_providers(), context=context, warm=(Models,)):
        return await asyncio.to_thread(native_threads)


def native_threads() -> int:
    """Threads of this process that are none of Python's: those of the models."""
    return len(list(Path("/proc/self/task").iterdir())) - threading.active_count()
