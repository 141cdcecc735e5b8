"""Authored lines: what may stand in one, and which of several is said next. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Protocol, TypeVar

from pydantic import Field, StringConstraints

from teddy_edge.conversation.skills.skill import Recent, Reply
from teddy_shared.ages import AgeBand
from teddy_shared.clock import Chance

LONGEST: Final = 230  # letters; more is a lecture

Spoken = Annotated[
    str, StringConstraints(min_length=2, max_length=LONGEST, pattern=r"^[A-Z0-9][A-Za-z0-9 ,;:.!?'-]*[.!?]$")
]
"""Text that a voice can speak as it stands: whole sentences, no marks that mean nothing aloud."""

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]*$", max_length=40)]

Texts = Annotated[tuple[Spoken, ...], Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class Line:
    """Something the bear may say, shorter for the smallest where the author wrote it so."""

    id: str
    text: str
    little: str | None = None

    def words_for(self, band: AgeBand) -> str:
        return self.little if band is AgeBand.LITTLE and self.little else self.text


class HasLine(Protocol):
    @property
    def line(self) -> Line: ...


L = TypeVar("L", bound=HasLine)


def fresh(lines: Sequence[Line], recent: Recent) -> tuple[Line, ...]:
    """Those not said lately."""
    said = frozenset(recent.lines)
    return tuple(line for line in lines if line.id not in said)


def pick(lines: Sequence[Line], recent: Recent, chance: Chance) -> Line:
    """One not said lately; when all were, the one that is longest ago."""
    if new := fresh(lines, recent):
        return new[chance.below(len(new))]
    age: Mapping[str, int] = {line: at for at, line in enumerate(recent.lines)}
    return min(lines, key=lambda line: age[line.id])


def pick_of(things: Sequence[L], recent: Recent, chance: Chance) -> L:
    """The one whose line is picked."""
    line = pick([each.line for each in things], recent, chance)
    return next(each for each in things if each.line == line)


def reply_of(
    *lines: Line,
    skill: str,
    topic: str | None = None,
    note: Mapping[str, str] | None = None,
    kept: Mapping[str, str] | None = None,
) -> Reply:
    """Lines one after another; the topic is the skill's own unless there is a nearer one."""
    return Reply(
        text=" ".join(line.text for line in lines),
        skill=skill,
        topic=topic or skill,
        note=note or {},
        lines=tuple(line.id for line in lines),
        kept=kept or {},
    )


def numbered(prefix: str, texts: Sequence[str]) -> tuple[Line, ...]:
    return tuple(Line(f"{prefix}.{at}", text) for at, text in enumerate(texts, 1))
