"""The event store on Redis Streams: one script a batch, one slot a bear."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Final

from teddy_cloud.eventstore import partitions
from teddy_cloud.eventstore.packing import Packed, packed
from teddy_cloud.eventstore.redis_letters import RedisDeadLetters, burying_script, letter_keys
from teddy_cloud.eventstore.store import (
    DEAD_LETTERS,
    DeadLetter,
    Delivery,
    Doorbell,
    Entry,
    Item,
    Poison,
    Position,
    order_of,
)
from teddy_cloud.storage.client import Call, Listener, Part, StoreClient
from teddy_shared.envelope import BearId, Lane, Place, ProfileId
from teddy_shared.errors import Conflict
from teddy_shared.purposes import Consent

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
        (mark,) = await self.append_all([Delivery(bear, epoch, lane, first, items, covers)])
        return mark

    async def append_all(self, deliveries: Sequence[Delivery]) -> Sequence[int]:
        marks: dict[int, int] = {}
        waiting = dict(enumerate(deliveries))
        while waiting:  # again at most once for each sort of event: a stand-in needs no grant
            batches = [packed(each.items) for each in waiting.values()]
            calls = [append_call(*both) for both in zip(waiting.values(), batches, strict=True)]
            replies = await self._client.run_all(calls)
            refused: dict[int, Delivery] = {}
            for (at, each), batch, reply in zip(waiting.items(), batches, replies, strict=True):
                marks[at] = int(reply[0])
                if len(reply) > 1:
                    refused[at] = replace(each, items=batch.without(frozenset(reply[1:])))
            waiting = refused
        return [marks[at] for at in range(len(deliveries))]

    async def append_expected(
        self, *, subject: BearId, stream: str, lane: Lane, expected: int, items: Sequence[Item]
    ) -> int:
        delivery = Delivery(subject, stream, lane, expected + 1, items)
        while True:
            batch = packed(delivery.items)
            version, *refused = await self._client.run(*append_call(delivery, batch, strict=True))
            if version < 0:
                raise Conflict(f"{stream} of {subject}", expected, -1 - version)
            if not refused:
                return int(version)
            delivery = replace(delivery, items=batch.without(frozenset(refused)))

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
        (marks,) = await self.marks_of([(bear, epoch)])
        return marks

    async def marks_of(self, sources: Sequence[tuple[BearId, str]]) -> Sequence[Mapping[Lane, int]]:
        found: list[dict[bytes, bytes]] = await self._client.do_all(
            [("HGETALL", partitions.marks(bear, epoch)) for bear, epoch in sources]
        )
        return [{Lane(int(lane)): int(mark) for lane, mark in marks.items()} for marks in found]

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

    async def archive_name(self) -> str | None:
        name: bytes | None = await self._client.do("GET", partitions.ARCHIVE)
        return None if name is None else name.decode()

    async def name_archive(self, name: str, *, anew: bool = False) -> str:
        await self._client.do("SET", partitions.ARCHIVE, name, *([] if anew else ["NX"]))
        return await self.archive_name() or name

    async def trim(self, partition: int, last: Position) -> None:
        milliseconds, number = order_of(last)
        behind = f"{milliseconds}-{number + 1}"
        await self._client.do("XTRIM", partitions.events(partition), "MINID", "=", behind)

    @asynccontextmanager
    async def doorbell(self) -> AsyncIterator[Doorbell]:
        async with self._client.listening(partitions.DOORBELL) as listener:
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


def append_call(delivery: Delivery, batch: Packed, *, strict: bool = False) -> Call:
    """What the script is asked to do."""
    bear, partition = delivery.bear, partitions.partition_of(delivery.bear)
    keys = [
        partitions.marks(bear, delivery.epoch),
        partitions.events(partition),
        partitions.dead(partition),
        partitions.consent(bear),
        partitions.profiles(bear),
        partitions.letter_facts(partition),
    ]
    arguments: list[Part] = [
        *(int(delivery.lane), delivery.first, delivery.last, int(strict)),
        *(bear, DEAD_LETTERS, partitions.DOORBELL, partition),
        *batch.arguments(),
    ]
    return _APPEND, keys, arguments


def _entry(position: bytes, fields: dict[bytes, bytes]) -> Entry:
    return Entry(
        Position(position.decode()), fields[b"head"], fields.get(b"owner", b"").decode(), fields[b"sealed"]
    )
