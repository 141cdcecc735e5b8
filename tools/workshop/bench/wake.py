"""Does it wake to its name: voices unheard in training, noise, hours without the name, near phrases."""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from pathlib import Path
from typing import Final

import numpy as np

from teddy_edge.audio.samples import EAR_RATE, Pcm
from teddy_edge.commands.wake import Waker, open_waker
from teddy_edge.inference.models import ModelStore
from teddy_edge.settings import read
from teddy_edge.waking.features import open_features
from teddy_edge.waking.head import HEADS, STOP, WAKE, open_head
from teddy_edge.waking.spotter import Spotter, Watch, Woke
from workshop.hearing import clips, from_debian
from workshop.hearing.clips import human_clips
from workshop.measuring import Figure, Options
from workshop.waking_school import exam, supplies
from workshop.waking_school.hearing_at_once import open_hearing_at_once
from workshop.waking_school.listening import Listening
from workshop.waking_school.phrases import PHRASES

HOURS: Final = 10.0
KINDS: Final[Mapping[str, float]] = {
    "speech": 0.4,
    "music": 0.2,
    "babble": 0.2,
    "noise": 0.2,
}  # shares of them
_SIX_MINUTES: Final = 0.1  # hours of one piece
_SPEED: Final = 20  # seconds of sound by which the speed of the bear's own stream is taken
_BEFORE: Final = 6 * EAR_RATE  # samples before a call in which its utterance begins
_AFTER: Final = 4 * EAR_RATE  # and behind it, in which it goes on
_TOGETHER: Final = 15  # clips that a worker judges before it comes back

Judged = tuple[bool, bool]
"""Of a clip: whether the head calls, and whether the bear would obey."""

Judge = Callable[[Iterable[Pcm]], list[Judged]]


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--hours", type=float, default=HOURS, help="of sound without the phrase (10)")
    parser.add_argument("--head", choices=[WAKE, STOP], default=WAKE, help="which head (hey_teddy)")
    parser.add_argument("--heads", type=Path, default=HEADS, metavar="DIR", help="where it lies")
    parser.add_argument("--workers", type=int, default=multiprocessing.cpu_count(), help="side by side")


def run(options: Options) -> Sequence[Figure]:
    wanted = options.own
    supplies.speaker()
    supplies.voices()
    if not clips.PLACE.exists():
        from_debian.install(clips.PACKAGE)
    models = ModelStore(read().models.cache)
    models.prepare(_tell)
    with ProcessPoolExecutor(wanted.workers, multiprocessing.get_context("spawn")) as workers:
        phrase = next(each for each in PHRASES if each.head == wanted.head)
        voices = exam.voices(phrase, folder=supplies.PLACE, workers=workers, tell=_tell)
        judged = partial(_in_pieces, partial(_judged, wanted.head, wanted.heads), workers)
        speed = _speed(models, wanted.head, wanted.heads, voices)
        return [
            *_recall(voices, judged, words=phrase.judged_by_words),
            *_near(voices, judged, words=phrase.judged_by_words),
            Figure("speed", speed, "x", bar=1, more_is_better=True),
            *_false_calls(wanted.head, wanted.heads, wanted.hours, voices, workers),
        ]


def _recall(voices: exam.Voices, judged: Judge, *, words: bool) -> Iterator[Figure]:
    """Clean and beside each noise: whether the bear would answer, and whether its head alone would call."""
    woken, called = {}, {}
    for number, where in enumerate(("clean", *exam.NOISES)):
        rng = np.random.default_rng([exam.SEED, number])
        found = judged(
            exam.clean(clip, pitch, rng)
            if where == "clean"
            else exam.noisy(clip, pitch, where, voices.speech, rng)
            for pitch in exam.CHILDREN
            for clip in voices.said
        )
        called[where], woken[where] = (100 * float(np.mean(each)) for each in zip(*found, strict=True))
        bar = 95 if where == "clean" else 85
        yield Figure(f"recall_{where}", woken[where], "%", bar=bar, more_is_better=True)
        if words:
            yield Figure(f"recall_{where}_of_head", called[where], "%")
    yield Figure("recall_10db", min(woken[each] for each in exam.NOISES), "%", bar=85, more_is_better=True)
    if words:
        yield Figure("recall_10db_of_head", min(called[each] for each in exam.NOISES), "%")


