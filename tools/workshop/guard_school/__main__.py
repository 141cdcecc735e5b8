"""`tools/guard-school [SIDE…]`: from files of sentences to trained heads, their thresholds and figures."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Final

from teddy_edge.inference.fingerprints import sha256_of
from teddy_edge.inference.meaning import open_meaning
from teddy_edge.inference.models import ModelStore
from teddy_edge.safety.heads import HEADS
from teddy_edge.safety.policy import load_policy
from teddy_edge.safety.verdict import Side
from teddy_edge.settings import read
from teddy_shared.errors import TeddyError
from workshop.guard_school.course import Course
from workshop.guard_school.remembering import Remembered
from workshop.guard_school.sentences import ROOM, TAUGHT

SEED: Final = 6
KEPT: Final = ROOM.parents[2] / "var" / "guard-school"
"""What it makes on the way; may be deleted."""


def main() -> int:
    wanted = _parser().parse_args()
    began = time.monotonic()

    def tell(line: str) -> None:
        print(f"{time.monotonic() - began:6.0f} s  {line}", flush=True)

    try:
        store = ModelStore(read().models.cache)
        store.prepare(tell)
        course = Course(
            embedder=Remembered(
                open_meaning(store), file=KEPT / f"{sha256_of(store.path('minilm'))[:16]}.npz"
            ),
            policy=load_policy(),
            heads=wanted.out,
            seed=wanted.seed,
            tell=tell,
            sentences=wanted.sentences,
        )
        for side in wanted.sides or list(Side):
            tell(f"wrote {course.take(side)}")
    except TeddyError as error:
        print(f"tools/guard-school: {error}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tools/guard-school",
        description="Trains the guard's heads on the sentences in tools/workshop/guard_school/sentences with "
        "the bear's own sentence model, a quarter of an hour for both. The same sentences and the same seed "
        "give the same files.",
    )
    parser.add_argument(
        "sides", nargs="*", type=Side, metavar="SIDE", help=f"{', '.join(Side)}; without, both"
    )
    parser.add_argument("--out", type=Path, default=HEADS, help="where the heads go (into the bear)")
    parser.add_argument("--sentences", type=Path, default=TAUGHT, help="a folder with heard/ and said/")
    parser.add_argument("--seed", type=int, default=SEED, help=f"of everything drawn by lot ({SEED})")
    return parser


if __name__ == "__main__":
    sys.exit(main())
