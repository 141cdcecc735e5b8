"""How hard a game is: harder after two right answers in a row, easier after a wrong one. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from teddy_edge.conversation.skills.skill import Recent

EASIEST: Final = 0
USUAL: Final = 1  # what fits the age band
HARDEST: Final = 4
RISES_AFTER: Final = 2  # right answers in a row; one may be luck


@dataclass(frozen=True, slots=True)
class Level:
    """Of one kind of game, for as long as the talk lasts."""

    at: int = USUAL
    streak: int = 0  # right answers since it last changed

    @classmethod
    def of(cls, game: str, recent: Recent) -> Level:
        """Where the child left it in this talk."""
        at, _, streak = recent.kept.get(f"level.{game}", "").partition(" ")
        return cls(int(at), int(streak)) if at and streak else cls()

    def after(self, *, right: bool) -> Level:
        if not right:
            return Level(max(self.at - 1, EASIEST))
        if self.streak + 1 < RISES_AFTER:
            return Level(self.at, self.streak + 1)
        return Level(min(self.at + 1, HARDEST))

    def kept(self, game: str) -> Mapping[str, str]:
        return {f"level.{game}": f"{self.at} {self.streak}"}
