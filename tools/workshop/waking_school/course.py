"""The whole way of one head: voices, lessons, thresholds on voices unheard, the network, the files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from workshop.waking_school import corpus
from workshop.waking_school.exporting import write_manifest, write_network
from workshop.waking_school.learning import learn, probabilities, together
from workshop.waking_school.lessons import SHARES, TALKING, WORDLESS, Lesson, lessons
from workshop.waking_school.network import Weights
from workshop.waking_school.phrases import Phrase
from workshop.waking_school.threshold import ALONE, BEFORE_WORDS, Choice, Quiet, choose, judge

SCENES: Final = {corpus.SAID: 4000, corpus.NEAR: 5000, TALKING: 600, WORDLESS: 500}
NETWORKS: Final = 4  # whose mean is the head
JUDGES: Final = ("hibari", "piper")
"""Engines whose voices are taken from people: what is asked of a buzzing one says little of a child."""

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Course:
    folder: Path  # where clips are kept
    models: Path
    heads: Path  # where the head goes
    workers: Executor
    seed: int
    share: float  # of all clips and scenes
    threshold: float | None  # where it is not left to the judges
    tell: Tell

    def take(self, phrase: Phrase) -> None:
        for _ in corpus.spoken(
            phrase, folder=self.folder, workers=self.workers, seed=self.seed, tell=self.tell, share=self.share
        ):
            pass
        taught = list(
            lessons(
                phrase.head,
                {kind: round(many * self.share) for kind, many in SCENES.items()},
                folder=self.folder,
                models=self.models,
                workers=self.workers,
                seed=self.seed,
                tell=self.tell,
            )
        )
        choice = self._choice(taught, BEFORE_WORDS if phrase.judged_by_words else ALONE)
        self.tell(f"{phrase.head}: {choice}")
        school = together(taught)
        seeds = range(self.seed, self.seed + NETWORKS)
        networks = list(self.workers.map(_learned, [(taught, seed) for seed in seeds]))
        self._write(phrase, taught, networks, choice)
        self.tell(
            f"{phrase.head}: written; {len(school.shows)} looks at the phrase, {len(school.others)} at others"
        )

    def _choice(self, taught: Sequence[Lesson], quiet: Quiet) -> Choice:
        """Each of the judges is heard by a network that never heard it."""
        without = [([each for each in taught if each.engine != engine], self.seed) for engine in JUDGES]
        judged = []
        for engine, weights in zip(JUDGES, self.workers.map(_learned, without), strict=True):
            held_out = [each for each in taught if each.engine == engine]
            judged += [(each, probabilities(each.rows, each.ends, [weights])) for each in held_out]
            self.tell(
                f"without {engine}: {choose([each for each in judged if each[0].engine == engine], quiet)}"
            )
        return choose(judged, quiet) if self.threshold is None else judge(judged, self.threshold, 1)

    def _write(
        self, phrase: Phrase, taught: Sequence[Lesson], networks: Sequence[Weights], choice: Choice
    ) -> None:
        self.heads.mkdir(parents=True, exist_ok=True)
        network = self.heads / f"{phrase.head}.onnx"
        write_network(network, networks)
        write_manifest(
            network,
            phrase=phrase.phrase,
            threshold=choice.threshold,
            hits=choice.hits,
            trained={
                "command": self._command(phrase),
                "engines": list(SHARES),
                "scenes": {
                    kind: sum(_scenes(each) for each in taught if each.kind == kind) for kind in SCENES
                },
                "looks": sum(len(each.ends) for each in taught),
                "networks": len(networks),
            },
            measured={
                "held_out_engines": {
                    "how": f"{' and '.join(JUDGES)}, each by networks that never heard it",
                    **choice.told(),
                }
            },
        )

    def _command(self, phrase: Phrase) -> str:
        chosen = "" if self.threshold is None else f" --threshold {self.threshold:g}"
        return f"tools/waking-school {phrase.head} --seed {self.seed} --share {self.share:g}{chosen}"


def _scenes(lesson: Lesson) -> int:
    return int(lesson.scenes.max(initial=-1)) + 1


def _learned(work: tuple[Sequence[Lesson], int]) -> Weights:
    taught, seed = work
    return learn(together(taught), seed=seed, tell=lambda _: None)
