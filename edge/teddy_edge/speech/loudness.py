"""What is done to the voice's samples before they are heard: trimmed, raised, given their pause."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from teddy_edge.audio.samples import MOUTH_RATE, SILENCE, Pcm
from teddy_edge.speech.clauses import CLOSING

Wave = NDArray[np.float32]
"""float32 [n] between -1 and 1, at MOUTH_RATE."""

LEVEL: Final = 10 ** (-18 / 20)  # RMS of what is spoken, against full scale
LOUDEST: Final = 0.95  # peak; above it the gain gives way, since clipping hurts small ears

_MARGIN: Final = MOUTH_RATE // 50  # samples kept before and after: 20 ms
_LOOK: Final = MOUTH_RATE // 200  # samples a look: 5 ms
_QUIET: Final = 10 ** (-45 / 20)  # of the loudest look: below it is silence
_FAINTEST: Final = 1e-4  # a wave that never gets above this is silence altogether

# Seconds of rest behind a clause, by the mark that ends it.
_RESTS: Final = {
    **dict.fromkeys(".!", 0.28),
    **dict.fromkeys("?\u2026", 0.34),  # with the ellipsis
    ",": 0.12,
    **dict.fromkeys(";:\u2013\u2014", 0.18),  # with both dashes
}
_REST_ELSE: Final = 0.05


def finish(wave: Wave, text: str) -> Pcm:
    """The clause as the mouth plays it; empty where the wave is silent."""
    spoken = trimmed(wave)
    if not spoken.size:
        return SILENCE
    rms = float(np.sqrt(np.mean(np.square(spoken))))
    gain = min(LEVEL / rms, LOUDEST / float(np.abs(spoken).max()))
    rest = np.zeros(int(rest_after(text) * MOUTH_RATE), np.int16)
    return np.concatenate((np.rint(spoken * (gain * 32767)).astype(np.int16), rest))


def trimmed(wave: Wave) -> Wave:
    """Without the silence before and after, but for 20 ms."""
    looks = wave.size // _LOOK
    loudness = np.sqrt(np.mean(np.square(wave[: looks * _LOOK].reshape(looks, _LOOK)), axis=1))
    loudest = float(loudness.max(initial=0.0))
    if loudest < _FAINTEST:
        return wave[:0]
    heard = np.flatnonzero(loudness > loudest * _QUIET)
    first, last = int(heard[0]) * _LOOK, (int(heard[-1]) + 1) * _LOOK
    return wave[max(0, first - _MARGIN) : last + _MARGIN]


def rest_after(text: str) -> float:
    """Seconds of silence that the end of the clause asks for."""
    return _RESTS.get(text.rstrip().rstrip(CLOSING)[-1:], _REST_ELSE)
