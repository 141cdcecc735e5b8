"""Events on the card: durable before anyone acts on them, numbered without gaps, sealed."""

from __future__ import annotations

import sqlite3
from asyncio import AbstractEventLoop, get_running_loop, to_thread
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from teddy_edge.outbox.entry import LARGEST_EVENT, Context, Draft, Mark, Waiting, from_row, to_row
from teddy_edge.outbox.errors import OutboxAway, Stale
from teddy_edge.outbox.writer import Job, Writer
from teddy_shared.clock import Chance, Clock
from teddy_shared.codec import BATCH_BYTES, BATCH_EVENTS
from teddy_shared.envelope import BearId, Envelope, Lane, Place, When
from teddy_shared.errors import ConfigError, TeddyError
from teddy_shared.events import Event
from teddy_shared.logs import log
from teddy_shared.seal import Seal
from teddy_shared.state.database import is_damage, open_database, set_aside

VERSION: Final = 1
SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS identity (one INTEGER PRIMARY KEY CHECK (one = 1), epoch TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS lanes (lane INTEGER PRIMARY KEY, acked INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS events (
    lane INTEGER NOT NULL, seq INTEGER NOT NULL, head BLOB NOT NULL, payload BLOB NOT NULL,
    PRIMARY KEY (lane, seq)
) WITHOUT ROWID;
"""
_ADD: Final = "INSERT INTO events (lane, seq, head, payload) VALUES (?, ?, ?, ?)"

__all__ = ["Context", "Outbox", "open_outbox"]


@asynccontextmanager
async def open_outbox(
    path: Path, *, bear: BearId, seal: Seal, clock: Clock, chance: Chance
) -> AsyncIterator[Outbox]:
    """Raises ConfigError where the folder cannot be made. Damage is healed and told in `healed`.

    Where the disk does not take a new database it is away, and tried again with everything recorded.
    """
    shelf = _Shelf(path=path, bear=bear, seal=seal, chance=chance, loop=get_running_loop())
    await to_thread(shelf.open_or_away)
    writer = Writer(name="outbox", commit=shelf.commit)
    writer.start()
    try:
        yield Outbox(shelf=shelf, writer=writer, boot=chance.token(8), clock=clock)
    finally:
        await writer.stop()
        await to_thread(shelf.close)


class Outbox:
    """Made by `open_outbox`."""

    def __init__(self, *, shelf: _Shelf, writer: Writer, boot: str, clock: Clock) -> None:
        self.boot = boot  # which start of the process; stands in every envelope
        self._shelf = shelf
        self._writer = writer
        self._clock = clock
        self._started = clock.monotonic()

    @property
    def epoch(self) -> str:
        return self._shelf.standing.epoch

    @property
    def healed(self) -> tuple[str, ...]:
        """What had to be set aside or begun anew, at the start and since."""
        return tuple(self._shelf.healed)

    def marks(self) -> Mapping[Lane, Mark]:
        """Where each lane stands, as of the last commit."""
        return self._shelf.standing.marks

    async def append(
        self, event: Event, context: Context, *, still_wanted: Callable[[], bool] | None = None
    ) -> Envelope:
        """Returns when the event is durable; the numbers of a lane follow the order of the commits.

        `still_wanted` is asked in the writer's thread at the last moment before the write. Raises
        Stale where it says no, and OutboxAway where the disk does not take the event.
        """
        return (await self.append_all([event], context, still_wanted=still_wanted))[0]

    async def append_all(
        self, events: Sequence[Event], context: Context, *, still_wanted: Callable[[], bool] | None = None
    ) -> list[Envelope]:
        """All of them in one transaction, or none."""
        since_boot, wall = self._clock.monotonic() - self._started, self._clock.wall()

        def work() -> list[Envelope]:
            when = When(
                boot=self.boot,
                monotonic_us=max(0, int(since_boot * 1_000_000)),
                wall_ms=int(wall * 1000),
                synchronised=self._clock.synchronised(),  # in this thread, since it looks at a file
            )
            return self._shelf.add([Draft.of(event, context, when) for event in events], still_wanted)

        return await self._writer.do(work)

    async def pending(
        self, lane: Lane, after: int, *, events: int = BATCH_EVENTS, size: int = BATCH_BYTES
    ) -> list[Waiting]:
        """What waits above a number, in order and without a hole: one event at least, if any waits."""
        return await self._writer.do(lambda: self._shelf.pending(lane, after, events, size))

    async def acknowledged(self, lane: Lane, mark: int, *, epoch: str) -> None:
        """The cloud has stored everything of this epoch up to `mark`."""
        await self._writer.do(lambda: self._shelf.acknowledge(lane, mark, epoch))

    async def renew(self, reason: str) -> None:
        """Begin a new epoch, in which what still waits is numbered from 1 again.

        For when the cloud stands where this outbox has never been, or behind what it still holds.
        """
        await self._writer.do(lambda: self._shelf.renew(reason))

    def tell(self, listener: Callable[[], None]) -> None:
        """Calls it on the loop after every commit that moved a lane."""
        self._shelf.listeners.append(listener)


@dataclass(frozen=True, slots=True)
class _Standing:
    """What a commit makes true. Replaced whole, so that the loop may read it at any time."""

    epoch: str
    marks: Mapping[Lane, Mark]

    def moved(self, lane: Lane, mark: Mark) -> _Standing:
        return replace(self, marks={**self.marks, lane: mark})


class _Shelf:
    """The database. What has no underscore but is no method may be read from the loop."""

    def __init__(
        self, *, path: Path, bear: BearId, seal: Seal, chance: Chance, loop: AbstractEventLoop
    ) -> None:
        # Until a database says otherwise; the cloud is told an epoch, and does not know this one.
        self.standing = _Standing(chance.token(8), dict.fromkeys(Lane, Mark(0, 0)))
        self.healed: list[str] = []
        self.listeners: list[Callable[[], None]] = []
        self._path = path
        self._bear = bear
        self._seal = seal
        self._chance = chance
        self._loop = loop
        self._database: sqlite3.Connection | None = None
        self._draft = self.standing  # as it will be when the transaction commits

    def open_or_away(self) -> None:
        try:
            self.open()
        except (ConfigError, sqlite3.Error) as error:
            if not self._path.parent.is_dir():
                raise
            log("outbox").error("the outbox is away", reason=str(error))
            self.healed.append(f"the outbox was away at the start: {error}")

    def open(self) -> sqlite3.Connection:
        database, healed = open_database(self._path, SCHEMA, VERSION)
        try:
            self.standing = self._read(database)
        except BaseException:
            database.close()
            raise
        self.healed += healed
        self._database = database
        return database

    def close(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None

    def commit(self, jobs: Sequence[Job[Any]]) -> None:
        """All jobs in one transaction. A job that is refused leaves the others alone."""
        try:
            try:
                outcomes = self._transaction(jobs)
            except sqlite3.Error as error:
                if not is_damage(error):
                    raise
                self._heal(str(error))
                outcomes = self._transaction(jobs)
        except (sqlite3.Error, OSError, ConfigError) as lasting:  # the last: there is still no database
            log("outbox").error("the outbox is away", reason=str(lasting), jobs=len(jobs))
            outcomes = [OutboxAway(str(lasting))] * len(jobs)
        for job, outcome in zip(jobs, outcomes, strict=True):
            if isinstance(outcome, TeddyError):
                job.future.set_exception(outcome)
            else:
                job.future.set_result(outcome)

    def add(self, drafts: Sequence[Draft], still_wanted: Callable[[], bool] | None) -> list[Envelope]:
        if still_wanted is not None and not still_wanted():
            raise Stale(drafts[0].event.label.type)
        marks = dict(self._draft.marks)
        heads, rows = [], []
        for each in drafts:
            lane = each.event.label.lane
            acked, last = marks[lane]
            marks[lane] = Mark(acked, last + 1)
            head = each.at(self._place(self._draft, lane, last + 1))
            heads.append(head)
            rows.append((int(lane), last + 1, *to_row(head, each.payload, self._seal)))
        self._connection().executemany(_ADD, rows)
        self._draft = _Standing(self._draft.epoch, marks)
        return heads

    def pending(self, lane: Lane, after: int, events: int, size: int) -> list[Waiting]:
        acked, last = self._draft.marks[lane]
        first = max(after, acked) + 1
        final = min(last, first + events - 1)
        select = "SELECT seq, head, payload FROM events WHERE lane = ? AND seq BETWEEN ? AND ?"
        found = self._connection().execute(select, (int(lane), first, final))
        rows = {seq: (head, payload) for seq, head, payload in found}
        waiting: list[Waiting] = []
        for seq in range(first, final + 1):
            entry = from_row(self._place(self._draft, lane, seq), rows.get(seq), self._seal)
            size -= len(entry.wire.head) + len(entry.wire.payload)
            if size < 0 and waiting:
                break
            waiting.append(entry)
        return waiting

    def acknowledge(self, lane: Lane, mark: int, epoch: str) -> None:
        acked, last = self._draft.marks[lane]
        if epoch != self._draft.epoch or not acked < mark <= last:
            return
        database = self._connection()
        database.execute("INSERT OR REPLACE INTO lanes (lane, acked) VALUES (?, ?)", (int(lane), mark))
        # At once, for now: to keep them for a day for a cloud that lost its tail, delete by age here.
        database.execute("DELETE FROM events WHERE lane = ? AND seq <= ?", (int(lane), mark))
        self._draft = self._draft.moved(lane, Mark(mark, last))

    def renew(self, reason: str) -> None:
        draft = _Standing(self._chance.token(8), {})
        rows = []
        for lane, (acked, last) in self._draft.marks.items():
            count = last - acked
            waiting = self.pending(lane, acked, count, count * 2 * LARGEST_EVENT)
            draft = draft.moved(lane, Mark(0, count))
            for seq, entry in enumerate(waiting, start=1):
                head = entry.head.model_copy(update={"place": self._place(draft, lane, seq)})
                rows.append((int(lane), seq, *to_row(head, entry.wire.payload, self._seal)))
        database = self._connection()
        database.execute("UPDATE identity SET epoch = ?", (draft.epoch,))
        database.execute("DELETE FROM lanes")
        database.execute("DELETE FROM events")
        database.executemany(_ADD, rows)
        self._draft = draft
        self.healed.append(f"the outbox began a new epoch: {reason}")

    def _transaction(self, jobs: Sequence[Job[Any]]) -> list[Any]:
        """The outcome of each job: a value, or the TeddyError that refused it."""
        outcomes: list[Any] = []
        with self._connection() as database:
            before = self._draft = self.standing
            database.execute("BEGIN IMMEDIATE")
            for job in jobs:
                try:
                    outcomes.append(job.work())
                except TeddyError as refusal:  # raised before the job wrote anything
                    outcomes.append(refusal)
        self.standing = self._draft
        if self.listeners and before.marks != self.standing.marks:
            self._loop.call_soon_threadsafe(self._announce)
        return outcomes

    def _heal(self, reason: str) -> None:
        """The damaged file stays beside the new one, for somebody to look at."""
        self.close()
        aside = set_aside(self._path)
        self.healed.append(f"{self._path.name} is damaged ({reason}); kept as {aside.name}")
        log("outbox").error("outbox set aside while running", kept_as=aside.name)
        self.open()

    def _connection(self) -> sqlite3.Connection:
        # None after a healing that failed, say on a full disk: try again with every transaction.
        return self._database or self.open()

    def _read(self, database: sqlite3.Connection) -> _Standing:
        """Writes only into a new database: the disk may be full."""
        if database.execute("SELECT epoch FROM identity").fetchone() is None:
            database.execute("INSERT INTO identity (one, epoch) VALUES (1, ?)", (self._chance.token(8),))
        (epoch,) = database.execute("SELECT epoch FROM identity").fetchone()
        acked = dict(database.execute("SELECT lane, acked FROM lanes"))
        last = dict(database.execute("SELECT lane, max(seq) FROM events GROUP BY lane"))
        # Rows go only together with a higher mark, so a lane without rows ends at its mark.
        marks = {
            lane: Mark(mark := acked.get(int(lane), 0), max(mark, last.get(int(lane), 0))) for lane in Lane
        }
        return _Standing(epoch, marks)

    def _place(self, standing: _Standing, lane: Lane, seq: int) -> Place:
        return Place(bear=self._bear, epoch=standing.epoch, lane=lane, seq=seq)

    def _announce(self) -> None:
        for listener in self.listeners:
            listener()
