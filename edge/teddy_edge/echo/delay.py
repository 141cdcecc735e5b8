"""How long the bear's voice is on its way to its own ear, found in what was played and what was heard."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from teddy_edge.audio.samples import EAR_RATE, HOP, Pcm

SPAN: Final = EAR_RATE  # samples that are compared at once
EARLIEST: Final = -EAR_RATE // 20  # samples; earlier than it was played means that the two are laid wrong
LATEST: Final = 6 * EAR_RATE // 10  # samples; the slowest sound server took 0.35 s
LOWEST, HIGHEST = 200, 5_000  # Hz: what a small speaker plays and a room carries
SURE: Final = 9.0  # peak over the spread of all other delays; another sentence of the same voice came to 8.7
SOUNDED: Final = EAR_RATE // 5  # samples of the span in which something was played, at the least


@dataclass(frozen=True, slots=True)
class Delay:
    samples: int  # of the ear, from reference to microphone
    certainty: float  # how far it stands out; SURE at the least


class DelayMeter:
    """Compares the phases alone, so that neither the room's colour nor the voice's decides."""

    def __init__(self) -> None:
        self._heard = np.zeros(SPAN, np.int16)
        self._played = np.zeros(SPAN, np.int16)
        self._filled = 0
        self._sounded = 0

    def hear(self, heard: Pcm, reference: Pcm) -> Delay | None:
        """Take one hop; what the last second tells, once there is one in which enough was played.

        None also where nothing that was played is found in what was heard.
        """
        at = self._filled
        self._heard[at : at + HOP] = heard
        self._played[at : at + HOP] = reference
        self._filled += HOP
        self._sounded += HOP if reference.any() else 0
        return self.conclude() if self._filled == SPAN else None

    def conclude(self) -> Delay | None:
        """What is known by now; the next hop begins anew."""
        filled, sounded, self._filled, self._sounded = self._filled, self._sounded, 0, 0
        if sounded < SOUNDED:
            return None
        return find_delay(self._heard[:filled], self._played[:filled])


def find_delay(heard: Pcm, played: Pcm) -> Delay | None:
    """Where `played` is found again in `heard`; None where chance would do as well."""
    size = 1 << int(len(heard) + LATEST - EARLIEST).bit_length()
    ear, mouth = (np.fft.rfft(pcm.astype(np.float32), size) for pcm in (heard, played))
    across = ear * np.conj(mouth)
    whitened = across / np.maximum(np.abs(across), 1e-6)
    frequencies = np.fft.rfftfreq(size, 1 / EAR_RATE)
    whitened[(frequencies < LOWEST) | (frequencies > HIGHEST)] = 0
    # Where the voice had nothing to say at a frequency, its phase tells nothing.
    whitened[np.abs(mouth) < np.quantile(np.abs(mouth), _DULL)] = 0
    likeness: NDArray[np.float64] = np.fft.irfft(whitened, size)
    likeness = np.abs(np.concatenate((likeness[EARLIEST:], likeness[: LATEST + 1])))
    peak = int(np.argmax(likeness))
    spread = float(np.sqrt(np.mean(np.square(likeness))))
    certainty = float(likeness[peak]) / max(spread, 1e-12)
    return Delay(peak + EARLIEST, certainty) if certainty >= SURE else None


_DULL: Final = 0.5
