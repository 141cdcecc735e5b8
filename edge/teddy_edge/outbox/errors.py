"""What can go wrong when an event is recorded.

OutboxError
├── Stale             the turn it belongs to was interrupted: drop it
├── EventTooLarge     no peer would take it: a bug in whoever made it
└── OutboxAway        the disk is full or does not answer: the talk goes on, unrecorded
"""

from __future__ import annotations

from teddy_shared.errors import TeddyError


class OutboxError(TeddyError):
    """An event was not recorded."""


class Stale(OutboxError):
    def __init__(self, type_: str) -> None:
        super().__init__(f"{type_} came too late: its turn was interrupted")


class EventTooLarge(OutboxError):
    def __init__(self, type_: str, size: int, most: int) -> None:
        super().__init__(f"{type_} has {size} bytes, more than the {most} that one event may have")


class OutboxAway(OutboxError):
    def __init__(self, reason: str) -> None:
        super().__init__(f"the outbox cannot be used ({reason}): make room on the disk, or change the card")
