"""A small language for what people say in many ways: words in order, with small gaps between them.

    want to                literal words, in the form that normalise gives them ("don't" is "do not")
    (kill|@hit .. me|>)    one of several patterns
    @kin                   one of a list of words that has a name
    very? (a|the)?         may be missing
    swallow*               any word that begins so
    ..  ...  ....          a gap of at most 2, 4 or 8 words
    _                      any one word
    <  >                   the beginning and the end of what was said
    !(in|at)               not followed by one of these
    #  #phone              a number; a row of digits like a telephone number

Own and not `re`: several hundred expressions would take a second to compile on the bear, and no
pattern here can take more than (steps x words) steps to match, so no sentence can stall the guard.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from teddy_edge.safety.normalise import Words, plain_words
from teddy_edge.safety.spellings import CONTRACTIONS, JOINED

_GAPS: Final = {"..": 2, "...": 4, "....": 8}


@dataclass(frozen=True, slots=True)
class WordList:
    """Words, beginnings of words and phrases that stand for the same in a pattern."""

    words: frozenset[str]
    beginnings: tuple[str, ...] = ()
    phrases: tuple[tuple[str, ...], ...] = ()  # of two words or more; "" never stands in them

    def ends(self, words: Words, at: int) -> Iterator[int]:
        """Where a match that begins at `at` may end."""
        if at >= len(words.row):
            return
        spellings = words.row[at]
        if any(s in self.words or (self.beginnings and s.startswith(self.beginnings)) for s in spellings):
            yield at + 1
        for phrase in self.phrases:
            end = at + len(phrase)
            if (
                phrase[0] in spellings
                and end <= len(words.row)
                and all(word in words.row[at + n] for n, word in enumerate(phrase))
            ):
                yield end

    def possible(self, words: Words) -> bool:
        """Whether it can match anywhere in the sentence at all."""
        return (
            bool(self.beginnings)
            or not self.words.isdisjoint(words.every)
            or any(phrase[0] in words.every for phrase in self.phrases)
        )


@dataclass(frozen=True, slots=True)
class Step:
    """One place in a pattern."""

    lists: tuple[WordList, ...] = ()  # any of them
    longer: tuple[tuple[Step, ...], ...] = ()  # or any of these
    any_word: bool = False  # or any one word
    gap: int = 0  # or up to so many words of any kind
    edge: int = 0  # or the beginning (-1) or the end (1)
    optional: bool = False
    negated: bool = False

    def ends(self, words: Words, at: int) -> Iterator[int]:
        if self.edge:
            if at == (0 if self.edge < 0 else len(words.row)):
                yield at
        elif self.any_word:
            if at < len(words.row):
                yield at + 1
        elif self.gap:
            yield from range(at, min(at + self.gap, len(words.row)) + 1)
        elif self.negated:
            if next(self._choices(words, at), None) is None:
                yield at
        else:
            if self.optional:
                yield at
            yield from self._choices(words, at)

    def possible(self, words: Words) -> bool:
        """Whether it can match anywhere in the sentence at all."""
        return (
            self.optional
            or not self.needed
            or any(each.possible(words) for each in self.lists)
            or any(all(step.possible(words) for step in steps) for steps in self.longer)
        )

    @property
    def needed(self) -> bool:
        return bool(self.lists or self.longer) and not self.optional and not self.negated

    def _choices(self, words: Words, at: int) -> Iterator[int]:
        for each in self.lists:
            yield from each.ends(words, at)
        for steps in self.longer:
            yield from _follow(steps, words, at)


@dataclass(frozen=True, slots=True)
class Span:
    """Which words matched: from `start` to before `end`."""

    start: int
    end: int

    def touches(self, other: Span) -> bool:
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True)
class Pattern:
    steps: tuple[Step, ...]

    def spans(self, words: Words) -> Iterator[Span]:
        """The shortest match from every word where one begins."""
        if not all(step.possible(words) for step in self.steps):
            return
        for start in range(len(words.row) + 1):
            if reached := _follow(self.steps, words, start):
                yield Span(start, min(reached))

    def matches(self, words: Words) -> bool:
        return next(self.spans(words), None) is not None


class PatternError(ValueError):
    """The pattern does not follow the language; the message says where."""


class Phrasebook:
    """Named word lists, and the patterns that use them."""

    def __init__(self, lists: Mapping[str, str]) -> None:
        self._source = lists
        self._lists: dict[str, WordList] = {}
        self._steps_of: dict[str, list[Step]] = {}  # the same brackets stand in many patterns

    def pattern(self, source: str) -> Pattern:
        """Raises PatternError."""
        steps = self._sequence(source)
        if not any(step.needed for step in steps):
            raise PatternError(f"{source!r} has no word that it needs")
        return Pattern(steps)

    def patterns(self, sources: Iterable[str]) -> tuple[Pattern, ...]:
        return tuple(self.pattern(source) for source in sources)

    def word_list(self, name: str) -> WordList:
        """Raises PatternError for a name that is not in the book."""
        if name not in self._lists:
            if name not in self._source:
                raise PatternError(f"there is no word list @{name}")
            items = self._source[name].replace("\n", " ").split()
            self._lists[name] = _word_list(item.replace("_", " ") for item in items)
        return self._lists[name]

    def _sequence(self, source: str) -> tuple[Step, ...]:
        pieces = tuple(_split(source, " "))
        for pair in pairwise(pieces):
            if pair in JOINED:
                raise PatternError(f"{source!r} must say {JOINED[pair]!r} for {' '.join(pair)!r}")
        return tuple(step for piece in pieces for step in self._steps(piece, source))

    def _choice(self, inside: str, source: str, *, optional: bool, negated: bool) -> Step:
        lists: list[WordList] = []
        plain: list[str] = []
        longer: list[tuple[Step, ...]] = []
        for choice in _split(inside, "|"):
            if choice.isalpha():
                plain.append(choice)
            elif choice.startswith("@") and choice[1:].isidentifier():
                lists.append(self.word_list(choice[1:]))
            elif set(choice) & set("(@.?!<>_") or ("*" in choice and " " in choice):
                longer.append(self._sequence(choice))
            else:
                plain.append(choice)
        if plain:
            lists.append(_word_list(plain))
        if not lists and not longer:
            raise PatternError(f"{source!r} has an empty choice")
        return Step(tuple(lists), tuple(longer), optional=optional, negated=negated)

    def _steps(self, piece: str, source: str) -> list[Step]:
        if piece not in self._steps_of:
            self._steps_of[piece] = self._read(piece, source)
        return self._steps_of[piece]

    def _read(self, piece: str, source: str) -> list[Step]:
        if piece in _GAPS:
            return [Step(gap=_GAPS[piece])]
        if piece in "<>":
            return [Step(edge=-1 if piece == "<" else 1)]
        negated, piece = piece.startswith("!"), piece.removeprefix("!")
        optional, piece = piece.endswith("?"), piece.removesuffix("?")
        if piece.startswith("("):
            if not piece.endswith(")"):
                raise PatternError(f"{source!r} has an open bracket")
            return [self._choice(piece[1:-1], source, optional=optional, negated=negated)]
        if piece == "_":
            return [Step(any_word=True)]
        if piece.startswith("@"):
            return [Step((self.word_list(piece[1:]),), optional=optional, negated=negated)]
        if not piece or set(piece) & set("(|)?!<>"):
            raise PatternError(f"{source!r} cannot be read near {piece!r}")
        if piece in CONTRACTIONS and not optional and not negated:
            return [Step((_word_list([word]),)) for word in CONTRACTIONS[piece]]
        return [Step((_word_list([piece]),), optional=optional, negated=negated)]


def _word_list(items: Iterable[str]) -> WordList:
    words: set[str] = set()
    beginnings: list[str] = []
    phrases: list[tuple[str, ...]] = []
    for item in items:
        if item.startswith("#"):
            words.add(item)
        elif item.endswith("*"):
            beginnings.append(item[:-1])
        elif item.isalpha() and item not in CONTRACTIONS:
            words.add(item)
        else:
            phrase = plain_words(item)
            if not phrase:
                raise PatternError(f"{item!r} has no words")
            if len(phrase) == 1:
                words.add(phrase[0])
            else:
                phrases.append(phrase)
    return WordList(frozenset(words), tuple(beginnings), tuple(phrases))


def _follow(steps: Iterable[Step], words: Words, at: int) -> set[int]:
    """Where a match of all steps that begins at `at` may end."""
    reached = {at}
    for step in steps:
        reached = {end for each in reached for end in step.ends(words, each)}
        if not reached:
            break
    return reached


def _split(source: str, mark: str) -> Iterator[str]:
    """The parts of a pattern between marks that stand outside of brackets."""
    if "(" not in source and ")" not in source:
        yield from (part.strip() for part in source.split(mark) if part.strip())
        return
    depth, start = 0, 0
    for at, character in enumerate(source):
        if character == "(":
            depth += 1
        elif character == ")":
            depth -= 1
        elif character == mark and depth == 0:
            if start < at:
                yield source[start:at].strip()
            start = at + 1
    if depth:
        raise PatternError(f"{source!r} has an open bracket")
    if start < len(source):
        yield source[start:].strip()
