"""Whisper's tokens: which text they stand for, and which of them the bear never wants to hear."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from teddy_shared.errors import ConfigError

# Fixed numbers of the English-only models.
END: Final = 50256
START: Final = 50257
NO_SPEECH: Final = 50361
NO_TIMESTAMPS: Final = 50362
SPOKEN: Final = 50257  # tokens below this number are text; above it are marks


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Turns tokens into text."""

    pieces: tuple[str, ...]  # of each text token, in the stand-in letters for bytes
    never: tuple[int, ...]  # brackets, notes and other marks for what is no speech
    never_first: tuple[int, ...]  # the end and a bare space

    def text(self, tokens: Iterable[int]) -> str:
        letters = "".join(self.pieces[token] for token in tokens if token < len(self.pieces))
        return bytes(_BYTES[letter] for letter in letters).decode(errors="replace").strip()

    def tokens(self, pieces: Iterable[str]) -> tuple[int, ...]:
        """Of words and marks that are one piece each. Raises ValueError for others."""
        letters = {byte: letter for letter, byte in _BYTES.items()}
        return tuple(self.pieces.index("".join(letters[byte] for byte in each.encode())) for each in pieces)


def read_vocabulary(words: Path, config: Path) -> Vocabulary:
    """From the two files that lie beside the weights. Raises ConfigError."""
    try:
        pieces = words.read_text("utf-8").split("\n")
        rules = json.loads(config.read_bytes())
        never = tuple(each for each in rules["suppress_ids"] if 0 <= each < SPOKEN)
        never_first = tuple(rules["suppress_ids_begin"])
    except (OSError, ValueError, KeyError, TypeError):
        raise ConfigError(f"{words.name} and {config.name} do not fit: run `teddy models check`") from None
    if len(pieces) <= SPOKEN or not set("".join(pieces[:END])) <= _BYTES.keys():
        raise ConfigError(f"{words} is no vocabulary of Whisper: run `teddy models check`")
    return Vocabulary(tuple(pieces[:END]), never, never_first)


def _stand_ins() -> dict[str, int]:
    """The letter for each byte: itself where it can be seen, else one from beyond 255 (GPT-2's way)."""
    seen = {*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)}
    unseen = (byte for byte in range(256) if byte not in seen)
    return {chr(byte): byte for byte in seen} | {chr(256 + at): byte for at, byte in enumerate(unseen)}


_BYTES: Final = _stand_ins()
