"""Does it wake to its name: voices unheard in training, noise, hours without the name, near phrases."""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
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
_JUDGED: Final = 4  # every so manieth call is judged by its words too, which takes half a second each


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
        listening = Listening(
            hearing=open_hearing_at_once(models, folder=supplies.PLACE),
            head=open_head(wanted.head, folder=wanted.heads),
        )
        waker = open_waker(models, heads=wanted.heads) if wanted.head == WAKE else None
        figures = [
            *_recall(voices, listening, waker),
            *_near(voices, listening, waker),
            Figure(
                "speed", _speed(models, wanted.head, wanted.heads, voices), "x", bar=1, more_is_better=True
            ),
        ]
        hours = partial(_false_calls, wanted.head, wanted.heads, wanted.hours)
        return [*figures, *hours(voices, workers)]


def _recall(voices: exam.Voices, listening: Listening, waker: Waker | None) -> Iterator[Figure]:
    """Clean and beside each noise; and how many of those calls the words that were understood confirm."""
    shares = {}
    confirmed = judged = 0
    for number, where in enumerate(("clean", *exam.NOISES)):
        rng = np.random.default_rng([exam.SEED, number])
        heard = []
        for pitch in exam.CHILDREN:
            for clip in voices.said:
                pcm = (
                    exam.clean(clip, pitch, rng)
                    if where == "clean"
                    else exam.noisy(clip, pitch, where, voices.speech, rng)
                )
                heard.append(bool(listening.calls(pcm)))
                if waker is not None and heard[-1] and len(heard) % _JUDGED == 0:
                    judged += 1
                    confirmed += waker.hear(pcm)[1]
        shares[where] = 100 * float(np.mean(heard))
        yield Figure(
            f"recall_{where}", shares[where], "%", bar=95 if where == "clean" else 85, more_is_better=True
        )
    worst = min(shares[noise] for noise in exam.NOISES)
    yield Figure("recall_10db", worst, "%", bar=85, more_is_better=True)
    if judged:
        yield Figure("confirmed_by_words", 100 * confirmed / judged, "%")


def _near(voices: exam.Voices, listening: Listening, waker: Waker | None) -> Iterator[Figure]:
    """Each near phrase in three throats, one line each."""
    rng = np.random.default_rng([exam.SEED, 100])
    called = woken = count = 0
    for text, clip in voices.near:
        taken = 0
        for pitch in exam.CHILDREN:
            pcm = exam.clean(clip, pitch, rng)
            count += 1
            if listening.calls(pcm):
                taken += 1
                woken += 1 if waker is None else waker.hear(pcm)[1]
        called += taken
        print(f"{text}: taken for it {taken} of {len(exam.CHILDREN)}", flush=True)
    yield Figure("near_share_of_head", 100 * called / count, "%", bar=5 if waker is None else None)
    if waker is not None:
        yield Figure("near_share", 100 * woken / count, "%", bar=5)


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
    models = ModelStore(read().models.cache)
    listening = Listening(
        hearing=open_hearing_at_once(models, folder=supplies.PLACE), head=open_head(head, folder=heads)
    )
    pcm = exam.hour(kind, number, speech, people)
    calls = listening.calls(pcm)
    if head != WAKE or not calls:
        return len(calls), len(calls)
    waker = open_waker(models, heads=heads)
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
