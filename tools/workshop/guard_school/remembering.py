"""Where sentences point, kept on disk between runs: that takes longer than learning."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from teddy_edge.inference.meaning import Directions
from teddy_edge.safety.classifier import Embedder


class Remembered:
    """An embedder that asks another one only once for each text."""

    def __init__(self, embedder: Embedder, *, file: Path) -> None:
        """`file` belongs to one model: name it by the model's digest."""
        self._embedder = embedder
        self._file = file
        self._known: dict[str, NDArray[np.float32]] = {}
        if file.exists():
            with np.load(file, allow_pickle=False) as stored:
                self._known = dict(zip(stored["texts"].tolist(), stored["directions"], strict=True))

    def embed(self, texts: Sequence[str]) -> Directions:
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            self._known.update(zip(new, self._embedder.embed(new), strict=True))
        if len(new) > _WORTH_KEEPING:
            self._keep()
        return np.stack([self._known[text] for text in texts])

    def _keep(self) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        half = self._file.with_suffix(".half.npz")
        np.savez(half, texts=np.array(list(self._known)), directions=np.stack(list(self._known.values())))
        half.replace(self._file)


_WORTH_KEEPING = 100  # new ones; fewer are embedded again in a moment
