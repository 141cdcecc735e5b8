"""Dead letters in Redis: a stream a partition, and a hash of facts beside it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from importlib.resources import files
from typing import Final

from teddy_cloud.eventstore import partitions
from teddy_cloud.eventstore.letters import held
from teddy_cloud.eventstore.own import REDRIVEN
from teddy_cloud.eventstore.store import DeadLetter, Item, Position
from teddy_cloud.eventstore.withholding import withheld_item
from teddy_cloud.storage.client import Part, Reply, Script, StoreClient
from teddy_shared.envelope import BearId, Lane, Place
from teddy_shared.errors import Conflict

STRETCH: Final = 50  # letters in one read; each may hold a whole batch


def burying_script(name: str) -> Script:
    """A script that may use what stands in letters.lua."""
    here = files(__package__)
    return Script(here.joinpath("letters.lua").read_text() + here.joinpath(name).read_text())


_REDRIVE: Final = burying_script("redrive.lua")
_AGAIN: Final = burying_script("again.lua")


class RedisDeadLetters:
    def __init__(self, *, client: StoreClient) -> None:
        self._client = client

    async def each(self, partition: int) -> AsyncIterator[DeadLetter]:
        after = "-"
        while rows := await self._rows(partition, after, "+"):
            for letter in await self._letters(partition, rows):
                yield letter
            after = f"({rows[-1][0].decode()}"

    async def find(self, id_: str) -> DeadLetter | None:
        parts = id_.split("-")
        if len(parts) != 3 or not all(part.isdecimal() and int(part) < 2**64 for part in parts):
            return None
        partition, entry = int(parts[0]), f"{parts[1]}-{parts[2]}"
        found = await self._letters(partition, await self._rows(partition, entry, entry))
        return found[0] if found else None

    async def gave_way(self, partition: int) -> int:
        return int(await self._client.do("HGET", partitions.letter_facts(partition), "gave_way") or 0)

    async def redrive(self, letter: DeadLetter, place: Place, item: Item) -> bool:
        bear, partition = BearId(place.bear), letter.partition
        keys = [
            partitions.marks(bear, REDRIVEN),
            partitions.events(partition),
            *letter_keys(partition),
            partitions.redriven(partition),
            partitions.consent(bear),
            partitions.profiles(bear),
        ]
        about: list[Part] = [_entry(letter), held(letter), int(place.lane), place.seq]
        answer: Reply = await self._client.run(
            _REDRIVE, keys, [*about, *_parts(item), partitions.DOORBELL, partition]
        )
        if answer == b"refused":
            stand_in = withheld_item(item)
            assert isinstance(stand_in, Item), "a head that we wrote ourselves can be read"
            answer = await self._client.run(
                _REDRIVE, keys, [*about, *_parts(stand_in), partitions.DOORBELL, partition]
            )
        if isinstance(answer, int):
            raise Conflict(f"{REDRIVEN} of {bear}", place.seq - 1, answer)
        return bool(answer == b"redriven")

    async def fail_again(self, letter: DeadLetter, reason: str) -> None:
        await self._client.run(_AGAIN, letter_keys(letter.partition), [_entry(letter), reason])

    async def discard(self, letter: DeadLetter) -> None:
        await self._client.run(_AGAIN, letter_keys(letter.partition), [_entry(letter), ""])

    async def _rows(self, partition: int, first: str, last: str) -> Sequence[Reply]:
        rows: Sequence[Reply] = await self._client.do(
            "XRANGE", partitions.dead(partition), first, last, "COUNT", STRETCH
        )
        return rows

    async def _letters(self, partition: int, rows: Sequence[Reply]) -> list[DeadLetter]:
        if not rows:
            return []
        facts = partitions.letter_facts(partition)
        again: list[bytes | None] = await self._client.do(
            "HMGET", facts, *(f"again/{row[0].decode()}" for row in rows)
        )
        return [_letter(partition, row[0], row[1], reason) for row, reason in zip(rows, again, strict=True)]


def _parts(item: Item) -> list[Part]:
    purpose = item.purpose.value if item.purpose.needs_consent else ""
    return [purpose, item.profile or "", item.head, item.owner, item.sealed]


def letter_keys(partition: int) -> list[str]:
    return [partitions.dead(partition), partitions.letter_facts(partition)]


def _entry(letter: DeadLetter) -> str:
    return letter.id.partition("-")[2]


def _letter(partition: int, entry: bytes, fields: dict[bytes, bytes], again: bytes | None) -> DeadLetter:
    text = {name.decode(): value.decode() for name, value in fields.items() if name != b"sealed"}
    return DeadLetter(
        id=f"{partition}-{entry.decode()}",
        bear=BearId(text["bear"]),
        reason=again.decode() if again else text["reason"],
        size=int(text["size"]),
        sealed=fields[b"sealed"],
        lane=Lane(int(text["lane"])) if text.get("lane") else None,
        place=Place.parse(text["place"]) if text.get("place") else None,
        position=Position(text["at"]) if text.get("at") else None,
    )
