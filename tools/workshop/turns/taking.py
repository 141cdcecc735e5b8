"""One real turn up to its first sound: microphone, ear, brain, mouth and speaker, in real time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final

from teddy_edge.app import Lifeline, Threaded
from teddy_edge.audio.microphone import Clip, ClipMicrophone, MicrophoneEvent
from teddy_edge.audio.ring import Ring
from teddy_edge.audio.samples import EAR_RATE
from teddy_edge.audio.speaker import FileSpeaker, Sink
from teddy_edge.container.bundles import Bear, Talking
from teddy_edge.conversation.report import TurnReport
from teddy_edge.ear.endpointing import Endpointing
from teddy_edge.ear.segmenter import Utterance, UtteranceEnded
from teddy_edge.ear.thread import EarThread, Noticed

LOOK: Final = 0.02  # seconds between two looks whether the bear speaks
PATIENCE: Final = 8.0  # seconds after the clip's end; then there is no turn in it


@dataclass(frozen=True, slots=True)
class Taken:
    """A turn up to the first sound of its answer."""

    utterance: Utterance
    decided_at: float  # seconds on the monotonic clock
    report: TurnReport

    @property
    def first_sound(self) -> float:
        """Seconds from the end-of-turn decision to the first sample that is not silent."""
        assert self.report.first_sound_ms is not None
        return self.report.first_sound_ms / 1000

    @property
    def from_last_sample(self) -> float:
        """Seconds from the last sample of speech to the first sound: the silence waited for, and the rest."""
        return (self.utterance.decided - self.utterance.speech_end) / EAR_RATE + self.first_sound


class Reports:
    """An onlooker that keeps what it saw."""

    def __init__(self) -> None:
        self.seen: list[TurnReport] = []

    def saw(self, report: TurnReport) -> None:
        self.seen.append(report)


async def take_turn(
    bear: Bear,
    clip: Clip,
    reports: Reports,
    *,
    listening: Endpointing | None = None,
    begins: Callable[[MicrophoneEvent], None] = lambda _: None,
    sink: Sink | None = None,
    linger: float = 5 * LOOK,
) -> Taken | None:
    """In a talk of its own, which is broken off when the answer has begun. None where no turn came of it.

    `linger` is how many seconds the answer may go on: a clause begins with a moment of near silence.
    """
    noticed: list[Noticed] = []
    reports.seen.clear()
    async with bear.talk() as talking:
        if listening is not None:
            talking.ear.listen_with(listening)
        threads = partial(_threads, begins=begins, sink=sink)
        async with _living(talking, clip, noticed, threads):
            await _answered(talking, clip, linger)
    ended = [(each.event, each.at) for each in noticed if isinstance(each.event, UtteranceEnded)]
    if not ended or not reports.seen or reports.seen[-1].first_sound_ms is None:
        return None
    event, at = ended[-1]  # an earlier one was a cough, or was interrupted by this one
    return Taken(event.utterance, at, reports.seen[-1])


async def _answered(talking: Talking, clip: Clip, linger: float) -> None:
    for _ in range(round((len(clip.pcm) / EAR_RATE + PATIENCE) / LOOK)):
        await asyncio.sleep(LOOK)
        if talking.mouth.heard:
            await asyncio.sleep(linger)
            return


@asynccontextmanager
async def _living(
    talking: Talking, clip: Clip, noticed: list[Noticed], threads_of: Callable[..., tuple[Threaded, ...]]
) -> AsyncIterator[None]:
    lifeline = Lifeline()
    async with asyncio.TaskGroup() as tasks:
        running = [
            tasks.create_task(talking.dialogue.run(), name="dialogue"),
            tasks.create_task(lifeline.watch(), name="lifeline"),
        ]
        threads = threads_of(talking, clip, noticed, lifeline)
        try:
            for thread in threads:
                thread.start()
            yield
        finally:
            for thread in reversed(threads):
                await asyncio.to_thread(thread.stop)
            for task in running:
                task.cancel()


def _threads(
    talking: Talking,
    clip: Clip,
    noticed: list[Noticed],
    lifeline: Lifeline,
    *,
    begins: Callable[[MicrophoneEvent], None],
    sink: Sink | None,
) -> tuple[Threaded, ...]:
    ring, clock = Ring(), talking.clock

    def post(event: Noticed) -> None:
        noticed.append(event)
        talking.inbox.post(event)

    return (
        FileSpeaker(mouth=talking.mouth, writer=sink, failed=lifeline.failed("mouth"), clock=clock),
        EarThread(ring=ring, ear=talking.ear, post=post, failed=lifeline.failed("ear"), clock=clock),
        ClipMicrophone(
            ring=ring,
            clips=[clip],
            at_rest=lambda: False,  # silence to the end: the talk is broken off
            wait=lambda: talking.endpointing.longest,
            post=begins,
            failed=lifeline.failed("microphone"),
            clock=clock,
        ),
    )
