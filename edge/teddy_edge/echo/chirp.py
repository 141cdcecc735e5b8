"""A short quiet sound that tells the bear how it hears itself."""

from __future__ import annotations

from typing import Final

import numpy as np

from teddy_edge.audio.samples import MOUTH_RATE, Pcm

LASTS: Final = 0.5  # seconds: as long as that it stands 30 dB over a noise that is as loud
FROM, TO = 400, 4_000  # Hz: what a small speaker plays well
LEVEL: Final = 0.06  # of full scale, -24 dBFS, as loud as the bear speaks; the volume comes on top
FADE: Final = 0.05  # seconds at either end, so that it does not click


def chirp() -> Pcm:
    """Int16 [n], 24 kHz: a tone that rises, evenly in pitch, and is gone."""
    count = int(LASTS * MOUTH_RATE)
    at = np.arange(count) / MOUTH_RATE
    rate = np.log(TO / FROM) / LASTS
    sound = np.sin(2 * np.pi * FROM * np.expm1(rate * at) / rate)
    edge = np.minimum(1, np.minimum(at, at[::-1]) / FADE)
    pcm: Pcm = np.rint(sound * np.square(np.sin(edge * np.pi / 2)) * LEVEL * 32767).astype(np.int16)
    return pcm
