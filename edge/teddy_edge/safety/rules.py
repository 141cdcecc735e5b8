"""The rule book: patterns of concern by category, for what is heard and for what is said. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from teddy_edge.safety.authored import Authored, parse_authored, read_authored
from teddy_edge.safety.normalise import Words, readings
from teddy_edge.safety.phrases import Pattern, PatternError, Phrasebook
from teddy_edge.safety.verdict import Finding, Side
from teddy_shared.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Rule:
    """Fires where a pattern matches and no exception overlaps the match."""

    name: str
    category: str
    sides: frozenset[Side]
    patterns: tuple[Pattern, ...]
    exceptions: tuple[Pattern, ...]

    def fires(self, words: Words) -> bool:
        harmless = None
        for pattern in self.patterns:
            for span in pattern.spans(words):
                if harmless is None:
                    harmless = [found for each in self.exceptions for found in each.spans(words)]
                if not any(span.touches(each) for each in harmless):
                    return True
        return False


class RuleBook:
    """All rules. `find` takes a millisecond or less, so the guard calls it on the loop."""

    def __init__(self, *, rules: Iterable[Rule]) -> None:
        self._rules = tuple(rules)

    @classmethod
    def parse(cls, data: bytes, *, name: str = "rules.toml") -> RuleBook:
        """Raises ConfigError naming the rule that is wrong."""
        file = parse_authored(_File, data, name)
        book = Phrasebook(file.words)
        rules: dict[str, Rule] = {}
        for row in file.rule:
            if row.name in rules:
                raise ConfigError(f"{name}: there are two rules {row.name}")
            try:
                patterns, exceptions = book.patterns(row.any), book.patterns(row.unless)
            except PatternError as error:
                raise ConfigError(f"{name}: rule {row.name}: {error}") from None
            rules[row.name] = Rule(row.name, row.category, frozenset(row.sides), patterns, exceptions)
        return cls(rules=rules.values())

    @property
    def categories(self) -> frozenset[str]:
        return frozenset(rule.category for rule in self._rules)

    def find(self, text: str, side: Side) -> tuple[Finding, ...]:
        """What the rules see in a text, in the order of the book."""
        found = readings(text)
        return tuple(
            Finding(rule.category, rule.name)
            for rule in self._rules
            if side in rule.sides and any(rule.fires(words) for words in found)
        )


def load_rules() -> RuleBook:
    """The rules of this release; reads a file. Raises ConfigError."""
    return RuleBook.parse(read_authored("teddy_edge.safety", "rules.toml"))


class _Row(Authored):
    name: str
    category: str
    sides: tuple[Side, ...]
    any: tuple[str, ...]
    unless: tuple[str, ...] = ()


class _File(Authored):
    words: dict[str, str]
    rule: tuple[_Row, ...]
