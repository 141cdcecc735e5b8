"""What was said is heard while the bear still waits, and used only where the child had finished."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import numpy as np
import pytest

from teddy_edge.audio.samples import Pcm
from teddy_edge.conversation.hearing_ahead import HearingAhead
from teddy_edge.ear.endpointing import WordsSoFar
from teddy_edge.ear.segmenter import Utterance
from teddy_edge.inference.governor import Work
from teddy_edge.speech.transcriber import Hearing
from tests.fakes import ChargedGovernor
from tests.virtual_time import VirtualClock

pytestmark = pytest.mark.virtual_time

TOOK = 0.25  # seconds


class Recogniser:
    """Hears how many samples there were; breaks as often as it is told to."""

    def __init__(self, *, words: str = "I heard {0} samples.", breaks: int = 0) -> None:
        self._words = words
        self._breaks = breaks
        self.heard: list[int] = []

    def transcribe(self, pcm: Pcm) -> Hearing:
        self.heard.append(len(pcm))
        if len(self.heard) <= self._breaks:
            raise RuntimeError("no ear")
        return Hearing(self._words.format(len(pcm)), 0.9, -0.1, -0.2, 0.0, 4)


class Ear:
    def __init__(self) -> None:
        self.told: list[tuple[int, WordsSoFar]] = []

    def words_so_far(self, speech_end: int, words: WordsSoFar) -> None:
        self.told.append((speech_end, words))


class Room:
    def __init__(self, recogniser: Recogniser, charges: dict[Work, float] | None = None) -> None:
        self.recogniser = recogniser
        self.governor = ChargedGovernor(charges or {Work.SPECULATION: TOOK, Work.HEARING: TOOK})
        self.ear = Ear()
        self.hearing = HearingAhead(
            recogniser=recogniser, governor=self.governor, waiting=self.ear, clock=VirtualClock()
        )


def said(samples: int) -> Utterance:
    return Utterance(np.ones(samples, np.int16), 0, 8000, samples, samples)


async def test_what_was_heard_in_the_pause_costs_the_turn_nothing() -> None:
    room = Room(Recogniser())
    async with asyncio.TaskGroup() as tasks:
        room.hearing.begin(said(20_000), tasks)
        await asyncio.sleep(0.5)
        began = asyncio.get_running_loop().time()

        understood = await room.hearing.hear(said(20_000))

    assert asyncio.get_running_loop().time() == began
    assert understood.hearing.text == "I heard 20000 samples."
    assert understood.ahead == pytest.approx(TOOK)
    assert room.governor.runs == [Work.SPECULATION]


async def test_a_turn_that_ends_sooner_waits_for_the_rest_alone() -> None:
    room = Room(Recogniser())
    async with asyncio.TaskGroup() as tasks:
        room.hearing.begin(said(20_000), tasks)
        await asyncio.sleep(0.1)

        await room.hearing.hear(said(20_000))

    assert asyncio.get_running_loop().time() == pytest.approx(TOOK)
    assert room.recogniser.heard == [20_000]


@pytest.mark.parametrize("gone_on", [lambda room: room.hearing.drop(), lambda room: None])
async def test_what_the_child_went_on_from_is_thrown_away(gone_on: Callable[[Room], None]) -> None:
    room = Room(Recogniser())
    async with asyncio.TaskGroup() as tasks:
        room.hearing.begin(said(20_000), tasks)
        await asyncio.sleep(0.5)
        gone_on(room)

        understood = await room.hearing.hear(said(30_000))
        again = await room.hearing.hear(said(20_000))

    assert understood.hearing.text == "I heard 30000 samples."
    assert understood.ahead is None
    assert again.ahead is None
    assert room.governor.runs == [Work.SPECULATION, Work.HEARING, Work.HEARING]


async def test_the_newest_pause_takes_the_place_of_an_older_one() -> None:
    room = Room(Recogniser())
    async with asyncio.TaskGroup() as tasks:
        room.hearing.begin(said(20_000), tasks)
        room.hearing.begin(said(30_000), tasks)
        await asyncio.sleep(1)

        understood = await room.hearing.hear(said(30_000))

    assert understood.ahead is not None
    assert room.ear.told[-1] == (30_000, WordsSoFar.FINISHED)


async def test_a_recogniser_that_breaks_in_the_pause_is_asked_again_by_the_turn() -> None:
    room = Room(Recogniser(breaks=1))
    async with asyncio.TaskGroup() as tasks:
        room.hearing.begin(said(20_000), tasks)
        await asyncio.sleep(1)

        understood = await room.hearing.hear(said(20_000))

    assert understood.hearing.text == "I heard 20000 samples."
    assert room.ear.told == [(20_000, WordsSoFar.OPEN), (20_000, WordsSoFar.UNKNOWN)]


async def test_the_ear_waits_for_the_judgement_and_then_is_told_it() -> None:
    room = Room(Recogniser(words="I want to"))
    async with asyncio.TaskGroup() as tasks:
        room.hearing.begin(said(20_000), tasks)
        before = list(room.ear.told)
        await asyncio.sleep(1)

    assert before == [(20_000, WordsSoFar.OPEN)]
    assert room.ear.told[1:] == [(20_000, WordsSoFar.OPEN)]


async def test_what_still_waits_for_a_free_lane_gives_way_to_the_turn() -> None:
    class Full(ChargedGovernor):
        """No lane for what nobody waits for."""

        async def run(self, work: Work, task, *args, **kwargs):  # type: ignore[no-untyped-def]
            if work is Work.SPECULATION:
                self.runs.append(work)
                await asyncio.sleep(3600)
            return await super().run(work, task, *args, **kwargs)

    room = Room(Recogniser())
    room.hearing = HearingAhead(
        recogniser=room.recogniser,
        governor=Full({Work.HEARING: TOOK}),
        waiting=room.ear,
        clock=VirtualClock(),
    )
    async with asyncio.TaskGroup() as tasks:
        room.hearing.begin(said(20_000), tasks)
        await asyncio.sleep(1)
        began = asyncio.get_running_loop().time()

        understood = await room.hearing.hear(said(20_000))

    assert asyncio.get_running_loop().time() - began == pytest.approx(TOOK)
    assert understood.ahead is None
    assert room.recogniser.heard == [20_000]
