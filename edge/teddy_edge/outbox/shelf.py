"""Where events lie on the card: what a commit makes true, and what happens when the card refuses.

All of it runs in the writer's thread.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from teddy_edge.outbox.caretaker import GLANCE, NEVER, REST, Caretaker
from teddy_edge.outbox.draft import Ground
from teddy_edge.outbox.entry import OWNER
from teddy_edge.outbox.errors import OutboxAway
from teddy_edge.outbox.grace import Age
from teddy_edge.outbox.jobs import Acknowledgement, Append, Reading, Work
from teddy_edge.outbox.ledger import Ledger, Standing, with_number
from teddy_edge.outbox.room import YIELDING, Leaving, next_to_leave
from teddy_edge.outbox.tables import Tables, open_tables, read_what_can_be
from teddy_shared.clock import Chance, Clock
from teddy_shared.envelope import BearId, Lane, When
from teddy_shared.errors import ConfigError, KeyErased, TeddyError
from teddy_shared.logs import log
from teddy_shared.seal import Seal
from teddy_shared.state.database import is_damage, newest_aside, set_aside

# What a full card may say: a new file beside the database that does not fit shows as the last two.
NO_ROOM: Final = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN)


class Shelf:
    """Fits the writer's Keeper."""

    def __init__(
        self, *, path: Path, bear: BearId, seal: Seal, clock: Clock, chance: Chance, limit: int
    ) -> None:
        self.boot = chance.token(8)
        # Until a database says otherwise; the cloud is told an epoch, and does not know this one.
        self.standing = Standing(Ground(bear=bear, epoch=chance.token(8), seal=None, synchronised=False))
        self.healed: list[str] = []
        self._path = path
        self._seal = seal
        self._clock = clock
        self._chance = chance
        self._age = Age()
        self._caretaker = Caretaker(path=path, limit=limit, age=self._age, leave=self._leave)
        self._tables: Tables | None = None
        self._owed: set[Lane] = set()  # acknowledged in memory alone
        self._damaged = False  # whether something was set aside that nobody has looked through yet
        self._started = self._now = clock.monotonic()
        self._glanced = self._resting = NEVER
        self._restless = True  # whether there was something to tend when it was last looked for

    def open_or_away(self) -> None:
        try:
            self.open()
        except (ConfigError, sqlite3.Error) as error:
            if not self._path.parent.is_dir():
                raise
            log("outbox").error("the outbox is away", reason=str(error))
            self.healed.append(f"the outbox was away at the start: {error}")

    def open(self) -> Tables:
        tables, healed = open_tables(self._path)
        try:
            self._read(tables)
        except BaseException:
            tables.close()
            raise
        self.healed += healed
        self._tables = tables
        if healed or self._damaged:
            self._damaged = False
            self._salvage(tables)
        return tables

    def close(self) -> None:
        if self._tables is not None:
            with suppress(sqlite3.Error):
                self._tables.set_lived(self._age.at(self._now))
            self._tables.close()
            self._tables = None

    def scrub(self) -> None:
        """What was blanked has to leave the log too, as soon as there is nothing else to do."""
        self._caretaker.scrub()
        self._restless = True

    def renew(self, ledger: Ledger, reason: str) -> None:
        ledger.renew(self._chance.token(8))
        self.healed.append(f"the outbox began a new epoch: {reason}")

    def commit(self, jobs: Sequence[Work]) -> tuple[Standing, bool]:
        """All jobs in one transaction. A job that is refused leaves the others alone."""
        if jobs:
            self._now = jobs[-1].now
        try:
            try:
                self._transaction(jobs)
            except sqlite3.Error as error:
                if not is_damage(error):
                    raise
                self._heal(str(error))
                self._transaction(jobs)
        except (sqlite3.Error, OSError, ConfigError) as error:  # the last: there is still no database
            self._squeeze(jobs, error)
        return self.standing, self._restless or self._now >= self._resting

    def tend(self, *, idle: bool) -> Standing | None:
        """Enforce the limit; where nobody waits, keep the reserve, and forget what is old enough."""
        if self._tables is None:
            return None
        before = self.standing
        try:
            busy = self._tend(self._tables, idle=idle)
        except (sqlite3.Error, OSError) as error:
            log("outbox").warning("the outbox cannot be tended for now", reason=str(error))
            busy, idle = False, True
        if idle:
            self._restless = busy
            self._resting = self._now + REST
        return self.standing if busy or self.standing is not before else None

    def _tend(self, tables: Tables, *, idle: bool) -> bool:
        """Whether there may be more to do."""
        care = self._caretaker
        standing, gave_way = care.enforce(tables, self.standing)
        if gave_way:
            return True
        self.standing = standing
        if not idle:
            return False
        if care.lengthen_log(tables) or care.end_grace(tables, standing, self._now):
            return True
        if care.make_reserve(self._now):
            self.standing = standing._replace(reserve=True)
            return True
        return False

    def _transaction(self, jobs: Sequence[Work]) -> None:
        # None after a healing that failed, say on a full disk: try again with every transaction.
        tables = self._tables or self.open()
        if self._now - self._glanced >= GLANCE:
            self._look_around()
        refusal = self._caretaker.refusal(tables, self._now)
        ledger = Ledger(tables, self.standing, self._age, self._now, refusal)
        outcomes: list[Any] = []
        owed = set(self._owed)
        try:
            if self._owed and any(not isinstance(job, Reading) for job in jobs):
                self._settle(ledger)
                self._owed.clear()
            for job in jobs:
                try:
                    outcomes.append(job.do(ledger))
                except TeddyError as refusal:  # raised before the job wrote anything
                    outcomes.append(refusal)
            self.standing = ledger.finish()
        except BaseException:
            tables.roll_back()
            self._owed |= owed
            raise
        self._restless |= self._caretaker.crammed  # an acknowledgement may have changed that
        for job, outcome in zip(jobs, outcomes, strict=True):
            if isinstance(outcome, TeddyError):
                job.refuse(outcome)
                continue
            job.did(outcome)
            if type(job) is Append:
                self._restless |= self._caretaker.wrote(outcome.size)

    def _settle(self, ledger: Ledger) -> None:
        """What a card that took nothing was not told."""
        ledger.begin()
        for lane in self._owed:
            ledger.note_mark(lane)

    def _squeeze(self, jobs: Sequence[Work], error: Exception) -> None:
        """The card takes nothing: telemetry gives way first, the talk goes on without it, safety is last."""
        log("outbox").error("the outbox is away", reason=str(error), jobs=len(jobs))
        left = list(jobs)
        if _is_no_room(error):
            self._caretaker.pinched()
            self._restless = True
            for job in jobs:
                if isinstance(job, Append) and job.draft.urgency in YIELDING:
                    job.refuse(OutboxAway(str(error)))
                    left.remove(job)
            if left and self._make_room() and self._try(left):
                return
            urgent = [job for job in left if isinstance(job, Append) and job.draft.urgency is Lane.SAFETY]
            if urgent and self._give_up_reserve() and self._try(urgent):
                left = [job for job in left if job not in urgent]
        for job in left:
            if _is_no_room(error) and len(jobs) > 1 and self._try([job]):
                continue
            if isinstance(job, Acknowledgement):
                self._owe(job)
            else:
                job.refuse(OutboxAway(str(error)))

    def _try(self, jobs: Sequence[Work]) -> bool:
        try:
            self._transaction(jobs)
        except (sqlite3.Error, OSError, ConfigError):
            return False
        return True

    def _make_room(self) -> bool:
        leaving = next_to_leave(self.standing.marks, self.standing.gaps)
        if self._tables is None or leaving is None:
            return False
        try:
            self._leave(self._tables, leaving)
        except sqlite3.Error:
            return False
        return True

    def _give_up_reserve(self) -> bool:
        if not self._caretaker.give_up_reserve(self._now):
            return False
        self.standing = self.standing._replace(reserve=False)
        return True

    def _owe(self, job: Acknowledgement) -> None:
        mark = self.standing.mark(job.lane)
        if job.epoch == self.standing.ground.epoch and mark.acked < job.mark <= mark.last:
            acked = with_number(self.standing.acked, job.lane, job.mark)
            self.standing = self.standing._replace(acked=acked)
            self._owed.add(job.lane)
        job.did(None)

    def _leave(self, tables: Tables, leaving: Leaving) -> None:
        ledger = Ledger(tables, self.standing, self._age, self._now)
        try:
            tables.overwrite(on=not self._caretaker.tight)
            ledger.begin()
            ledger.leave(leaving, self._when())
            self.standing = ledger.finish()
        except BaseException:
            tables.roll_back()
            raise
        finally:
            tables.overwrite(on=True)
        if not leaving.stored:
            count = leaving.last - leaving.first + 1
            log("outbox").warning("events gave way", lane=int(leaving.lane), count=count)

    def _look_around(self) -> None:
        """Both look at files, so not for every event: the key may be gone, and the clock may be set."""
        self._glanced = self._now
        try:
            seal = self._seal.of(OWNER)
        except KeyErased:
            seal = None
        ground, synchronised = self.standing.ground, self._clock.synchronised()
        if seal is not ground.seal or synchronised != ground.synchronised:
            ground = Ground(bear=ground.bear, epoch=ground.epoch, seal=seal, synchronised=synchronised)
            self.standing = self.standing._replace(ground=ground)

    def _heal(self, reason: str) -> None:
        """The damaged file stays beside the new one, for somebody to look at."""
        self.close()
        aside = set_aside(self._path)
        self.healed.append(f"{self._path.name} is damaged ({reason}); kept as {aside.name}")
        log("outbox").error("outbox set aside while running", kept_as=aside.name)
        self._damaged = True
        self.open()

    def _salvage(self, tables: Tables) -> None:
        """Alerts that can still be read out of the damaged file wait again, in the new epoch.

        One that the cloud had stored without having said so comes twice: better than not at all.
        """
        rows = read_what_can_be(newest_aside(self._path), Lane.SAFETY)
        try:
            self._look_around()
            ledger = Ledger(tables, self.standing, self._age, self._now)
            saved = ledger.bring_over(Lane.SAFETY, rows)
            if saved:
                self.standing = ledger.finish()
                self.healed.append(f"{saved} safety alerts were carried over")
        except (sqlite3.Error, KeyErased) as error:  # no room, or no key: they stay in the file
            log("outbox").error("alerts not carried over", alerts=len(rows), reason=str(error))

    def _read(self, tables: Tables) -> None:
        """Writes only into a new database: the disk may be full."""
        if (epoch := tables.epoch()) is None:
            epoch = self._chance.token(8)
            tables.begin_epoch(epoch)
        self._age.begin(tables.lived(), self._now)
        self._owed.clear()
        self._restless = True
        marks = [tables.marks(lane) for lane in Lane]
        self.standing = Standing(
            self.standing.ground.at(epoch),
            acked=tuple(mark.acked for mark in marks),
            last=tuple(mark.last for mark in marks),
            gone=tuple(mark.gone for mark in marks),
            gaps=tuple(tables.gaps(lane) for lane in Lane),
            used=tables.used(),
            reserve=self._caretaker.begin(),
        )

    def _when(self) -> When:
        return When(
            boot=self.boot,
            monotonic_us=max(0, int((self._now - self._started) * 1_000_000)),
            wall_ms=int(self._clock.wall() * 1000),
            synchronised=self.standing.ground.synchronised,
        )


def _is_no_room(error: Exception) -> bool:
    if isinstance(error, sqlite3.Error):
        return (getattr(error, "sqlite_errorcode", 0) & 0xFF) in NO_ROOM
    return True  # a database that could not be made
