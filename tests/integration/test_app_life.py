"""A whole bear without its models: it ends in order, and never goes on deaf or mute without a word."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from dishka import Provider, Scope, provide

from teddy_edge.app import Lifeline, Threaded, live
from teddy_edge.audio.ring import Overrun
from teddy_edge.audio.samples import MOUTH_RATE, Pcm
from teddy_edge.audio.speaker import FileSpeaker
from teddy_edge.audio.wav import WavWriter
from teddy_edge.container.bear import open_bear
from teddy_edge.container.bundles import Bear, Models, Talking
from teddy_edge.conversation.inbox import SIZE
from teddy_edge.conversation.report import Nobody
from teddy_edge.ear.segmenter import Utterance, UtteranceEnded
from teddy_edge.ear.thread import Noticed
from teddy_edge.errors import PartDied
from teddy_edge.safety.guard import Guard, SafeText, load_guard
from teddy_edge.settings import Settings
from teddy_edge.speech.transcriber import Hearing
from teddy_shared.envelope import Lane
from teddy_shared.errors import ConfigError

HELLO = Utterance(np.zeros(16_000, np.int16), 0, 0, 16_000, 16_000)


class ModelsOfStraw(Provider):
    """Hear `hello` in every sound, and speak every clause as a second of hum."""

    def __init__(self) -> None:
        super().__init__()
        self.asked_to_speak = asyncio.Event()

    @provide(scope=Scope.APP, override=True)
    def models(self) -> Models:
        return Models(recogniser=self, voice=self, net=self)

    @provide(scope=Scope.APP, override=True)
    async def guard(self) -> Guard:
        return await asyncio.to_thread(load_guard)  # the rules alone

    def transcribe(self, _: Pcm) -> Hearing:
        return Hearing("hello", 0.99, -0.05, -0.1, 0.0, 5)

    async def speak(self, _: SafeText) -> Pcm:
        self.asked_to_speak.set()
        return np.full(MOUTH_RATE, 1000, np.int16)

    def probability(self, _: Pcm) -> float:
        return 0.0

    def reset(self) -> None: ...


class Life:
    """One life of a bear, from outside."""

    def __init__(self, *, bear: Bear, talking: Talking, lifeline: Lifeline, models: ModelsOfStraw) -> None:
        self.models = models
        self.talking = talking
        self.lifeline = lifeline
        self.stop = asyncio.Event()
        self._bear = bear

    async def last(self, threads: Sequence[Threaded] = ()) -> None:
        async with asyncio.timeout(5):
            await live(self._bear, self.talking, threads, self.lifeline, self.stop)

    def hear(self) -> None:
        self.talking.inbox.post(Noticed(UtteranceEnded(HELLO), self.talking.clock.monotonic()))

    async def recorded(self) -> list[str]:
        return [each.head.type for each in await self._bear.outbox.pending(Lane.INTERACTION, 0)]


@pytest.fixture
async def life(tmp_path: Path) -> AsyncIterator[Life]:
    settings, models = Settings(data=tmp_path), ModelsOfStraw()
    async with open_bear(settings, models, onlooker=Nobody()) as bear, bear.talk() as talking:
        yield Life(bear=bear, talking=talking, lifeline=Lifeline(), models=models)


@pytest.fixture
def full_disk(tmp_path: Path) -> Path:
    """A WAV file on a disk without room."""
    path = tmp_path / "full.wav"
    path.symlink_to("/dev/full")
    return path


async def test_the_bear_has_stopped_only_after_its_turn_has_ended(life: Life) -> None:
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(life.last(), name="life")
        life.hear()
        await life.models.asked_to_speak.wait()

        life.stop.set()

    assert await life.recorded() == ["bear.started", "turn.begun", "turn.ended", "bear.stopped"]


async def test_a_full_inbox_ends_the_bear_rather_than_leave_it_deaf(life: Life) -> None:
    with pytest.raises(ExceptionGroup) as ended:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(life.last(), name="life")
            await asyncio.sleep(0.1)  # it lives

            for _ in range(SIZE + 1):
                life.talking.inbox.post(Noticed(Overrun(1, 1), 0.0))

    assert ended.group_contains(PartDied, match="inbox")


async def test_a_disk_that_is_full_ends_the_bear_with_a_word_to_the_operator(
    life: Life, full_disk: Path
) -> None:
    speaker = FileSpeaker(
        mouth=life.talking.mouth,
        writer=await asyncio.to_thread(WavWriter, full_disk),
        failed=life.lifeline.failed("mouth"),
        clock=life.talking.clock,
        real_time=False,
    )
    with pytest.raises(ExceptionGroup) as ended:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(life.last([speaker]), name="life")
            life.hear()

    assert ended.group_contains(ConfigError, match=r"full\.wav: No space left")
