"""The only door to livekit: WebRTC's echo canceller, 10 ms at a time."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from teddy_edge.audio.samples import EAR_RATE, HOP, Pcm
from teddy_shared.errors import PartMissing


class Canceller(Protocol):
    """Takes what the speaker played out of what the microphone heard."""

    def process(self, heard: Pcm, reference: Pcm, delay: int) -> Pcm:
        """Int16 [160] in and out; `delay` is how many samples the sound is on its way, as far as is known."""


class WebRtcCanceller:
    """Learns the room while the bear speaks. For one thread, and hops without gaps while it speaks.

    What comes out is 128 samples late. Noise suppression and gain control of the same library stay off:
    they change what the recogniser hears.
    """

    def __init__(self, module: Any, frame: Any) -> None:
        self._module = module
        self._frame = frame

    def process(self, heard: Pcm, reference: Pcm, delay: int) -> Pcm:
        self._module.process_reverse_stream(self._frame(bytearray(reference.tobytes()), EAR_RATE, 1, HOP))
        self._module.set_stream_delay_ms(max(0, delay * 1000 // EAR_RATE))
        near = bytearray(heard.tobytes())
        self._module.process_stream(self._frame(near, EAR_RATE, 1, HOP))
        return np.frombuffer(near, np.int16)


def open_canceller() -> WebRtcCanceller:
    """Blocks: loading takes half a second and 25 MB, which a bear without cards is spared.

    Raises PartMissing.
    """
    try:
        from livekit.rtc import AudioFrame, AudioProcessingModule
    except (ImportError, OSError):
        raise PartMissing("livekit", "pip install 'teddy[edge]'") from None
    module = AudioProcessingModule(echo_cancellation=True, high_pass_filter=False)
    return WebRtcCanceller(module, AudioFrame)
