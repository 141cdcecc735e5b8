"""espeak-ng's library in our own process: a program started for each word takes five times as long."""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

_SYNCHRONOUS: Final = 2  # these from espeak-ng/speak_lib.h
_UTF8: Final = 1
_RATE: Final = 1
_PITCH: Final = 3

Samples = NDArray[np.float32]


class Espeak:
    """One a process, as its state is global."""

    def __init__(self, library: Any) -> None:
        self._library = library
        self._heard: list[bytes] = []
        self._listener = _LISTENER(self._hear)
        self.rate = int(library.espeak_Initialize(_SYNCHRONOUS, 0, None, 0))
        library.espeak_SetSynthCallback(self._listener)

    def say(self, text: str, *, voice: str, pitch: int, speed: int) -> Samples:
        """At `self.rate`, between -1 and 1. `voice` may carry a throat: "en-gb+f3"."""
        self._heard.clear()
        self._library.espeak_SetVoiceByName(voice.encode())
        self._library.espeak_SetParameter(_RATE, speed, 0)
        self._library.espeak_SetParameter(_PITCH, pitch, 0)
        written = text.encode()
        self._library.espeak_Synth(written, len(written) + 1, 0, 0, 0, _UTF8, None, None)
        return np.asarray(np.frombuffer(b"".join(self._heard), "<i2") / 32768, np.float32)

    def _hear(self, wave: Any, samples: int, _events: object) -> int:
        if wave and samples > 0:
            self._heard.append(ctypes.string_at(wave, 2 * samples))
        return 0


_LISTENER: Final = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)


@cache
def espeak() -> Espeak:
    return Espeak(ctypes.CDLL("libespeak-ng.so.1"))
