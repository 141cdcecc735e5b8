"""What sound is inside the bear: mono int16, counted in samples."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Pcm = NDArray[np.int16]
"""int16 [n], mono. Its rate is EAR_RATE on the way in and MOUTH_RATE on the way out."""

EAR_RATE: Final = 16_000  # Hz
HOP: Final = 160  # samples of the ear in 10 ms: the bear's smallest step of time
MOUTH_RATE: Final = 24_000  # Hz; what the voice renders
MOUTH_HOP: Final = 240  # samples of the mouth in 10 ms

SILENCE: Final = np.zeros(0, np.int16)


def ear_ms(samples: int) -> int:
    """Milliseconds of so many samples of the ear."""
    return samples * 1000 // EAR_RATE


def mouth_ms(samples: int) -> int:
    """Milliseconds of so many samples of the mouth."""
    return samples * 1000 // MOUTH_RATE
