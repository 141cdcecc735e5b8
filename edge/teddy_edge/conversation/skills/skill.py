"""The port of everything the bear can talk about: what it is told, what it remembers, what it replies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from teddy_edge.conversation.skills.known import NOBODY, Known
from teddy_shared.ages import AgeBand
from teddy_shared.clock import Chance

REMEMBERED: Final = 160  # ids of lines; older ones may be said again. Twenty turns of a game have a hundred


@dataclass(frozen=True, slots=True)
class Heard:
    """What the child said, as far as the bear could tell."""

    text: str
    confidence: float  # 0 to 1
    band: AgeBand


@dataclass(frozen=True, slots=True)
class Meant:
    """What a sentence resembles."""

    skill: str
    request: str  # the same wish in words that the rules of that skill know; authored
    lead: float = 0.0  # how much more it resembles this skill than the next: 0 to 1


@dataclass(frozen=True, slots=True)
class Reply:
    """What a skill would like to say. Not safe yet: the guard decides."""

    text: str
    skill: str
    topic: str  # fit for the parents' page; never the child's words
    note: Mapping[str, str] = field(default_factory=dict)  # what the skill wants back at the next turn
    lines: tuple[str, ...] = ()  # ids of the authored lines used
    outside: bool = False  # proposed by somebody beyond the bear's own skills
    kept: Mapping[str, str] = field(default_factory=dict)  # what it wants back as long as the talk lasts

    child: Known | None = None  # what is known of the child from now on; None where nothing changes

    def worded(self, text: str) -> Reply:
        """The same reply in the words that were really said."""
        return replace(self, text=text)


@dataclass(frozen=True, slots=True)
class Recent:
    """What the skills may know of the turns before. Of the child's words only what it told about itself."""

    skill: str | None = None  # who answered last
    topic: str | None = None
    text: str = ""  # the bear's last words, for "what did you say?"
    note: Mapping[str, str] = field(default_factory=dict)  # as that skill left it
    lines: tuple[str, ...] = ()  # ids said lately, newest last
    kept: Mapping[str, str] = field(default_factory=dict)  # of the whole talk, whoever answered last
    child: Known = NOBODY  # what the child has told about itself

    def after(self, reply: Reply) -> Recent:
        """The memory once this reply was heard."""
        fresh = dict.fromkeys((*self.lines, *reply.lines))
        for line in reply.lines:  # said again counts as said last
            fresh[line] = fresh.pop(line)
        said, kept = tuple(fresh)[-REMEMBERED:], {**self.kept, **reply.kept}
        return Recent(reply.skill, reply.topic, reply.text, reply.note, said, kept, self._known_after(reply))

    def after_part(self, reply: Reply) -> Recent:
        """The memory when only the beginning was heard: what it led to is not known, and may come again."""
        note = self.note if self.skill == reply.skill else {}
        return Recent(
            reply.skill, reply.topic, reply.text, note, self.lines, self.kept, self._known_after(reply)
        )

    def _known_after(self, reply: Reply) -> Known:
        return self.child if reply.child is None else reply.child


class Skill(Protocol):
    """Something to talk about that needs no internet. Holds no state: that travels in Recent and Reply."""

    @property
    def name(self) -> str: ...

    def fit(self, heard: Heard, recent: Recent) -> float:
        """How surely this is for the skill: 0 not at all, 0.5 a word of it, 1 nobody else's."""

    def answer(self, heard: Heard, recent: Recent, chance: Chance) -> Reply: ...
