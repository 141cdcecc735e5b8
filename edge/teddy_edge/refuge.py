"""Safe mode: a bear of a mouth alone, which says what is wrong and what to do, and then tries again."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cached_property
from typing import Final

from teddy_edge.app import Lifeline, Threaded, deaths_told, started
from teddy_edge.audio.mouth import Mouth, MouthEvent
from teddy_edge.audio.samples import Pcm
from teddy_edge.health.checks import CHECKS
from teddy_edge.health.complaint import Complaint
from teddy_edge.health.examination import examine
from teddy_edge.health.patient import Patient
from teddy_edge.health.spoken import load_spoken
from teddy_edge.health.supervisor import Supervisor
from teddy_edge.health.vitals import Sign
from teddy_edge.health.watchman import Watchman
from teddy_edge.inference.governor import ThreadGovernor
from teddy_edge.inference.models import ModelStore
from teddy_edge.safety.guard import Guard, load_guard
from teddy_edge.settings import Settings
from teddy_edge.speech.hibari import VOICE_SORT, HibariSynthesizer, open_hibari
from teddy_edge.speech.shelf import Shelf
from teddy_edge.speech.voice import Voice
from teddy_shared.clock import Clock
from teddy_shared.logs import log

SAID_AGAIN: Final = 300.0  # seconds; twice in all, since a bear that complains all night helps nobody
REST: Final = 600.0  # seconds, then a clean process tries again
CURSOR_MOST: Final = 8.0  # seconds; see health/signs.py

MakeSpeaker = Callable[[Mouth, Callable[[BaseException], None]], Threaded]
"""Of a mouth, and of whom to tell when its thread dies."""


class LazyVoice:
    """Loads the voice when a line is said that is not on the shelf: it may be what is broken."""

    def __init__(self, store: ModelStore) -> None:
        self._store = store

    def render(self, text: str) -> Pcm:
        return self._voice.render(text)

    @cached_property
    def _voice(self) -> HibariSynthesizer:
        return open_hibari(self._store)


async def stay_safe(
    patient: Patient,
    *,
    crashed: Sequence[str],
    make_speaker: MakeSpeaker,
    supervisor: Supervisor,
    clock: Clock,
    dying: Callable[[], object],
    rest: float = REST,
    said_again: float = SAID_AGAIN,
) -> None:
    """Until it is time to try again, or somebody stops the bear."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    lifeline, governor = Lifeline(dying=dying), ThreadGovernor()
    guard = await asyncio.to_thread(load_guard)
    mouth, complaint = _mouth(patient.settings, guard, governor, clock)
    watchman = Watchman(
        signs=[Sign("mouth", lambda: mouth.cursor, CURSOR_MOST, due=lambda: not mouth.idle)],
        supervisor=supervisor,
        failed=lifeline.failed,
        clock=clock,
        doing="safe mode",
    )
    spoken = await asyncio.to_thread(load_spoken)
    # Not what has no line: without a cloud a bear can talk, and looking for one takes long.
    found = await examine(patient, {part: look for part, look in CHECKS.items() if part in spoken.wrong})
    lines = spoken.about(found, crashed)
    log("health").error("safe mode", says=lines[1])
    try:
        async with asyncio.TaskGroup() as tasks:
            running = [
                tasks.create_task(_complain(complaint, lines, said_again), name="complaint"),
                tasks.create_task(watchman.beat(), name="heartbeat"),
                tasks.create_task(lifeline.watch(), name="lifeline"),
            ]
            speaker = make_speaker(mouth, lifeline.failed("mouth"))
            with deaths_told(lifeline):
                async with started([speaker, watchman]):
                    with suppress(TimeoutError):
                        async with asyncio.timeout(rest):
                            await stop.wait()
            for task in running:
                task.cancel()
    finally:
        await asyncio.to_thread(governor.close)


async def _complain(complaint: Complaint, lines: Sequence[str], said_again: float) -> None:
    await complaint.say(lines)
    await asyncio.sleep(said_again)
    await complaint.say(lines)


def _mouth(
    settings: Settings, guard: Guard, governor: ThreadGovernor, clock: Clock
) -> tuple[Mouth, Complaint]:
    loop = asyncio.get_running_loop()

    def post(news: MouthEvent) -> None:
        loop.call_soon_threadsafe(complaint.heard, news)

    mouth = Mouth(clock=clock, post=post, volume=settings.sound.volume)
    shelf = Shelf(
        folder=settings.models.cache / "lines",
        synthesizer=LazyVoice(ModelStore(settings.models.cache)),
        voice=VOICE_SORT,
    )
    complaint = Complaint(guard=guard, voice=Voice(synthesizer=shelf, governor=governor), mouth=mouth)
    return mouth, complaint
