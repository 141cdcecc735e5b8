"""The bench beside another framework counts the same for all, and leaves out what nobody could answer."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import numpy as np
import pytest

from teddy_edge.audio.samples import EAR_RATE, MOUTH_RATE, Pcm
from teddy_edge.ear.endpointing import WordsSoFar
from teddy_shared.errors import ConfigError
from workshop.beside.bear import Overheard
from workshop.beside.pieces import FixedWait, Piece, pieces
from workshop.beside.rounds import LEAST, Both, figures
from workshop.beside.yardstick import Answered, Bot, BotFailed
from workshop.hearing.clips import SpokenClip

ANSWERED = Answered(stopped=0.3, heard=0.5, spoke=0.55, sounded=0.6, text="Hello.")
PIECE = Piece("cards/001.1", np.arange(40, dtype=np.int16), 30)


def both(*, bear: float, own: float, ours: float) -> Both:
    return Both(*(replace(ANSWERED, sounded=each) for each in (bear, own, ours)))


def test_the_ratios_are_of_medians_so_that_one_slow_moment_says_nothing() -> None:
    taken = [both(bear=0.5, own=1.5, ours=0.8)] * LEAST + [both(bear=9.0, own=1.5, ours=0.8)]

    found = {figure.name: figure for figure in figures(taken)}

    assert found["peer_ratio"].value == pytest.approx(1 / 3)
    assert found["peer_same_models_ratio"].value == pytest.approx(0.625)
    assert found["peer_ratio"].holds
    assert found["peer_same_models_ratio"].holds


@pytest.mark.parametrize(
    "wanting",
    [
        replace(ANSWERED, sounded=None),  # no answer came
        replace(ANSWERED, stopped=-0.1),  # an answer into the middle of the sentence
    ],
)
def test_a_clip_that_one_of_them_did_not_answer_counts_for_nobody(wanting: Answered) -> None:
    good = both(bear=0.5, own=1.5, ours=0.8)
    taken = [good] * LEAST + [replace(good, own=wanting), replace(good, bear=wanting)]

    found = {figure.name: figure.value for figure in figures(taken)}

    assert found["peer_turns"] == LEAST
    assert found["peer_left_out"] == 2


def test_too_few_answers_are_no_measure() -> None:
    with pytest.raises(ConfigError, match="were answered by all"):
        figures([both(bear=0.5, own=1.5, ours=0.8)] * (LEAST - 1))


def test_a_bot_is_told_the_samples_the_place_and_the_reply() -> None:
    questions = io.BytesIO()
    answers = io.BytesIO(json.dumps({**vars_of(ANSWERED)}).encode() + b"\n")

    answered = Bot(questions=questions, answers=answers).take(PIECE, reply="I am a bear.")

    head, _, samples = questions.getvalue().partition(b"\n")
    assert answered == ANSWERED
    assert json.loads(head) == {"samples": 40, "speech_end": 30, "reply": "I am a bear."}
    assert samples == PIECE.pcm.tobytes()


def test_a_bot_that_has_ended_is_told() -> None:
    with pytest.raises(BotFailed):
        Bot(questions=io.BytesIO(), answers=io.BytesIO()).take(PIECE, reply="")


def test_all_words_are_waited_for_alike() -> None:
    assert {FixedWait(samples=4480).wait(words) for words in WordsSoFar} == {4480}


def test_the_first_sound_is_the_first_audible_sample_not_the_first_that_stirs() -> None:
    overheard = Overheard(audible=200)
    overheard.write(np.full(MOUTH_RATE, 199, np.int16))
    stirred = overheard.sounded
    overheard.write(np.concatenate([np.zeros(MOUTH_RATE, np.int16), np.full(10, -200, np.int16)]))
    overheard.write(np.full(10, 3000, np.int16))

    assert stirred is None
    assert overheard.sounded is not None


class Loud:
    """Takes what is loud for speech."""

    def probability(self, frame: Pcm) -> float:
        return float(np.abs(frame).max() > 1000)

    def reset(self) -> None: ...


def test_a_recording_is_cut_at_its_pauses_and_the_last_sample_of_speech_is_found() -> None:
    rng = np.random.default_rng(7)
    second, pause = rng.normal(0, 8000, EAR_RATE), rng.normal(0, 10, EAR_RATE)
    pcm = np.concatenate([pause, second, pause, second[: EAR_RATE // 8], pause, second, second, pause])

    cut = pieces([SpokenClip("a", pcm.astype(np.int16), "")], Loud(), wait=EAR_RATE // 4)

    assert [piece.name for piece in cut] == ["a.1", "a.3"]  # the second is too short for a turn
    for piece, seconds in zip(cut, (1, 2), strict=True):
        before = np.abs(piece.pcm[: piece.speech_end].astype(int))
        assert np.count_nonzero(before > 1000) / EAR_RATE == pytest.approx(seconds * 0.9, abs=0.15)
        assert not (np.abs(piece.pcm[piece.speech_end :].astype(int)) > 1000).any()


def vars_of(answered: Answered) -> dict[str, object]:
    return {name: getattr(answered, name) for name in ("stopped", "heard", "spoke", "sounded", "text")}
