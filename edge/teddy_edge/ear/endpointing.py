"""How long a silence ends a turn: small children pause long, and nobody pauses behind a finished sentence."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from teddy_edge.audio.samples import EAR_RATE
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

    def wait(self, words: WordsSoFar = WordsSoFar.UNKNOWN) -> int:
        """Samples of silence that end a turn."""
        match words:
            case WordsSoFar.FINISHED:
                least, most = LEAST_AND_MOST[self.band]
                share = (BEHIND_A_SENTENCE[self.band] - least) / (most - least) * self.patience / PATIENCE
            case WordsSoFar.OPEN:  # the whole way where the slider stands by itself
                share = min(1.0, (1 + self.patience / PATIENCE) / 2)
            case WordsSoFar.UNKNOWN:
                share = self.patience
        return self._samples(share)

    @property
    def longest(self) -> int:
        """Samples of silence behind which no turn goes on, whatever was said."""
        return max(self.wait(words) for words in WordsSoFar)

    def _samples(self, share: float) -> int:
        least, most = LEAST_AND_MOST[self.band]
        return round((least + (most - least) * share) * EAR_RATE)
