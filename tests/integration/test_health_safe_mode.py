"""Safe mode says aloud what is wrong and what a grown-up should do; something is heard in any case."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from teddy_edge.audio.mouth import Mouth
from teddy_edge.audio.samples import EAR_RATE, MOUTH_RATE, Pcm
from teddy_edge.audio.speaker import FileSpeaker
from teddy_edge.audio.wav import WavWriter
from teddy_edge.health.checks import CHECKS
from teddy_edge.health.finding import well, wrong
from teddy_edge.health.patient import meet
from teddy_edge.health.spoken import load_spoken
from teddy_edge.health.supervisor import supervisor_of
from teddy_edge.inference.models import ModelStore
from teddy_edge.refuge import stay_safe
from teddy_edge.safety.guard import Refused, load_guard
from teddy_edge.settings import Settings, read
from teddy_edge.speech.clauses import clauses
from teddy_edge.speech.transcriber import Transcriber
from teddy_shared.ages import AgeBand
from teddy_shared.clock import SystemClock
from tests.supervising import Watching, watching


def words(text: str) -> set[str]:
    return {word.strip(".,!?'").lower() for word in text.split()}


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[Watching]:
    with watching(tmp_path) as found:
        yield found


async def heard(settings: Settings, folder: Path, systemd: Watching) -> Pcm:
    """All that comes out of the speaker in safe mode, at its rate; ends when the line is said."""
    file = folder / "said.wav"
    writer = await asyncio.to_thread(WavWriter, file)

    def make_speaker(mouth: Mouth, failed: Callable[[BaseException], None]) -> FileSpeaker:
        return FileSpeaker(mouth=mouth, writer=writer, failed=failed, clock=SystemClock(), real_time=False)

    patient = await asyncio.to_thread(meet, settings, unsettled=None, clock=SystemClock())
    staying = stay_safe(
        patient,
        crashed=(),
        make_speaker=make_speaker,
        supervisor=supervisor_of(systemd.environment(patience=10)),
        clock=SystemClock(),
        dying=lambda: None,
        said_again=1000,
    )
    async with asyncio.TaskGroup() as tasks:
        safe = tasks.create_task(staying, name="safe mode")
        await _until_said(file, safe)
        safe.cancel()
    told = await asyncio.to_thread(systemd.until, lambda told: "STOPPING=1" in told)
    assert told[:2] == ["READY=1", "STATUS=safe mode"]
    data = await asyncio.to_thread(file.read_bytes)
    return np.frombuffer(data[44 : len(data) // 2 * 2], "<i2").astype(np.int16)


async def _until_said(file: Path, safe: asyncio.Task[None]) -> None:
    """Nothing more has come for a second, and something had."""
    before = -1
    async with asyncio.timeout(60):
        while not safe.done():
            size = (await asyncio.to_thread(file.stat)).st_size
            if size == before and size > MOUTH_RATE:
                return
            before = size
            await asyncio.sleep(1.0)


async def test_a_bear_whose_card_cannot_be_written_says_so_and_fetches_a_grown_up(
    models: ModelStore, transcriber: Transcriber, systemd: Watching, tmp_path: Path
) -> None:
    await asyncio.to_thread((tmp_path / "data").touch)  # a file where the folder should be

    said = await heard(read(overrides={"data": tmp_path / "data"}), tmp_path, systemd)

    at = np.arange(0, len(said), MOUTH_RATE / EAR_RATE)
    ear = np.interp(at, np.arange(len(said)), said).astype(np.int16)
    understood = await asyncio.to_thread(transcriber.transcribe, ear[: 14 * EAR_RATE])
    assert {"get", "memory", "card"} <= words(understood.text), understood.text


async def test_a_bear_without_a_voice_is_heard_all_the_same(systemd: Watching, tmp_path: Path) -> None:
    settings = read(overrides={"data": tmp_path / "data", "models.cache": tmp_path / "nothing"})

    said = await heard(settings, tmp_path, systemd)

    spectrum = np.abs(np.fft.rfft(said[: MOUTH_RATE // 3].astype(float)))
    loudest = np.argmax(spectrum) * MOUTH_RATE / (MOUTH_RATE // 3)
    assert loudest == pytest.approx(660, abs=10)


def test_the_part_that_is_wrong_is_said_before_the_one_that_crashed_and_something_is_always_said() -> None:
    spoken = load_spoken()
    full = {"clock": wrong("late", "wait"), "space": wrong("full", "make room")}

    assert spoken.wrong["space"] in spoken.about(full, ["ear"])
    assert spoken.wrong["ear"] in spoken.about({"space": well("")}, ["ear"])
    assert spoken.unknown in spoken.about({"space": well("")}, ["sweeper"])
    assert spoken.about({}, [])[0] == spoken.opening


async def test_every_line_passes_the_guard() -> None:
    guard = await asyncio.to_thread(load_guard)
    for line in list((await asyncio.to_thread(load_spoken)).every_line()):
        for clause in clauses(line):
            passed = await guard.clear(clause, so_far="", band=AgeBand.LITTLE)

            assert not isinstance(passed, Refused), clause


def test_every_line_is_about_a_part_that_a_doctor_looks_at_or_that_can_die() -> None:
    spoken = load_spoken().wrong
    mortal = {"microphone", "ear", "mouth", "turn"}

    assert mortal | {"folder", "space", "models", "sound", "settings"} <= spoken.keys()
    assert spoken.keys() <= CHECKS.keys() | mortal