def _near(voices: exam.Voices, judged: Judge, *, words: bool) -> Iterator[Figure]:
    """Each near phrase in three throats, one line each."""
    rng = np.random.default_rng([exam.SEED, 100])
    throats = len(exam.CHILDREN)
    found = judged(exam.clean(clip, pitch, rng) for _, clip in voices.near for pitch in exam.CHILDREN)
    for number, (text, _) in enumerate(voices.near):
        called, woken = (sum(each) for each in zip(*found[number * throats :][:throats], strict=True))
        after = f", {woken} after the words" if words else ""
        print(f"{text}: taken for it {called} of {throats}{after}", flush=True)
    called, woken = (100 * float(np.mean(each)) for each in zip(*found, strict=True))
    yield Figure("near_share", woken, "%", bar=5)
    if words:
        yield Figure("near_share_of_head", called, "%")


def _in_pieces(
    judge: Callable[[Sequence[Pcm]], list[Judged]], workers: ProcessPoolExecutor, clips: Iterable[Pcm]
) -> list[Judged]:
    clips = list(clips)
    pieces = [clips[at : at + _TOGETHER] for at in range(0, len(clips), _TOGETHER)]
    return [each for found in workers.map(judge, pieces) for each in found]


def _judged(head: str, heads: Path, clips: Sequence[Pcm]) -> list[Judged]:
    """In a worker."""
    listening, waker = _ears(head, heads)
    found = []
    for pcm in clips:
        called = bool(listening.calls(pcm))
        found.append((called, called and (waker is None or waker.hear(pcm)[1])))
    return found


@cache
def _ears(head: str, heads: Path) -> tuple[Listening, Waker | None]:
    """In a worker. A head alone, and what the bear makes of its calls where it judges them."""
    models = ModelStore(read().models.cache)
    listening = Listening(
        hearing=open_hearing_at_once(models, folder=supplies.PLACE), head=open_head(head, folder=heads)
    )
    return listening, open_waker(models, heads=heads) if head == WAKE else None


def _false_calls(
    head: str, heads: Path, hours: float, voices: exam.Voices, workers: ProcessPoolExecutor
) -> Iterator[Figure]:
    """What is taken for the phrase where nobody says it: by the head, and what the words leave of that."""
    people = [each.pcm for each in human_clips()]
    called = woken = 0
    listened = 0.0
    for kind, share in KINDS.items():
        pieces = max(1, round(hours * share / _SIX_MINUTES))
        work = partial(_calls, head, heads, kind, list(voices.speech), people)
        found = list(workers.map(work, range(pieces)))
        here, left = (sum(each) for each in zip(*found, strict=True))
        spent = pieces * _SIX_MINUTES
        called, woken, listened = called + here, woken + left, listened + spent
        _tell(f"{kind}: {here} false calls in {spent:.1f} hours, {left} after the words")
        yield Figure(f"false_per_hour_{kind}_of_head", here / spent, "/h")
        yield Figure(f"false_per_hour_{kind}", left / spent, "/h")
    yield Figure("false_per_hour_of_head", called / listened, "/h")
    yield Figure("false_per_hour", woken / listened, "/h", bar=0.5)
    yield Figure("hours", listened, "h", bar=min(HOURS, hours), more_is_better=True)


def _calls(
    head: str, heads: Path, kind: str, speech: Sequence[Pcm], people: Sequence[Pcm], number: int
) -> tuple[int, int]:
    """In a worker. How often the head calls, and how often the bear would obey."""
    listening, waker = _ears(head, heads)
    pcm = exam.hour(kind, number, speech, people)
    calls = listening.calls(pcm)
    if waker is None:
        return len(calls), len(calls)
    return len(calls), sum(waker.hear(stretch)[1] for stretch in _stretches(pcm, calls))


def _stretches(pcm: Pcm, calls: Sequence[int]) -> Iterator[Pcm]:
    """What the bear's ear has to hear to judge for itself; calls that lie close together are judged once."""
    end = 0
    for at in calls:
        if at >= end:
            begin, end = max(0, at - _BEFORE), at + _AFTER
            yield pcm[begin:end]


def _speed(models: ModelStore, head: str, heads: Path, voices: exam.Voices) -> float:
    """Seconds of sound in a second of CPU, through the bear's own stream."""
    watch = Watch(open_head(head, folder=heads), Woke)
    spotter = Spotter(features=open_features(models), watches=[watch])
    pcm = np.resize(np.concatenate(voices.speech), _SPEED * EAR_RATE)
    began = time.process_time()
    for at in range(0, len(pcm), 480):
        spotter.hear(pcm[at : at + 480])
    return _SPEED / (time.process_time() - began)


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
