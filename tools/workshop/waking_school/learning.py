"""From lessons to weights: what is hardest is repeated most."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from teddy_edge.waking.features import SEEN
from workshop.waking_school import corpus
from workshop.waking_school.lessons import Lesson
from workshop.waking_school.network import NARROW, PLACES, SPAN, Floats, Learner, Weights, fresh

BATCH: Final = 256
SHOWING: Final = 80  # of a batch that show the phrase
STEPS: Final = 800  # batches between two looks at what is hardest
ROUNDS: Final = 5
FASTEST: Final = 2e-3
WEIGHT: Final = 2.0  # of a look without the phrase: a false call is worse than having to say it again
# Of an embedding's spread, added to every look: five engines have few voices, and who knows them by heart is
# lost in a sixth. In Piper, unheard: 0.86 of the calls instead of 0.84 at 8 false ones an hour.
NOISE: Final = 0.7
_AT_ONCE: Final = 8192


@dataclass(frozen=True, slots=True)
class School:
    """All lessons behind one another."""

    rows: NDArray[np.float16]
    shows: NDArray[np.int64]  # looks that show the phrase, by their last row
    others: NDArray[np.int64]  # looks that do not


def together(lessons: Sequence[Lesson]) -> School:
    shows: list[NDArray[np.int64]] = []
    others: list[NDArray[np.int64]] = []
    done = 0
    for each in lessons:
        (shows if each.kind == corpus.SAID else others).append(each.ends.astype(np.int64) + done)
        done += len(each.rows)
    return School(
        np.concatenate([each.rows for each in lessons]), np.concatenate(shows), np.concatenate(others)
    )


def learn(school: School, *, seed: int, tell: Callable[[str], None], rounds: int = ROUNDS) -> Weights:
    rng = np.random.default_rng(seed)
    some = school.rows[rng.integers(len(school.rows), size=20_000)].astype(np.float32)
    learner = Learner(fresh(some.mean(0), 1 / (some.std(0) + 1e-3), rng), rng)
    hard = school.others
    steps = STEPS * rounds
    for round_ in range(rounds):
        loss = 0.0
        for at in range(STEPS):
            done = (round_ * STEPS + at) / steps
            rate = FASTEST * min(1, done * 20 + 0.05) * (0.5 + 0.5 * np.cos(np.pi * done))
            yes = rng.choice(school.shows, SHOWING)
            no = rng.choice(school.others, (BATCH - SHOWING) // 2)
            harder = hard[rng.integers(len(hard), size=BATCH - SHOWING - len(no))]
            seen = at_ends(school.rows, np.concatenate([yes, no, harder]))
            seen += NOISE / learner.weights.scale * rng.standard_normal(seen.shape, np.float32)
            truth = np.zeros(BATCH, np.float32)
            truth[:SHOWING] = 1
            loss += learner.step(seen, truth, np.where(truth > 0, 1, WEIGHT).astype(np.float32), rate)
        sure = scores(school.rows, school.others, learner.weights)
        # The hardest, and so many of them that none is learned by heart.
        most = np.argpartition(sure, -len(sure) // 25)[-len(sure) // 25 :]
        hard = school.others[most]
        missed = float(np.mean(scores(school.rows, school.shows[::7], learner.weights) < 0))
        tell(
            f"round {round_ + 1} of {rounds}: loss {loss / STEPS:.3f}, "
            f"{np.mean(sure > 0):.2%} of other looks taken for it, {missed:.1%} of its own missed"
        )
    return learner.weights


def at_ends(rows: NDArray[np.float16], ends: NDArray[np.int64]) -> Floats:
    """[n, 16, 96]"""
    return np.asarray(rows[ends[:, None] + np.arange(1 - SEEN, 1)], np.float32)


def scores(rows: NDArray[np.float16], ends: NDArray[np.integer], weights: Weights) -> Floats:
    """`logits` of many looks at the same rows: the first layer once a row instead of once a look."""
    first = np.zeros((len(rows), NARROW), np.float32)
    for at in range(0, len(rows) - SPAN + 1, _AT_ONCE):
        even = (rows[at : at + _AT_ONCE + SPAN - 1].astype(np.float32) - weights.mean) * weights.scale
        many = len(even) - SPAN + 1
        wide = np.concatenate([even[each : each + many] for each in range(SPAN)], axis=1)
        first[at : at + many] = np.maximum(wide @ weights.span + weights.span_bias, 0)
    found = np.empty(len(ends), np.float32)
    for at in range(0, len(ends), _AT_ONCE):
        some = ends[at : at + _AT_ONCE]
        flat = first[some[:, None] + np.arange(1 - SEEN, 1 - SEEN + PLACES)].reshape(len(some), -1)
        hidden = np.maximum(flat @ weights.hidden + weights.hidden_bias, 0)
        found[at : at + _AT_ONCE] = (hidden @ weights.out + weights.out_bias)[:, 0]
    return found


def probabilities(rows: NDArray[np.float16], ends: NDArray[np.integer], many: Sequence[Weights]) -> Floats:
    """Of several networks together, as the head that is shipped gives them."""
    mean = np.mean([scores(rows, ends, each) for each in many], axis=0)
    return np.asarray(1 / (1 + np.exp(-mean)), np.float32)
