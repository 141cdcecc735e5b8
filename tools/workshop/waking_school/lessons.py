"""Clips laid into scenes and heard: rows of embeddings, and which looks at them show the phrase."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from teddy_edge.audio.samples import Pcm
from teddy_edge.inference.models import ModelStore
from teddy_edge.waking.features import SEEN, STEP
from workshop.waking_school import corpus
from workshop.waking_school.hearing_at_once import HearingAtOnce, open_hearing_at_once
from workshop.waking_school.rooms import Random, Surroundings
from workshop.waking_school.scenes import no_words, scene, talk

SHARES: Final[dict[str, float]] = {
    "espeak": 0.34,
    "flite": 0.2,
    "festival": 0.13,
    "hibari": 0.14,
    "piper": 0.19,
}
"""How much of the lessons each engine speaks: by how different its voices are, not by how many there are."""

LOOKS: Final = 4  # that count as seeing the phrase, from the first one after its end
_TALK: Final = 20.0  # seconds of one piece without the phrase
_TOGETHER: Final = 50  # scenes in one job of a worker

TALKING: Final = "talk"
WORDLESS: Final = "wordless"


@dataclass(frozen=True, slots=True)
class Lesson:
    """Scenes of one kind in the voices of one engine."""

    engine: str
    kind: str  # corpus.SAID, corpus.NEAR, TALKING, WORDLESS
    rows: NDArray[np.float16]  # [n, 96], scene after scene
    ends: NDArray[np.int32]  # the last row of each look
    scenes: NDArray[np.int32]  # the scene of each look, counted from 0

    @property
    def hours(self) -> float:
        return len(self.ends) * STEP / 16_000 / 3600


@dataclass(frozen=True, slots=True)
class Job:
    """What a worker needs to know; the clips it reads for itself."""

    head: str
    engine: str
    kind: str
    many: int
    seed: tuple[int, ...]
    folder: Path
    models: Path


def lessons(
    head: str,
    many: Mapping[str, int],
    *,
    folder: Path,
    models: Path,
    workers: Executor,
    seed: int,
    tell: Callable[[str], None],
) -> Iterator[Lesson]:
    """So many scenes of each kind, shared among the engines."""
    for kind, whole in many.items():
        for number, (engine, share) in enumerate(SHARES.items()):
            wanted = round(whole * share)
            together = _TOGETHER if kind in (corpus.SAID, corpus.NEAR) else _TOGETHER // 10
            jobs = [
                Job(
                    head,
                    engine,
                    kind,
                    min(together, wanted - at),
                    (seed, number, at, len(kind)),
                    folder,
                    models,
                )
                for at in range(0, wanted, together)
            ]
            parts = [done.result() for done in [workers.submit(taught, job) for job in jobs]]
            lesson = _joined(engine, kind, parts)
            tell(f"{head}: {engine} {kind}: {wanted} scenes, {len(lesson.ends)} looks")
            yield lesson


def taught(job: Job) -> Lesson:
    """One job, in a worker."""
    hearing = _hearing(job.models, job.folder)
    rng = np.random.default_rng(job.seed)
    around = _around(job.folder, job.engine)
    rows, ends, scenes, done = [], [], [], 0
    for number in range(job.many):
        pcm, first, last = _one(job, around, rng)
        heard = hearing.rows(pcm)
        last = min(last, len(heard) - SEEN + 1)
        rows.append(heard.astype(np.float16))
        ends.append(np.arange(first, last, dtype=np.int32) + done + SEEN - 1)
        scenes.append(np.full(len(ends[-1]), number, np.int32))
        done += len(heard)
    return Lesson(job.engine, job.kind, np.concatenate(rows), np.concatenate(ends), np.concatenate(scenes))


def _one(job: Job, around: Surroundings, rng: Random) -> tuple[Pcm, int, int]:
    """The sound, and from which look to which it counts."""
    if job.kind == TALKING:
        return talk(around, _TALK, rng), 0, 1 << 30
    if job.kind == WORDLESS:
        return no_words(around, _TALK, rng), 0, 1 << 30
    clips = _clips(corpus.file_of(job.folder, job.head, job.engine, job.kind))
    moment = scene(clips[int(rng.integers(len(clips)))], around, rng)
    if job.kind == corpus.NEAR:
        return moment.pcm, moment.begins // STEP, 1 << 30
    over = -(-moment.ends // STEP) - 1  # the look that has heard all of it
    return moment.pcm, over, over + LOOKS


def _joined(engine: str, kind: str, parts: Sequence[Lesson]) -> Lesson:
    rows, ends, scenes, done, seen = [], [], [], 0, 0
    for part in parts:
        rows.append(part.rows)
        ends.append(part.ends + done)
        scenes.append(part.scenes + seen)
        done += len(part.rows)
        seen += int(part.scenes.max(initial=-1)) + 1
    return Lesson(engine, kind, np.concatenate(rows), np.concatenate(ends), np.concatenate(scenes))


@cache
def _clips(file: Path) -> Sequence[Pcm]:
    return corpus.kept(file)


@cache
def _around(folder: Path, engine: str) -> Surroundings:
    return corpus.around(folder, engine)


@cache
def _hearing(models: Path, folder: Path) -> HearingAtOnce:
    return open_hearing_at_once(ModelStore(models), folder=folder)
