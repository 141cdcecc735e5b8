"""The events of a batch by what must be granted for them, so that a script looks at each grant once."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from typing import Final

from teddy_cloud.eventstore.store import Item, Poison
from teddy_cloud.eventstore.withholding import withheld_item
from teddy_cloud.storage.client import Part
from teddy_shared.purposes import Purpose

POISON: Final = 0

Sort = tuple[str, Purpose, str | None]  # owner, purpose, profile


@dataclass(frozen=True, slots=True)
class Sorts:
    numbers: dict[Sort, int]  # from 1, in this order
    of_items: Sequence[int]  # the number of each item's sort, or POISON

    def arguments(self, items: Sequence[Item | Poison]) -> Iterator[Part]:
        """As the append script takes them."""
        yield len(self.numbers)
        for owner, purpose, profile in self.numbers:
            yield from (owner, purpose.value if purpose.needs_consent else "", profile or "")
        parts: list[bytes] = []
        plan: list[int] = []
        for item, number in zip(items, self.of_items, strict=True):
            said = item.head if isinstance(item, Item) else item.reason.encode()
            parts += (said, item.sealed)
            plan += (number, len(said), len(item.sealed))
        yield struct.pack(">" + len(items) * "HII", *plan)
        yield b"".join(parts)

    def without(self, items: Sequence[Item | Poison], refused: Set[int]) -> Sequence[Item | Poison]:
        """The same batch, with stand-ins for what is of a refused sort."""
        return [
            withheld_item(item) if isinstance(item, Item) and number in refused else item
            for item, number in zip(items, self.of_items, strict=True)
        ]


def sorts_of(items: Sequence[Item | Poison]) -> Sorts:
    numbers: dict[Sort, int] = {}
    of_items = [
        numbers.setdefault((item.owner, item.purpose, item.profile), len(numbers) + 1)
        if isinstance(item, Item)
        else POISON
        for item in items
    ]
    return Sorts(numbers, of_items)
