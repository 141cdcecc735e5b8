"""The age bands that listening, answering and safety all go by."""

from __future__ import annotations

from enum import StrEnum

from teddy_shared.errors import ConfigError


class AgeBand(StrEnum):
    """Whom the bear talks with. Its value is what stands in envelopes and settings."""

    LITTLE = "3-4"
    MIDDLE = "5-7"
    BIG = "8-10"

    @classmethod
    def of(cls, years: int) -> AgeBand:
        """The band of a child of so many years; raises ConfigError outside 3 to 10."""
        if 3 <= years <= 4:
            return cls.LITTLE
        if 5 <= years <= 7:
            return cls.MIDDLE
        if 8 <= years <= 10:
            return cls.BIG
        raise ConfigError(f"Teddy talks with children of 3 to 10 years, not {years}")
