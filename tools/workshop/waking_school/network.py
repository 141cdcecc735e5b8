"""A small network over sixteen embeddings, and how it learns: numpy alone, the same for the same seed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from teddy_edge.waking.features import SEEN, WIDTH

Floats = NDArray[np.float32]

SPAN: Final = 1  # embeddings that the first layer looks at together
NARROW: Final = 32  # numbers it makes of them
HIDDEN: Final = 48
PLACES: Final = SEEN - SPAN + 1


@dataclass(slots=True)
class Weights:
    """float32. The first two centre and scale what comes in."""

    mean: Floats  # [96]
    scale: Floats  # [96]
    span: Floats  # [3 * 96, NARROW]
    span_bias: Floats
    hidden: Floats  # [14 * NARROW, HIDDEN]
    hidden_bias: Floats
    out: Floats  # [HIDDEN, 1]
    out_bias: Floats

    def learned(self) -> tuple[Floats, ...]:
        return (self.span, self.span_bias, self.hidden, self.hidden_bias, self.out, self.out_bias)


def fresh(mean: Floats, scale: Floats, rng: np.random.Generator) -> Weights:
    def layer(wide: int, narrow: int) -> Floats:
        return np.asarray(rng.normal(size=(wide, narrow)) * np.sqrt(2 / wide), np.float32)

    def bias(narrow: int) -> Floats:
        return np.zeros(narrow, np.float32)

    return Weights(
        mean, scale, layer(SPAN * WIDTH, NARROW), bias(NARROW), layer(PLACES * NARROW, HIDDEN), bias(HIDDEN),
        layer(HIDDEN, 1), bias(1),
    )  # fmt: skip


def spans(seen: Floats, weights: Weights) -> Floats:
    """[n, 16, 96] to [n, 14, 3 * 96], centred and scaled."""
    even = (seen - weights.mean) * weights.scale
    wide = np.concatenate([even[:, at : at + PLACES] for at in range(SPAN)], axis=2)
    return np.asarray(wide, np.float32)


def logits(seen: Floats, weights: Weights) -> Floats:
    """How sure it is: above 0 is more likely than not. [n]"""
    first = np.maximum(spans(seen, weights) @ weights.span + weights.span_bias, 0)
    hidden = np.maximum(first.reshape(len(seen), -1) @ weights.hidden + weights.hidden_bias, 0)
    return np.asarray((hidden @ weights.out + weights.out_bias)[:, 0], np.float32)


class Learner:
    """Adam with a decay of weights; some of what is hidden is left out at random in each step."""

    def __init__(self, weights: Weights, rng: np.random.Generator, *, leave_out: float = 0.25) -> None:
        self.weights = weights
        self._rng = rng
        self._leave_out = leave_out
        self._means = [np.zeros_like(each) for each in weights.learned()]
        self._squares = [np.zeros_like(each) for each in weights.learned()]
        self._steps = 0

    def step(self, seen: Floats, truth: Floats, importance: Floats, rate: float) -> float:
        """One batch: seen [n, 16, 96], truth [n] of 0 and 1. The mean loss."""
        weights = self.weights
        wide = spans(seen, weights)
        first = np.maximum(wide @ weights.span + weights.span_bias, 0)
        first *= self._mask((len(seen), 1, NARROW), self._leave_out / 2)
        flat = first.reshape(len(seen), -1)
        hidden = np.maximum(flat @ weights.hidden + weights.hidden_bias, 0)
        hidden *= self._mask(hidden.shape, self._leave_out)
        sure = (hidden @ weights.out + weights.out_bias)[:, 0]
        chance = 1 / (1 + np.exp(-np.clip(sure, -30, 30)))
        share = importance / importance.sum()
        loss = -np.sum(share * (truth * np.log(chance + 1e-7) + (1 - truth) * np.log(1 - chance + 1e-7)))

        wrong = ((chance - truth) * share)[:, None]
        to_hidden = (wrong @ weights.out.T) * (hidden > 0) / (1 - self._leave_out)
        to_first = (
            (to_hidden @ weights.hidden.T).reshape(first.shape) * (first > 0) / (1 - self._leave_out / 2)
        )
        slopes = (
            wide.reshape(-1, SPAN * WIDTH).T @ to_first.reshape(-1, NARROW),
            to_first.sum((0, 1)),
            flat.T @ to_hidden,
            to_hidden.sum(0),
            hidden.T @ wrong,
            wrong.sum(0),
        )
        self._move(slopes, rate)
        return float(loss)

    def _mask(self, shape: tuple[int, ...], out: float) -> Floats:
        return ((self._rng.random(shape, np.float32) >= out) / (1 - out)).astype(np.float32)

    def _move(self, slopes: tuple[Floats, ...], rate: float) -> None:
        self._steps += 1
        for each, slope, mean, square in zip(
            self.weights.learned(), slopes, self._means, self._squares, strict=True
        ):
            mean += 0.1 * (slope - mean)
            square += 0.001 * (slope**2 - square)
            even = mean / (1 - 0.9**self._steps)
            size = np.sqrt(square / (1 - 0.999**self._steps)) + 1e-8
            each -= rate * (even / size + 1e-2 * each)
