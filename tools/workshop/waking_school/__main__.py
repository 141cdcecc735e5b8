"""`tools/waking-school [HEAD…]`: from speaking programs to trained heads, their manifests and figures."""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final

from teddy_edge.inference.models import ModelStore
from teddy_edge.settings import read
from teddy_edge.waking.head import HEADS
from teddy_shared.errors import TeddyError
from workshop.waking_school import supplies
from workshop.waking_school.course import Course
from workshop.waking_school.phrases import PHRASES

SEED: Final = 5


def main() -> int:
    wanted = _parser().parse_args()
    began = time.monotonic()

    def tell(line: str) -> None:
        print(f"{time.monotonic() - began:6.0f} s  {line}", flush=True)

    try:
        supplies.engines()
        supplies.voices()
        models = read().models.cache
        ModelStore(models).prepare(tell)
    except TeddyError as error:
        print(f"tools/waking-school: {error}", file=sys.stderr)
        return 2
    # A fork would inherit the threads of the networks that are open here.
    with ProcessPoolExecutor(wanted.workers, multiprocessing.get_context("spawn")) as workers:
        course = Course(
            folder=supplies.PLACE / f"seed-{wanted.seed}-share-{wanted.share:g}",
            models=models,
            heads=wanted.out,
            workers=workers,
            seed=wanted.seed,
            share=wanted.share,
            threshold=wanted.threshold,
            tell=tell,
        )
        for phrase in PHRASES:
            if phrase.head in (wanted.heads or [each.head for each in PHRASES]):
                course.take(phrase)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tools/waking-school",
        description="Trains the heads of waking with the voices of five engines that Debian and PyPI have; "
        "what it makes on the way lies in var/school and may be deleted.",
    )
    names = [each.head for each in PHRASES]
    parser.add_argument("heads", nargs="*", metavar="HEAD", help=f"{', '.join(names)}; without, all")
    parser.add_argument("--out", type=Path, default=HEADS, help="where the heads go (into the bear)")
    parser.add_argument("--seed", type=int, default=SEED, help=f"of everything drawn by lot ({SEED})")
    parser.add_argument(
        "--share", type=float, default=1.0, help="of all clips and scenes, for a quick try (1)"
    )
    parser.add_argument(
        "--threshold", type=float, help="of the head, instead of the one that its judges would choose"
    )
    parser.add_argument(
        "--workers", type=int, default=multiprocessing.cpu_count(), help="processes side by side"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
