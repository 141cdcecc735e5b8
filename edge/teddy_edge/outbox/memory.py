"""An outbox that ends with the process: for tests, and for talks that leave nothing behind."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from teddy_edge.outbox.draft import Draft, Ground, Heads
from teddy_edge.outbox.entry import NOTHING, Context, Mark, Waiting
from teddy_edge.outbox.errors import OutboxAway, Stale
from teddy_edge.outbox.gaps import Gap, moved, next_gap, stand_in, widened
from teddy_edge.outbox.grace import joins, outlived
from teddy_edge.outbox.room import LIMIT, YIELDING, next_to_leave, stored_part
from teddy_edge.outbox.stencil import Stencils
from teddy_shared.clock import Chance, Clock
from teddy_shared.codec import BATCH_BYTES, BATCH_EVENTS, WireEvent, encode_head
from teddy_shared.envelope import BearId, Envelope, Lane, Place, ProfileId, When, withheld
from teddy_shared.events import Event, to_bytes


class MemoryOutbox:
    """The same promises as the one on the card, but for surviving."""

    def __init__(self, *, bear: BearId, clock: Clock, chance: Chance, limit: int = LIMIT) -> None:
        self.boot = chance.token(8)
        self.healed: tuple[str, ...] = ()
        self.recorded: list[tuple[Envelope, Event]] = []  # everything ever appended
        self._clock = clock
        self._chance = chance
        self._limit = limit  # bytes of heads and payloads
        self._used = 0
        # Nobody asks whether the clock is set: to know it one would have to look at a file.
        self._ground = Ground(bear=bear, epoch=chance.token(8), seal=None, synchronised=False)
        self._marks = dict.fromkeys(Lane, Mark(0, 0))
        self._gaps: list[tuple[Gap, ...]] = [() for _ in Lane]
        self._kept: dict[Lane, dict[int, Waiting]] = {lane: {} for lane in Lane}
        self._notes: dict[Lane, list[tuple[int, float]]] = {lane: [] for lane in Lane}
        self._listeners: list[Callable[[], None]] = []

    @property
    def epoch(self) -> str:
        return self._ground.epoch

    async def append(
        self, event: Event, context: Context, *, still_wanted: Callable[[], bool] | None = None
    ) -> Envelope:
        return (await self.append_all([event], context, still_wanted=still_wanted))[0]

    async def append_all(
        self, events: Sequence[Event], context: Context, *, still_wanted: Callable[[], bool] | None = None
    ) -> list[Envelope]:
        now, wall = self._clock.monotonic(), self._clock.wall()
        draft = Draft(events, Stencils(context), boot=self.boot, at=now, wall=wall)
        if still_wanted is not None and not still_wanted():
            raise Stale(events[0].label.type)
        if draft.urgency in YIELDING and self._used > self._limit and not self._make_room():
            raise OutboxAway("its limit is reached by what may not give way")
        last = tuple(mark.last for mark in self._marks.values())
        heads = list(Heads(draft, self._ground, last))
        for head, event in zip(heads, events, strict=True):
            self._keep(Waiting(head, WireEvent(encode_head(head), to_bytes(event))))
            self.recorded.append((head, event))
        while self._used > self._limit and self._make_room():
            pass
        for listener in self._listeners:
            listener()
        return heads

    async def pending(
        self, lane: Lane, after: int, *, events: int = BATCH_EVENTS, size: int = BATCH_BYTES
    ) -> list[Waiting]:
        acked, last, _ = self._marks[lane]
        first = max(after, acked) + 1
        found: list[Waiting] = []
        for seq in range(first, min(last, first + events - 1) + 1):
            gap = next_gap(self._gaps[lane], seq)
            if gap and gap.first <= seq:
                return found or [stand_in(self._ground.bear, self.epoch, lane, seq, gap)]
            entry = self._kept[lane][seq]
            size -= _size(entry)
            if size < 0 and found:
                break
            found.append(entry)
        return found

    async def acknowledged(self, lane: Lane, mark: int, *, epoch: str) -> None:
        acked, last, gone = self._marks[lane]
        if epoch != self.epoch or not acked < mark <= last:
            return
        self._marks[lane] = Mark(mark, last, gone)
        lived, notes = self._clock.monotonic(), self._notes[lane]
        since = lived if joins(notes, lived) is None else notes.pop()[1]
        notes.append((mark, since))
        for each, notes in self._notes.items():
            while leaving := stored_part(each, self._marks[each], outlived(notes, lived)):
                self._forget_stored(each, leaving.last)

    async def rewind(self, lane: Lane, mark: int, *, epoch: str) -> None:
        acked, last, gone = self._marks[lane]
        back = max(mark, gone)
        if epoch == self.epoch and back < acked:
            self._marks[lane] = Mark(back, last, gone)
            notes = self._notes[lane]
            kept = [note for note in notes if note[0] <= back]
            self._notes[lane] = [*kept, (back, notes[len(kept)][1])] if len(kept) < len(notes) else kept

    async def renew(self, reason: str) -> None:
        self._ground = self._ground.at(self._chance.token(8))
        self._used = 0
        for lane, (acked, last, _) in self._marks.items():
            kept, self._kept[lane] = self._kept[lane], {}
            self._gaps[lane] = moved(self._gaps[lane], acked)
            self._notes[lane].clear()
            for seq, entry in sorted(kept.items()):
                if seq > acked:
                    head = entry.head.model_copy(update={"place": self._place(lane, seq - acked)})
                    self._keep(Waiting(head, WireEvent(encode_head(head), entry.wire.payload)))
            self._marks[lane] = Mark(0, last - acked)
        self.healed += (f"the outbox began a new epoch: {reason}",)

    async def withhold(self, lane: Lane, numbers: Sequence[int], *, epoch: str) -> None:
        for seq in numbers:
            if epoch == self.epoch and seq in self._kept[lane]:
                self._blank(lane, seq)

    async def holds(self, type_: str, correlation: str, *, lane: Lane, after: int) -> bool:
        return any(
            (entry.head.type, entry.head.correlation) == (type_, correlation)
            for seq, entry in self._kept[lane].items()
            if seq > after
        )

    async def forget_profile(self, profile: ProfileId) -> None:
        for lane, kept in self._kept.items():
            for seq in [seq for seq, entry in kept.items() if entry.head.profile == profile]:
                self._blank(lane, seq)

    def marks(self) -> Mapping[Lane, Mark]:
        return dict(self._marks)

    def tell(self, listener: Callable[[], None]) -> None:
        self._listeners.append(listener)

    def _keep(self, entry: Waiting) -> None:
        lane, seq = entry.head.place.lane, entry.head.place.seq
        self._used += _size(entry)
        self._kept[lane][seq] = entry
        mark = self._marks[lane]
        self._marks[lane] = Mark(mark.acked, max(seq, mark.last), mark.gone)

    def _blank(self, lane: Lane, seq: int) -> None:
        entry = self._kept[lane].pop(seq)
        self._used -= _size(entry)
        head = withheld(entry.head)
        self._keep(Waiting(head, WireEvent(encode_head(head), NOTHING)))

    def _make_room(self) -> bool:
        leaving = next_to_leave(self._marks, self._gaps, step=1)
        if leaving is None:
            return False
        if leaving.stored:
            self._forget_stored(leaving.lane, leaving.last)
            return True
        went = self._kept[leaving.lane].pop(leaving.first)
        self._used -= _size(went)
        now, wall = self._clock.monotonic(), self._clock.wall()
        noted = When(
            boot=self.boot,
            monotonic_us=max(0, int(now * 1_000_000)),
            wall_ms=int(wall * 1000),
            synchronised=False,
        )
        more = Gap(leaving.first, leaving.last, noted)
        self._gaps[leaving.lane] = widened(self._gaps[leaving.lane], more)
        return True

    def _forget_stored(self, lane: Lane, through: int) -> None:
        acked, last, gone = self._marks[lane]
        for seq in range(gone + 1, through + 1):
            if entry := self._kept[lane].pop(seq, None):
                self._used -= _size(entry)
        self._marks[lane] = Mark(acked, last, through)
        self._gaps[lane] = tuple(gap for gap in self._gaps[lane] if gap.last > through)
        self._notes[lane] = [note for note in self._notes[lane] if note[0] > through]

    def _place(self, lane: Lane, seq: int) -> Place:
        return Place(bear=self._ground.bear, epoch=self.epoch, lane=lane, seq=seq)


def _size(entry: Waiting) -> int:
    return len(entry.wire.head) + len(entry.wire.payload)
