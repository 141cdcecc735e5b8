"""Proof of an erasure: looks through all that is stored of a bear for what can still be read."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from teddy_cloud.eventstore.letters import DeadLetters
from teddy_cloud.eventstore.partitions import partition_of
from teddy_cloud.eventstore.replay import Replayed, Wanted, in_stretches, replay
from teddy_cloud.eventstore.store import DeadLetter, EventStore
from teddy_shared.envelope import BearId, ProfileId
from teddy_shared.errors import KeyErased, SealError
from teddy_shared.seal import KeyRing, Seal


@dataclass(frozen=True, slots=True)
class Sealed:
    """What the stored events of a child look like to whoever would read them."""

    closed: int  # that no key opens
    open: int  # that some key opens still


def has_key(keys: KeyRing, profile: ProfileId) -> bool:
    """Blocks: the key ring is a file."""
    try:
        keys.key(profile)
    except KeyErased:
        return False
    return True


async def scan_events(store: EventStore, seal: Seal, bear: BearId, profile: ProfileId) -> Sealed:
    """Every stored event about this child, in the archive too. Raises LinkError."""
    closed = opened = 0
    async for stretch in in_stretches(replay(store, Wanted(bear=bear))):
        about = [each for each in stretch if profile in (each.entry.owner, each.head.profile)]
        readable = await asyncio.to_thread(_count_readable, seal, about)
        opened += readable
        closed += len(about) - readable
    return Sealed(closed, opened)


async def letters_of(letters: DeadLetters, bear: BearId, *, until_ms: int | None = None) -> list[DeadLetter]:
    """Dead letters of a bear that hold bytes: whose words they are, nobody can tell. Raises LinkError."""
    return [
        each
        async for each in letters.each(partition_of(bear))
        if each.bear == bear and each.sealed and (until_ms is None or _made_ms(each) <= until_ms)
    ]


def _count_readable(seal: Seal, stretch: Sequence[Replayed]) -> int:
    return sum(1 for each in stretch if _opens(seal, each))


def _opens(seal: Seal, each: Replayed) -> bool:
    try:
        seal.open(each.entry.owner, each.entry.sealed, each.head.place.bytes())
    except SealError:  # KeyErased is one
        return False
    return True


def _made_ms(letter: DeadLetter) -> int:
    """By the clock of the store, which is in its name."""
    return int(letter.id.split("-")[1])
