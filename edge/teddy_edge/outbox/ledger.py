"""What the outbox's verbs mean, within one transaction: numbers, marks, gaps and seals."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Final, NamedTuple

from teddy_edge.outbox.draft import Draft, Ground, Numbers, Rows, row_key
from teddy_edge.outbox.entry import NOTHING, OWNER, Mark, Waiting, from_row
from teddy_edge.outbox.errors import OutboxAway, Stale
from teddy_edge.outbox.gaps import Gap, moved, next_gap, stand_in, widened
from teddy_edge.outbox.grace import Age, joins
from teddy_edge.outbox.room import Leaving, Refusal
from teddy_edge.outbox.tables import MOST_ROWS, Tables
from teddy_shared.codec import decode_head, encode_head
from teddy_shared.envelope import Envelope, Lane, Place, ProfileId, When, withheld
from teddy_shared.errors import KeyErased, MalformedEvent, SealError
from teddy_shared.seal import OwnerSeal

NONE: Final = (0,) * len(Lane)
CHUNK: Final = 256  # rows in memory at once, where many are gone through


class Standing(NamedTuple):
    """What a commit makes true. Replaced whole."""

    ground: Ground
    acked: Numbers = NONE
    last: Numbers = NONE
    gone: Numbers = NONE
    gaps: tuple[tuple[Gap, ...], ...] = ((),) * len(Lane)
    used: int = 0  # bytes of the database that hold something
    reserve: bool = False  # whether there is room kept free for safety

    def mark(self, lane: Lane) -> Mark:
        return Mark(self.acked[lane], self.last[lane], self.gone[lane])

    @property
    def marks(self) -> dict[Lane, Mark]:
        return {lane: self.mark(lane) for lane in Lane}


class Ledger:
    """One transaction, from where the outbox stands to where it will stand."""

    __slots__ = (
        "_age",
        "_begun",
        "_now",
        "_refusal",
        "_standing",
        "_tables",
        "acked",
        "gaps",
        "gone",
        "ground",
        "last",
        "values",
    )

    def __init__(
        self, tables: Tables, standing: Standing, age: Age, now: float, refusal: Refusal | None = None
    ) -> None:
        self._tables = tables
        self._standing = standing
        self._age = age
        self._now = now
        self._refusal = refusal
        self._begun = False
        self.ground, self.acked, self.last, self.gone, self.gaps, _, _ = standing
        self.values: list[int | str | bytearray] = []  # rows that are placed and not written yet

    def begin(self) -> None:
        """For whoever writes more than new rows."""
        if not self._begun:
            self._tables.begin()
            self._begun = True
        self._write()

    def read(self) -> None:
        """For whoever reads, of what this transaction has placed too."""
        if self.values:
            self.begin()

    def finish(self) -> Standing:
        """Make it durable. New rows alone are one statement, which is a transaction of its own."""
        if len(self.values) > 3 * MOST_ROWS:
            self.begin()
        self._write()
        if self._begun:
            if self._age.worth_noting(lived := self._age.at(self._now)):
                self._tables.set_lived(lived)
            self._tables.commit()
        used, reserve = self._standing[-2:]
        return Standing(self.ground, self.acked, self.last, self.gone, self.gaps, used, reserve)

    def place(self, draft: Draft, rows: Rows | None, still_wanted: Callable[[], bool] | None) -> Rows:
        """Raises Stale, KeyErased, OutboxAway. `rows` is what the loop made ready, if it guessed right."""
        if still_wanted is not None and not still_wanted():
            raise Stale(draft.events[0].label.type)
        if self._refusal is not None and draft.urgency >= self._refusal.since:
            raise OutboxAway(self._refusal.reason)
        if rows is None or rows.ground is not self.ground or rows.before != self.last:
            rows = draft.rows(self.ground, self.last)
        self.last = rows.after
        self.values = [*self.values, *rows.values] if self.values else rows.values
        return rows

    def pending(self, lane: Lane, after: int, events: int, size: int) -> list[Waiting]:
        """In order and without a hole. A gap comes alone, since its batch holds nothing else."""
        acked, last = self.acked[lane], self.last[lane]
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
        if epoch == self.ground.epoch and self.acked[lane] < mark <= self.last[lane]:
            self.acked = with_number(self.acked, lane, mark)
            self.note_mark(lane)

    def note_mark(self, lane: Lane) -> None:
        """What is acknowledged is in grace from now on."""
        acked = self.acked[lane]
        self._tables.set_marks(lane, acked=acked, gone=self.gone[lane])
        notes = self._tables.graced(lane)
        since = lived = self._age.at(self._now)
        if (joined := joins(notes, lived)) is not None:
            since = notes[-1][1]
            self._tables.end_grace(lane, joined, joined)
        self._tables.grace(lane, acked, since)

    def rewind(self, lane: Lane, mark: int, epoch: str) -> None:
        """The cloud lost what it had stored behind `mark`: send again what of it is still here."""
        gone = self.gone[lane]
        back = max(mark, gone)
        if epoch != self.ground.epoch or back >= self.acked[lane]:
            return
        self.acked = with_number(self.acked, lane, back)
        self._tables.set_marks(lane, acked=back, gone=gone)
        notes = [(noted, since) for noted, since in self._tables.graced(lane) if noted > back]
        self._tables.end_grace(lane, back + 1, self.last[lane])
        if notes and back > gone:
            self._tables.grace(lane, back, notes[0][1])

    def renew(self, epoch: str) -> None:
        """A new epoch, in which what waits is numbered from 1 again. Raises KeyErased."""
        old, seal = self.ground, self._seal()
        self.ground = old.at(epoch)
        for lane in Lane:
            acked, last = self.acked[lane], self.last[lane]
            self._tables.remove(lane, 1, acked)
            for first in range(acked + 1, last + 1, CHUNK):
                final = min(last, first + CHUNK - 1)
                rows = self._tables.rows(lane, first, final)
                self._tables.remove(lane, first, final)
                for seq, row in rows.items():
                    there = Place(bear=old.bear, epoch=old.epoch, lane=lane, seq=seq)
                    entry = from_row(there, row, seal)
                    here = self._place(lane, seq - acked)
                    head = entry.head.model_copy(update={"place": here})
                    self.values += _row(head, entry.wire.payload, seal)
                self._write()
        self.gaps = tuple(moved(gaps, acked) for gaps, acked in zip(self.gaps, self.acked, strict=True))
        self.last = tuple(last - acked for last, acked in zip(self.last, self.acked, strict=True))
        self.acked = self.gone = NONE
        self._tables.begin_epoch(epoch)
        for lane in Lane:
            self._tables.set_gaps(lane, self.gaps[lane])

    def bring_over(self, lane: Lane, rows: Iterable[tuple[bytes, bytes]]) -> int:
        """What was saved out of another database; how many of these open. Raises KeyErased."""
        seal, before = self._seal(), self.last[lane]
        for text, sealed in rows:
            with suppress(MalformedEvent, SealError):
                head = decode_head(text)
                payload = seal.open(sealed, head.place.bytes())
                if (head.place.bear, head.place.lane) == (self.ground.bear, lane):
                    self.last = with_number(self.last, lane, self.last[lane] + 1)
                    here = head.model_copy(update={"place": self._place(lane, self.last[lane])})
                    self.values += _row(here, payload, seal)
        return self.last[lane] - before

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
        key, end = row_key(lane, after), row_key(lane, self.last[lane])
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
        lane = leaving.lane
        gaps = self.gaps[lane]
        self._tables.remove(lane, leaving.first, leaving.last)
        if leaving.stored:
            self.gone = with_number(self.gone, lane, leaving.last)
            gaps = tuple(gap for gap in gaps if gap.last > leaving.last)
            self._tables.set_marks(lane, acked=self.acked[lane], gone=leaving.last)
            self._tables.end_grace(lane, 0, leaving.last)
        else:
            gaps = widened(gaps, Gap(leaving.first, leaving.last, when))
        if gaps != self.gaps[lane]:
            self.gaps = (*self.gaps[:lane], gaps, *self.gaps[lane + 1 :])
            self._tables.set_gaps(lane, gaps)

    def _write(self) -> None:
        if self.values:
            self._tables.add(self.values)
            self.values = []

    def _blank(self, head: Envelope) -> None:
        key, text, payload = _row(withheld(head), NOTHING, self._seal())
        self._tables.replace(key, text, payload)

    def _seal(self) -> OwnerSeal:
        if self.ground.seal is None:
            raise KeyErased(OWNER)
        return self.ground.seal

    def _place(self, lane: Lane, seq: int) -> Place:
        return Place(bear=self.ground.bear, epoch=self.ground.epoch, lane=lane, seq=seq)


def with_number(numbers: Numbers, lane: Lane, number: int) -> Numbers:
    return (*numbers[:lane], number, *numbers[lane + 1 :])


def _row(head: Envelope, payload: bytes, seal: OwnerSeal) -> tuple[int, str, bytearray]:
    sealed = bytearray(seal.seal(payload, head.place.bytes()))
    return row_key(head.place.lane, head.place.seq), encode_head(head).decode(), sealed
