"""What a child says into a bear's talk: words in several voices, and coughs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from teddy_edge.audio.samples import EAR_RATE, MOUTH_RATE, Pcm
from teddy_edge.speech.transcriber import NOTHING, Hearing

SENTENCES: Final = (
    "Tell me a joke.",
    "What do elephants eat?",
    "I want another story please.",
    "Wait, wait, wait.",
    "Can you sing a song?",
    "My dog is called Rufus.",
    "Why is the sky blue?",
    "Let's count to ten.",
    "Stop it.",
    "No more of that.",
)
CRY: Final = "I swallowed a battery and my tummy hurts."
PITCHES: Final = (1.0, 1.12, 1.25)  # over the bear's own voice; the last two are children's
COUGH: Final = (0.25, 0.45)  # seconds; both long enough to be taken for speech
ONSET_DB: Final = 30.0  # below the loudest 5 ms of a clip: where it begins
_PIECE: Final = EAR_RATE // 200


@dataclass(frozen=True, slots=True)
class Clip:
    text: str  # empty for a cough
    pcm: Pcm  # int16 [n], 16 kHz
    onset: int  # sample at which it begins to sound


class Child:
    """Made of the bear's own voice at other pitches, and of short pieces from within words."""

    def __init__(self, render: Callable[[str], Pcm]) -> None:
        self.clips = [_clip(text, _raised(render(text), pitch)) for pitch in PITCHES for text in SENTENCES]
        self.cries = [_clip(CRY, _raised(render(CRY), pitch)) for pitch in PITCHES]
        self.coughs = [
            _clip("", _cough(clip, seconds))
            for clip in self.clips[:: len(SENTENCES) // 2]
            for seconds in COUGH
        ]

    def everything(self) -> Sequence[Clip]:
        return [*self.clips, *self.cries, *self.coughs]


class Remembering:
    """Hears the clips that it knows, sample for sample, and nothing in anything else."""

    def __init__(self, child: Child) -> None:
        # From within the clip: an utterance may begin and end a little inside of what was said.
        self._known = [(_heart(clip.pcm), clip.text) for clip in child.everything() if clip.text]

    def transcribe(self, pcm: Pcm) -> Hearing:
        whole = pcm.tobytes()
        said = [(whole.find(heart), text) for heart, text in self._known]
        words = " ".join(text for at, text in sorted(said) if at >= 0)
        return Hearing(words, 0.9, -0.1, -0.2, 0.0, len(words.split())) if words else NOTHING


def _heart(pcm: Pcm) -> bytes:
    loudest = int(np.argmax(np.abs(pcm)))
    return pcm[max(0, loudest - 80) : loudest + 80].tobytes()


def _raised(grown: Pcm, pitch: float) -> Pcm:
    ratio = MOUTH_RATE / EAR_RATE * pitch
    at = np.arange(int(len(grown) / ratio)) * ratio
    child: Pcm = np.interp(at, np.arange(len(grown)), grown).astype(np.int16)
    return child


def _cough(clip: Clip, seconds: float) -> Pcm:
    """A voiced burst without a word in it: the loudest part of a sentence, backwards, and torn off."""
    length = round(seconds * EAR_RATE)
    middle = int(np.argmax(np.abs(clip.pcm)))
    start = max(0, min(middle - length // 2, len(clip.pcm) - length))
    burst = clip.pcm[start : start + length][::-1].astype(np.float32)
    edge = np.minimum(1.0, np.minimum(np.arange(length), np.arange(length)[::-1]) / 160)
    torn: Pcm = (burst * edge).astype(np.int16)
    return torn


def _clip(text: str, pcm: Pcm) -> Clip:
    whole = pcm[: len(pcm) // _PIECE * _PIECE].astype(np.float64).reshape(-1, _PIECE)
    loudness = np.sqrt((whole**2).mean(axis=1))
    onset = int(np.argmax(loudness > loudness.max() * 10 ** (-ONSET_DB / 20))) * _PIECE
    return Clip(text, pcm, onset)
