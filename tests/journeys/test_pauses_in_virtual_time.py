"""Children who pause, on a clock that never waits: heard to their end, and answered soon behind it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from teddy_edge.audio.samples import EAR_RATE, Pcm
from teddy_edge.ear.endpointing import Endpointing, WordsSoFar
from teddy_edge.ear.segmenter import FRAME
from teddy_shared.ages import AgeBand
from tests.journeys.test_talk_in_virtual_time import Home, VirtualParts, home, net, warm  # noqa: F401  # fixtures
from tests.speaking import Speaking

pytestmark = pytest.mark.virtual_time

PATIENCE = 0.3
MIDDLE = Endpointing(AgeBand.MIDDLE, PATIENCE)


def waited(at: Home) -> float:
    """Seconds from the last word of the first turn to the decision that it was over."""
    turn = at.reports[0]
    assert turn.from_last_sample_ms is not None
    assert turn.first_sound_ms is not None
    return (turn.from_last_sample_ms - turn.first_sound_ms) / 1000


def trimmed(spoken: Pcm) -> Pcm:
    loud = np.flatnonzero(np.abs(spoken) > 200)
    return spoken[loud[0] : loud[-1]]


async def test_a_whole_question_was_heard_before_the_wait_for_more_was_over(
    warm: VirtualParts,  # noqa: F811
    speaking: Speaking,
    tmp_path: Path,
) -> None:
    async with home(warm, tmp_path, patience=PATIENCE) as at:
        await at.room.say(speaking.child("What do elephants eat?"))
        await at.answered(1)

        stages = at.reports[0].stages_ms
        assert stages["hearing"] < 1
        assert stages["hearing_ahead"] == pytest.approx(250)
        wait = MIDDLE.wait(WordsSoFar.FINISHED) / EAR_RATE
        assert wait <= waited(at) <= wait + 5 * FRAME / EAR_RATE


async def test_a_child_who_looks_for_a_word_is_waited_for(
    warm: VirtualParts,  # noqa: F811
    speaking: Speaking,
    tmp_path: Path,
) -> None:
    pause = np.zeros(round(1.8 * EAR_RATE), np.int16)
    halves = [trimmed(speaking.child("Can you tell me something about")), pause, speaking.child("elephants?")]
    async with home(warm, tmp_path, patience=PATIENCE) as at:
        await at.room.say(np.concatenate(halves))
        await at.answered(1)
        habit = at.talking.ear.endpointing.habit

        assert [turn.outcome for turn in at.reports] == ["answered"]
        assert "elephant" in at.reports[0].heard.lower()
        assert habit.within == (pytest.approx(1.8, abs=0.3),)
        assert MIDDLE.wait() < 1.8 * EAR_RATE  # an ear that did not listen to the words would have cut it off


async def test_words_that_the_child_went_on_from_are_nowhere(
    warm: VirtualParts,  # noqa: F811
    speaking: Speaking,
    tmp_path: Path,
) -> None:
    pause = np.zeros(round(0.5 * EAR_RATE), np.int16)
    halves = [trimmed(speaking.child("Hello Teddy.")), pause, speaking.child("Tell me a joke, please.")]
    async with home(warm, tmp_path, patience=PATIENCE) as at:
        await at.room.say(np.concatenate(halves))
        await at.answered(1)

        assert len(at.reports) == 1
        assert at.reports[0].skill == "jokes"
        assert [each.envelope.type for each in at.reports[0].events] == ["turn.begun", "turn.ended"]
