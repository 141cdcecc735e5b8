"""The only door to hibari: its way from text to phonemes and its vocoder, over our own sessions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from teddy_edge.audio.samples import SILENCE, Pcm
from teddy_edge.inference.models import ModelStore
from teddy_edge.inference.session import Array, Session, open_session
from teddy_edge.inference.voice_conversion import ALL, FREQUENT, GOLD, SILVER, TAGS, WEIGHTS
from teddy_edge.inference.word_table import Words, WordTable, open_words
from teddy_edge.speech.loudness import Wave, finish
from teddy_shared.errors import PartMissing

VOICE_SORT: Final = "hibari heart 1"
"""Names the sound of this voice: count it up whenever the same text would sound otherwise."""

Engine = Callable[[str, int], Wave]
"""Text and a seed for the noise in the voice, to samples."""

AT_ONCE: Final = 40  # words in one run of the network: a minute at once would take 300 MB

# Files that hibari opens by itself, so that all we can do is to look at them first.
_READ_BY_HIBARI: Final = ("voice-normaliser", "voice-unknown-words-letters", "voice-word-exceptions")


class HibariSynthesizer:
    """The voice "heart"."""

    def __init__(self, *, engine: Engine, at_once: int = AT_ONCE) -> None:
        self._engine = engine
        self._at_once = at_once

    def render(self, text: str) -> Pcm:
        """int16 [n] at MOUTH_RATE. The same text gives the same samples, so that they can be kept."""
        words = _without_links(text).split()
        if not any(letter.isalnum() for word in words for letter in word):
            return SILENCE  # of dots alone hibari makes a hum
        seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
        runs = (" ".join(words[at : at + self._at_once]) for at in range(0, len(words), self._at_once))
        return finish(np.concatenate([self._engine(run, seed) for run in runs]), text)


def open_hibari(models: ModelStore, *, threads: int = 1, at_once: int = AT_ONCE) -> HibariSynthesizer:
    """Load dictionaries and networks and speak once, so that the first clause is as quick as the others.

    Takes half a second: call it from a thread. Raises PartMissing or ConfigError.
    """
    for name in _READ_BY_HIBARI:
        models.path(name)
    symbols: dict[str, int] = json.loads(models.path("voice-symbols").read_text("utf-8"))
    voice = open_session(models.path("voice"), threads=threads, gives_back=True)
    unknown_words = open_session(models.path("voice-unknown-words"))
    phonemes = phonemes_of(open_words(models.path("voice-words")), unknown_words)
    synthesizer = HibariSynthesizer(engine=_engine(voice, phonemes, symbols), at_once=at_once)
    synthesizer.render("Hello, Teddyish.")  # the second word is in no lexicon
    return synthesizer


def phonemes_of(words: WordTable, unknown_words: Session) -> Callable[[str], str]:
    """hibari's way from a sentence to phonemes, but for what it would hold in memory."""
    try:
        from hibari import g2p  # here, since it reads files as it is imported
        from hibari.g2p.lexicon import Lexicon
        from hibari.g2p.oov import OOV
        from hibari.g2p.tagger import Tagger
        from hibari.g2p.tokenize import Tokenizer
    except ImportError:
        raise PartMissing("the package hibari-tts", "pip install 'teddy[edge]'") from None

    class OverOurWords(g2p.G2P):  # type: ignore[misc]  # hibari has no types
        """All but the constructor, which reads 90 MB of dictionaries."""

        def __init__(self) -> None:
            self.lexicon = Lexicon(Words(words, GOLD), Words(words, SILVER))
            self.tokenizer = Tokenizer(g2p._load_json("tokenizer_exceptions.json"))
            tags = words.get(ALL, "tags")
            self.tagger = Tagger(
                {"tagdict": Words(words, TAGS), "tags": tags, "weights": Words(words, WEIGHTS)}
            )
            self.tagger.vocab = Words(words, FREQUENT)  # its constructor would make a set of it
            self._oov = OOV(session=_AsHibariCallsIt(unknown_words))
            self.unk = ""
            self.british = False

    phonemes: Callable[[str], str] = OverOurWords()
    return phonemes


def _engine(voice: Session, phonemes: Callable[[str], str], symbols: dict[str, int]) -> Engine:
    from hibari import Hibari

    class OverOurSession(Hibari):  # type: ignore[misc]  # hibari has no types
        """All but the constructor, which opens a session with options of its own."""

        def __init__(self) -> None:
            self.sess = _AsHibariCallsIt(voice)
            self.vocab = symbols
            self._g2p = phonemes

    speak: Any = OverOurSession()
    return lambda text, seed: speak(text, seed=seed)


class _AsHibariCallsIt:
    """A session whose `run` takes its arguments in onnxruntime's order."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def run(self, outputs: Sequence[str] | None, feeds: Mapping[str, Array]) -> list[Array]:
        return self._session.run(feeds, outputs)


def _without_links(text: str) -> str:
    """hibari takes `[word](/phonemes/)` as a way to say something else than what is written.

    The guard has read what is written.
    """
    return text.replace("](", "] (")
