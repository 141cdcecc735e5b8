"""How the states of a talk look from outside."""

from __future__ import annotations

from typing import Final

from teddy_edge.body.looks import Look
from teddy_edge.conversation.states import State

SHOWN: Final[dict[State, Look]] = {
    State.BOOT: Look.STARTING,
    State.PROVISIONING: Look.PROVISIONING,
    State.IDLE: Look.IDLE,
    State.ATTENDING: Look.ATTENDING,
    State.LISTENING: Look.LISTENING,
    State.THINKING: Look.THINKING,
    State.SPEAKING: Look.SPEAKING,
    State.INTERRUPTED: Look.LISTENING,  # it has fallen silent for whoever speaks
    State.FOLLOW_UP: Look.ATTENDING,
    State.RINGING: Look.RINGING,
    State.MUTED: Look.MUTED,
    State.QUIET_HOURS: Look.QUIET_HOURS,
    State.UPDATING: Look.UPDATING,
    State.SAFE_MODE: Look.SAFE_MODE,
    State.FAULT: Look.FAULT,
}
