"""Turns the voice's dictionaries, which would take 90 MB in memory, into a table that stays on disk."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any, Final

from teddy_edge.inference.word_table import write_words
from teddy_shared.errors import ConfigError

# The spaces of the table.
GOLD: Final = "gold"  # word to phonemes, checked by people
SILVER: Final = "silver"  # word to phonemes, made by machine
TAGS: Final = "tag"  # word to its part of speech, where it has but one
WEIGHTS: Final = "weight"  # sign of a part of speech to how much it speaks for which
FREQUENT: Final = "frequent"  # words that are signs by themselves
ALL: Final = "all"  # "tags": all parts of speech


def convert(gold: Path, silver: Path, tagger: Path, *, words: Path) -> None:
    """Write the table. Raises ConfigError for dictionaries of another form."""
    parts = _read(tagger)
    try:
        spaces = {
            GOLD: _read(gold),
            SILVER: _read(silver),
            TAGS: parts["tagdict"],
            WEIGHTS: parts["weights"],
            FREQUENT: dict.fromkeys(parts["vocab"], 1),
            ALL: {"tags": parts["tags"]},
        }
    except KeyError:
        raise ConfigError(f"{tagger} is no tagger of hibari's: reinstall the package") from None
    write_words(words, spaces)


def _read(path: Path) -> dict[str, Any]:
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            content: dict[str, Any] = json.load(file)
    except (OSError, EOFError, ValueError):
        raise ConfigError(f"{path} cannot be read: reinstall the package that it came with") from None
    return content
