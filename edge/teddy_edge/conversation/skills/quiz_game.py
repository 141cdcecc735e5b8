"""A game that is nothing but a quiz: how children ask for it, how it opens, and the questions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from teddy_edge.conversation.skills.groups import Groups, compiled, said_with_gaps, sources
from teddy_edge.conversation.skills.lines import Line, pick
from teddy_edge.conversation.skills.playing import Playing
from teddy_edge.conversation.skills.quiz import Examiner, Quiz, QuizLines
from teddy_edge.conversation.skills.skill import Heard, Recent, Reply
from teddy_edge.conversation.skills.steering import Steering
from teddy_edge.conversation.skills.understanding import Vocabulary, matches, understand
from teddy_edge.safety.phrases import Pattern
from teddy_shared.clock import Chance

REFUSED: Final = "refused"
NOT_WISHED: Final = "not_wished"  # what only sounds like a wish

_WISHED: Final = 0.975


@dataclass(frozen=True, slots=True)
class GameBook:
    """By kind of game: the patterns that ask for it, and under `begin_…` how it opens."""

    wishes: Mapping[str, tuple[Pattern, ...]]  # the most particular first
    said: Mapping[str, tuple[Line, ...]]
    vocabulary: Vocabulary

    @classmethod
    def of(cls, *, heard: Groups, said: Groups, gaps: Groups, name: str) -> GameBook:
        """Raises ConfigError naming the place. The kinds are those that the gaps have an opening for."""
        kinds = [gap.removeprefix("begin_") for gap in gaps if gap.startswith("begin_")]
        compiled_ = compiled((*kinds, REFUSED, NOT_WISHED), heard, f"{name}.toml: heard")
        return cls(
            wishes={kind: compiled_[kind] for kind in (REFUSED, NOT_WISHED, *kinds)},
            said=said_with_gaps(gaps, said, name, f"{name}.toml: said"),
            vocabulary=Vocabulary.of_patterns(sources(heard)),
        )

    def wish(self, text: str) -> str:
        """The kind that is asked for; empty for none of ours."""
        words = understand(text, self.vocabulary)
        found = next((kind for kind, patterns in self.wishes.items() if matches(patterns, words)), "")
        return "" if found == NOT_WISHED else found


class QuizGame:
    def __init__(
        self,
        *,
        name: str,
        book: GameBook,
        examiner: Examiner,
        lines: QuizLines,
        steering: Steering,
        playing: Playing,
    ) -> None:
        self.name: Final = name
        self._book = book
        self._quiz = Quiz(skill=name, examiner=examiner, lines=lines, steering=steering, playing=playing)

    def fit(self, heard: Heard, recent: Recent) -> float:
        return max(_WISHED if self._book.wish(heard.text) else 0.0, self._quiz.fit(heard, recent))

    def answer(self, heard: Heard, recent: Recent, chance: Chance) -> Reply:
        wish = self._book.wish(heard.text)
        if self._quiz.waits(recent) and (not wish or self._quiz.answered_rightly(heard, recent)):
            return self._quiz.answer(heard, recent, chance)
        if wish == REFUSED:
            return self._quiz.leave(recent, chance)
        kind = wish or next(kind for kind in self._book.wishes if kind not in (REFUSED, NOT_WISHED))
        opening = pick(self._book.said[f"begin_{kind}"], recent, chance)
        return self._quiz.begin(kind, heard, recent, chance, opening)
