"""A front end without networks, and heads that know how loud it was: small, and really working."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from teddy_edge.audio.samples import EAR_RATE, Pcm
from teddy_edge.inference.fingerprints import sha256_of
from teddy_edge.inference.graph import Graph
from teddy_edge.waking.features import SEEN, STEP, WIDTH, Embedding, Features


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
    weights = np.zeros((SEEN * WIDTH, 1))
    weights[-WIDTH:] = 40 / WIDTH
    return _write(folder, name, weights, -20, threshold=threshold, hits=hits)


def learn_head(folder: Path, name: str, *, yes: Sequence[Pcm], no: Sequence[Pcm], features: Features) -> Path:
    """A head that knows its few examples by heart: the least weights that tell them apart, in one step.

    Good enough for the same voice in other sentences, and learned in a moment.
    """
    silence = np.zeros(EAR_RATE, np.int16)
    longer = [np.concatenate([pcm, np.zeros(3 * STEP, np.int16)]) for pcm in yes]
    last = [look for pcm in longer for look in _looks(pcm, features)[-6:]]
    others = [look for pcm in no for look in _looks(np.concatenate([pcm, silence]), features)]
    looks = np.concatenate([last, others]).reshape(-1, SEEN * WIDTH)
    wanted = np.concatenate([np.ones(len(last)), -np.ones(len(others))])
    mean = looks.mean(axis=0)
    looks = looks - mean
    weights = looks.T @ np.linalg.solve(looks @ looks.T + 50 * np.eye(len(looks)), wanted)
    return _write(folder, name, 4 * weights[:, None], -4 * float(mean @ weights), threshold=0.9, hits=1)


def _looks(pcm: Pcm, features: Features) -> list[NDArray[np.float32]]:
    """What a head sees of a clip, 80 ms apart; at least one, of a clip longer than that."""
    features.reset()
    seen = [features.silence()] * (SEEN - 1) + features.hear(pcm)
    return [np.stack(seen[at : at + SEEN]) for at in range(len(seen) - SEEN + 1)]


def _write(
    folder: Path, name: str, weights: NDArray[np.floating], shift: float, *, threshold: float, hits: int
) -> Path:
    """One linear layer and a sigmoid, with a manifest beside it."""
    graph = Graph(name)
    seen = graph.input("embeddings", np.float32, ["n", SEEN, WIDTH])
    flat = graph.node("Reshape", [seen, graph.constant(np.array([-1, SEEN * WIDTH], np.int64))])
    sums = graph.node("MatMul", [flat, graph.constant(weights.astype(np.float32))])
    shifted = graph.node("Add", [sums, graph.constant(np.array([shift], np.float32))])
    graph.output(graph.node("Sigmoid", [shifted]), "probability", np.float32, ["n", 1])
    path = folder / f"{name}.onnx"
    graph.save(path)
    path.with_suffix(".toml").write_text(
        f'phrase = "{name}"\nthreshold = {threshold}\nhits = {hits}\nsha256 = "{sha256_of(path)}"\n'
        '[trained]\nby = "the tests"\n[measured]\nrecall = 1.0\n'
    )
    return path
