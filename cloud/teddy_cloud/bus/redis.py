"""Deliveries as consumer groups on the partition streams: one call a stream, many in one go."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib.resources import files
from typing import Final

from teddy_cloud.bus.deliveries import LETTERS, Delivery, Grave, Letter
from teddy_cloud.eventstore import partitions
from teddy_cloud.eventstore.store import Entry, Position
from teddy_cloud.storage.client import Call, Part, Reply, Script, StoreClient
from teddy_shared.envelope import BearId

LONG_AGO: Final = 24 * 3600 * 1000  # ms: longer than any worker keeps an entry in its hand


def _script(name: str) -> Script:
    return Script(files(__package__).joinpath(f"{name}.lua").read_text())


_FETCH, _AGAIN, _CLAIM, _GIVE_UP, _REDRIVE = map(_script, ("fetch", "again", "claim", "give_up", "redrive"))


class RedisDeliveries:
    """Needs Redis 6.2 or newer, or Valkey."""

    def __init__(self, *, client: StoreClient) -> None:
        self._client = client

    async def fetch(
        self, group: str, worker: str, partitions_: Iterable[int], count: int
    ) -> Sequence[Delivery]:
        wanted = list(partitions_)
        calls: list[Call] = [(_FETCH, [partitions.events(each)], [group, worker, count]) for each in wanted]
        replies = await self._client.run_all(calls)
        return [
            Delivery(partition, _entry(*row), 1)
            for partition, rows in zip(wanted, replies, strict=True)
            for row in rows
        ]

    async def again(
        self, group: str, worker: str, partition: int, position: Position, *, tries: int
    ) -> Delivery | None:
        keys = [partitions.events(partition)]
        reply: Reply = await self._client.run(_AGAIN, keys, [group, worker, position, tries])
        return _handed_out(partition, reply) if reply else None

    async def claim(self, group: str, worker: str, *, idle: float, count: int) -> Sequence[Delivery]:
        everywhere = range(partitions.PARTITIONS)
        arguments: list[Part] = [group, worker, int(idle * 1000), count]
        calls: list[Call] = [(_CLAIM, [partitions.events(each)], arguments) for each in everywhere]
        replies = await self._client.run_all(calls)
        return [
            _handed_out(partition, row)
            for partition, rows in zip(everywhere, replies, strict=True)
            for row in rows
        ]

    async def settle(self, group: str, done: Iterable[tuple[int, Position]]) -> None:
        await self._client.do_all(
            [("XACK", partitions.events(partition), group, position) for partition, position in done]
        )

    async def bury(self, group: str, delivery: Delivery, grave: Grave) -> None:
        position = delivery.entry.position
        letter: list[Part] = [
            *("group", group, "position", position, "bear", grave.bear, "type", grave.type),
            *("reason", grave.reason, "tries", grave.tries, "wall_ms", grave.wall_ms),
        ]
        keys = [partitions.events(delivery.partition), _letters(delivery.partition)]
        await self._client.run(_GIVE_UP, keys, [group, position, LETTERS, *letter])

    async def letters(self) -> Sequence[Letter]:
        everywhere = range(partitions.PARTITIONS)
        replies = await self._client.do_all([("XRANGE", _letters(each), "-", "+") for each in everywhere])
        return [
            _letter(partition, *row)
            for partition, rows in zip(everywhere, replies, strict=True)
            for row in rows
        ]

    async def redrive(self, letter: Letter) -> bool:
        keys = [partitions.events(letter.partition), _letters(letter.partition)]
        at = letter.id.partition("/")[2]
        reply: Reply = await self._client.run(_REDRIVE, keys, [letter.group, letter.position, at, LONG_AGO])
        return int(reply) == 1


def _letters(partition: int) -> str:
    return f"handlers-dead:{{{partition}}}"


def _handed_out(partition: int, row: Reply) -> Delivery:
    position, fields, tries = row
    return Delivery(partition, _entry(position, fields), int(tries))


def _entry(position: bytes, flat: Sequence[bytes]) -> Entry:
    fields = dict(zip(flat[::2], flat[1::2], strict=True))
    owner = fields.get(b"owner", b"").decode()
    return Entry(Position(position.decode()), fields[b"head"], owner, fields[b"sealed"])


def _letter(partition: int, id_: bytes, fields: dict[bytes, bytes]) -> Letter:
    said = {name.decode(): value.decode() for name, value in fields.items()}
    grave = Grave(
        BearId(said["bear"]), said["type"], said["reason"], int(said["tries"]), int(said["wall_ms"])
    )
    return Letter(f"{partition}/{id_.decode()}", said["group"], partition, Position(said["position"]), grave)
