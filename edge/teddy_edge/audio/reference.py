"""What the speaker really played, laid beside what the microphone hears: the echo canceller's other ear."""

from __future__ import annotations

from collections import deque
from statistics import median
from threading import Lock
from typing import Final

import numpy as np

from teddy_edge.audio.resample import Resampler, Samples, to_pcm
from teddy_edge.audio.samples import EAR_RATE, Pcm

KEPT: Final = 2.0  # seconds; a microphone that lags further hears nothing beside it
LOOSE: Final = 0.008  # seconds by which the two may be apart; less is left alone, for a jump costs more
STRAYS: Final = 3  # times in a row that they are apart before they are laid anew
BLOCKS: Final = 9  # of the speaker, whose median says when it sounds: a sound server told it to 0.1 ms
TAKES: Final = (
    64  # of the microphone; the soonest of them says when it heard, since a thread is only ever late
)
JUMP: Final = 0.5  # seconds; by so much no thread is late, so a card has stood still


class Reference:
    """The card's thread writes, the microphone's thread takes as many samples as it has just heard.

    Both count samples, so the two stay side by side to the sample, however late their threads are called.
    Times only tell when a count is wrong: after blocks that were lost, a card that came back, or long
    enough for two crystals to differ. Then the reader is laid anew. What remains between the two is how
    long the sound is on its way, never less than nothing.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._taken = 0
        self._heard: deque[float] = deque(maxlen=TAKES)  # when sample 0 was heard, by each take
        self.fit(EAR_RATE)

    def fit(self, rate: int) -> None:
        """Before the first `played` at another rate."""
        with self._lock:
            self._rate = rate
            self._ring: Samples = np.zeros(int(KEPT * rate), np.float32)
            self._written = 0
            self._sounded: deque[float] = deque(maxlen=BLOCKS)  # when frame 0 sounded, by each block
            self._at: int | None = None  # frame that is read next; none before any was played
            self._strays = 0
            self._resampler = Resampler(from_rate=rate, to_rate=EAR_RATE)
            self._over: Samples = np.zeros(0, np.float32)

    def played(self, sound: Samples, sounds_at: float) -> None:
        """Frames at the card's rate, as they were handed over, and when the first will sound."""
        with self._lock:
            self._sounded.append(sounds_at - self._written / self._rate)
            start = self._written % len(self._ring)
            head = min(len(sound), len(self._ring) - start)
            self._ring[start : start + head] = sound[:head]
            self._ring[: len(sound) - head] = sound[head:]
            self._written += len(sound)

    def take(self, samples: int, now: float) -> Pcm | None:
        """Int16 [samples] at 16 kHz for as many that were heard up to now; None where all are silent."""
        with self._lock:
            self._lay(samples, now)
            if self._at is None:
                return None
            needed = self._resampler.needed(samples - len(self._over))
            fresh = self._resampler.feed(self._read(self._at, needed))
            self._at += needed
            sound = np.concatenate((self._over, fresh))
            self._over = sound[samples:]
        taken = to_pcm(sound[:samples])
        return taken if taken.any() else None

    def _lay(self, samples: int, now: float) -> None:
        began = now - (self._taken + samples) / EAR_RATE
        if self._heard and abs(began - min(self._heard)) > JUMP:
            self._heard.clear()
        self._heard.append(began)
        heard_at = min(self._heard) + self._taken / EAR_RATE
        self._taken += samples
        if not self._sounded:
            return
        sounding = round((heard_at - median(self._sounded)) * self._rate)
        if self._at is None:
            self._at = sounding
        astray = abs(self._at - sounding) > LOOSE * self._rate
        self._strays = self._strays + 1 if astray else 0
        if self._strays >= STRAYS:
            self._at, self._strays = sounding, 0

    def _read(self, start: int, frames: int) -> Samples:
        """Silence where nothing was written or it is no longer kept."""
        out = np.zeros(frames, np.float32)
        first, end = max(start, self._written - len(self._ring), 0), min(start + frames, self._written)
        if first < end:
            out[first - start : end - start] = self._ring[np.arange(first, end) % len(self._ring)]
        return out
