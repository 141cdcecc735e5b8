"""Timers: sets one, says how long is left, takes it back, and has a friendly line for when it rings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import Field

from teddy_edge.conversation.skills.durations import HOUR, duration_in, spoken_duration
from teddy_edge.conversation.skills.groups import heard_as, said_with_gaps, sources
from teddy_edge.conversation.skills.lines import Line, Name, pick, reply_of
from teddy_edge.conversation.skills.skill import Heard, Recent, Reply
from teddy_edge.conversation.skills.sums import plain_row
from teddy_edge.conversation.skills.templates import Templates, filled, templates
from teddy_edge.conversation.skills.understanding import Vocabulary, Words, matches, understand
from teddy_edge.conversation.timers import Timers
from teddy_edge.safety.authored import Authored, parse_authored, read_authored
from teddy_edge.safety.phrases import Pattern, PatternError, Phrasebook
from teddy_shared.clock import Chance
from teddy_shared.errors import ConfigError

LEAST: Final = 5  # seconds
MOST: Final = 2 * HOUR
ANSWER_MOST: Final = 8  # words of a sentence that may say how long it shall be

_WISHED: Final = 0.977
_ANSWERED: Final = 0.97


@dataclass(frozen=True, slots=True)
class Asked:
    """What children say about timers."""

    cancel: tuple[Pattern, ...]
    left: tuple[Pattern, ...]
    by_clock: tuple[Pattern, ...]  # at an hour of the day, which the bear does not know
    set: tuple[Pattern, ...]
    remaining: tuple[Pattern, ...]  # how long is left, where a timer runs


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a timer is for."""

    name: str
    heard: tuple[Pattern, ...]
    usual: int | None  # seconds, where nothing is said
    rings: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class TimingBook:
    heard: Asked
    said: Mapping[str, tuple[Line, ...]]
    purposes: Mapping[str, Purpose]  # the last one is for anything
    vocabulary: Vocabulary


class Timing:
    name: Final = "timers"

    def __init__(self, *, book: TimingBook, timers: Timers) -> None:
        self._book = book
        self._timers = timers

    @property
    def left(self) -> float | None:
        """Seconds until it rings; none where nothing runs."""
        return self._timers.left

    def fit(self, heard: Heard, recent: Recent) -> float:
        if self._wish(heard):
            return _WISHED
        return _ANSWERED if self._says_how_long(heard, recent) else 0.0

    def answer(self, heard: Heard, recent: Recent, chance: Chance) -> Reply:
        words = understand(heard.text, self._book.vocabulary)
        match self._wish(heard):
            case "cancel":
                return self._say("cancelled" if self._timers.take() else "none_runs", recent, chance)
            case "left":
                return self._left(recent, chance)
            case "by_clock":
                return self._say("by_clock", recent, chance)
        purpose = self._purpose(words)
        if not self._wish(heard):
            purpose = self._book.purposes.get(recent.note.get("timer", ""), purpose)
        seconds = duration_in(plain_row(heard.text)) or purpose.usual
        if seconds is None:
            return self._say("how_long", recent, chance, note={"timer": purpose.name})
        if not LEAST <= seconds <= MOST:
            return self._say("too_long" if seconds > MOST else "too_short", recent, chance)
        kind = "set_anew" if self._timers.running else "set"
        self._timers.set(seconds, purpose.name)
        return self._say(kind, recent, chance, time=spoken_duration(seconds))

    def ring(self, recent: Recent, chance: Chance) -> Reply | None:
        """What is said when the time is up; none where the timer was taken back meanwhile."""
        timer = self._timers.take()
        if timer is None:
            return None
        line = pick(self._book.purposes[timer.purpose].rings, recent, chance)
        spoken = filled(line, time=spoken_duration(timer.seconds))
        return reply_of(spoken, skill=self.name)

    def _left(self, recent: Recent, chance: Chance) -> Reply:
        left = self._timers.left
        if left is None:
            return self._say("none_runs", recent, chance)
        if round(left) == 0:
            self._timers.take()
            return self._say("is_over", recent, chance)
        return self._say("left", recent, chance, time=spoken_duration(round(left)))

    def _wish(self, heard: Heard) -> str:
        asked, words = self._book.heard, understand(heard.text, self._book.vocabulary)
        if matches(asked.cancel, words):
            return "cancel"
        if matches(asked.left, words) or (self._timers.running and matches(asked.remaining, words)):
            return "left"
        if matches(asked.set, words):
            timed = duration_in(plain_row(heard.text))
            return "by_clock" if timed is None and matches(asked.by_clock, words) else "set"
        return ""

    def _says_how_long(self, heard: Heard, recent: Recent) -> bool:
        row = plain_row(heard.text)
        waits = recent.skill == self.name and "timer" in recent.note
        return waits and len(row) <= ANSWER_MOST and duration_in(row) is not None

    def _purpose(self, words: Words) -> Purpose:
        every = list(self._book.purposes.values())
        return next((each for each in every if matches(each.heard, words)), every[-1])

    def _say(
        self,
        kind: str,
        recent: Recent,
        chance: Chance,
        *,
        time: str = "",
        note: Mapping[str, str] | None = None,
    ) -> Reply:
        line = filled(pick(self._book.said[kind], recent, chance), time=time)
        return reply_of(line, skill=self.name, note=note)


def parse_timing(data: bytes, *, name: str = "timing.toml") -> TimingBook:
    """Raises ConfigError naming the place."""
    file = parse_authored(_File, data, name)
    purposes = {}
    for purpose, row in file.purpose.items():
        try:
            heard = Phrasebook({}).patterns(row.heard)
        except PatternError as error:
            raise ConfigError(f"{name}: purpose {purpose}: {error}") from None
        rings = templates(f"timers.rings.{purpose}", row.rings, gaps=("time",))
        purposes[purpose] = Purpose(purpose, heard, row.usual, rings)
    listened = [source for row in file.purpose.values() for source in row.heard]
    return TimingBook(
        heard=heard_as(Asked, file.heard, f"{name}: heard"),
        said=said_with_gaps(_GAPS, file.said, "timers", f"{name}: said"),
        purposes=purposes,
        vocabulary=Vocabulary.of_patterns((*sources(file.heard), *listened)),
    )


def load_timing(timers: Timers) -> Timing:
    """Reads a file. Raises ConfigError."""
    return Timing(
        book=parse_timing(read_authored("teddy_edge.conversation.skills", "timing.toml")), timers=timers
    )


_GAPS: Final = {
    "set": ("time",), "set_anew": ("time",), "left": ("time",), "is_over": (), "none_runs": (),
    "cancelled": (),
    "how_long": (), "too_long": (), "too_short": (), "by_clock": (),
}  # fmt: skip


class _Purpose(Authored):
    heard: Annotated[tuple[str, ...], Field(min_length=1)]
    usual: Annotated[int, Field(ge=LEAST, le=MOST)] | None = None
    rings: Templates


class _File(Authored):
    heard: dict[str, tuple[str, ...]]
    said: dict[str, Templates]
    purpose: Annotated[dict[Name, _Purpose], Field(min_length=1)]
