"""A bear's day: its turns, what they were about, and how long they took."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final

from pydantic import BaseModel, ConfigDict

from teddy_cloud.projections.readmodels import Cell
from teddy_shared.envelope import BearId, Envelope
from teddy_shared.events import Event, TurnBegun, TurnEnded

HOURS: Final = 24
FARTHEST: Final = 4_102_444_800_000  # ms, the year 2100: a bear's clock may say anything at all
LONGEST_TURN_MS: Final = 5 * 60 * 1000  # a turn that ends so soon after midnight may belong to the day before


class Turn(BaseModel):
    """What a parent sees of one turn: never the words."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    turn: str
    begun_wall_ms: int
    ended_wall_ms: int | None = None  # None: the bear still answers, or was cut off
    topic: str | None = None
    skill: str | None = None
    verdict: str | None = None
    outcome: str | None = None
    spoken_ms: int = 0  # by the child
    answered_ms: int = 0  # by the bear, as far as it was heard


class Conversations:
    """The projection. A page is a day of a bear, a line is a turn."""

    name: Final = "conversations"
    types: Final = frozenset({TurnBegun.label.type, TurnEnded.label.type})

    def touches(self, head: Envelope) -> Iterable[Cell]:
        """The cells that an event may need or change."""
        return [Cell(BearId(head.place.bear), day, _line(head)) for day in _days(head)]

    def apply(
        self, before: Mapping[Cell, bytes], head: Envelope, event: Event | None
    ) -> Mapping[Cell, bytes]:
        """The cells that this event changes."""
        candidates = list(self.touches(head))
        cell = next((each for each in candidates if each in before), candidates[0])
        known = Turn.model_validate_json(before[cell]) if cell in before else None
        turn = _told(known, cell.line, head.when.wall_ms, event)
        return {} if turn is None else {cell: turn.model_dump_json().encode()}


def day_of(wall_ms: int) -> str:
    """The day as a page is named. UTC until a family has a time zone."""
    return _day(min(max(wall_ms, 0), FARTHEST) // 86_400_000)


def turns_of(page: Mapping[str, bytes]) -> Sequence[Turn]:
    """The turns of a day, newest first."""
    turns = [Turn.model_validate_json(line) for line in page.values()]
    return sorted(turns, key=lambda turn: (turn.begun_wall_ms, turn.turn), reverse=True)


def topics_of(turns: Iterable[Turn]) -> Sequence[tuple[str, int]]:
    """How many turns each topic had, most first."""
    counts = Counter(turn.topic for turn in turns if turn.topic)
    return sorted(counts.items(), key=lambda each: (-each[1], each[0]))


def minutes_by_hour(turns: Iterable[Turn]) -> Sequence[float]:
    """Minutes of talk in each hour of the day, child and bear together."""
    hours = [0.0] * HOURS
    for turn in turns:
        hours[_time(turn.begun_wall_ms).hour] += (turn.spoken_ms + turn.answered_ms) / 60_000
    return [round(minutes, 3) for minutes in hours]


def _told(known: Turn | None, turn: str, wall_ms: int, event: Event | None) -> Turn | None:
    match event:
        case TurnBegun(speech_ms=spoken):
            if known is not None:
                return known  # its end came first, from a tail that was sent again
            return Turn(turn=turn, begun_wall_ms=wall_ms, spoken_ms=spoken)
        case TurnEnded():
            length = event.speech_ms + event.reply_ms
            begun = known.begun_wall_ms if known else wall_ms - length
            return Turn(
                turn=turn,
                begun_wall_ms=begun,
                ended_wall_ms=wall_ms,
                topic=event.topic,
                skill=event.skill,
                verdict=event.verdict,
                outcome=event.outcome,
                spoken_ms=event.speech_ms,
                answered_ms=event.reply_ms,
            )
    return None


def _line(head: Envelope) -> str:
    place = head.place
    return head.turn or f"{place.epoch}-{int(place.lane)}-{place.seq}"


def _days(head: Envelope) -> list[str]:
    now = head.when.wall_ms
    today, before = day_of(now), day_of(now - LONGEST_TURN_MS)
    return [today] if before == today else [today, before]


@lru_cache(maxsize=64)
def _day(number: int) -> str:
    return (date(1970, 1, 1) + timedelta(days=number)).isoformat()


def _time(wall_ms: int) -> datetime:
    return datetime.fromtimestamp(min(max(wall_ms, 0), FARTHEST) / 1000, UTC)
