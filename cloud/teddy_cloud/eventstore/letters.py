"""Dead letters: what could not be read, looked at once more by a release that may understand it.

An event comes out of them under a place of the cloud's own, in the stream `cloud-redriven`, since the read
models have long passed its number; its head keeps the place that the bear gave it. What a projection
makes of it is told by that first place (`as_recorded`), so that applying it twice changes nothing.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

from teddy_cloud.eventstore.own import REDRIVEN
from teddy_cloud.eventstore.store import DeadLetter, Item
from teddy_shared.envelope import Envelope, Place


class DeadLetters(Protocol):
    """All of it may raise LinkError while the store is away."""

    def each(self, partition: int) -> AsyncIterator[DeadLetter]:
        """Oldest first, without holding all of them."""

    async def find(self, id_: str) -> DeadLetter | None: ...

    async def gave_way(self, partition: int) -> int:
        """How many letters had to make room for others since the store was made."""

    async def redrive(self, letter: DeadLetter, place: Place, item: Item) -> bool:
        """Store the item at this place and take its letter away, both or neither.

        False where the letter is gone already, or was another letter of an event that was redriven. Raises
        Conflict, and nothing is stored, where the place is not the next one of its stream. A purpose that
        is not granted leaves only the stand-in.
        """

    async def fail_again(self, letter: DeadLetter, reason: str) -> None: ...

    async def discard(self, letter: DeadLetter) -> None:
        """It is gone for good, whatever it held."""


def held(letter: DeadLetter) -> str:
    """The name of what a letter holds: two letters of the same event have the same."""
    if letter.place is not None:
        return letter.place.bytes().decode()
    return f"{letter.partition}/{letter.position}" if letter.position else letter.id


def redriven_head(head: Envelope, place: Place) -> Envelope:
    """The head of an event that comes back at another place."""
    return head.model_copy(update={"place": place, "origin": as_recorded(head).place})


def as_recorded(head: Envelope) -> Envelope:
    """The head as the bear wrote it, also of an event that was redriven."""
    origin = head.origin
    if origin is None or head.place.epoch != REDRIVEN or origin.bear != head.place.bear:
        return head  # nobody else may say where an event was at first
    return head.model_copy(update={"place": origin})
