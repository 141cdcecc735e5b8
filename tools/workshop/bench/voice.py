"""From the end of a child's sentence to the first sound of the answer, through the real bear in real time.

With `--peer` recorded people speak to it and, in turn, to a Pipecat pipeline of that framework's own parts,
and to another that carries the bear's models: see `workshop/beside/rounds.py` for what was set how.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from teddy_edge.audio.microphone import Clip
from teddy_edge.container.bear import open_bear
from teddy_edge.container.bundles import Models
from teddy_edge.inference.models import ModelStore
from teddy_edge.settings import Settings, read
from teddy_edge.speech.clauses import clauses
from teddy_edge.speech.hibari import HibariSynthesizer, open_hibari
from teddy_shared import logs
from teddy_shared.errors import ConfigError
from workshop.beside import rounds
from workshop.hearing import clips, from_debian
from workshop.measuring import Figure, Options
from workshop.turns.runs import Run, noted_runs, seconds
from workshop.turns.sentences import sentences
from workshop.turns.taking import Reports, Taken, take_turn

LEAST: Final = 24  # turns, else the percentiles say nothing
WARM: Final = 2  # turns that are not counted


@dataclass(frozen=True, slots=True)
class Measured:
    """One turn, in seconds."""

    first_sound: float
    from_last_sample: float
    in_models: float
    bare: float  # the same models on the same samples and the same first clause, without the bear


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--peer",
        action="store_true",
        help="beside Pipecat instead: 900 MB in an environment of its own, and ten minutes",
    )


def run(options: Options) -> Sequence[Figure]:
    """Takes three minutes, since the child speaks in real time; `rounds` has a say beside Pipecat alone."""
    if not clips.PLACE.exists():
        from_debian.install(clips.PACKAGE)
    logs.configure(level="error")
    settings = read(overrides={"link.broker": ""})
    store = ModelStore(settings.models.cache)
    store.prepare(lambda line: print(line, file=sys.stderr, flush=True))
    if options.own.peer:
        with tempfile.TemporaryDirectory(prefix="teddy-bench-") as folder:
            private = settings.model_copy(update={"data": Path(folder)})
            return rounds.run(private, store, rounds=options.rounds)
    if shutil.which("flite") is None:
        from_debian.install("flite")
    said = sentences()
    with tempfile.TemporaryDirectory(prefix="teddy-bench-") as folder, noted_runs() as runs:
        private = settings.model_copy(update={"data": Path(folder)})
        measured = asyncio.run(_measure(private, said, open_hibari(store), runs))
    return _figures(measured)


async def _measure(
    settings: Settings, said: Sequence[Clip], voice: HibariSynthesizer, runs: list[Run]
) -> list[Measured]:
    reports, measured = Reports(), []
    async with open_bear(settings, onlooker=reports) as bear:
        await bear.learn_meanings()  # as behind the start of any bear; on a busy machine it takes a while
        models = await bear.parts.get(Models)
        for number, clip in enumerate([*said[:WARM], *said]):
            runs.clear()
            taken = await take_turn(bear, clip, reports)
            if taken is None:
                print(f"{clip.name}: no turn came of it", file=sys.stderr)
                continue
            in_models = _in_models(taken, runs)
            bare = await asyncio.to_thread(_bare, models, voice, taken)
            each = Measured(taken.first_sound, taken.from_last_sample, in_models, bare)
            if number >= WARM:
                measured.append(each)
                _show(clip, taken, each)
    if len(measured) < LEAST:
        raise ConfigError(f"only {len(measured)} of {len(said)} clips became a turn; {LEAST} are needed")
    return measured


def _in_models(taken: Taken, runs: Sequence[Run]) -> float:
    """On the way to the first sound; what was rendered ahead beyond the first clause is not on it."""
    began, ended = taken.decided_at, taken.decided_at + taken.first_sound
    return seconds([each for each in runs if each.thread != "ear"], since=began, until=ended)


def _bare(models: Models, voice: HibariSynthesizer, taken: Taken) -> float:
    first = clauses(taken.report.reply)[0]
    began = time.perf_counter()
    models.recogniser.transcribe(taken.utterance.pcm)
    voice.render(first)
    return time.perf_counter() - began


def _figures(measured: Sequence[Measured]) -> list[Figure]:
    first = [1000 * each.first_sound for each in measured]
    bare = [1000 * each.bare for each in measured]
    return [
        Figure("turns", len(measured), "turns", bar=LEAST, more_is_better=True),
        Figure("first_sound_p50_ms", _percentile(first, 50), "ms", bar=350),
        Figure("first_sound_p95_ms", _percentile(first, 95), "ms", bar=600),
        Figure(
            "overhead_ms",
            statistics.median(1000 * (each.first_sound - each.in_models) for each in measured),
            "ms",
            bar=25,
        ),
        Figure(
            "from_last_sample_p50_ms",
            _percentile([1000 * each.from_last_sample for each in measured], 50),
            "ms",
        ),
        Figure("bare_p50_ms", _percentile(bare, 50), "ms"),
        Figure("bare_p95_ms", _percentile(bare, 95), "ms"),
        Figure(
            "bear_over_bare",
            statistics.median(bear / its for bear, its in zip(first, bare, strict=True)),
            "x",
        ),
    ]


def _percentile(values: Sequence[float], share: float) -> float:
    return float(np.percentile(values, share))


def _show(clip: Clip, taken: Taken, each: Measured) -> None:
    stages = ", ".join(f"{name} {value:.0f}" for name, value in taken.report.stages_ms.items())
    print(
        f"{clip.name:22} first sound {1000 * each.first_sound:4.0f} ms, models {1000 * each.in_models:4.0f}, "
        f"bare {1000 * each.bare:4.0f}; {taken.report.skill}: {stages}",
        flush=True,
    )
