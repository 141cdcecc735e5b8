"""Tells the family, once, that the guard is not working; a constant, as a file may be what is broken."""

from __future__ import annotations

from typing import Final

from teddy_shared.events import SafetyAlertRaised

CATEGORY: Final = "guard_failed"
ADVICE: Final = (
    "The bear's safety check is not working. Until it does, the bear says nothing but a few safe lines, and "
    "it may not notice when your child needs help: do not rely on it. Switch the bear off and on again. If "
    "this message comes back, run `teddy doctor` or install Teddy again."
)


class GuardAlarm:
    """One a process: whoever sees the guard fail asks it for the alert, and the first one gets it."""

    def __init__(self) -> None:
        self._told = False

    def alert(self) -> SafetyAlertRaised | None:
        if self._told:
            return None
        self._told = True
        return SafetyAlertRaised(category=CATEGORY, advice=ADVICE)
