"""Authored sentences with gaps that a skill fills: "{a} plus {b} is {sum}."."""

from __future__ import annotations

import string
from collections.abc import Sequence
from typing import Annotated

from pydantic import Field, StringConstraints

from teddy_edge.conversation.skills.lines import LONGEST, Line
from teddy_shared.errors import ConfigError

Template = Annotated[
    str, StringConstraints(min_length=2, max_length=LONGEST, pattern=r"^[A-Z{][A-Za-z0-9 ,;:.!?'{}-]*[.!?]$")
]

Templates = Annotated[tuple[Template, ...], Field(min_length=1)]


def templates(prefix: str, texts: Sequence[str], *, gaps: Sequence[str]) -> tuple[Line, ...]:
    """Raises ConfigError for a gap that nobody fills."""
    for text in texts:
        try:
            asked = {field for _, field, _, _ in string.Formatter().parse(text) if field is not None}
        except ValueError as error:
            raise ConfigError(f"{prefix}: {text!r}: {error}") from None
        if strange := asked - set(gaps):
            known = ", ".join(f"{{{gap}}}" for gap in gaps) or "none"
            raise ConfigError(f"{prefix}: {{{sorted(strange)[0]}}} is filled by nobody; known here: {known}")
    return tuple(Line(f"{prefix}.{at}", text) for at, text in enumerate(texts, 1))


def filled(line: Line, **gaps: str) -> Line:
    """The sentence as it is spoken; its first letter is a capital whatever stands there."""
    text = line.text.format(**gaps)
    return Line(line.id, f"{text[0].upper()}{text[1:]}")
