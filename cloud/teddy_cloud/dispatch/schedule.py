"""When each open order is sent again. No clock and no I/O: whoever asks says what time it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from teddy_cloud.projections.orders import OpenOrders
from teddy_shared.backoff import delays
from teddy_shared.clock import Chance
from teddy_shared.envelope import BearId

FIRST: Final = 4.0  # seconds at most until an order that was not answered is sent again
MOST: Final = 900.0  # seconds between two copies; a bear that comes back says hello, and is sent its at once
A_SECOND: Final = 500  # orders that are sent anew when the broker has come back
AT_ONCE: Final = float("-inf")  # before all that is merely due


@dataclass(frozen=True, slots=True)
class Copy:
    """One sending of an order."""

    bear: BearId
    id: str
    first: bool  # from this dispatcher
    wait: float  # seconds until the next one


@dataclass(frozen=True, slots=True)
class _Plan:
    due: float  # on the clock of whoever asks
    waits: Iterator[float]
    first: bool


class Schedule:
    """Bounded by the orders that are open."""

    def __init__(self, *, chance: Chance, first: float = FIRST) -> None:
        self._chance = chance
        self._first = first
        self._plans: dict[tuple[BearId, str], _Plan] = {}

    def know(self, open_: OpenOrders) -> None:
        """Some of the open orders: those that are new are due at once."""
        for bear, ids in open_.items():
            for id_ in ids:
                if (bear, id_) not in self._plans:
                    self._plans[bear, id_] = self._anew(AT_ONCE, first=True)

    def know_all(self, open_: OpenOrders) -> None:
        """All of the open orders: others have ended."""
        self._plans = {at: plan for at, plan in self._plans.items() if at[1] in open_.get(at[0], {})}
        self.know(open_)

    def hello(self, bears: Iterable[BearId]) -> None:
        """These bears have come, and may have lost what was sent before."""
        there = set(bears)
        for at, plan in self._plans.items():
            if at[0] in there:
                self._plans[at] = self._anew(AT_ONCE, first=plan.first)

    def again(self, now: float) -> None:
        """The broker has come, and may have lost everything: all of it soon, but not in one heap."""
        spread = len(self._plans) / A_SECOND
        for at, plan in self._plans.items():
            self._plans[at] = self._anew(now + self._chance.between(0, spread), first=plan.first)

    def take(self, now: float, most: int) -> list[Copy]:
        """What is to be sent now, the most urgent first; the next copy of each is planned with it."""
        due = sorted((plan.due, at) for at, plan in self._plans.items() if plan.due <= now)
        return [self._take(at, now) for _, at in due[:most]]

    def not_sent(self, copies: Iterable[Copy]) -> None:
        """They are due again, as if nobody had tried."""
        for copy in copies:
            if (copy.bear, copy.id) in self._plans:
                self._plans[copy.bear, copy.id] = self._anew(AT_ONCE, first=copy.first)

    def next_due(self) -> float:
        return min((plan.due for plan in self._plans.values()), default=float("inf"))

    def _take(self, at: tuple[BearId, str], now: float) -> Copy:
        plan = self._plans[at]
        wait = next(plan.waits)
        self._plans[at] = _Plan(now + wait, plan.waits, first=False)
        return Copy(*at, first=plan.first, wait=wait)

    def _anew(self, due: float, *, first: bool) -> _Plan:
        return _Plan(due, delays(self._chance, first=self._first, most=MOST), first)
