"""Deliveries that end with the process, over any event store; they keep the same promises."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from teddy_cloud.bus.deliveries import LETTERS, Delivery, Grave, Letter
from teddy_cloud.eventstore.store import BEGINNING, EventStore, Position
from teddy_shared.clock import Clock


@dataclass(slots=True)
class _InHand:
    delivery: Delivery
    worker: str
    since: float


class MemoryDeliveries:
    def __init__(self, *, store: EventStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._reached: dict[tuple[str, int], Position] = {}
        self._in_hand: defaultdict[str, dict[tuple[int, Position], _InHand]] = defaultdict(dict)
        self._letters: defaultdict[int, deque[Letter]] = defaultdict(lambda: deque(maxlen=LETTERS))
        self._buried: dict[str, Delivery] = {}
        self._number = 0

    async def fetch(
        self, group: str, worker: str, partitions: Iterable[int], count: int
    ) -> Sequence[Delivery]:
        found = []
        for partition in partitions:
            after = self._reached.get((group, partition), BEGINNING)
            for entry in await self._store.read(partition, after, count):
                self._reached[group, partition] = entry.position
                found.append(self._hand(group, worker, Delivery(partition, entry, 1)))
        return found

    async def again(
        self, group: str, worker: str, partition: int, position: Position, *, tries: int
    ) -> Delivery | None:
        held = self._in_hand[group].get((partition, position))
        if held is None or held.worker != worker:
            return None
        return self._once_more(group, worker, held, tries)

    async def claim(self, group: str, worker: str, *, idle: float, count: int) -> Sequence[Delivery]:
        latest = self._clock.monotonic() - idle
        found: defaultdict[int, list[_InHand]] = defaultdict(list)
        for (partition, _), held in self._in_hand[group].items():
            if held.since <= latest:
                found[partition].append(held)
        return [
            self._once_more(group, worker, held, held.delivery.tries + 1)
            for _, all_ in sorted(found.items())
            for held in all_[:count]
        ]

    async def settle(self, group: str, done: Iterable[tuple[int, Position]]) -> None:
        for place in done:
            self._in_hand[group].pop(place, None)

    async def bury(self, group: str, delivery: Delivery, grave: Grave) -> None:
        place = (delivery.partition, delivery.entry.position)
        if self._in_hand[group].pop(place, None) is None:
            return
        self._number += 1
        letter = Letter(f"{delivery.partition}/{self._number}-0", group, *place, grave)
        self._letters[delivery.partition].append(letter)
        self._buried[letter.id] = delivery

    async def letters(self) -> Sequence[Letter]:
        return [letter for _, letters in sorted(self._letters.items()) for letter in letters]

    async def redrive(self, letter: Letter) -> bool:
        delivery = self._buried.pop(letter.id, None)
        if delivery is None:
            return False
        self._letters[letter.partition].remove(letter)
        anew = Delivery(letter.partition, delivery.entry, 0)
        self._in_hand[letter.group][letter.partition, letter.position] = _InHand(
            anew, "redriven", float("-inf")
        )
        return True

    def _once_more(self, group: str, worker: str, held: _InHand, tries: int) -> Delivery:
        return self._hand(group, worker, Delivery(held.delivery.partition, held.delivery.entry, tries))

    def _hand(self, group: str, worker: str, delivery: Delivery) -> Delivery:
        place = (delivery.partition, delivery.entry.position)
        self._in_hand[group][place] = _InHand(delivery, worker, self._clock.monotonic())
        return delivery
