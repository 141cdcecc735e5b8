"""An outbox that ends with the process: for tests, and for talks that leave nothing behind."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from teddy_edge.outbox.entry import Context, Draft, Mark, Waiting
from teddy_edge.outbox.errors import Stale
from teddy_shared.clock import Chance, Clock
from teddy_shared.codec import BATCH_BYTES, BATCH_EVENTS, WireEvent, encode_head
from teddy_shared.envelope import BearId, Envelope, Lane, Place, When
from teddy_shared.events import Event, to_bytes


class MemoryOutbox:
    """The same promises as the one on the card, but for surviving."""

    def __init__(self, *, bear: BearId, clock: Clock, chance: Chance) -> None:
        self.boot = chance.token(8)
        self.epoch = chance.token(8)
        self.healed: tuple[str, ...] = ()
        self.recorded: list[tuple[Envelope, Event]] = []  # everything ever appended
        self._bear = bear
        self._clock = clock
        self._chance = chance
        self._acked = dict.fromkeys(Lane, 0)
        self._waiting: dict[Lane, list[Waiting]] = {lane: [] for lane in Lane}
        self._listeners: list[Callable[[], None]] = []

    async def append(
        self, event: Event, context: Context, *, still_wanted: Callable[[], bool] | None = None
    ) -> Envelope:
        return (await self.append_all([event], context, still_wanted=still_wanted))[0]

    async def append_all(
        self, events: Sequence[Event], context: Context, *, still_wanted: Callable[[], bool] | None = None
    ) -> list[Envelope]:
        if still_wanted is not None and not still_wanted():
            raise Stale(events[0].label.type)
        now = self._clock.monotonic()
        when = When(
            boot=self.boot,
            monotonic_us=max(0, int(now * 1_000_000)),
            wall_ms=int(self._clock.wall() * 1000),
            synchronised=False,  # nobody asks, and to know it one would have to look at a file
        )
        heads = []
        for event in events:
            lane = event.label.lane
            head = Draft.of(event, context, when).at(self._place(lane, self.marks()[lane].last + 1))
            self._waiting[lane].append(Waiting(head, WireEvent(encode_head(head), to_bytes(event))))
            self.recorded.append((head, event))
            heads.append(head)
        for listener in self._listeners:
            listener()
        return heads

    async def pending(
        self, lane: Lane, after: int, *, events: int = BATCH_EVENTS, size: int = BATCH_BYTES
    ) -> list[Waiting]:
        found: list[Waiting] = []
        for entry in self._waiting[lane][max(0, after - self._acked[lane]) :][:events]:
            size -= len(entry.wire.head) + len(entry.wire.payload)
            if size < 0 and found:
                break
            found.append(entry)
        return found

    async def acknowledged(self, lane: Lane, mark: int, *, epoch: str) -> None:
        acked, last = self.marks()[lane]
        if epoch == self.epoch and acked < mark <= last:
            del self._waiting[lane][: mark - acked]
            self._acked[lane] = mark

    async def renew(self, reason: str) -> None:
        self.epoch = self._chance.token(8)
        self._acked = dict.fromkeys(Lane, 0)
        for lane, waiting in self._waiting.items():
            moved = [
                each.head.model_copy(update={"place": self._place(lane, seq)})
                for seq, each in enumerate(waiting, start=1)
            ]
            self._waiting[lane] = [
                Waiting(head, WireEvent(encode_head(head), each.wire.payload))
                for head, each in zip(moved, waiting, strict=True)
            ]
        self.healed += (f"the outbox began a new epoch: {reason}",)

    def marks(self) -> Mapping[Lane, Mark]:
        return {lane: Mark(acked, acked + len(self._waiting[lane])) for lane, acked in self._acked.items()}

    def tell(self, listener: Callable[[], None]) -> None:
        self._listeners.append(listener)

    def _place(self, lane: Lane, seq: int) -> Place:
        return Place(bear=self._bear, epoch=self.epoch, lane=lane, seq=seq)
