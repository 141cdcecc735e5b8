"""The real networks: what is said is heard, and what is no speech is not."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import numpy as np
import pytest

from teddy_edge.audio.samples import EAR_RATE, MOUTH_RATE, Pcm
from teddy_edge.ear.silero import FRAME, Silero, open_silero
from teddy_edge.inference.governor import ThreadGovernor
from teddy_edge.inference.models import ModelStore
from teddy_edge.inference.session import Array, open_session
from teddy_edge.safety.guard import Safe, safe_line
from teddy_edge.speech.hibari import HibariSynthesizer
from teddy_edge.speech.transcriber import NOTHING, Transcriber
from teddy_edge.speech.voice import Voice
from teddy_edge.waking.second_look import UNLIKE
from teddy_shared.ages import AgeBand
from tests.words_heard import as_heard, flite, word_errors

SENTENCES = [
    "Why do the stars shine at night?",
    "My name is Anna and I am five years old.",
    "What does the elephant eat for breakfast?",
    "I feel sad because my dog ran away.",
    "Let's sing a song about the moon.",
    "How far away is the sun?",
    "Tell me a story about a little bear.",
]

RNG = np.random.default_rng(1)


def test_the_bear_hears_what_it_says_itself(transcriber: Transcriber, synthesizer: HibariSynthesizer) -> None:
    hearings = [transcriber.transcribe(as_heard(synthesizer.render(sentence))) for sentence in SENTENCES]

    errors = sum(word_errors(said, heard.text) for said, heard in zip(SENTENCES, hearings, strict=True))
    assert errors <= 2
    assert not any(heard.doubtful for heard in hearings)


def test_another_voice_is_understood_too(transcriber: Transcriber, tmp_path: Path) -> None:
    errors = 0
    for voice in ("slt", "rms"):
        for sentence in (SENTENCES[0], SENTENCES[2], SENTENCES[3]):
            errors += word_errors(
                sentence, transcriber.transcribe(flite(sentence, tmp_path, voice=voice)).text
            )

    assert errors <= 3


def test_noise_over_the_words_lowers_the_confidence(transcriber: Transcriber, tmp_path: Path) -> None:
    clean = flite(SENTENCES[3], tmp_path)
    loudness = float(np.sqrt(np.mean(clean.astype(np.float64) ** 2)))
    noisy = np.clip(clean + RNG.normal(0, loudness, clean.size), -32768, 32767).astype(np.int16)

    sure, unsure = transcriber.transcribe(clean), transcriber.transcribe(noisy)

    assert sure.confidence > unsure.confidence + 0.1
    assert not sure.doubtful
    assert unsure.doubtful


def test_a_call_of_the_bear_is_a_better_guess_at_its_name_than_at_another(
    transcriber: Transcriber, tmp_path: Path
) -> None:
    room = np.zeros(EAR_RATE // 2, np.int16)
    calls, others = (
        [
            transcriber.transcribe(np.concatenate([room, flite(text, tmp_path, voice=voice)]))
            for voice in ("kal16", "awb", "rms", "slt")
        ]
        for text in ("Hey Teddy!", "Hey Jenny!")
    )

    doubted, others_doubted = (
        [each.called for each in said if each.doubtful] for said in (calls, others)
    )  # only of these it is worked out
    assert min(doubted) > max(others_doubted)
    assert min(doubted) > UNLIKE


@pytest.mark.parametrize(
    "pcm",
    [
        np.zeros(0, np.int16),
        np.ones(1, np.int16),
        np.zeros(EAR_RATE, np.int16),
        np.full(EAR_RATE // 10, 32767, np.int16),
        np.full(EAR_RATE, -32768, np.int16),
        RNG.integers(-32768, 32768, EAR_RATE).astype(np.int16),
        RNG.integers(-32768, 32768, 15 * EAR_RATE).astype(np.int16),
        RNG.integers(-300, 300, 40 * EAR_RATE).astype(np.int16),
    ],
    ids=["empty", "one", "silence", "click", "stuck", "noise", "fifteen-seconds-of-noise", "too-long"],
)
def test_what_is_no_speech_gives_no_words(transcriber: Transcriber, pcm: Pcm) -> None:
    hearing = transcriber.transcribe(pcm)

    assert hearing.text == ""
    assert 0 <= hearing.confidence <= 1


def test_less_than_a_word_is_not_worth_a_run(transcriber: Transcriber) -> None:
    assert transcriber.transcribe(np.ones(1, np.int16)) is NOTHING


def test_the_same_text_always_sounds_the_same(synthesizer: HibariSynthesizer) -> None:
    first = synthesizer.render("Good night, little one.")

    synthesizer.render("Something else.")
    np.testing.assert_array_equal(synthesizer.render("Good night, little one."), first)


def test_a_clause_begins_at_once_and_fills_the_room_without_clipping(synthesizer: HibariSynthesizer) -> None:
    pcm = synthesizer.render("Hello, my friend!").astype(np.float64)

    begin = int(np.flatnonzero(np.abs(pcm) > 300)[0])
    spoken = pcm[: int(np.flatnonzero(np.abs(pcm) > 300)[-1])]
    assert begin < MOUTH_RATE // 20
    assert -21 < 20 * np.log10(np.sqrt(np.mean(spoken**2)) / 32768) < -16
    assert np.abs(pcm).max() < 32767


@pytest.mark.parametrize("text", ["", "   ", "🐻", "...", "?!", "\n"])
def test_what_has_no_words_is_silent(synthesizer: HibariSynthesizer, text: str) -> None:
    assert synthesizer.render(text).size == 0


def test_written_phonemes_cannot_say_what_the_guard_has_not_read(
    synthesizer: HibariSynthesizer, transcriber: Transcriber
) -> None:
    heard = transcriber.transcribe(as_heard(synthesizer.render("I like [flowers](/mAn/) very much.")))

    assert "flowers" in heard.text.lower()


def test_a_very_long_text_is_spoken_whole(synthesizer: HibariSynthesizer) -> None:
    pcm = synthesizer.render("and then the bear went on " * 20)

    assert pcm.size > 20 * MOUTH_RATE


async def test_the_voice_renders_off_the_loop(synthesizer: HibariSynthesizer) -> None:
    class Watched:
        threads: list[str] = []  # noqa: RUF012  # one test, one class

        def render(self, text: str) -> Pcm:
            self.threads.append(threading.current_thread().name)
            return synthesizer.render(text)

    governor = ThreadGovernor()
    try:
        voice = Voice(synthesizer=Watched(), governor=governor)
        pcm = await asyncio.wait_for(voice.speak(safe_line(Safe.UNCLEAR, AgeBand.MIDDLE)), 10)
    finally:
        await asyncio.to_thread(governor.close)

    assert pcm.size > 0
    assert Watched.threads[0].startswith("voice")


@pytest.fixture
def silero(models: ModelStore) -> Silero:
    return open_silero(models)


def probabilities(silero: Silero, pcm: Pcm) -> list[float]:
    return [silero.probability(pcm[at : at + FRAME]) for at in range(0, pcm.size - FRAME + 1, FRAME)]


def test_silero_knows_speech_from_noise(silero: Silero, tmp_path: Path) -> None:
    speech = probabilities(silero, flite("Tell me a story about a little bear.", tmp_path))
    silero.reset()
    noise = probabilities(silero, RNG.normal(0, 1000, 2 * EAR_RATE).astype(np.int16))

    assert np.mean(np.array(speech) > 0.5) > 0.7
    assert max(noise) < 0.35


def test_silero_forgets_everything_when_reset(silero: Silero, tmp_path: Path) -> None:
    pcm = flite("Tell me a story.", tmp_path)
    first = probabilities(silero, pcm)

    silero.reset()

    assert probabilities(silero, pcm) == first


def test_silero_sees_the_end_of_the_frame_before(silero: Silero, models: ModelStore, tmp_path: Path) -> None:
    pcm = flite("Tell me a story.", tmp_path)
    session, expected = open_session(models.path("silero")), []
    state: Array = np.zeros((2, 1, 128), np.float32)
    whole = np.concatenate((np.zeros(64), pcm)).astype(np.float32)[None] / 32768
    for at in range(0, pcm.size - FRAME + 1, FRAME):
        feeds: dict[str, Array] = {
            "input": whole[:, at : at + 64 + FRAME],
            "state": state,
            "sr": np.array(EAR_RATE),
        }
        probability, state = session.run(feeds)
        expected.append(float(probability[0, 0]))

    assert probabilities(silero, pcm) == pytest.approx(expected, abs=1e-6)
