"""How a head learns: numpy alone, the same for the same seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from teddy_edge.inference.meaning import Directions
from teddy_edge.safety.features import DRAWERS, drawers
from teddy_edge.safety.heads import Weights, softmax

Floats = NDArray[np.float32]
Labels = NDArray[np.int64]

NETWORKS: Final = 2  # that vote; one alone errs more where it has seen little
HIDDEN: Final = 128
EPOCHS: Final = 20
BATCH: Final = 128
RATE: Final = 2e-3
DECAY: Final = 1e-2
DROPPED: Final = 0.3  # of the hidden units, in each step
WORD_EPOCHS: Final = 3
WORD_BATCH: Final = 128
WORD_RATE: Final = 0.15
SHARE: Final = 0.4  # of the words in the verdict

_FIRST: Final = 0.9  # Adam's memory of slopes, and below of their squares
_SECOND: Final = 0.999


@dataclass(frozen=True, slots=True)
class Lessons:
    """Plain texts, where they point, and which column is right for each."""

    texts: Sequence[str]
    directions: Directions
    labels: Labels
    weights: Floats  # how much each counts
    columns: int


def learn(lessons: Lessons, *, seed: int) -> Weights:
    """A head's weights, rounded as they are kept: what is examined is what the bear has."""
    networks = [_network(lessons, np.random.default_rng([seed, nth])) for nth in range(NETWORKS)]
    into, into_bias, out, out_bias = (np.stack(each) for each in zip(*networks, strict=True))
    words, words_bias = _words(lessons, np.random.default_rng([seed, NETWORKS]))
    scale = np.maximum(np.abs(words).max(axis=0), 1e-6) / 127
    return Weights(
        into=_halved(into),
        into_bias=into_bias,
        out=_halved(out),
        out_bias=out_bias,
        words=np.round(words / scale).astype(np.int8),
        words_scale=scale,
        words_bias=words_bias,
        share=SHARE,
    )


def _halved(floats: Floats) -> Floats:
    return floats.astype(np.float16).astype(np.float32)


def _network(lessons: Lessons, rng: np.random.Generator) -> tuple[Floats, Floats, Floats, Floats]:
    """One hidden layer over the direction; Adam with weight decay and a falling rate."""
    width, count = lessons.directions.shape[1], len(lessons.labels)
    into = rng.normal(0, 1.4 / np.sqrt(width), (width, HIDDEN)).astype(np.float32)
    out = rng.normal(0, 1 / np.sqrt(HIDDEN), (HIDDEN, lessons.columns)).astype(np.float32)
    parts = [into, np.zeros(HIDDEN, np.float32), out, np.zeros(lessons.columns, np.float32)]
    first, second = [np.zeros_like(each) for each in parts], [np.zeros_like(each) for each in parts]
    batch = min(BATCH, count)
    steps = EPOCHS * (count // batch)
    step = 0
    for _ in range(EPOCHS):
        order = rng.permutation(count)
        for at in range(0, count - batch + 1, batch):
            step += 1
            rows = order[at : at + batch]
            slopes = _slopes(
                parts, lessons.directions[rows], lessons.labels[rows], lessons.weights[rows], rng
            )
            rate = RATE * min(1, step / 50) * (0.5 * (1 + np.cos(np.pi * step / steps)))
            for place, slope in enumerate(slopes):
                first[place] = _FIRST * first[place] + (1 - _FIRST) * slope
                second[place] = _SECOND * second[place] + (1 - _SECOND) * slope**2
                mean = first[place] / (1 - _FIRST**step)
                spread = np.sqrt(second[place] / (1 - _SECOND**step)) + 1e-8
                shrunk = DECAY * parts[place] if place in (0, 2) else 0
                parts[place] -= (rate * (mean / spread + shrunk)).astype(np.float32)
    return parts[0], parts[1], parts[2], parts[3]


def _slopes(
    parts: Sequence[Floats],
    directions: Directions,
    labels: Labels,
    weights: Floats,
    rng: np.random.Generator,
) -> tuple[Floats, Floats, Floats, Floats]:
    into, into_bias, out, out_bias = parts
    before = directions @ into + into_bias
    lives = (before > 0) & (rng.random(before.shape) > DROPPED)
    kept: Floats = lives.astype(np.float32) / np.float32(1 - DROPPED)
    hidden: Floats = before * kept
    wrong = softmax(hidden @ out + out_bias)
    wrong[np.arange(len(labels)), labels] -= 1
    wrong *= weights[:, None] / np.float32(len(labels))
    back: Floats = (wrong @ out.T) * kept
    return directions.T @ back, back.sum(axis=0), hidden.T @ wrong, wrong.sum(axis=0)


def _words(lessons: Lessons, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """A weight for each drawer, by steps that grow shorter where a drawer was opened often (Adagrad)."""
    weights = np.zeros((DRAWERS, lessons.columns), np.float32)
    opened = np.full_like(weights, 1e-3)
    bias = np.zeros(lessons.columns, np.float32)
    found = [drawers(text) for text in lessons.texts]
    for _ in range(WORD_EPOCHS):
        order = rng.permutation(len(found))
        for at in range(0, len(order), WORD_BATCH):
            batch = order[at : at + WORD_BATCH]
            rows = np.concatenate([found[each] for each in batch])
            sizes = np.array([len(found[each]) for each in batch])
            shares = (1 / np.sqrt(sizes)).astype(np.float32)[:, None]
            totals = np.add.reduceat(weights[rows], np.cumsum(sizes) - sizes, axis=0)
            wrong = softmax(totals * shares + bias)
            wrong[np.arange(len(batch)), lessons.labels[batch]] -= 1
            wrong *= lessons.weights[batch][:, None]
            slopes = np.repeat(wrong * shares, sizes, axis=0)
            touched, places = np.unique(rows, return_inverse=True)
            slope = np.zeros((len(touched), lessons.columns), np.float32)
            np.add.at(slope, places, slopes)
            opened[touched] += slope**2
            weights[touched] -= WORD_RATE * slope / np.sqrt(opened[touched])
            bias -= 0.02 * wrong.sum(axis=0)
    return weights, bias
