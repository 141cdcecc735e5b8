"""Spoken into a real PortAudio device, answered on a real speaker, with the cards pulled out on the way."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from teddy_edge.audio.samples import EAR_RATE, Pcm
from teddy_edge.audio.wav import read_clip
from teddy_edge.inference.models import ModelStore
from teddy_edge.speech.transcriber import Transcriber
from tests.journeys.test_whole_way import clips
from tests.processes import SECONDS, teddy
from tests.sound_server import Heard, Plug, SoundServer, sound_server


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SoundServer]:
    """Cards that are only memory."""
    with sound_server(tmp_path_factory.mktemp("room")) as server:
        yield server


@pytest.fixture(scope="module")
def questions() -> list[Pcm]:
    """Good morning; something about elephants; are you real."""
    return [read_clip(path) for path in clips(1, 6, 7)]


def words(text: str) -> set[str]:
    return {word.strip(".,!?'").lower() for word in text.split()}


async def loud(heard: Heard, after: int) -> None:
    """Returns when the bear is heard to speak."""
    async with asyncio.timeout(SECONDS):
        while not np.abs(heard.pcm[after:].astype(int)).max(initial=0) > 500:  # noqa: ASYNC110  # a recorder's thread fills it
            await asyncio.sleep(0.02)


async def logged(log: Path, what: str, *, times: int) -> None:
    """Returns when it has been logged so often."""
    async with asyncio.timeout(SECONDS):
        while (await asyncio.to_thread(log.read_text)).count(what) < times:  # noqa: ASYNC110  # another process writes it
            await asyncio.sleep(0.05)


@pytest.mark.slow
async def test_a_bear_with_a_sound_card_hears_answers_and_outlives_the_loss_of_its_cards(
    room: SoundServer, questions: list[Pcm], models: ModelStore, transcriber: Transcriber, tmp_path: Path
) -> None:
    """Slow, since the sound is real: three turns."""
    cards: tuple[Plug, Plug] = ("speaker", "microphone")
    where: list[str | Path] = ["--data", tmp_path / "bear", "--json"]
    log = tmp_path / "bear.log"
    async with teddy("bear", "run", *where, log=log, environment=room.environment) as bear:
        await bear.until(lambda said: bool(said))
        with room.listening(EAR_RATE) as heard:
            await asyncio.to_thread(room.speak, questions[0])
            (first,) = await bear.turns(1)
            answer = heard.pcm

            await asyncio.to_thread(room.speak, questions[1])
            await loud(heard, after=len(heard.pcm))
            for card in cards:
                await asyncio.to_thread(room.unplug, card)
        _, second = await bear.turns(2)  # a turn ends although nobody can hear it
        for card in cards:
            await asyncio.to_thread(room.plug, card)

        with room.listening(EAR_RATE) as heard:
            await logged(log, "card opened", times=4)
            await asyncio.to_thread(room.speak, questions[2])
            *_, third = await bear.turns(3)
            await loud(heard, after=0)
        assert await bear.end() == 0

    understood = await asyncio.to_thread(transcriber.transcribe, answer)
    assert len(words(understood.text) & words(first["reply"])) >= 0.6 * len(words(first["reply"]))
    assert "elephant" in second["heard"].lower()
    assert second["outcome"] == "answered"
    assert "real" in third["heard"].lower()
    lines = await asyncio.to_thread(log.read_text)
    assert lines.count("card lost") == 2
    assert "Traceback" not in lines
