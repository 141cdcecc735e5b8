"""What an outbox does for its room while nobody waits for it: limit, log, reserve and grace.

All of it runs in the writer's thread.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from teddy_edge.outbox.grace import Age, outlived
from teddy_edge.outbox.ledger import Standing
from teddy_edge.outbox.room import (
    CRAMMED,
    LAST_ROOM,
    RESERVE,
    Leaving,
    Refusal,
    is_tight,
    lengthen,
    next_to_leave,
    reserve_beside,
    stored_part,
)
from teddy_edge.outbox.tables import Tables
from teddy_shared.envelope import Lane
from teddy_shared.logs import log

GLANCE: Final = 1.0  # seconds that what a look at a file said is taken to hold
REST: Final = 60.0  # seconds until what could not be tended, or had nothing to tend, is looked at again
NEVER: Final = float("-inf")


class Caretaker:
    """Of one database, which may be replaced by another one."""

    def __init__(self, *, path: Path, limit: int, age: Age, leave: Callable[[Tables, Leaving], None]) -> None:
        self.tight = False  # whether the card has little room left
        self.crammed = False  # at the limit, with nothing left that may give way
        self._folder = path.parent
        self._log = path.with_name(f"{path.name}-wal")
        self._limit = limit
        self._age = age
        self._leave = leave  # gives way, which changes the standing
        self._reserve = reserve_beside(path)
        self._glance = limit // 256  # bytes after which it is worth looking how many pages are used
        self._unseen = 0  # bytes written since that look
        self._given_up = False  # the reserve, for alerts
        self._scrub = False  # whether the log still holds what has to be gone
        self._long = False  # whether the log has its full length
        self._reserving = self._aging = self._looked = NEVER

    def begin(self) -> bool:
        """With a database that was opened; whether there is a reserve."""
        self._long = False
        self._reserve.look()
        return self._reserve.kept

    def wrote(self, size: int) -> bool:
        """Whether it is time to look how much that makes."""
        self._unseen += size
        return self._unseen >= self._glance

    def scrub(self) -> None:
        """What was blanked has to leave the log too."""
        self._scrub = True

    def refusal(self, tables: Tables, now: float) -> Refusal | None:
        if self._given_up and now - self._looked >= GLANCE:
            self._looked = now
            # Room within the database serves as well, and so does a card that somebody has cleared.
            self._given_up = is_tight(self._folder, spare=RESERVE) and tables.free() < RESERVE
        if self._given_up:
            return LAST_ROOM
        return CRAMMED if self.crammed else None

    def pinched(self) -> None:
        """The card took nothing."""
        self.tight = True
        self._aging = NEVER

    def give_up_reserve(self, now: float) -> bool:
        """Whether there was one."""
        if not self._reserve.give_up():
            return False
        log("outbox").warning("the reserve is given up for an alert")
        self._given_up = True
        self._looked = now
        self._reserving = now + REST
        return True

    def enforce(self, tables: Tables, standing: Standing) -> tuple[Standing, bool]:
        """The limit. Whether something gave way: then the standing is another one, and there may be more."""
        if self._unseen >= self._glance:
            self._unseen = 0
            standing = standing._replace(used=tables.used())
        if standing.used <= self._limit:
            self.crammed = False
            return standing, False
        leaving = next_to_leave(standing.marks, standing.gaps)
        self.crammed = leaving is None
        if leaving is None:
            return standing, False
        self._leave(tables, leaving)
        self._unseen = self._glance
        return standing, True

    def lengthen_log(self, tables: Tables) -> bool:
        """Whether it did something."""
        if self._scrub:
            tables.empty_log()
            self._scrub = self._long = False
        if self._long or not self._reserve.kept:
            return False
        try:
            self._long = not lengthen(self._log)
        except OSError:  # a card without room; what is written is as durable, only more slowly
            self._long = True
        return True

    def make_reserve(self, now: float) -> bool:
        """Whether it did."""
        if self._reserve.kept or now < self._reserving:
            return False
        self._reserving = now + REST
        return self._reserve.make()

    def end_grace(self, tables: Tables, standing: Standing, now: float) -> bool:
        """Whether something is gone that the cloud has: what is old enough, or anything on a tight card."""
        if now < self._aging:
            return False
        lived = self._age.at(now)
        self.tight = is_tight(self._folder)
        for lane in reversed(Lane):
            mark = standing.mark(lane)
            through = mark.acked if self.tight else outlived(tables.graced(lane), lived)
            if leaving := stored_part(lane, mark, through):
                self._leave(tables, leaving)
                self._unseen = self._glance
                return True
        if self.tight:
            tables.write_back()  # what made room can be used only when the log can begin anew
        self._aging = now + REST
        return False
