"""What the bear says where the family's limits end a talk: a kind line, and all to a child who needs help.

The guard has spoken before: whatever it does not leave to the skills is said at any hour.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Final, Protocol

from pydantic import Field

from teddy_edge.conversation.skills.groups import compiled, expect, sources
from teddy_edge.conversation.skills.lines import Line, Spoken, numbered, pick
from teddy_edge.conversation.skills.skill import Heard, Recent, Reply
from teddy_edge.conversation.skills.understanding import Vocabulary, matches, understand
from teddy_edge.limits.standing import Standing
from teddy_edge.safety.authored import Authored, parse_authored, read_authored
from teddy_edge.safety.phrases import Pattern
from teddy_shared.ages import AgeBand
from teddy_shared.clock import Chance, Clock

SKILL: Final = "limits"
AGAIN: Final = 120.0  # seconds; who goes on talking is not told the same at every word
WARNED: Final = 1800.0  # seconds for which a child has been told that the time is nearly over
LEADS_TO: Final = "bedtime routine"

# A hurt, a fear, and a child who cannot sleep are no ordinary talk.
COMFORTING: Final = frozenset(("hurt", "scared", "sad", "tired", "looking_for_someone", "after_comfort"))
COMFORTER: Final = "calm"


class Allowance(Protocol):
    """Whether the bear may talk, as the family wishes."""

    @property
    def standing(self) -> Standing: ...

    def stay(self) -> None:
        """A child needs help: for a while nothing keeps the bear from talking."""

    async def talked(self, began: float, ended: float) -> None:
        """A turn, in seconds on the monotonic clock."""


@dataclass(frozen=True, slots=True)
class LimitBook:
    goodbye: tuple[Pattern, ...]
    vocabulary: Vocabulary
    said: Mapping[str, tuple[Line, ...]]
    little: Mapping[str, tuple[Line, ...]]

    def lines(self, kind: str, band: AgeBand) -> tuple[Line, ...]:
        return (self.little if band is AgeBand.LITTLE else self.said)[kind]


class Limiting:
    """Knows when it has said its lines, so that a child who goes on talking is answered by silence."""

    def __init__(self, *, book: LimitBook, allowance: Allowance, clock: Clock) -> None:
        self._book = book
        self._allowance = allowance
        self._clock = clock
        self._said: tuple[Standing, float] | None = None  # which line last, and when
        self._warned: float | None = None

    @property
    def closed(self) -> bool:
        return self._allowance.standing.closed

    def stay(self) -> None:
        """A child needs help; see `Allowance`."""
        self._allowance.stay()

    def instead(self, heard: Heard, meant: Reply, recent: Recent, chance: Chance) -> Reply | None:
        """What to say in place of what is meant, or an empty text for silence. None while talk is allowed."""
        standing = self._allowance.standing
        if not standing.closed or meant.skill == COMFORTER or meant.topic in COMFORTING:
            return None
        now = self._clock.monotonic()
        if matches(self._book.goodbye, understand(heard.text, self._book.vocabulary)):
            self._said = (standing, now)
            return self._reply("goodbye", standing, heard, recent, chance)
        if not heard.text or (self._said and self._said[0] is standing and now - self._said[1] < AGAIN):
            return Reply(text="", skill=SKILL, topic=standing.value)
        self._said = (standing, now)
        return self._reply(standing.value, standing, heard, recent, chance)

    def before_the_end(self, heard: Heard, reply: Reply, recent: Recent, chance: Chance) -> Reply:
        """The reply, and once that the time is nearly over, with something quiet to do instead."""
        now = self._clock.monotonic()
        warned = self._warned is not None and now - self._warned < WARNED
        if (
            warned
            or self._allowance.standing is not Standing.ENDING
            or reply.topic in ("goodbye", "good_night")
        ):
            return reply
        self._warned = now
        line = pick(self._book.lines("ending", heard.band), recent, chance)
        if reply.note or reply.text.endswith("?"):  # the bear waits for an answer
            return replace(reply, text=f"{line.text} {reply.text}", lines=(line.id, *reply.lines))
        offer = pick(self._book.lines("offer", heard.band), recent, chance)
        return replace(
            reply,
            text=f"{reply.text} {line.text} {offer.text}",
            note={"yes": LEADS_TO},
            lines=(*reply.lines, line.id, offer.id),
        )

    def _reply(self, kind: str, standing: Standing, heard: Heard, recent: Recent, chance: Chance) -> Reply:
        line = pick(self._book.lines(kind, heard.band), recent, chance)
        return Reply(text=line.text, skill=SKILL, topic=standing.value, lines=(line.id,))


def parse_limits(data: bytes, *, name: str = "limits.toml") -> LimitBook:
    """Raises ConfigError naming the place."""
    file = parse_authored(_File, data, name)
    closed = [each.value for each in Standing if each.closed]
    expect([*closed, "goodbye", "ending", "offer"], file.said, f"{name}: said")
    return LimitBook(
        goodbye=compiled(["goodbye"], file.heard, f"{name}: heard")["goodbye"],
        vocabulary=Vocabulary.of_patterns(sources(file.heard)),
        said={kind: numbered(f"limits.{kind}", row.say) for kind, row in file.said.items()},
        little={kind: numbered(f"limits.{kind}.little", row.little) for kind, row in file.said.items()},
    )


def load_limits() -> LimitBook:
    """Reads a file. Raises ConfigError."""
    return parse_limits(read_authored("teddy_edge.conversation.skills", "limits.toml"))


class _Lines(Authored):
    say: Annotated[tuple[Spoken, ...], Field(min_length=2)]
    little: Annotated[tuple[Spoken, ...], Field(min_length=2)]


class _File(Authored):
    heard: dict[str, tuple[str, ...]]
    said: dict[str, _Lines]
