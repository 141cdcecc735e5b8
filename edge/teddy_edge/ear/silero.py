"""How likely it is that somebody speaks, 32 ms at a time."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from teddy_edge.audio.samples import EAR_RATE, Pcm
from teddy_edge.inference.models import ModelStore
from teddy_edge.inference.session import Session, open_session

FRAME: Final = 512  # samples of the ear
_CONTEXT: Final = 64  # samples of the frame before, which the network wants to see again


class Silero:
    """The network with what it remembers. For one thread, and one stream of frames without gaps."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._input = np.zeros((1, _CONTEXT + FRAME), np.float32)
        self._feeds: dict[str, NDArray[np.generic]] = {
            "input": self._input,
            "sr": np.array(EAR_RATE, np.int64),
        }
        self.reset()

    def reset(self) -> None:
        """Forget all sound so far, as after a gap."""
        self._input.fill(0)
        self._feeds["state"] = np.zeros((2, 1, 128), np.float32)

    def probability(self, frame: Pcm) -> float:
        """0 to 1, for the frame that follows the last one (int16 [512])."""
        whole = self._input
        whole[0, :_CONTEXT] = whole[0, FRAME:]
        np.multiply(frame, np.float32(1 / 32768), out=whole[0, _CONTEXT:], casting="unsafe")
        probability, self._feeds["state"] = self._session.run(self._feeds)
        return float(probability[0, 0])


def open_silero(models: ModelStore) -> Silero:
    """Load the network and let it run once, so that the first frame is as quick as the others."""
    silero = Silero(open_session(models.path("silero")))
    silero.probability(np.zeros(FRAME, np.int16))
    silero.reset()
    return silero
