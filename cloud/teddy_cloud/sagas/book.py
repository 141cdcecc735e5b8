"""Sagas in the cloud's state: their records, which of them are open, and what they were told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Final, TypeVar

from pydantic import BaseModel, ConfigDict, JsonValue, TypeAdapter

from teddy_cloud.sagas.record import SagaRecord
from teddy_cloud.sagas.saga import Facts
from teddy_shared.clock import Clock
from teddy_shared.errors import Conflict
from teddy_shared.state.keys import Held, Key, Role
from teddy_shared.state.observers import Changes
from teddy_shared.state.scopes import Scope
from teddy_shared.state.state import State
from teddy_shared.state.store import Change

T = TypeVar("T")

SAGAS: Final = Role("sagas")
PREFIX: Final = "sagas."
ENDED: Final = 500  # sagas that are remembered when they are over
UNBORN: Final = 3600.0  # seconds after which an entry without a record is no saga that is just begun

_ALL: Final = "all"  # whose the index is


class Index(BaseModel):
    """Which sagas there are."""

    model_config = ConfigDict(frozen=True)

    open: dict[str, float] = {}  # and when they were entered
    ended: tuple[str, ...] = ()  # the latest last


def saga_key(name: str, shape: TypeAdapter[T], *, lifetime: float | None = None) -> Key[T]:
    """A key of the sagas' own."""
    own = frozenset({SAGAS})
    return Key(
        name=f"{PREFIX}{name}",
        scope=Scope.APPLICATION,
        shape=shape,
        readers=own,
        writers=own,
        lifetime=lifetime,
    )


_RECORD: Final = saga_key("record", TypeAdapter(SagaRecord))
_TOLD: Final = saga_key("told", TypeAdapter(dict[str, JsonValue]))
_INDEX: Final = saga_key("index", TypeAdapter(Index))


class SagaBook:
    """All of it may raise StateError or LinkError while the state is away."""

    def __init__(self, *, state: State, clock: Clock) -> None:
        self._state = state
        self._clock = clock

    async def begin(self, record: SagaRecord) -> SagaRecord:
        """Enter it, or give the one that has this id."""
        known = await self._state.read(_RECORD, record.id, SAGAS)
        if known is not None:
            return known.value
        # First the entry: a record that no index names would never be driven.
        now = self._clock.wall()
        await self._enter(lambda index: index.model_copy(update={"open": {**index.open, record.id: now}}))
        try:
            await self._state.compare_and_set(_RECORD, record.id, record, 0, SAGAS)
        except Conflict:
            known = await self._state.read(_RECORD, record.id, SAGAS)
            return known.value if known is not None else record
        return record

    async def read(self, id_: str) -> Held[SagaRecord] | None:
        return await self._state.read(_RECORD, id_, SAGAS)

    async def write(self, record: SagaRecord, expected: int) -> int:
        """Raises Conflict where another worker was faster."""
        return await self._state.compare_and_set(_RECORD, record.id, record, expected, SAGAS)

    async def close(self, id_: str) -> None:
        """It is over; the oldest of those that are over are forgotten."""
        dropped: list[str] = []

        def moved(index: Index) -> Index:
            ended = (*(each for each in index.ended if each != id_), id_)
            dropped[:] = ended[:-ENDED]
            left = {each: at for each, at in index.open.items() if each != id_}
            return Index(open=left, ended=ended[-ENDED:])

        await self._enter(moved)
        for each in dropped:
            await self._forget(each)

    async def open(self) -> Sequence[str]:
        """Those that are not over. One that was never begun in truth is struck out."""
        held = await self._state.read(_INDEX, _ALL, SAGAS)
        return [] if held is None else list(held.value.open)

    async def strike_out(self, id_: str) -> None:
        """An entry without a record: its process died between the two."""
        oldest = self._clock.wall() - UNBORN

        def struck(index: Index) -> Index:
            left = {each: at for each, at in index.open.items() if each != id_ or at > oldest}
            return index.model_copy(update={"open": left})

        await self._enter(struck)

    async def all(self) -> Sequence[SagaRecord]:
        """The ended ones first, the latest last."""
        held = await self._state.read(_INDEX, _ALL, SAGAS)
        ids = [] if held is None else [*held.value.ended, *held.value.open]
        found = [await self.read(each) for each in ids]
        return [each.value for each in found if each is not None]

    async def told(self, id_: str) -> tuple[Facts, int]:
        """What a saga was told, and the version of that."""
        held = await self._state.read(_TOLD, id_, SAGAS)
        return ({}, 0) if held is None else (held.value, held.version)

    async def tell(self, id_: str, facts: Facts) -> None:
        """Tell a saga; the same again changes nothing."""
        while True:
            known, version = await self.told(id_)
            if all(name in known and known[name] == value for name, value in facts.items()):
                return
            try:
                await self._state.compare_and_set(_TOLD, id_, {**known, **facts}, version, SAGAS)
                return
            except Conflict:
                continue

    def changes(self) -> AbstractAsyncContextManager[Changes]:
        """Of records and of what was told; the slot's owner is the saga's id."""
        return self._state.observe(PREFIX, SAGAS)

    @staticmethod
    def concerns_one(change: Change) -> bool:
        """Whether it is of a saga and not of the index or a lease."""
        return change.slot.name in (_RECORD.name, _TOLD.name)

    async def _enter(self, change: Callable[[Index], Index]) -> None:
        while True:
            held = await self._state.read(_INDEX, _ALL, SAGAS)
            before, version = (held.value, held.version) if held else (Index(), 0)
            after = change(before)
            if after == before:
                return
            try:
                await self._state.compare_and_set(_INDEX, _ALL, after, version, SAGAS)
                return
            except Conflict:
                continue

    async def _forget(self, id_: str) -> None:
        for key in (_RECORD, _TOLD):
            await self._state.forget(key, id_, SAGAS)
