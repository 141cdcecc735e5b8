"""The event store on Redis Streams: one script a batch, one slot a bear."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final

from teddy_cloud.eventstore import partitions
from teddy_cloud.eventstore.redis_letters import RedisDeadLetters, burying_script, letter_keys
from teddy_cloud.eventstore.sorts import sorts_of
from teddy_cloud.eventstore.store import (
    DEAD_LETTERS,
    DeadLetter,
    Doorbell,
    Entry,
    Item,
    Poison,
    Position,
)
from teddy_cloud.storage.client import Listener, Part, StoreClient
from teddy_shared.envelope import BearId, Lane, Place, ProfileId
from teddy_shared.errors import Conflict
from teddy_shared.purposes import Consent

DOORBELL: Final = "doorbell"  # the channel; its messages are partition numbers

_APPEND: Final = burying_script("append.lua")
_BURY: Final = burying_script("bury.lua")
_BURY_STORED: Final = burying_script("bury_stored.lua")


class RedisEventStore:
    """Needs Redis 6.2 or newer, or Valkey."""

    def __init__(self, *, client: StoreClient) -> None:
        self._client = client

    async def append_batch(
        self,
        *,
        bear: BearId,
        epoch: str,
        lane: Lane,
        first: int,
        items: Sequence[Item | Poison],
        covers: int = 1,
    ) -> int:
        last = first + max(len(items), covers) - 1
        return await self._append(bear, epoch, lane, first, last, items, strict=False)

    async def append_expected(
        self, *, subject: BearId, stream: str, lane: Lane, expected: int, items: Sequence[Item]
    ) -> int:
        first, last = expected + 1, expected + len(items)
        version = await self._append(subject, stream, lane, first, last, items, strict=True)
        if version < 0:
            raise Conflict(f"{stream} of {subject}", expected, -1 - version)
        return version

    async def _append(
        self,
        bear: BearId,
        epoch: str,
        lane: Lane,
        first: int,
        last: int,
        items: Sequence[Item | Poison],
        *,
        strict: bool,
    ) -> int:
        partition = partitions.partition_of(bear)
        keys = [
            partitions.marks(bear, epoch),
            partitions.events(partition),
            partitions.dead(partition),
            partitions.consent(bear),
            partitions.profiles(bear),
            partitions.letter_facts(partition),
        ]
        batch: tuple[Part, ...] = (
            *(int(lane), first, last, int(strict)),
            *(bear, DEAD_LETTERS, DOORBELL, partition),
        )
        while True:  # at most once for each sort of event: a stand-in needs no grant
            sorts = sorts_of(items)
            mark, *refused = await self._client.run(_APPEND, keys, [*batch, *sorts.arguments(items)])
            if not refused:
                return int(mark)
            items = sorts.without(items, frozenset(refused))

    async def read(self, partition: int, after: Position, count: int) -> Sequence[Entry]:
        return (await self.read_many({partition: after}, count)).get(partition, ())

    async def read_many(self, places: Mapping[int, Position], count: int) -> Mapping[int, Sequence[Entry]]:
        # One read a stream in one pipeline: a cluster refuses one read of many streams.
        commands = [
            ("XRANGE", partitions.events(partition), f"({after}", "+", "COUNT", count)
            for partition, after in places.items()
        ]
        replies = await self._client.do_all(commands)
        found = zip(places, replies, strict=True)
        return {partition: [_entry(*row) for row in rows] for partition, rows in found if rows}

    async def marks(self, bear: BearId, epoch: str) -> Mapping[Lane, int]:
        marks: dict[bytes, bytes] = await self._client.do("HGETALL", partitions.marks(bear, epoch))
        return {Lane(int(lane)): int(mark) for lane, mark in marks.items()}

    async def permit(self, bear: BearId, *, consent: Consent, profiles: frozenset[ProfileId]) -> None:
        key = partitions.consent(bear)
        commands: list[tuple[Part, ...]] = [("DEL", key), ("DEL", partitions.profiles(bear))]
        if consent:
            commands.append(("SADD", key, *sorted(consent)))
        if profiles:
            commands.append(("SADD", partitions.profiles(bear), *sorted(profiles)))
        await self._client.do_at_once(commands)

    async def bury(
        self, bear: BearId, *, reason: str, size: int, sealed: bytes, lane: Lane | None = None
    ) -> None:
        partition = partitions.partition_of(bear)
        keys = [*letter_keys(partition), partitions.consent(bear)]
        topic = "" if lane is None else int(lane)
        await self._client.run(_BURY, keys, [bear, DEAD_LETTERS, reason, size, sealed, topic])

    async def bury_stored(
        self,
        partition: int,
        position: Position,
        *,
        bear: BearId,
        reason: str,
        size: int,
        place: Place | None = None,
    ) -> None:
        where = place.bytes() if place else b""
        arguments: list[Part] = [bear, DEAD_LETTERS, reason, size, where, position]
        await self._client.run(_BURY_STORED, letter_keys(partition), arguments)

    async def dead_letters(self, partition: int) -> Sequence[DeadLetter]:
        return [letter async for letter in RedisDeadLetters(client=self._client).each(partition)]

    @asynccontextmanager
    async def doorbell(self) -> AsyncIterator[Doorbell]:
        async with self._client.listening(DOORBELL) as listener:
            yield _Bell(listener)


class _Bell:
    def __init__(self, listener: Listener) -> None:
        self._listener = listener

    async def rung(self, seconds: float) -> frozenset[int]:
        rung = set()
        message = await self._listener.heard(seconds)
        while message is not None:  # take what is there already, so that many rings are one look
            rung.add(int(message))
            message = await self._listener.heard(0.0) if len(rung) < partitions.PARTITIONS else None
        return frozenset(rung)


def _entry(position: bytes, fields: dict[bytes, bytes]) -> Entry:
    return Entry(
        Position(position.decode()), fields[b"head"], fields.get(b"owner", b"").decode(), fields[b"sealed"]
    )
