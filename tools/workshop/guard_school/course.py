"""The whole way of one head: sentences, noisy copies, an exam on situations unseen, the files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from teddy_edge.safety.classifier import Embedder
from teddy_edge.safety.features import pieces, plain_texts
from teddy_edge.safety.heads import Scores, Weights
from teddy_edge.safety.policy import Policy
from teddy_edge.safety.verdict import Side
from workshop.guard_school.authored import authored
from workshop.guard_school.exam import Doubts, choose, told
from workshop.guard_school.exporting import write_head
from workshop.guard_school.learning import Lessons, learn
from workshop.guard_school.noise import noisy
from workshop.guard_school.sentences import FOLDS, HARMLESS, TAUGHT, Sentence, read_sentences

AUTHORED: Final = f"{HARMLESS}.authored"
EXAMINED: Final = FOLDS - 1  # the part of every file that the exam keeps from a head
CONCERNED: Final = {Side.HEARD: 1.0, Side.SAID: 3.0}
"""How much a sentence of a concern counts: on the said side there are few among many harmless lines."""
BORROWED: Final = 0.5
"""How much a child's sentence counts on the said side: what must not be said is what some ask for."""


@dataclass(frozen=True, slots=True)
class Course:
    """Teaches one side."""

    embedder: Embedder
    policy: Policy
    heads: Path  # where they go
    seed: int
    tell: Callable[[str], None]
    sentences: Path = TAUGHT
    with_authored: bool = True  # what the project wrote for other ends is harmless too

    def take(self, side: Side) -> Path:
        taught = self._sentences(side)
        categories = tuple(each for each in self.policy.categories if any(s.category == each for s in taught))
        copies = self._copies(taught)
        self.tell(
            f"{side}: {len(taught)} sentences of {len(categories)} concerns, {len(copies)} noisy copies"
        )
        borrowed = self._borrowed(side, categories)
        room = _Room(self.embedder, categories, CONCERNED[side])
        examining = self._learned(
            room, [each for each in (*taught, *copies) if each.fold != EXAMINED], borrowed
        )
        examined = [each for each in taught if each.fold == EXAMINED]
        scores: list[Scores] = [room.scores(examining, pieces(each.text)) for each in examined]
        doubts = Doubts.of(scores, categories)
        ordinary = np.array([each.category is None and not each.twin for each in examined])
        if side is Side.HEARD:  # what a child asks in the words of our examples is all of one author's
            ordinary &= np.array([each.source != AUTHORED for each in examined])
        thresholds = choose(doubts, ordinary, side)
        last = self._learned(room, (*taught, *copies), borrowed)
        measured = told(doubts, thresholds, [each.source for each in examined])
        for name, row in measured.items():
            self.tell(f"  {name:32}{row['sentences']:5}  found {row['found']:.3f}  grave {row['grave']:.3f}")
        return write_head(
            self.heads,
            side.value,
            weights=last,
            categories=categories,
            thresholds=thresholds,
            trained={
                "command": f"tools/guard-school {side} --seed {self.seed}",
                "sentences": len(taught),
                "how": "thresholds and figures: the last third of every file, "
                "judged by a head that never saw it",
            },
            measured=measured,
        )

    def _sentences(self, side: Side) -> tuple[Sentence, ...]:
        written = read_sentences(side, self.policy, folder=self.sentences)
        known = {each.text for each in written}
        lines = [line for line in (authored(side) if self.with_authored else ()) if line not in known]
        ours = (Sentence(line, None, AUTHORED, at * FOLDS // len(lines)) for at, line in enumerate(lines))
        return tuple(each for each in (*written, *ours) if pieces(each.text))

    def _copies(self, taught: Sequence[Sentence]) -> list[Sentence]:
        """Of every other one, in the part of its original; what it runs on into comes from there too."""
        rng = np.random.default_rng([self.seed, len(taught)])
        harmless = {
            fold: [each.text for each in taught if each.category is None and each.fold == fold]
            for fold in range(FOLDS)
        }
        return [
            Sentence(noisy(each.text, harmless[each.fold], rng), each.category, each.source, each.fold)
            for each in taught[::2]
        ]

    def _borrowed(self, side: Side, categories: Sequence[str]) -> tuple[Sentence, ...]:
        """For the said side, what children say of the same concerns and their harmless talk."""
        if side is Side.HEARD or not (self.sentences / Side.HEARD.value).is_dir():
            return ()
        heard = read_sentences(Side.HEARD, self.policy, folder=self.sentences)
        return tuple(each for each in heard if each.category is None or each.category in categories)

    def _learned(self, room: _Room, sentences: Sequence[Sentence], borrowed: Sequence[Sentence]) -> Weights:
        return learn(room.lessons(sentences, borrowed), seed=self.seed)


class _Room:
    """Where sentences become lessons of one side."""

    def __init__(self, embedder: Embedder, categories: Sequence[str], concerned: float) -> None:
        self._embedder = embedder
        self._categories = tuple(categories)
        self._concerned = concerned

    def lessons(self, sentences: Sequence[Sentence], borrowed: Sequence[Sentence]) -> Lessons:
        rows = [(each, self._concerned if each.category else 1.0) for each in sentences]
        rows += [(each, BORROWED) for each in borrowed]
        plain = [(plain_texts(each.text), each.category, weight) for each, weight in rows]
        plain = [row for row in plain if row[0]]
        texts = [row[0][-1] for row in plain]
        return Lessons(
            texts,
            self._embedder.embed(texts),
            np.array([self._column(category) for _, category, _ in plain], np.int64),
            np.array([weight for _, _, weight in plain], np.float32),
            len(self._categories) + 1,
        )

    def scores(self, weights: Weights, texts: Sequence[str]) -> Scores:
        return weights.scores(self._embedder.embed(texts), texts)

    def _column(self, category: str | None) -> int:
        return len(self._categories) if category is None else self._categories.index(category)
