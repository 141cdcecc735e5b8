"""What the outbox's verbs mean, within one transaction: numbers, marks, gaps and seals."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Final

from teddy_edge.outbox.draft import Draft, Ground, Rows, row_key
from teddy_edge.outbox.entry import NOTHING, OWNER, Mark, Waiting, from_row
from teddy_edge.outbox.errors import OutboxAway, Stale
from teddy_edge.outbox.gaps import Gap, moved, next_gap, stand_in, widened
from teddy_edge.outbox.grace import joins
from teddy_edge.outbox.room import YIELDING, Leaving
from teddy_edge.outbox.tables import Tables
from teddy_shared.codec import decode_head, encode_head
from teddy_shared.envelope import Envelope, Lane, Place, ProfileId, When, withheld
from teddy_shared.errors import KeyErased, MalformedEvent
from teddy_shared.seal import OwnerSeal

CHUNK: Final = 256  # rows in memory at once, where many are gone through


@dataclass(frozen=True, slots=True)
class Standing:
    """What a commit makes true. Replaced whole."""

    ground: Ground
    marks: Mapping[Lane, Mark] = field(default_factory=lambda: dict.fromkeys(Lane, Mark(0, 0)))
    gaps: Mapping[Lane, tuple[Gap, ...]] = field(default_factory=lambda: dict.fromkeys(Lane, ()))
    used: int = 0  # bytes of the database that hold something
    reserve: bool = False  # whether there is room kept free for safety


class Ledger:
    """One transaction, from where the outbox stands to where it will stand."""

    def __init__(self, *, tables: Tables, standing: Standing, lived: float, crammed: bool = False) -> None:
        self._tables = tables
        self._standing = standing
        self._lived = lived
        self._crammed = crammed  # at its limit, with nothing left that may give way
        self.ground = standing.ground
        self.marks = dict(standing.marks)
        self.gaps = dict(standing.gaps)
        self.values: list[int | str | bytearray] = []  # rows that are placed and not written yet

    def standing(self) -> Standing:
        return replace(self._standing, ground=self.ground, marks=self.marks, gaps=self.gaps)

    def write(self) -> None:
        """The rows that are placed."""
        self._tables.add(self.values)
        self.values = []

    def place(self, draft: Draft, rows: Rows | None, still_wanted: Callable[[], bool] | None) -> Rows:
        """Raises Stale, KeyErased, OutboxAway. `rows` is what the loop made ready, if it guessed right."""
        if still_wanted is not None and not still_wanted():
            raise Stale(draft.events[0].label.type)
        if self._crammed and draft.urgency in YIELDING:
            raise OutboxAway("its limit is reached by what may not give way")
        if (
            rows is None
            or rows.ground is not self.ground
            or any(self.marks[lane].last != last for lane, last in rows.before.items())
        ):
            rows = draft.rows(self.ground, {lane: mark.last for lane, mark in self.marks.items()})
        for lane, last in rows.after.items():
            mark = self.marks[lane]
            self.marks[lane] = Mark(mark.acked, last, mark.gone)
        self.values += rows.values
        return rows

    def pending(self, lane: Lane, after: int, events: int, size: int) -> list[Waiting]:
        """In order and without a hole. A gap comes alone, since its batch holds nothing else."""
        acked, last, _ = self.marks[lane]
        first = max(after, acked) + 1
        final = min(last, first + events - 1)
        if gap := next_gap(self.gaps[lane], first):
            if gap.first <= first:
                return [stand_in(self.ground.bear, self.ground.epoch, lane, first, gap)]
            final = min(final, gap.first - 1)
        rows = self._tables.rows(lane, first, final)
        waiting: list[Waiting] = []
        for seq in range(first, final + 1):
            entry = from_row(self._place(lane, seq), rows.get(seq), self.ground.seal)
            size -= len(entry.wire.head) + len(entry.wire.payload)
            if size < 0 and waiting:
                break
            waiting.append(entry)
        return waiting

    def acknowledge(self, lane: Lane, mark: int, epoch: str) -> None:
        acked, last, gone = self.marks[lane]
        if epoch == self.ground.epoch and acked < mark <= last:
            self.marks[lane] = Mark(mark, last, gone)
            self.note_mark(lane)

    def note_mark(self, lane: Lane) -> None:
        """What is acknowledged is in grace from now on."""
        acked, _, gone = self.marks[lane]
        self._tables.set_marks(lane, acked=acked, gone=gone)
        notes = self._tables.graced(lane)
        since = self._lived
        if (joined := joins(notes, self._lived)) is not None:
            since = notes[-1][1]
            self._tables.end_grace(lane, joined, joined)
        self._tables.grace(lane, acked, since)

    def rewind(self, lane: Lane, mark: int, epoch: str) -> None:
        """The cloud lost what it had stored behind `mark`: send again what of it is still here."""
        acked, last, gone = self.marks[lane]
        back = max(mark, gone)
        if epoch != self.ground.epoch or back >= acked:
            return
        self.marks[lane] = Mark(back, last, gone)
        self._tables.set_marks(lane, acked=back, gone=gone)
        notes = [(noted, since) for noted, since in self._tables.graced(lane) if noted > back]
        self._tables.end_grace(lane, back + 1, last)
        if notes and back > gone:
            self._tables.grace(lane, back, notes[0][1])

    def renew(self, epoch: str) -> None:
        """A new epoch, in which what waits is numbered from 1 again. Raises KeyErased."""
        old, seal = self.ground, self._seal()
        self.ground = replace(old, epoch=epoch)
        for lane, mark in self.marks.items():
            self._tables.remove(lane, 1, mark.acked)
            for first in range(mark.acked + 1, mark.last + 1, CHUNK):
                final = min(mark.last, first + CHUNK - 1)
                rows = self._tables.rows(lane, first, final)
                self._tables.remove(lane, first, final)
                for seq, row in rows.items():
                    there = Place(bear=old.bear, epoch=old.epoch, lane=lane, seq=seq)
                    entry = from_row(there, row, seal)
                    here = self._place(lane, seq - mark.acked)
                    head = entry.head.model_copy(update={"place": here})
                    self.values += _row(head, entry.wire.payload, seal)
                self.write()
            self.gaps[lane] = moved(self.gaps[lane], mark.acked)
            self.marks[lane] = Mark(0, mark.last - mark.acked)
        self._tables.begin_epoch(epoch)
        for lane, gaps in self.gaps.items():
            self._tables.set_gaps(lane, gaps)

    def withhold(self, lane: Lane, numbers: Iterable[int], epoch: str) -> None:
        """For good: a consent that is given later does not bring these back. Raises KeyErased."""
        if epoch != self.ground.epoch:
            return
        for seq in numbers:
            place = self._place(lane, seq)
            row = self._tables.rows(lane, seq, seq).get(seq)
            if row is not None:
                self._blank(from_row(place, row, self.ground.seal).head)

    def holds(self, lane: Lane, after: int, type_: str, correlation: str) -> bool:
        """Whether such an event still lies behind this number."""
        key, end = row_key(lane, after), row_key(lane, self.marks[lane].last)
        while key < end:
            heads = self._tables.heads_behind(key, CHUNK)
            for each, text in heads:
                with suppress(MalformedEvent):
                    head = decode_head(text)
                    if each <= end and (head.type, head.correlation) == (type_, correlation):
                        return True
            key = heads[-1][0] if heads else end
        return False

    def forget(self, profile: ProfileId, after: int) -> int | None:
        """Blank what is about a child in the next rows behind a key; the last of them, None at the end.

        Raises KeyErased.
        """
        heads = self._tables.heads_behind(after, CHUNK)
        for _, text in heads:
            try:
                head = decode_head(text)
            except MalformedEvent:
                continue  # it will travel as a stand-in anyway
            if head.profile == profile:
                self._blank(head)
        return heads[-1][0] if len(heads) == CHUNK else None

    def leave(self, leaving: Leaving, when: When) -> None:
        """Give way."""
        lane, (acked, last, _) = leaving.lane, self.marks[leaving.lane]
        self._tables.remove(lane, leaving.first, leaving.last)
        if leaving.stored:
            self.marks[lane] = Mark(acked, last, leaving.last)
            self.gaps[lane] = tuple(gap for gap in self.gaps[lane] if gap.last > leaving.last)
            self._tables.set_marks(lane, acked=acked, gone=leaving.last)
            self._tables.end_grace(lane, 0, leaving.last)
        else:
            self.gaps[lane] = widened(self.gaps[lane], Gap(leaving.first, leaving.last, when))
        self._tables.set_gaps(lane, self.gaps[lane])

    def _blank(self, head: Envelope) -> None:
        key, text, payload = _row(withheld(head), NOTHING, self._seal())
        self._tables.replace(key, text, payload)

    def _seal(self) -> OwnerSeal:
        if self.ground.seal is None:
            raise KeyErased(OWNER)
        return self.ground.seal

    def _place(self, lane: Lane, seq: int) -> Place:
        return Place(bear=self.ground.bear, epoch=self.ground.epoch, lane=lane, seq=seq)


def _row(head: Envelope, payload: bytes, seal: OwnerSeal) -> tuple[int, str, bytearray]:
    sealed = bytearray(seal.seal(payload, head.place.bytes()))
    return row_key(head.place.lane, head.place.seq), encode_head(head).decode(), sealed
