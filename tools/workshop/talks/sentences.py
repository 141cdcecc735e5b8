"""What simulated children say, by what they mean with it, read from an authored file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

from pydantic import Field

from teddy_edge.safety.authored import Authored, parse_authored
from teddy_shared.ages import AgeBand

FILE: Final = Path(__file__).with_name("sentences.toml")


class Ways(Authored):
    """Ways to say the same."""

    says: Annotated[tuple[str, ...], Field(min_length=2)]
    small: tuple[str, ...] = ()

    def for_band(self, band: AgeBand) -> tuple[str, ...]:
        return self.small if band is AgeBand.LITTLE and self.small else self.says


class Wished(Ways):
    skills: tuple[str, ...]


class Asked(Ways):
    words: tuple[str, ...]


class Sentences(Authored):
    wish: tuple[Wished, ...]
    question: tuple[Asked, ...]
    tells: Ways
    feelings: Ways
    answers: Ways
    yes: Ways
    no: Ways
    stops: Ways
    unsure: Ways
    mumbles: Ways
    whys: Ways
    more: Ways
    repeats: Ways
    thanks: Ways
    hello: Ways
    goodbye: Ways


def load_sentences() -> Sentences:
    """Reads a file. Raises ConfigError."""
    return parse_authored(Sentences, FILE.read_bytes(), FILE.name)
