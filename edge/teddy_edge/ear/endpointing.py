"""How long a silence ends a turn: small children pause long, and nobody pauses behind a finished sentence."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from teddy_edge.audio.samples import EAR_RATE
from teddy_edge.ear.habit import Habit
from teddy_shared.ages import AgeBand

LEAST_AND_MOST: Final = {  # seconds of silence
    AgeBand.LITTLE: (0.8, 3.0),
    AgeBand.MIDDLE: (0.6, 2.5),
    AgeBand.BIG: (0.5, 2.0),
}
PATIENCE: Final = 0.3  # where the slider stands unless a parent moves it
BEHIND_A_SENTENCE: Final = {  # seconds of silence, where the slider stands by itself
    AgeBand.LITTLE: 1.06,
    AgeBand.MIDDLE: 0.76,
    AgeBand.BIG: 0.56,
}


class WordsSoFar(Enum):
    """What the words before a pause sound like."""

    UNKNOWN = "unknown"  # nobody has listened to them
    OPEN = "open"  # they are being understood, or more should come, or nobody can tell
    FINISHED = "finished"


@dataclass(frozen=True, slots=True)
class Endpointing:
    """The wait before an answer, for one child."""

    band: AgeBand = AgeBand.MIDDLE
    patience: float = PATIENCE  # 0 answers quickly, 1 waits long; a parent's slider
    habit: Habit = field(default_factory=Habit)  # of this child

    def wait(self, words: WordsSoFar = WordsSoFar.UNKNOWN) -> int:
        """Samples of silence that end a turn."""
        least, most = LEAST_AND_MOST[self.band]
        match words:
            case WordsSoFar.FINISHED:
                usual = least + (BEHIND_A_SENTENCE[self.band] - least) * self.patience / PATIENCE
                seconds = self._learned(self.habit.needs_behind, usual, least, (least + most) / 2)
            case WordsSoFar.OPEN:
                usual = least + (most - least) * min(1.0, (1 + self.patience / PATIENCE) / 2)
                seconds = self._learned(self.habit.needs_within, usual, (least + usual) / 2, most)
            case WordsSoFar.UNKNOWN:
                seconds = least + (most - least) * self.patience
        return round(seconds * EAR_RATE)

    @property
    def longest(self) -> int:
        """Samples of silence behind which no turn goes on, whatever was said."""
        return max(self.wait(words) for words in WordsSoFar)

    def _learned(self, needed: float | None, usual: float, least: float, most: float) -> float:
        """What the child needs, as far as it is known. Who asked for patience is never given less of it."""
        if needed is None:
            return usual
        return min(max(needed, usual if self.patience > PATIENCE else least), most)
