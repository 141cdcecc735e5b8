"""A front end without networks, and heads that know how loud it was: small, and really working."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from teddy_edge.audio.samples import Pcm
from teddy_edge.inference.fingerprints import sha256_of
from teddy_edge.inference.graph import Graph
from teddy_edge.waking.features import SEEN, STEP, WIDTH, Embedding


class LoudnessFeatures:
    """Every number of an embedding is the loudest sample of its step, as a share of full scale."""

    def __init__(self) -> None:
        self.steps = 0  # so many were looked at
        self.reset()

    def reset(self) -> None:
        self._waiting = np.empty(0, np.int16)

    def hear(self, pcm: Pcm) -> list[Embedding]:
        waiting = np.concatenate([self._waiting, pcm])
        steps = len(waiting) // STEP
        self._waiting = waiting[steps * STEP :]
        self.steps += steps
        loudest = np.abs(waiting[: steps * STEP].reshape(steps, STEP).astype(np.float32)).max(axis=1) / 32768
        return [np.full(WIDTH, each, np.float32) for each in loudest]

    def remember(self, pcm: Pcm) -> None:
        self.hear(pcm)

    def silence(self) -> Embedding:
        return np.zeros(WIDTH, np.float32)


def write_head(folder: Path, name: str, *, threshold: float = 0.5, hits: int = 1) -> Path:
    """A head that is sure when the newest embedding is loud (half of full scale), whatever came before."""
    graph = Graph(name)
    seen = graph.input("embeddings", np.float32, ["n", SEEN, WIDTH])
    weights = np.zeros((SEEN * WIDTH, 1), np.float32)
    weights[-WIDTH:] = 40 / WIDTH
    flat = graph.node("Reshape", [seen, graph.constant(np.array([-1, SEEN * WIDTH], np.int64))])
    sum_ = graph.node("MatMul", [flat, graph.constant(weights)])
    shifted = graph.node("Add", [sum_, graph.constant(np.array([-20], np.float32))])
    graph.output(graph.node("Sigmoid", [shifted]), "probability", np.float32, ["n", 1])
    path = folder / f"{name}.onnx"
    graph.save(path)
    path.with_suffix(".toml").write_text(
        f'phrase = "{name}"\nthreshold = {threshold}\nhits = {hits}\nsha256 = "{sha256_of(path)}"\n'
        '[trained]\nby = "the tests"\n[measured]\nrecall = 1.0\n'
    )
    return path
