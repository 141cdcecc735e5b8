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
from teddy_edge.speech.loudness import Wave, finish
from teddy_shared.errors import PartMissing

Engine = Callable[[str, int], Wave]
"""Text and a seed for the noise in the voice, to samples."""

AT_ONCE: Final = 40  # words in one run of the network: a minute at once would take 300 MB

# Files that hibari opens by itself, so that all we can do is to look at them first.
_READ_BY_HIBARI: Final = (
    "voice-lexicon-gold",
    "voice-lexicon-silver",
    "voice-normaliser",
    "voice-tagger",
    "voice-unknown-words-letters",
    "voice-word-exceptions",
)


class HibariSynthesizer:
    """The voice "heart"."""

    def __init__(self, *, engine: Engine) -> None:
        self._engine = engine

    def render(self, text: str) -> Pcm:
        """int16 [n] at MOUTH_RATE. The same text gives the same samples, so that they can be kept."""
        words = _without_links(text).split()
        if not any(letter.isalnum() for word in words for letter in word):
            return SILENCE  # of dots alone hibari makes a hum
        seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
        runs = (" ".join(words[at : at + AT_ONCE]) for at in range(0, len(words), AT_ONCE))
        return finish(np.concatenate([self._engine(run, seed) for run in runs]), text)


def open_hibari(models: ModelStore, *, threads: int = 1) -> HibariSynthesizer:
    """Load lexicons and networks and speak once, so that the first clause is as quick as the others.

    Takes half a second: call it from a thread. Raises PartMissing or ConfigError.
    """
    for name in _READ_BY_HIBARI:
        models.path(name)
    symbols: dict[str, int] = json.loads(models.path("voice-symbols").read_text("utf-8"))
    voice = open_session(models.path("voice"), threads=threads)
    unknown_words = open_session(models.path("voice-unknown-words"))
    synthesizer = HibariSynthesizer(engine=_engine(voice, unknown_words, symbols))
    synthesizer.render("Hello, Teddyish.")  # the second word is in no lexicon
    return synthesizer


def _engine(voice: Session, unknown_words: Session, symbols: dict[str, int]) -> Engine:
    try:
        from hibari import Hibari  # here, since it reads files as it is imported
        from hibari.g2p import G2P
        from hibari.g2p.oov import OOV
    except ImportError:
        raise PartMissing("the package hibari-tts", "pip install 'teddy[edge]'") from None

    class OverOurSessions(Hibari):  # type: ignore[misc]  # hibari has no types
        """Hibari but for its constructor, which opens sessions with options of its own."""

        def __init__(self) -> None:
            self.sess = _AsHibariCallsIt(voice)
            self.vocab = symbols
            self._g2p = G2P(oov=OOV(session=_AsHibariCallsIt(unknown_words)))

    speak: Any = OverOurSessions()
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
