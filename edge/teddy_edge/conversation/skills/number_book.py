"""What children say and the bear says around numbers, checked and ready. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from teddy_edge.conversation.skills.groups import heard_as, said_with_gaps, sources
from teddy_edge.conversation.skills.lines import Line
from teddy_edge.conversation.skills.templates import Templates
from teddy_edge.conversation.skills.understanding import Vocabulary
from teddy_edge.safety.authored import Authored, parse_authored
from teddy_edge.safety.phrases import Pattern


@dataclass(frozen=True, slots=True)
class Heard:
    """What children ask for."""

    count_down: tuple[Pattern, ...]
    count: tuple[Pattern, ...]
    after: tuple[Pattern, ...]
    before: tuple[Pattern, ...]
    times: tuple[Pattern, ...]
    quiz: tuple[Pattern, ...]
    sum_asked: tuple[Pattern, ...]  # a sentence that asks for the result of a sum
    refused: tuple[Pattern, ...]
    not_wished: tuple[Pattern, ...]  # what only sounds like a wish


@dataclass(frozen=True, slots=True)
class NumberBook:
    heard: Heard
    said: Mapping[str, tuple[Line, ...]]
    vocabulary: Vocabulary


def parse_numbers(data: bytes, *, name: str = "numbers.toml") -> NumberBook:
    """Raises ConfigError naming the place."""
    file = parse_authored(_File, data, name)
    return NumberBook(
        heard=heard_as(Heard, file.heard, f"{name}: heard"),
        said=said_with_gaps(_GAPS, file.said, "numbers", f"{name}: said"),
        vocabulary=Vocabulary.of_patterns(sources(file.heard)),
    )


_GAPS = {
    "counted": ("row",), "counted_down": ("row",), "your_turn": (), "what_next": ("row",),
    "after": ("number", "next"), "before": ("number", "next"), "sum": ("sum", "result"), "ask_sum": ("sum",),
    "too_hard": (), "hint_next": ("row",), "hint_plus": ("a", "b"), "hint_minus": ("a", "b"),
    "hint_times": ("a", "b"),
}  # fmt: skip


class _File(Authored):
    heard: dict[str, tuple[str, ...]]
    said: dict[str, Templates]
