"""Where bear and cloud meet on the broker: `teddy/v1/{bear}/…`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from teddy_shared.envelope import NAME, BearId, Lane
from teddy_shared.errors import MalformedEvent

ROOT: Final = "teddy/v1"

# `$share` hands each message to one of the ingest workers.
INGEST_EVENTS: Final = f"$share/ingest/{ROOT}/+/up/#"
INGEST_STATUS: Final = f"$share/ingest/{ROOT}/+/status"

# What bears ask of the cloud; each question goes to one of those who answer.
EVERY_QUESTION: Final = f"$share/answers/{ROOT}/+/ask"

# Retained messages never come through a shared subscription (MQTT 5, 4.8.2).
EVERY_STATUS: Final = f"{ROOT}/+/status"


def hidden(subscription: str, secret: str) -> str:
    """A shared subscription under a name of its group that nobody outside can guess.

    A broker hands the messages of a group to its members in turn. Mosquitto lets anybody join and then
    drops what the member may not read: a bear that knew the name would swallow other bears' events.
    """
    match subscription.split("/", 2):
        case ["$share", group, topic]:
            return f"$share/{group}-{secret}/{topic}"
    return subscription


def up(bear: BearId, lane: Lane) -> str:
    return f"{ROOT}/{bear}/up/{int(lane)}"


def ack(bear: BearId) -> str:
    return f"{ROOT}/{bear}/ack"


def status(bear: BearId) -> str:
    return f"{ROOT}/{bear}/status"


def settings(bear: BearId) -> str:
    return f"{ROOT}/{bear}/settings"


def command(bear: BearId) -> str:
    """Orders from the cloud, each sealed for the bear."""
    return f"{ROOT}/{bear}/cmd"


def ask(bear: BearId) -> str:
    return f"{ROOT}/{bear}/ask"


def answer(bear: BearId) -> str:
    """Answers to what the bear asked, sentence by sentence."""
    return f"{ROOT}/{bear}/res"


@dataclass(frozen=True, slots=True)
class Address:
    """Who a message is from or for, and what it is."""

    bear: BearId
    what: str  # "up", "ack", "status", "settings", "cmd", "ask" or "res"
    lane: Lane | None = None


def parse(topic: str) -> Address:
    """Raises MalformedEvent for a topic that is none of ours."""
    match topic.split("/"):
        case ["teddy", "v1", bear, "up", lane] if NAME.fullmatch(bear) and lane in tuple("0123"):
            return Address(BearId(bear), "up", Lane(int(lane)))
        case ["teddy", "v1", bear, "ack" | "status" | "settings" | "cmd" | "ask" | "res" as what] if (
            NAME.fullmatch(bear)
        ):
            return Address(BearId(bear), what)
    raise MalformedEvent(topic.encode(), "not a topic of ours")
