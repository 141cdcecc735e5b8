"""What the voice renders is trimmed, raised and followed by a rest."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from teddy_edge.audio.samples import MOUTH_RATE
from teddy_edge.speech.loudness import LEVEL, Wave, finish, rest_after, trimmed

TONE = np.sin(np.arange(MOUTH_RATE) / 10).astype(np.float32) * 0.05


def with_silence(wave: Wave, *, before: float, after: float) -> Wave:
    rests = [np.zeros(int(seconds * MOUTH_RATE), np.float32) for seconds in (before, after)]
    return np.concatenate((rests[0], wave, rests[1]))


def test_silence_before_and_after_goes_but_for_twenty_milliseconds() -> None:
    spoken = trimmed(with_silence(TONE, before=0.3, after=0.5))

    assert abs(spoken.size - TONE.size - 2 * MOUTH_RATE // 50) <= MOUTH_RATE // 100


def test_a_quiet_voice_is_raised_to_what_a_child_hears() -> None:
    pcm = finish(TONE, "hm")[: TONE.size].astype(np.float64) / 32767

    assert abs(np.sqrt(np.mean(pcm**2)) - LEVEL) < 0.002


@given(st.lists(st.floats(-30, 30, width=32), min_size=1, max_size=400), st.text(max_size=5))
def test_nothing_clips_however_loud_or_uneven_the_wave(samples: list[float], text: str) -> None:
    pcm = finish(np.repeat(np.array(samples, np.float32), 40), text)

    assert pcm.dtype == np.int16
    assert not pcm.size or int(np.abs(pcm.astype(np.int32)).max()) <= 32767 * 0.951


def test_silence_and_nothing_stay_nothing() -> None:
    assert finish(np.zeros(MOUTH_RATE, np.float32), "hm.").size == 0
    assert finish(np.zeros(0, np.float32), "hm.").size == 0


def test_a_question_rests_longer_than_a_comma_and_quotes_do_not_matter() -> None:
    assert rest_after("Is it?") > rest_after("It is,") > rest_after("It is")
    assert rest_after('"It is."') == rest_after("It is.")
