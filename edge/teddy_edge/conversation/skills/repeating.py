"""Says the last words again, for a child who asks what they were."""

from __future__ import annotations

from typing import Final

from teddy_edge.conversation.skills.skill import Heard, Recent, Reply
from teddy_edge.conversation.skills.steering import Steering, Wish
from teddy_shared.clock import Chance

SURE: Final = 0.92
NOTHING_YET: Final = "I didn't say anything yet. You can ask me about an animal."


class Repeating:
    name: Final = "again"

    def __init__(self, *, steering: Steering) -> None:
        self._steering = steering

    def fit(self, heard: Heard, recent: Recent) -> float:  # noqa: ARG002  # the port's own
        return SURE if self._steering.wish(heard.text) in (Wish.REPEAT, Wish.HUH) else 0.0

    def answer(self, heard: Heard, recent: Recent, chance: Chance) -> Reply:  # noqa: ARG002
        """As if it had been said for the first time, so that a riddle still waits for its guess."""
        if not recent.text or recent.skill is None:
            return Reply(text=NOTHING_YET, skill=self.name, topic="again")
        return Reply(
            text=recent.text,
            skill=recent.skill,
            topic=recent.topic or "again",
            note=recent.note,
            lines=(),
        )
