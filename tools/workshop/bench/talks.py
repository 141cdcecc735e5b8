"""A hundred turns with simulated children of every age and temperament: all fits, and no line comes twice."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from itertools import product
from typing import Final

from teddy_edge.conversation.answering import Answering
from teddy_edge.conversation.skills.by_meaning import ByMeaning, load_examples
from teddy_edge.conversation.skills.chooser import load_chooser
from teddy_edge.inference.governor import ThreadGovernor
from teddy_edge.inference.meaning import open_meaning
from teddy_edge.inference.models import ModelStore
from teddy_edge.safety.guard import load_guard
from teddy_edge.safety.scripts import load_scripts
from teddy_edge.settings import read
from teddy_shared.ages import AgeBand
from teddy_shared.clock import SeededChance
from workshop.measuring import Figure, Options
from workshop.talks.child import TEMPERAMENTS, Child
from workshop.talks.judge import Fault, Turn, faults
from workshop.talks.sentences import load_sentences
from workshop.talks.talking import talk

TURNS: Final = 100
KINDS: Final = ("repeats", "dead_ends", "goodbye_late", "unfit")


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seeds", type=int, default=1, help="talks of each age and temperament (1)")
    parser.add_argument("--first", type=int, default=1, help="the first seed (1)")
    parser.add_argument(
        "--tell", action="store_true", help="print whole talks, not only the turns that do not fit"
    )


def run(options: Options) -> Sequence[Figure]:
    return asyncio.run(_run(options.own))


async def _run(wanted: argparse.Namespace) -> Sequence[Figure]:
    found: Counter[str] = Counter()
    turns = talks = 0
    async with _answering() as answering:
        for child, name in _children(range(wanted.first, wanted.first + wanted.seeds)):
            said = await talk(answering, child, turns=TURNS)
            wrong = list(faults(said))
            _tell(name, said, wrong, whole=wanted.tell)
            found.update(fault.kind for fault in wrong)
            turns, talks = turns + len(said), talks + 1
    return [
        *(Figure(kind, found[kind], "turns", bar=0) for kind in KINDS),
        Figure("turns", turns, "turns"),
        Figure("talks", talks, "talks"),
    ]


def _children(seeds: Sequence[int]) -> Iterator[tuple[Child, str]]:
    sentences = load_sentences()
    for seed, band, temperament in product(seeds, AgeBand, TEMPERAMENTS):
        child = Child(temperament, band, sentences, SeededChance(seed))
        yield child, f"{band.value} {temperament} {seed}"


@asynccontextmanager
async def _answering() -> AsyncIterator[Answering]:
    store = ModelStore(read().models.cache)
    store.prepare(lambda line: print(line, file=sys.stderr, flush=True))
    governor = ThreadGovernor()
    try:
        yield Answering(
            guard=load_guard(),
            scripts=load_scripts(),
            chooser=load_chooser(),
            understanding=ByMeaning(
                examples=load_examples(), open_embedder=partial(open_meaning, store), governor=governor
            ),
            chance=SeededChance(1),
        )
    finally:
        governor.close()


def _tell(name: str, said: Sequence[Turn], wrong: Sequence[Fault], *, whole: bool) -> None:
    by_turn = {fault.turn: fault for fault in wrong}
    if whole:
        print(f"\n== {name}")
    for at, turn in enumerate(said):
        if whole:
            print(f"{at:3} child  {turn.said.text}\n    bear   {turn.reply.text}  ({turn.reply.skill})")
        if at in by_turn:
            fault = by_turn[at]
            where = "" if whole else f"{name}, turn {at}: {turn.said.text!r} -> {turn.reply.text!r}: "
            print(f"    {fault.kind}: {where}{fault.why}")
