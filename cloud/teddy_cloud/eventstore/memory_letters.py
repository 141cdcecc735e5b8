"""Dead letters that end with the process; they keep the same promises as the real ones."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from typing import Any

from teddy_cloud.eventstore.letters import held
from teddy_cloud.eventstore.store import DEAD_LETTERS, DeadLetter, Item, Position
from teddy_shared.clock import Clock
from teddy_shared.envelope import BearId, Place


class MemoryDeadLetters:
    """`append` stores an item at the end of the stream of the redriven, or raises Conflict."""

    def __init__(self, *, clock: Clock, append: Callable[[Place, Item], None]) -> None:
        self._clock = clock
        self._append = append
        self._letters: dict[int, dict[str, DeadLetter]] = defaultdict(dict)
        self._gave_way: dict[int, int] = defaultdict(int)
        self._redriven: set[str] = set()
        self._count = 0

    def bury(self, partition: int, bear: BearId, reason: str, size: int, sealed: bytes, **more: Any) -> None:
        """`more` is what a letter may say besides."""
        letters = self._letters[partition]
        if len(letters) >= DEAD_LETTERS:
            del letters[next(iter(letters))]
            self._gave_way[partition] += 1
        self._count += 1
        id_ = f"{partition}-{int(self._clock.wall() * 1000)}-{self._count}"
        letters[id_] = DeadLetter(id_, bear, reason, size, sealed, **more)

    def at(self, partition: int, position: Position) -> bool:
        """Whether there is a letter of this stored event."""
        return any(letter.position == position for letter in self._letters[partition].values())

    async def each(self, partition: int) -> AsyncIterator[DeadLetter]:
        for letter in list(self._letters[partition].values()):
            yield letter

    async def find(self, id_: str) -> DeadLetter | None:
        return next((letters[id_] for letters in self._letters.values() if id_ in letters), None)

    async def gave_way(self, partition: int) -> int:
        return self._gave_way[partition]

    async def redrive(self, letter: DeadLetter, place: Place, item: Item) -> bool:
        letters = self._letters[letter.partition]
        if letter.id not in letters:
            return False
        if held(letter) not in self._redriven:
            self._append(place, item)
            self._redriven.add(held(letter))
            del letters[letter.id]
            return True
        del letters[letter.id]
        return False

    async def fail_again(self, letter: DeadLetter, reason: str) -> None:
        letters = self._letters[letter.partition]
        if letter.id in letters:
            letters[letter.id] = dataclasses.replace(letters[letter.id], reason=reason)

    async def discard(self, letter: DeadLetter) -> None:
        self._letters[letter.partition].pop(letter.id, None)
