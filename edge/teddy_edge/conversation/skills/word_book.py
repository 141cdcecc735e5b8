"""Words to spell, opposites and rhymes, and how children ask for them, checked and ready. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import StringConstraints

from teddy_edge.conversation.skills.groups import heard_as, said_with_gaps, sources
from teddy_edge.conversation.skills.lines import Line
from teddy_edge.conversation.skills.templates import Templates
from teddy_edge.conversation.skills.understanding import Vocabulary
from teddy_edge.safety.authored import Authored, parse_authored
from teddy_edge.safety.phrases import Pattern
from teddy_shared.ages import AgeBand
from teddy_shared.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Heard:
    """What children ask for."""

    spelled: tuple[Pattern, ...]  # how a word is spelled
    opposite: tuple[Pattern, ...]
    rhyme: tuple[Pattern, ...]
    begins: tuple[Pattern, ...]  # words with a letter, or the letter of a word
    alphabet: tuple[Pattern, ...]
    spelling_game: tuple[Pattern, ...]
    refused: tuple[Pattern, ...]
    not_wished: tuple[Pattern, ...]  # what only sounds like a wish


@dataclass(frozen=True, slots=True)
class WordBook:
    heard: Heard
    said: Mapping[str, tuple[Line, ...]]
    known: frozenset[str]  # words that may be spelled
    to_spell: Mapping[AgeBand, tuple[str, ...]]  # in the game
    opposites: Mapping[str, str]
    rhymes: tuple[tuple[str, ...], ...]
    around: frozenset[str]  # words of a request that are not the word it is about
    of_games: frozenset[str]  # words that speak of a game
    vocabulary: Vocabulary

    def rhyming(self, word: str) -> tuple[str, ...]:
        """Other words of its family; empty for a word that we know no rhyme for."""
        family = next((each for each in self.rhymes if word in each), ())
        return tuple(each for each in family if each != word)


def parse_words(data: bytes, *, name: str = "words.toml") -> WordBook:
    """Raises ConfigError naming the place."""
    file = parse_authored(_File, data, name)
    heard = heard_as(Heard, file.heard, f"{name}: heard")
    pairs = [tuple(pair.split("/")) for pair in file.opposites.split()]
    if wrong := next((pair for pair in pairs if len(pair) != 2 or not all(pair)), None):
        raise ConfigError(f"{name}: opposites: {'/'.join(wrong)} is no pair")
    opposites: dict[str, str] = {}
    for one, other in pairs:  # the first pair with a word counts
        opposites.setdefault(one, other)
        opposites.setdefault(other, one)
    rhymes = tuple(tuple(row.split()) for row in file.rhymes)
    to_spell = {band: tuple(file.to_spell[band].split()) for band in AgeBand}
    known = {word for words in (*to_spell.values(), *rhymes, opposites, file.known.split()) for word in words}
    return WordBook(
        heard=heard,
        said=said_with_gaps(_GAPS, file.said, "words", f"{name}: said"),
        known=frozenset(known),
        to_spell=to_spell,
        opposites=opposites,
        rhymes=rhymes,
        around=frozenset(file.around.split()),
        of_games=frozenset(file.of_games.split()),
        vocabulary=Vocabulary.of_patterns(sources(file.heard)),
    )


_GAPS = {
    "spelled": ("word", "letters"), "unknown_word": (), "ask_spell": ("word",), "ask_letter": ("word",),
    "opposite": ("word", "other"), "ask_opposite": ("word",), "rhyme": ("word", "others"),
    "ask_rhyme": ("word",), "begins": ("letter", "others"), "begins_with": ("word", "letter"), "alphabet": (),
    "hint_spell": ("letter",), "hint_letter": ("other",), "hint_opposite": ("letter",),
    "hint_rhyme": ("letter",),
}  # fmt: skip

_Row = Annotated[str, StringConstraints(pattern=r"^[a-z\s]+$")]


class _File(Authored):
    heard: dict[str, tuple[str, ...]]
    said: dict[str, Templates]
    to_spell: dict[AgeBand, _Row]
    opposites: Annotated[str, StringConstraints(pattern=r"^[a-z/\s]+$")]
    rhymes: tuple[_Row, ...]
    known: _Row
    around: _Row
    of_games: _Row
