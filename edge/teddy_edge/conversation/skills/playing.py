"""What children say in the midst of a game or a story: stop, I don't know, the first one, the other."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from teddy_edge.conversation.skills.understanding import Vocabulary, matches, understand
from teddy_edge.safety.authored import Authored, parse_authored, read_authored
from teddy_edge.safety.phrases import Pattern, PatternError, Phrasebook
from teddy_shared.errors import ConfigError


class Move(StrEnum):
    STOP = "stop"  # no more of this
    UNSURE = "unsure"  # the bear shall choose, or tell
    FIRST = "first"
    SECOND = "second"


class Playing:
    """Hears moves, which mean something only while the bear waits for an answer."""

    def __init__(self, *, patterns: Mapping[Move, tuple[Pattern, ...]], vocabulary: Vocabulary) -> None:
        self._patterns = patterns
        self._vocabulary = vocabulary

    @classmethod
    def parse(cls, data: bytes, *, name: str = "playing.toml") -> Playing:
        """Raises ConfigError."""
        file = parse_authored(_File, data, name)
        book = Phrasebook({})
        try:
            patterns = {move: book.patterns(file.heard[move]) for move in Move}
        except KeyError as missing:
            raise ConfigError(f"{name}: heard: {missing.args[0]} is missing") from None
        except PatternError as error:
            raise ConfigError(f"{name}: {error}") from None
        sources = (source for each in file.heard.values() for source in each)
        return cls(patterns=patterns, vocabulary=Vocabulary.of_patterns(sources))

    def move(self, text: str) -> Move | None:
        words = understand(text, self._vocabulary)
        return next((move for move in Move if matches(self._patterns[move], words)), None)


def load_playing() -> Playing:
    """Reads a file. Raises ConfigError."""
    return Playing.parse(read_authored("teddy_edge.conversation.skills", "playing.toml"))


class _File(Authored):
    heard: dict[Move, tuple[str, ...]]
