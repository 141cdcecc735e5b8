"""The query bus: what somebody wants to know about a bear, from the cache where it is still true."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Generic, TypeVar, cast

from teddy_cloud.bus.cache import Cache
from teddy_cloud.bus.callers import Caller, NotForYou, Standing
from teddy_cloud.bus.commands import PEOPLE
from teddy_cloud.bus.middleware import Owners
from teddy_cloud.bus.records import Records
from teddy_cloud.bus.timings import Timings
from teddy_shared.clock import Clock
from teddy_shared.envelope import BearId

R = TypeVar("R")
Q = TypeVar("Q", bound="Query[Any]")

ONE_LOOK: Final = 300.0  # seconds in which the same look of the same person is recorded once
LOOKS: Final = 10_000  # remembered; the oldest gives way, and is recorded once more


@dataclass(frozen=True)
class Query(Generic[R]):
    """What every query is: a frozen dataclass about one bear. R is the answer, which must be frozen too."""

    bear: BearId

    name: ClassVar[str]  # dotted, such as "bear.day"; stands in the ledger
    cached: ClassVar[bool] = True  # whether it comes from read models alone, whose changes are told
    allowed: ClassVar[frozenset[Standing]] = PEOPLE


@dataclass(frozen=True, slots=True)
class Answerer:
    """Made by `answers`."""

    query: type[Query[Any]]
    run: Callable[[Any], Awaitable[Any]]


def answers(query: type[Q], run: Callable[[Q], Awaitable[Any]]) -> Answerer:
    """Who knows the answer to a class of query."""
    return Answerer(query, run)


class QueryBus:
    """An answer from the cache costs microseconds: no hop, no store, no log line.

    Its owner was checked when it was made, and the family is part of its key.
    """

    def __init__(
        self,
        *,
        answerers: Sequence[Answerer],
        cache: Cache,
        owners: Owners,
        records: Records,
        timings: Timings,
        clock: Clock,
    ) -> None:
        self._answerers = {each.query: each.run for each in answerers}
        if len(self._answerers) != len(answerers):
            raise ValueError("two answerers for one query")
        self._cache = cache
        self._owners = owners
        self._records = records
        self._timings = timings
        self._clock = clock
        self._looks: OrderedDict[tuple[str, str, BearId], float] = OrderedDict()

    async def ask(self, query: Query[R], caller: Caller) -> R:
        """Raises NotForYou, what `Owners` raises for another family's bear, and LinkError."""
        began = self._clock.monotonic()
        key = (caller.family, type(query), query)
        kept = self._cache.find(key, began)
        if kept is not None and caller.standing in query.allowed:
            if self._is_new(caller, query, began):
                await self._look(caller, query, began)
            self._timings.note(query.name, "cached", self._clock.monotonic() - began)
            return cast(R, kept.value)
        answer = await self._make(query, caller, key, began)
        self._timings.note(query.name, "made", self._clock.monotonic() - began)
        return answer

    async def _make(self, query: Query[R], caller: Caller, key: tuple[object, ...], now: float) -> R:
        if caller.standing not in query.allowed:
            raise NotForYou(caller, query.name)
        if caller.family is not None:
            await self._owners.bear(caller.family, query.bear)
        if self._is_new(caller, query, now):
            await self._look(caller, query, now)
        if not query.cached:
            return cast(R, await self._answerers[type(query)](query))
        ticket = self._cache.begin(query.bear)
        try:
            answer = await self._answerers[type(query)](query)
            self._cache.keep(key, answer, ticket, self._clock.monotonic())
        finally:
            self._cache.end(ticket)
        return cast(R, answer)

    def _is_new(self, caller: Caller, query: Query[Any], now: float) -> bool:
        """Whether this look is not in the ledger yet. A live page would flood it otherwise."""
        looked = self._looks.get((caller.who, query.name, query.bear))
        return looked is None or looked + ONE_LOOK <= now

    async def _look(self, caller: Caller, query: Query[Any], now: float) -> None:
        """First the record, then the answer. Two at the same moment may leave two."""
        await self._records.looked(caller, query.name, query.bear)
        look = (caller.who, query.name, query.bear)
        self._looks[look] = now
        self._looks.move_to_end(look)
        if len(self._looks) > LOOKS:
            self._looks.popitem(last=False)
