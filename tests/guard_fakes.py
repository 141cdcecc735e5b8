"""A head that learned a few words, and an embedder that needs no model; both really work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256

import numpy as np

from teddy_edge.inference.meaning import WIDTH, Directions
from teddy_edge.safety.features import DRAWERS, drawers
from teddy_edge.safety.heads import Head, Manifest, Weights
from teddy_edge.safety.verdict import Side


class Directionless:
    """Every text points somewhere of its own, the same way each time."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def embed(self, texts: Sequence[str]) -> Directions:
        self.seen += texts
        rows = [
            np.random.default_rng(list(sha256(text.encode()).digest())).normal(size=WIDTH) for text in texts
        ]
        return np.array([row / np.linalg.norm(row) for row in rows], np.float32)


def worded_head(concerns: Mapping[str, str]) -> Head:
    """Finds a category where its word stands in a text, whatever the text means."""
    categories = tuple(concerns)
    words = np.zeros((DRAWERS, len(categories) + 1), np.int8)
    for column, word in enumerate(concerns.values()):
        words[drawers(word), column] = 100
    columns = len(categories) + 1
    weights = Weights(
        into=np.zeros((1, WIDTH, 2), np.float32),
        into_bias=np.zeros((1, 2), np.float32),
        out=np.zeros((1, 2, columns), np.float32),
        out_bias=np.zeros((1, columns), np.float32),
        words=words,
        words_scale=np.full(columns, 0.05, np.float32),
        words_bias=np.array([*[0.0] * len(categories), 3.0], np.float32),
        share=1.0,
    )
    return Head(weights=weights, manifest=Manifest(categories, "", 0.5, 0.5, {}, {}))


def worded_heads(concerns: Mapping[str, str]) -> Mapping[Side, Head]:
    return {side: worded_head(concerns) for side in Side}
