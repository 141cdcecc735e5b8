"""What a child says to steer any talk: more, what was that, yes, no."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from teddy_edge.conversation.skills.understanding import Vocabulary, matches, understand
from teddy_edge.safety.authored import Authored, parse_authored, read_authored
from teddy_edge.safety.phrases import Pattern, PatternError, Phrasebook
from teddy_shared.errors import ConfigError


class Wish(StrEnum):
    """Where the child would like the talk to go."""

    MORE = "more"  # another of the same
    REPEAT = "repeat"  # the bear's last words again
    HUH = "huh"  # a bare "what?": the last words again, or the answer to a riddle
    YES = "yes"
    NO = "no"


class Steering:
    """Hears wishes that mean something only after what was said before."""

    def __init__(self, *, patterns: Mapping[Wish, tuple[Pattern, ...]], vocabulary: Vocabulary) -> None:
        self._patterns = patterns
        self._vocabulary = vocabulary

    @classmethod
    def parse(cls, data: bytes, *, name: str = "steering.toml") -> Steering:
        """Raises ConfigError."""
        file = parse_authored(_File, data, name)
        book = Phrasebook({})
        try:
            patterns = {wish: book.patterns(file.heard[wish]) for wish in Wish}
        except KeyError as missing:
            raise ConfigError(f"{name}: heard: {missing.args[0]} is missing") from None
        except PatternError as error:
            raise ConfigError(f"{name}: {error}") from None
        sources = (source for each in file.heard.values() for source in each)
        return cls(patterns=patterns, vocabulary=Vocabulary.of_patterns(sources))

    def wish(self, text: str) -> Wish | None:
        words = understand(text, self._vocabulary)
        return next((wish for wish in Wish if matches(self._patterns[wish], words)), None)


def load_steering() -> Steering:
    """Reads a file. Raises ConfigError."""
    return Steering.parse(read_authored("teddy_edge.conversation.skills", "steering.toml"))


class _File(Authored):
    heard: dict[Wish, tuple[str, ...]]
