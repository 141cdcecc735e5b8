"""Which of a few things a sentence means, by an authored file of what children say. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Generic, TypeVar

from teddy_edge.conversation.skills.groups import compiled, sources
from teddy_edge.conversation.skills.understanding import Vocabulary, matches, understand
from teddy_edge.safety.authored import Authored, parse_authored
from teddy_edge.safety.phrases import Pattern

M = TypeVar("M", bound=StrEnum)


class Cues(Generic[M]):
    """Hears what is meant; of several the one that the enumeration names first."""

    def __init__(self, *, patterns: Mapping[M, tuple[Pattern, ...]], vocabulary: Vocabulary) -> None:
        self._patterns = patterns
        self._vocabulary = vocabulary

    @classmethod
    def parse(cls, meanings: type[M], data: bytes, *, name: str) -> Cues[M]:
        """Raises ConfigError naming the place."""
        file = parse_authored(_File, data, name)
        found = compiled(list(meanings), file.heard, f"{name}: heard")
        patterns = {meaning: found[meaning] for meaning in meanings}
        return cls(patterns=patterns, vocabulary=Vocabulary.of_patterns(sources(file.heard)))

    def meant(self, text: str) -> M | None:
        words = understand(text, self._vocabulary)
        return next((each for each, patterns in self._patterns.items() if matches(patterns, words)), None)

    def means(self, text: str, meaning: M) -> bool:
        """Whether it may mean this, whatever else it may mean."""
        return matches(self._patterns[meaning], understand(text, self._vocabulary))


class _File(Authored):
    heard: dict[str, tuple[str, ...]]
