"""Which disaster comes next: drawn from a seed, so that a bad run can be had again."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

What = Literal["kill", "lose-tail", "cut"]

# How often each is struck, about. A store that is killed may come back with an older file.
WEIGHTS: Final = {"bear": 5, "ingest": 6, "projector": 3, "dispatcher": 3, "store": 4, "broker": 3, "cut": 4}
TAILS: Final = 0.25  # share of the store's deaths after which its last writes are gone; the first always


@dataclass(frozen=True, slots=True)
class Fault:
    what: What
    whom: str  # a part's name; of a cut, whose network it is
    after: float  # seconds of peace before it
    down: float  # seconds until it comes back


def faults(seed: int, *, kills: int, targets: dict[str, list[str]], lines: list[str]) -> Iterator[Fault]:
    """So many kills, with cuts of the network between them.

    `targets` are the names by sort of part, `lines` whose networks may be cut.
    """
    dice = random.Random(seed)
    sorts = [sort for sort in WEIGHTS if sort == "cut" or targets.get(sort)]
    weights = [WEIGHTS[sort] for sort in sorts]
    left, store_died = kills, False
    while left:
        sort = dice.choices(sorts, weights)[0]
        after, down = dice.uniform(0.05, 0.6), dice.uniform(0.05, 0.5)
        if sort == "cut":
            yield Fault("cut", dice.choice(lines), after, down)
            continue
        left -= 1
        tail = sort == "store" and (dice.random() < TAILS or not store_died)
        store_died = store_died or sort == "store"
        yield Fault("lose-tail" if tail else "kill", dice.choice(targets[sort]), after, down)
