"""The states of the bear and the moves between them: one table; everything else is refused."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Final

from teddy_shared.logs import log


class State(StrEnum):
    BOOT = "boot"
    PROVISIONING = "provisioning"
    IDLE = "idle"
    ATTENDING = "attending"
    LISTENING = "listening"
    THINKING = "thinking"
    SPEAKING = "speaking"
    INTERRUPTED = "interrupted"
    FOLLOW_UP = "follow_up"
    RINGING = "ringing"
    MUTED = "muted"
    QUIET_HOURS = (
        "quiet_hours"  # or the day's time is used up, or a break: it hears, and helps who needs help
    )
    UPDATING = "updating"
    SAFE_MODE = "safe_mode"
    FAULT = "fault"


S = State
_RESTING: Final = {S.ATTENDING, S.LISTENING, S.RINGING, S.MUTED, S.QUIET_HOURS, S.UPDATING, S.SAFE_MODE}

MOVES: Final[dict[State, frozenset[State]]] = {
    state: frozenset(targets | {S.FAULT})
    for state, targets in {
        S.BOOT: {S.PROVISIONING, S.IDLE, S.SAFE_MODE, S.MUTED, S.QUIET_HOURS},
        S.PROVISIONING: {S.IDLE, S.BOOT},
        S.IDLE: _RESTING,
        S.ATTENDING: {S.LISTENING, S.IDLE, S.MUTED, S.QUIET_HOURS},
        S.LISTENING: {S.THINKING, S.IDLE, S.MUTED, S.QUIET_HOURS},
        # Thinking ends without a word when nothing was understood that needs one.
        S.THINKING: {S.SPEAKING, S.INTERRUPTED, S.IDLE, S.MUTED, S.QUIET_HOURS},
        S.SPEAKING: {S.INTERRUPTED, S.FOLLOW_UP, S.IDLE, S.MUTED, S.QUIET_HOURS},
        S.INTERRUPTED: {S.LISTENING, S.THINKING, S.SPEAKING, S.FOLLOW_UP, S.IDLE, S.MUTED, S.QUIET_HOURS},
        S.FOLLOW_UP: _RESTING | {S.IDLE},
        S.RINGING: {S.SPEAKING, S.INTERRUPTED, S.ATTENDING, S.LISTENING, S.IDLE, S.MUTED, S.QUIET_HOURS},
        S.MUTED: {S.IDLE, S.QUIET_HOURS, S.UPDATING},
        S.QUIET_HOURS: {S.IDLE, S.MUTED, S.UPDATING, S.LISTENING, S.RINGING},
        S.UPDATING: {S.BOOT, S.IDLE},
        S.SAFE_MODE: {S.BOOT, S.IDLE, S.UPDATING},
        S.FAULT: {S.BOOT, S.SAFE_MODE},
    }.items()
}

AT_REST: Final = frozenset({S.IDLE, S.ATTENDING, S.FOLLOW_UP, S.QUIET_HOURS})
AWAITING: Final = frozenset({S.ATTENDING, S.FOLLOW_UP})  # at rest, and the next word needs no waking
IN_TALK: Final = AWAITING | {S.THINKING, S.SPEAKING, S.INTERRUPTED}  # with the child


class States:
    """Where the bear is. Observers are told after every move, in the order they came."""

    def __init__(self) -> None:
        self._state = State.BOOT
        self._observers: list[Callable[[State], None]] = []

    @property
    def now(self) -> State:
        return self._state

    def observe(self, observer: Callable[[State], None]) -> None:
        self._observers.append(observer)

    def to(self, state: State) -> bool:
        """Whether the move was legal and made. An illegal one is logged and changes nothing."""
        if state is self._state:
            return True
        if state not in MOVES[self._state]:
            log("states").error("illegal move refused", at=self._state.value, to=state.value)
            return False
        self._state = state
        for observer in self._observers:
            observer(state)
        return True
