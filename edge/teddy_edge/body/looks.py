"""How the bear's light shows what the bear does: one table, and how bright it is at a moment. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

Colour = tuple[float, float, float]
"""Red, green, blue, each 0 to 1."""

DARK: Final[Colour] = (0.0, 0.0, 0.0)


class Look(StrEnum):
    STARTING = "starting"
    IDLE = "idle"
    ATTENDING = "attending"  # it has been woken, or may be answered without being woken
    LISTENING = "listening"
    THINKING = "thinking"
    SPEAKING = "speaking"
    RINGING = "ringing"
    MUTED = "muted"  # the ears are off
    OFFLINE = "offline"  # it talks as ever; only the cloud is away
    QUIET_HOURS = "quiet_hours"
    UPDATING = "updating"
    PROVISIONING = "provisioning"
    SAFE_MODE = "safe_mode"
    FAULT = "fault"
    STUCK = "stuck"  # the brain has not moved: what a watchdog is about to see


@dataclass(frozen=True, slots=True)
class Pattern:
    """A colour, and levels that it goes through over and over."""

    colour: Colour
    steps: tuple[tuple[float, float], ...]  # (seconds, level 0 to 1 that is held or, if soft, reached)
    soft: bool = False

    @property
    def still(self) -> bool:
        """Whether there is nothing to animate."""
        return len(self.steps) == 1

    @property
    def period(self) -> float:
        return sum(seconds for seconds, _ in self.steps)

    def at(self, seconds: float) -> Colour:
        """What to show so long after the pattern began."""
        level = self._level(seconds)
        red, green, blue = self.colour
        return (red * level, green * level, blue * level)

    def _level(self, seconds: float) -> float:
        left = seconds % self.period
        before = self.steps[-1][1]
        for lasts, level in self.steps:
            if left < lasts:
                return before + (level - before) * left / lasts if self.soft else level
            left, before = left - lasts, level
        return before


def _steady(colour: Colour, level: float) -> Pattern:
    return Pattern(colour, ((1.0, level),))


def _breath(colour: Colour, seconds: float, *, low: float = 0.1, high: float = 1.0) -> Pattern:
    return Pattern(colour, ((seconds / 2, high), (seconds / 2, low)), soft=True)


def _blinks(colour: Colour, times: int, *, on: float, off: float, rest: float) -> Pattern:
    """So many flashes, then dark for `rest`."""
    return Pattern(colour, ((on, 1.0), (off, 0.0)) * (times - 1) + ((on, 1.0), (rest, 0.0)))


_WARM: Final = (1.0, 0.6, 0.2)
_GREEN: Final = (0.1, 1.0, 0.2)
_BLUE: Final = (0.1, 0.3, 1.0)
_VIOLET: Final = (0.7, 0.2, 1.0)
_RED: Final = (1.0, 0.0, 0.0)

# No two move alike, so that a light of one colour and eyes that see no red tell them apart. Nothing
# flashes more than three times a second: that can harm (WCAG 2.3.1).
LOOKS: Final[dict[Look, Pattern]] = {
    Look.STARTING: _breath(_WARM, 2.0, low=0.0),
    Look.IDLE: _steady(_WARM, 0.08),
    Look.ATTENDING: _steady(_GREEN, 0.4),
    Look.LISTENING: _steady(_GREEN, 1.0),
    Look.THINKING: _breath(_BLUE, 0.8),
    Look.SPEAKING: _breath(_BLUE, 1.6, low=0.4),
    Look.RINGING: _blinks(_VIOLET, 3, on=0.2, off=0.2, rest=0.8),
    Look.MUTED: _blinks(_RED, 2, on=0.15, off=0.25, rest=2.5),
    Look.OFFLINE: _blinks(_WARM, 1, on=0.3, off=0.0, rest=3.0),
    Look.QUIET_HOURS: _steady(_WARM, 0.02),
    Look.UPDATING: _breath(_VIOLET, 3.0),
    Look.PROVISIONING: _breath(_VIOLET, 1.2, low=0.0),
    Look.SAFE_MODE: _blinks(_RED, 3, on=0.2, off=0.3, rest=2.0),
    Look.FAULT: _blinks(_RED, 1, on=0.5, off=0.0, rest=0.5),
    Look.STUCK: _blinks(_RED, 1, on=0.2, off=0.0, rest=0.2),
}


def look_of(doing: Look, *, muted: bool, offline: bool, stuck: bool) -> Look:
    """What to show of all that is so at once: first what a child must not mistake for something else."""
    if stuck:
        return Look.STUCK
    if doing in (Look.FAULT, Look.SAFE_MODE):
        return doing
    if muted:
        return Look.MUTED
    if doing is Look.IDLE and offline:
        return Look.OFFLINE
    return doing
