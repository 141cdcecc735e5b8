"""The bear's front end over a whole recording at once: the same numbers as its stream, seven times as fast.

The embedding network sees 76 frames and moves by eight, and it pads no frame in time, so that over a long row
of frames it gives what it would give window by window. Its graph is freed of the fixed length for that.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import numpy as np
import onnx
from numpy.typing import NDArray

from teddy_edge.audio.samples import Pcm
from teddy_edge.inference.models import ModelStore
from teddy_edge.inference.session import Session, open_session
from teddy_edge.waking.features import SEEN, STEP, WIDTH

Embeddings = NDArray[np.float32]
"""float32 [n, 96]"""

_OVERLAP: Final = 512 - 160  # these four as in teddy_edge/waking/features.py, which a test compares
_FRAMES_BEFORE: Final = 76 - 8
_FLOOR: Final = 1.0
_MELS: Final = 32
_AT_ONCE: Final = 750  # steps (a minute) that go through the networks together


class HearingAtOnce:
    """Recordings to embeddings."""

    def __init__(self, *, mel: Session, embedding: Session) -> None:
        self._mel = mel
        self._embedding = embedding

    def embeddings(self, pcm: Pcm) -> Embeddings:
        """One for each whole step of 1,280 samples, after silence."""
        steps = len(pcm) // STEP
        padded = np.concatenate([np.zeros(_OVERLAP, np.int16), pcm])
        frames = np.full((_FRAMES_BEFORE, _MELS), _FLOOR, np.float32)
        found = [np.zeros((0, WIDTH), np.float32)]
        for first in range(0, steps, _AT_ONCE):
            many = min(_AT_ONCE, steps - first)
            heard = [
                self._frames(padded[at * STEP : at * STEP + _OVERLAP + STEP])
                for at in range(first, first + many)
            ]
            frames = np.concatenate([frames[-_FRAMES_BEFORE:], *heard])
            (wide,) = self._embedding.run({self._embedding.inputs[0]: frames[None, None]})
            found.append(wide[0, :, :, 0].T)
        return np.concatenate(found)

    def _frames(self, step: Pcm) -> Embeddings:
        """Step by step, since this network looks for the loudest of all that it is given."""
        (mel,) = self._mel.run({self._mel.inputs[0]: step[None].astype(np.float32)})
        return np.asarray(np.maximum(mel[0, 0] / 10 + 2, _FLOOR), np.float32)

    def rows(self, pcm: Pcm) -> Embeddings:
        """The same with the silence before it that a spotter begins with: row `n` ends look `n - 15`."""
        silence = np.full((1, 1, _FRAMES_BEFORE + 8, _MELS), _FLOOR, np.float32)
        (one,) = self._embedding.run({self._embedding.inputs[0]: silence})
        return np.concatenate([np.repeat(one[0, :, :, 0].T, SEEN - 1, axis=0), self.embeddings(pcm)])


def looks(rows: NDArray[np.floating]) -> NDArray[np.floating]:
    """What a head sees at each step: [n, 16, 96]."""
    return np.lib.stride_tricks.sliding_window_view(rows, SEEN, axis=0).transpose(0, 2, 1)


def open_hearing_at_once(models: ModelStore, *, folder: Path) -> HearingAtOnce:
    """The wide graph is kept in `folder`."""
    wide = folder / "embedding-wide.onnx"
    if not wide.exists():
        folder.mkdir(parents=True, exist_ok=True)
        half = wide.with_suffix(f".{os.getpid()}")  # each worker its own
        half.write_bytes(_widened(models.path("wake-embedding")))
        half.replace(wide)
    return HearingAtOnce(mel=open_session(models.path("wake-mel")), embedding=open_session(wide))


def _widened(path: Path) -> bytes:
    """Without the reshaping at both ends, which holds the length of one window."""
    model = onnx.load(str(path))
    graph = model.graph
    nodes = list(graph.node)
    assert nodes[0].op_type == nodes[-1].op_type == "Reshape"
    begin, end = nodes[0].output[0], nodes[-1].input[0]
    del graph.node[:], graph.input[:], graph.output[:], graph.value_info[:]
    graph.node.extend(nodes[1:-1])
    kind = onnx.TensorProto.FLOAT
    graph.input.append(onnx.helper.make_tensor_value_info(begin, kind, [1, 1, "frames", _MELS]))
    graph.output.append(onnx.helper.make_tensor_value_info(end, kind, [1, WIDTH, "steps", 1]))
    return bytes(model.SerializeToString())
