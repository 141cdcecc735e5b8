"""The only place of mutable state: typed, scoped, observed, sealed, and every change accounted for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar

from pydantic import ValidationError

from teddy_shared.clock import Clock
from teddy_shared.errors import KeyErased, LinkError, NotAllowed, StateError
from teddy_shared.logs import log
from teddy_shared.seal import Seal
from teddy_shared.state.chain import Verdict, look_through
from teddy_shared.state.keys import Held, Key, Role
from teddy_shared.state.observers import Changes
from teddy_shared.state.scopes import Scope
from teddy_shared.state.store import Change, Slot, Stamp, Store

T = TypeVar("T")

KEEPER: Final = Role("state")  # who ends scopes and clears away what is past its time


STATE_KEY: Final = "state"  # the owner of the key where one seals all


def one_key(_slot: Slot) -> str:
    return STATE_KEY


class State:
    """Reads and writes by key, owner and role.

    A brief scope may live in a store of its own: on a bear in memory, which spares the card.
    """

    def __init__(
        self,
        *,
        store: Store,
        seal: Seal,
        clock: Clock,
        brief: Store | None = None,
        sealed_under: Callable[[Slot], str] = one_key,  # whose key seals a slot
    ) -> None:
        self._store = store
        self._brief = brief or store
        self._seal = seal
        self._clock = clock
        self._sealed_under = sealed_under
        self._observers: list[Changes] = []
        self._readers: dict[tuple[Scope, str], frozenset[Role]] = {}  # of every key used so far
        for each in self._stores():
            each.tell(self._tell)

    async def read(self, key: Key[T], owner: str, role: Role) -> Held[T] | None:
        """None where nothing is, or its time is past, or its key was erased.

        Raises NotAllowed; SealError where the bytes were altered; StateError where another release
        left a value of another shape.
        """
        self._check(key.readers, role, "read", key)
        slot = Slot(key.scope, owner, key.name)
        row = await self._of(key.scope).get(slot, now=self._clock.wall())
        if row is None:
            return None
        plain = row.value
        if key.sealed:
            try:
                plain = await asyncio.to_thread(
                    self._seal.open, self._sealed_under(slot), plain, _bound_to(slot)
                )
            except KeyErased:
                return None
        try:
            return Held(key.shape.validate_json(plain), row.version)
        except ValidationError:
            raise StateError(f"{key.name} holds a value of another shape: write it anew") from None

    async def write(self, key: Key[T], owner: str, value: T, role: Role) -> int:
        """The new version. Raises NotAllowed."""
        return await self._put(key, owner, value, role, expected=None)

    async def compare_and_set(self, key: Key[T], owner: str, value: T, expected: int, role: Role) -> int:
        """Writes only over version `expected` (0: absent). Raises Conflict, NotAllowed."""
        return await self._put(key, owner, value, role, expected=expected)

    async def forget(self, key: Key[Any], owner: str, role: Role) -> bool:
        """Whether there was something. Raises NotAllowed."""
        self._check(key.writers, role, "forget", key)
        return await self._of(key.scope).delete(Slot(key.scope, owner, key.name), stamp=self._stamp(role))

    @asynccontextmanager
    async def observe(
        self, what: Key[Any] | str, role: Role, *, owner: str | None = None, room: int = 64
    ) -> AsyncIterator[Changes]:
        """Changes of a key, or of all keys that begin with a prefix and that this role may read."""
        if isinstance(what, Key):
            self._check(what.readers, role, "observe", what)
        scope, name = (what.scope, what.name) if isinstance(what, Key) else (None, None)
        prefix = what if isinstance(what, str) else what.name

        def wanted(change: Change) -> bool:
            slot = change.slot
            if owner not in (None, slot.owner) or not slot.name.startswith(prefix):
                return False
            if scope is not None:
                return (slot.scope, slot.name) == (scope, name)
            return role in self._readers.get((slot.scope, slot.name), frozenset())

        changes = Changes(wanted=wanted, room=room)
        self._observers.append(changes)
        try:
            yield changes
        finally:
            self._observers.remove(changes)

    @asynccontextmanager
    async def session(self, owner: str) -> AsyncIterator[None]:
        """The values of this session vanish when the block ends."""
        try:
            yield
        finally:
            await self._brief.end(Scope.SESSION, owner, stamp=self._stamp(KEEPER))

    @asynccontextmanager
    async def request(self, owner: str) -> AsyncIterator[None]:
        """The values of this request vanish when the block ends."""
        try:
            yield
        finally:
            await self._brief.end(Scope.REQUEST, owner, stamp=self._stamp(KEEPER))

    async def audit(
        self, *, scope: Scope = Scope.APPLICATION, after: int = 0, limit: int = 100
    ) -> Sequence[Change]:
        """Who changed what and when, oldest first, from the store where this scope lives."""
        return await self._of(scope).audit(after=after, limit=limit)

    async def look_through_audit(self, *, scope: Scope = Scope.APPLICATION) -> Verdict:
        """Whether every entry is as it was written, and none is missing between."""
        return await look_through(self._of(scope))

    async def sweep(self) -> int:
        """Clears away what is past its time (it could no longer be read); how much that was."""
        return sum([await each.expire(stamp=self._stamp(KEEPER)) for each in self._stores()])

    async def keep_sweeping(self, *, every: float = 60.0) -> None:
        """A task for the life of the process. Ends by cancellation; a store that is away is tried again."""
        while True:
            try:
                await self.sweep()
            except (StateError, LinkError) as error:
                log("state").warning("not swept", reason=str(error))
            await asyncio.sleep(every)

    async def _put(self, key: Key[T], owner: str, value: T, role: Role, *, expected: int | None) -> int:
        self._check(key.writers, role, "write", key)
        slot = Slot(key.scope, owner, key.name)
        data = key.shape.dump_json(value)
        if key.sealed:  # off the loop: a key ring may look at its file
            data = await asyncio.to_thread(self._seal.seal, self._sealed_under(slot), data, _bound_to(slot))
        stamp = self._stamp(role)
        expires = None if key.lifetime is None else stamp.when + key.lifetime
        return await self._of(key.scope).put(slot, data, stamp=stamp, expires=expires, expected=expected)

    def _check(self, allowed: frozenset[Role], role: Role, verb: str, key: Key[Any]) -> None:
        self._readers[key.scope, key.name] = key.readers
        if role not in allowed:
            raise NotAllowed(role, verb, key.name)

    def _of(self, scope: Scope) -> Store:
        return self._brief if scope.brief else self._store

    def _stores(self) -> list[Store]:
        return [self._store] if self._brief is self._store else [self._store, self._brief]

    def _stamp(self, role: Role) -> Stamp:
        return Stamp(role, self._clock.wall())

    def _tell(self, change: Change) -> None:
        for observer in self._observers:
            observer.take(change)


def _bound_to(slot: Slot) -> bytes:
    """Sealed bytes copied to another slot do not open there."""
    return "/".join(slot).encode()
