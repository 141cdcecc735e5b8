"""What one turn looked like from inside, for whoever may look: the bench, the demo, a test."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from teddy_shared.clock import Clock
from teddy_shared.envelope import Envelope
from teddy_shared.events import Event


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event as it lies in the outbox: this, and nothing else, is what may leave the bear."""

    envelope: Envelope
    event: Event


@dataclass(frozen=True, slots=True)
class TurnReport:
    """Holds a child's words: shown to somebody who asked on this machine, never logged or sent."""

    turn: str
    generation: int
    heard: str
    confidence: float  # 0 to 1
    verdict: str
    skill: str
    reply: str
    outcome: str
    stages_ms: dict[str, float]
    first_sound_ms: float | None
    from_last_sample_ms: float | None
    events: tuple[Recorded, ...]

    def as_json(self) -> dict[str, Any]:
        """The keys that the command line promises."""
        return {
            "turn": self.turn,
            "heard": self.heard,
            "confidence": round(self.confidence, 3),
            "verdict": self.verdict,
            "skill": self.skill,
            "reply": self.reply,
            "outcome": self.outcome,
            "stages_ms": self.stages_ms,
            "first_sound_ms": self.first_sound_ms,
            "from_last_sample_ms": self.from_last_sample_ms,
            "events": [
                {
                    "type": each.envelope.type,
                    "lane": int(each.envelope.place.lane),
                    "seq": each.envelope.place.seq,
                    "epoch": each.envelope.place.epoch,
                    "purpose": each.envelope.purpose.value,
                    "generation": each.envelope.generation,
                    "payload": each.event.model_dump(mode="json"),
                }
                for each in self.events
            ],
            "in_read_model": None,  # only somebody who asks the cloud can tell
        }


class Onlooker(Protocol):
    """Sees each turn when it has ended."""

    def saw(self, report: TurnReport) -> None: ...


class Nobody:
    """In a child's room nobody looks on."""

    def saw(self, report: TurnReport) -> None: ...


ON_THE_WAY: Final = ("pause", "hearing", "journal", "answering", "guard", "voice_first", "mouth")
"""The stages that a child waits through, from the last sample of speech to the first sound of the answer;
what is heard ahead lies within the pause."""


@dataclass(slots=True)
class Stopwatch:
    """How long each stage of a turn took, from the end-of-turn decision on."""

    clock: Clock
    began: float  # seconds on the monotonic clock
    stages: dict[str, float] = field(default_factory=dict)
    _last: float | None = None

    def lap(self, stage: str) -> float:
        """What passed since the last lap was this stage; a stage may come more than once. The moment now."""
        now = self.clock.monotonic()
        passed = now - (self.began if self._last is None else self._last)
        self.stages[stage] = round(self.stages.get(stage, 0.0) + 1000 * passed, 2)
        self._last = now
        return now

    def aside(self, stage: str, seconds: float) -> None:
        """A stage that is not between two laps: before the decision, or in another thread."""
        self.stages[stage] = round(1000 * seconds, 2)

    def since_began_ms(self, at: float) -> float:
        return round(1000 * (at - self.began), 2)
