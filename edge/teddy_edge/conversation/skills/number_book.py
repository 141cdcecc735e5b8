"""What children say and the bear says around numbers, checked and ready. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from teddy_edge.conversation.skills.lines import Line
from teddy_edge.conversation.skills.templates import Template, templates
from teddy_edge.conversation.skills.understanding import Vocabulary
from teddy_edge.safety.authored import Authored, parse_authored
from teddy_edge.safety.phrases import Pattern, PatternError, Phrasebook
from teddy_shared.errors import ConfigError


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
    groups = file.heard.model_dump()
    book = Phrasebook({})
    try:
        heard = Heard(**{kind: book.patterns(group) for kind, group in groups.items()})
    except PatternError as error:
        raise ConfigError(f"{name}: {error}") from None
    return NumberBook(
        heard=heard,
        said={
            kind: templates(f"numbers.{kind}", texts, gaps=_GAPS[kind])
            for kind, texts in file.said.model_dump().items()
        },
        vocabulary=Vocabulary.of_patterns(source for group in groups.values() for source in group),
    )


_GAPS = {
    "counted": ("row",), "counted_down": ("row",), "your_turn": (), "what_next": ("row",),
    "after": ("number", "next"), "before": ("number", "next"), "sum": ("sum", "result"), "ask_sum": ("sum",),
    "too_hard": (),
}  # fmt: skip

_Texts = Annotated[tuple[Template, ...], Field(min_length=1)]


class _Heard(Authored):
    count_down: tuple[str, ...]
    count: tuple[str, ...]
    after: tuple[str, ...]
    before: tuple[str, ...]
    times: tuple[str, ...]
    quiz: tuple[str, ...]
    sum_asked: tuple[str, ...]
    refused: tuple[str, ...]
    not_wished: tuple[str, ...]


class _Said(Authored):
    counted: _Texts
    counted_down: _Texts
    your_turn: _Texts
    what_next: _Texts
    after: _Texts
    before: _Texts
    sum: _Texts
    ask_sum: _Texts
    too_hard: _Texts


class _File(Authored):
    heard: _Heard
    said: _Said
