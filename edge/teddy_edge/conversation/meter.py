"""What the conversation counts, for whoever measures the bear. Numbers and names of ours, never words."""

from __future__ import annotations

from typing import Final, Protocol

from teddy_shared.events import TurnEnded

BESIDE_SKILLS: Final = frozenset({"guard", "asking_back", "none"})
"""Who may stand as the skill of a turn without being one."""

BESIDE_VERDICTS: Final = frozenset({"none", "refused"})
"""What may stand as a verdict beside the decisions on what was heard: none yet, or a reply refused."""


class Meter(Protocol):
    """Is told as it happens, on the event loop, so it must not wait."""

    def ended(self, turn: TurnEnded) -> None: ...

    def lost(self, samples: int) -> None:
        """The ear fell behind, and this many samples were never heard."""


class NoMeter:
    """Where nobody measures."""

    def ended(self, turn: TurnEnded) -> None: ...

    def lost(self, samples: int) -> None: ...
