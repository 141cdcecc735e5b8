"""The items of a batch in columns, by what must be granted for them: a script looks at each grant once."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence, Set
from functools import cached_property
from itertools import chain, groupby
from typing import Final, overload

from teddy_cloud.eventstore.store import Item, Poison
from teddy_cloud.eventstore.withholding import withheld_item
from teddy_cloud.storage.client import Part
from teddy_shared.envelope import ProfileId
from teddy_shared.purposes import Purpose

POISON: Final = 0  # the number of its sort

Sort = tuple[Purpose, ProfileId | None, str]
"""Purpose, profile and owner: the middle of an Item."""


class Packed(Sequence[Item | Poison]):
    """As the append script takes them. To make an object of each would cost as much as all the rest."""

    def __init__(
        self, *, said: Sequence[bytes], sorts: Sequence[Sort | None], sealed: Sequence[bytes]
    ) -> None:
        self._said = said  # the head, of poison the reason
        self._sorts = sorts  # None: poison
        self._sealed = sealed

    def __len__(self) -> int:
        return len(self._said)

    @overload
    def __getitem__(self, at: int) -> Item | Poison: ...

    @overload
    def __getitem__(self, at: slice) -> Sequence[Item | Poison]: ...

    def __getitem__(self, at: int | slice) -> Item | Poison | Sequence[Item | Poison]:
        if isinstance(at, slice):
            return [self[each] for each in range(*at.indices(len(self)))]
        sort = self._sorts[at]
        if sort is None:
            return Poison(self._said[at].decode(), self._sealed[at])
        return Item(self._said[at], *sort, self._sealed[at])

    def arguments(self) -> Iterator[Part]:
        numbers, of_items = self._numbered
        yield len(numbers)
        for purpose, profile, owner in numbers:
            yield from (owner, purpose.value if purpose.needs_consent else "", profile or "")
        plan = zip(of_items, map(len, self._said), map(len, self._sealed), strict=True)
        yield struct.pack(">" + len(self) * "HII", *chain.from_iterable(plan))
        yield b"".join(chain.from_iterable(zip(self._said, self._sealed, strict=True)))

    def without(self, refused: Set[int]) -> Packed:
        """The same batch, with stand-ins for what is of a refused sort."""
        _, of_items = self._numbered
        return packed(
            [
                withheld_item(item) if isinstance(item, Item) and number in refused else item
                for item, number in zip(self, of_items, strict=True)
            ]
        )

    @cached_property
    def _numbered(self) -> tuple[dict[Sort, int], Sequence[int]]:
        """The sorts with their numbers, from 1 in this order; and the number of each item's sort."""
        numbers: dict[Sort, int] = {}
        of_items: list[int] = []
        for sort, run in groupby(self._sorts):
            number = POISON if sort is None else numbers.setdefault(sort, len(numbers) + 1)
            of_items += [number] * len(list(run))
        return numbers, of_items


def packed(items: Sequence[Item | Poison]) -> Packed:
    if isinstance(items, Packed):
        return items
    return Packed(
        said=[each.head if isinstance(each, Item) else each.reason.encode() for each in items],
        sorts=[each[1:4] if isinstance(each, Item) else None for each in items],
        sealed=[each.sealed for each in items],
    )
