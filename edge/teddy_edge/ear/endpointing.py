"""How long a silence ends a turn: small children pause long, and parents know theirs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from teddy_edge.audio.samples import EAR_RATE
from teddy_shared.ages import AgeBand

LEAST_AND_MOST: Final = {  # seconds of silence
    AgeBand.LITTLE: (0.8, 3.0),
    AgeBand.MIDDLE: (0.6, 2.5),
    AgeBand.BIG: (0.5, 2.0),
}


@dataclass(frozen=True, slots=True)
class Endpointing:
    """The wait before an answer, for one child."""

    band: AgeBand = AgeBand.MIDDLE
    patience: float = 0.3  # 0 answers quickly, 1 waits long; a parent's slider

    @property
    def wait(self) -> int:
        """Samples of silence that end a turn."""
        least, most = LEAST_AND_MOST[self.band]
        return round((least + (most - least) * self.patience) * EAR_RATE)
