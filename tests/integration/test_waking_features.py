"""The front end of waking: the same sound gives the same embeddings, however it arrives."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from teddy_edge.audio.samples import EAR_RATE, Pcm
from teddy_edge.inference.models import ModelStore
from teddy_edge.inference.session import open_session
from teddy_edge.waking.features import STEP, WIDTH, Features, open_features
from tests.speaking import Speaking


@pytest.fixture(scope="module")
def features(models: ModelStore) -> Features:
    return open_features(models)


@pytest.fixture(scope="module")
def sentence(speaking: Speaking) -> Pcm:
    rng = np.random.default_rng(5)
    pcm = speaking.child("Hey Teddy!")
    return (pcm + rng.normal(0, 20, len(pcm))).astype(np.int16)


def hear(features: Features, pieces: Sequence[Pcm]) -> bytes:
    features.reset()
    return b"".join(each.tobytes() for piece in pieces for each in features.hear(piece))


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(0, EAR_RATE), max_size=20))
def test_chunks_of_any_size_give_byte_identical_embeddings(
    features: Features, sentence: Pcm, cuts: list[int]
) -> None:
    whole = hear(features, [sentence])

    pieces = hear(features, np.split(sentence, sorted(cuts)))

    assert len(whole) == len(sentence) // STEP * WIDTH * 4
    assert pieces == whole


@pytest.mark.parametrize("steps", [1, 20])
def test_a_stream_begins_as_if_silence_came_before_it(features: Features, sentence: Pcm, steps: int) -> None:
    plain = hear(features, [sentence])

    later = hear(features, [np.zeros(steps * STEP, np.int16), sentence])

    assert later[: WIDTH * 4] == features.silence().tobytes()
    assert later[steps * WIDTH * 4 :] == plain


def test_embeddings_are_those_of_open_wake_word(
    models: ModelStore, features: Features, sentence: Pcm
) -> None:
    """Its own way, over the whole clip: float32 in int16's range, x / 10 + 2, 76 frames, a step of 8.

    In noise, so that nothing lies 80 dB below the loudest sound of the clip.
    """
    noise = np.random.default_rng(6).normal(0, 200, len(sentence))
    sentence = (sentence + noise).astype(np.int16)
    padded = np.concatenate([np.zeros(352, np.int16), sentence]).astype(np.float32)
    (mel,) = open_session(models.path("wake-mel")).run({"input": padded[None]})
    mel = mel[0, 0] / 10 + 2
    network = open_session(models.path("wake-embedding"))
    features.reset()

    streamed = features.hear(sentence)

    for number in range(10, len(streamed)):
        end = 8 * (number + 1)
        expected = network.run({"input_1": mel[None, end - 76 : end, :, None]})[0].reshape(WIDTH)
        assert streamed[number] == pytest.approx(expected, abs=0.001)
