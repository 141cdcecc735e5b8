"""The bear hears itself through a room, and a child who speaks over it: it answers the child alone."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from teddy_edge.audio.samples import EAR_RATE, Pcm
from teddy_edge.inference.models import ModelStore
from teddy_edge.speech.hibari import HibariSynthesizer
from tests.echoing_room import EchoingRoom, echoing_room
from tests.processes import SECONDS, teddy
from tests.sound_server import SoundServer, sound_server
from tests.speaking import Speaking

LOUDNESSES = (0.05, 0.3, 1.0)  # of what it plays, in its own ear: soft, louder, and as loud as it plays
TOLD = 5.0  # seconds of a story before somebody says "stop"
RETURNS = 1.5  # seconds in which the chirp has come back
ITS_OWN = ("bear", "called", "moon", "night")  # words of a story, which only the bear said
FOLLOWS = 6.0  # seconds for the turn that the stop begins, and for any that nobody wanted
Turn = dict[str, Any]


@pytest.fixture(scope="module")
def cards(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SoundServer]:
    with sound_server(tmp_path_factory.mktemp("duplex")) as server:
        yield server


@pytest.fixture
def room(cards: SoundServer) -> Iterator[EchoingRoom]:
    with echoing_room(cards, seed=5) as room:
        yield room


@pytest.mark.slow
@pytest.mark.duplex
@pytest.mark.parametrize("loudness", LOUDNESSES)
async def test_a_bear_in_its_own_ear_answers_the_child_alone_and_hears_a_stop_over_its_voice(
    loudness: float,
    cards: SoundServer,
    room: EchoingRoom,
    models: ModelStore,
    synthesizer: HibariSynthesizer,
    tmp_path: Path,
) -> None:
    """Slow, since the sound is real: a chirp, a question, a piece of a story, and what follows on a stop."""
    child = Speaking(synthesizer).child
    question, stop = [await asyncio.to_thread(child, each) for each in ("Tell me a story.", "Stop! Stop it!")]
    room.loudness = loudness
    turns = await talk(cards, room, question, stop, tmp_path / "bear.log")

    assert turns, "the child was not heard"
    assert len(turns) <= 2, "it answered itself"
    assert "story" in turns[0]["heard"].lower()
    assert turns[0]["outcome"] == "interrupted", "the stop was not heard"
    assert not any(word in turn["heard"].lower() for turn in turns[1:] for word in ITS_OWN)


async def talk(cards: SoundServer, room: EchoingRoom, question: Pcm, stop: Pcm, log: Path) -> list[Turn]:
    """All turns of a bear that is asked something, and told to stop in the middle of its answer."""
    where: list[str | Path] = ["--data", log.with_suffix(""), "--json"]
    async with teddy("bear", "run", *where, log=log, environment=cards.environment) as bear:
        begun = len(room.played)
        await bear.until(bool)
        await sounding(room, since=begun)
        await asyncio.sleep(RETURNS)
        asked = len(room.played)
        room.say(question)
        await sounding(room, since=asked)
        await asyncio.sleep(TOLD)
        room.say(stop)
        await asyncio.sleep(FOLLOWS)
        turns = [each for each in bear.said if each.get("event") == "turn"]
        assert await bear.end() == 0
        return turns


async def sounding(room: EchoingRoom, *, since: int) -> None:
    """Returns when the bear is heard."""
    async with asyncio.timeout(SECONDS):
        while np.abs(room.played[since:].astype(int)).max(initial=0) < EAR_RATE // 50:  # noqa: ASYNC110  # a thread fills it
            await asyncio.sleep(0.05)
