"""How far a hearing may be believed, and what counts as nothing."""

from __future__ import annotations

import numpy as np
import pytest

from teddy_edge.audio.samples import EAR_RATE
from teddy_edge.speech.decoding import Decoded, likelihood
from teddy_edge.speech.mel import LONGEST, PADDING, STEP, log_mel
from teddy_edge.speech.transcriber import Hearing, judge
from teddy_edge.speech.vocabulary import Vocabulary
from tests.speech_fakes import ParrotDecoder, decode_with


def heard(*logprobs: float, no_speech: float = 0.1, text: str = "the bear") -> Hearing:
    return judge(Decoded((1, 2), logprobs, no_speech), text)


def test_a_sure_hearing_is_believed() -> None:
    hearing = heard(-0.1, -0.2)

    assert hearing.text == "the bear"
    assert not hearing.doubtful
    assert hearing.confidence == pytest.approx(np.exp(-0.15))


def test_an_unsure_average_or_a_single_unsure_token_makes_it_doubtful() -> None:
    assert heard(-0.6, -0.6).doubtful
    assert heard(-0.01, -0.01, -0.01, -0.01, -1.6).doubtful


def test_words_made_up_in_silence_are_dropped() -> None:
    assert heard(-0.1, no_speech=0.81).text == ""
    assert heard(-1.1, no_speech=0.61).text == ""
    assert heard(-0.9, no_speech=0.61).text == "the bear"


def test_marks_without_a_letter_are_no_words() -> None:
    assert heard(-0.1, text="...").text == ""


def test_a_loop_is_cut_after_its_first_round() -> None:
    decoded = decode_with(ParrotDecoder([11, 12, 13, 14, 15, 16] * 20), limit=100)

    assert decoded.tokens == (11, 12, 13, 14, 15, 16)


def test_decoding_ends_at_its_limit() -> None:
    decoded = decode_with(ParrotDecoder(list(range(100, 400))), limit=20)

    assert decoded.tokens == tuple(range(100, 120))


def test_a_refused_token_is_never_chosen() -> None:
    decoded = decode_with(ParrotDecoder([11, 12]), limit=20, never=(12,))

    assert 12 not in decoded.tokens


def test_what_the_network_would_say_itself_is_likelier_than_other_words() -> None:
    assert likelihood(ParrotDecoder([11, 12, 13]), {}, (11, 12)) == pytest.approx(0, abs=1e-6)
    assert likelihood(ParrotDecoder([11, 12, 13]), {}, (11, 14)) == pytest.approx(-50)
    assert likelihood(ParrotDecoder([11, 12, 13]), {}, (15, 14)) == pytest.approx(-100)


def test_words_of_one_piece_have_a_token_and_others_have_none() -> None:
    vocabulary = Vocabulary(("Hey", "ĠHey", ",", "ĠTeddy"), (), ())

    assert vocabulary.tokens((" Hey", ",", " Teddy")) == (1, 2, 3)
    with pytest.raises(ValueError, match="not in"):
        vocabulary.tokens((" Freddy",))


@pytest.mark.parametrize("samples", [1, 159, 160, 200, 201, 16_000, LONGEST - 1, LONGEST, LONGEST + 999])
def test_the_padding_is_the_floor_that_real_silence_would_give(samples: int) -> None:
    pcm = np.random.default_rng(samples).integers(-9000, 9000, samples).astype(np.int16)
    whole = min(LONGEST, samples + PADDING)

    mel = log_mel(pcm)

    padded = log_mel(np.concatenate((pcm, np.zeros(PADDING, np.int16)))[:LONGEST])
    assert mel.shape == (1, 80, -(-whole // (2 * STEP)) * 2)
    np.testing.assert_allclose(mel, padded[:, :, : mel.shape[2]], atol=1e-6)  # sums in another order


def test_silence_has_a_spectrogram_too() -> None:
    mel = log_mel(np.zeros(EAR_RATE, np.int16))

    assert np.all(mel == mel[0, 0, 0])
