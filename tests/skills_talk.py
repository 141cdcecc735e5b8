"""A child who talks with the skills alone: no sound, no guard."""

from __future__ import annotations

from teddy_edge.conversation.skills.chooser import Chooser
from teddy_edge.conversation.skills.skill import Heard, Recent, Reply
from teddy_shared.ages import AgeBand
from teddy_shared.clock import Chance, SeededChance


class SkillTalk:
    """Remembers each turn as the bear does when the child heard it to its end."""

    def __init__(
        self, chooser: Chooser, *, band: AgeBand = AgeBand.MIDDLE, chance: Chance | None = None
    ) -> None:
        self._chooser = chooser
        self._band = band
        self._chance = chance or SeededChance(7)
        self.recent = Recent()

    def say(self, text: str) -> Reply:
        reply = self._chooser.answer(Heard(text, 1.0, self._band), self.recent, self._chance)
        self.recent = self.recent.after(reply)
        return reply
