"""What the bench of hearing feeds: transcripts, sounds without words, a recogniser at the end of a pipe."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest

from teddy_edge.audio.samples import EAR_RATE
from teddy_shared.errors import ConfigError
from workshop.hearing import peer as peer_program
from workshop.hearing.clips import human_clips, transcripts
from workshop.hearing.sounds import music, silence, white_noise
from workshop.hearing.yardstick import Peer, PeerFailed


def test_transcripts_are_read_by_name() -> None:
    lines = "<s> ten of clubs  </s> (001)\n<s> five five  </s> (004)\n"

    assert transcripts(lines) == {"001": "ten of clubs", "004": "five five"}


def test_without_the_package_its_name_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="sudo apt install pocketsphinx-testdata"):
        human_clips(tmp_path)


@pytest.mark.parametrize("sound", [silence, white_noise, music])
def test_a_sound_is_as_long_as_asked_and_the_same_every_time(sound: type) -> None:
    once, again = sound(2.5), sound(2.5)

    assert once.dtype == np.int16
    assert len(once) == 2.5 * EAR_RATE
    np.testing.assert_array_equal(once, again)


@pytest.mark.parametrize("sound", [white_noise, music])
def test_sounds_are_as_loud_as_a_radio_and_do_not_clip(sound: type) -> None:
    pcm = sound(8.0).astype(float)

    assert -23 < 20 * np.log10(np.sqrt(np.mean(pcm**2)) / 32768) < -19
    assert np.mean(np.abs(pcm) == 32767) < 0.001


def test_the_peer_is_asked_with_samples_and_answers_with_words() -> None:
    questions = io.BytesIO()
    answers = io.BytesIO(json.dumps({"text": "Ten.", "cpu": 0.5}).encode() + b"\n")
    pcm = np.array([1, -2, 300], np.int16)

    hearing = Peer(questions=questions, answers=answers).hear(pcm)

    assert (hearing.text, hearing.cpu) == ("Ten.", 0.5)
    questions.seek(0)
    assert peer_program._request(questions) == pcm.tobytes()
    assert peer_program._request(questions) is None


def test_a_peer_that_has_ended_is_told() -> None:
    with pytest.raises(PeerFailed):
        Peer(questions=io.BytesIO(), answers=io.BytesIO()).hear(np.zeros(4, np.int16))
