"""The same key is the same command: its first result is given again, and it is not done twice."""

from __future__ import annotations

import asyncio
import hashlib
import re
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, TypeAdapter

from teddy_cloud.bus.commands import Call, Middleware, Next
from teddy_shared.clock import Clock
from teddy_shared.errors import Conflict, TeddyError
from teddy_shared.state.keys import Held, Key, Role
from teddy_shared.state.scopes import Scope
from teddy_shared.state.state import State

BUS: Final = Role("bus")
REMEMBERED: Final = 24 * 3600.0  # seconds for which a result is given again
IN_HAND: Final = 60.0  # seconds after which a command counts as broken off, and its key is free
PATIENCE: Final = 5.0  # seconds that a repetition waits for the first one to end
LOOK: Final = 0.05  # seconds

_KEY: Final = re.compile(r"[A-Za-z0-9_-]{8,64}")


class KeyMisused(TeddyError):
    """An idempotency key that is none, or that another command used."""


class StillAtWork(TeddyError):
    def __init__(self) -> None:
        super().__init__("the same is being done already; ask again in a moment")


class _Remembered(BaseModel):
    """What became of a key."""

    model_config = ConfigDict(frozen=True)

    command: str  # a digest of it
    until: float  # wall clock: while in hand, when it counts as broken off
    done: bool = False
    result: str = ""  # JSON


_REMEMBERED: Final = Key(
    name="bus.once",
    scope=Scope.APPLICATION,
    shape=TypeAdapter(_Remembered),
    readers=frozenset({BUS}),
    writers=frozenset({BUS}),
    lifetime=REMEMBERED,
)


def once(state: State, clock: Clock) -> Middleware:
    """Only what was done is remembered: what failed or was refused may be tried again under its key.

    A process that dies between the deed and its memory leaves the key to the next try after a minute,
    so handlers must stand being called twice.
    """

    async def step(call: Call, on: Next) -> Any:
        if call.key is None:
            return await on(call)
        if not _KEY.fullmatch(call.key):
            raise KeyMisused("an idempotency key has 8 to 64 letters, digits, dashes or underscores")
        owner = f"{call.caller.who}/{call.key}"
        digest = _digest(call)
        taken = await _take(state, clock, owner, digest)
        if isinstance(taken, _Remembered):
            return call.command.result.validate_json(taken.result)
        try:
            result = await on(call)
        except BaseException:
            await state.forget(_REMEMBERED, owner, BUS)
            raise
        text = call.command.result.dump_json(result).decode()
        done = _Remembered(command=digest, until=0, done=True, result=text)
        await state.write(_REMEMBERED, owner, done, BUS)
        return result

    return step


async def _take(state: State, clock: Clock, owner: str, digest: str) -> _Remembered | None:
    """What was done under this key, or None: then it is in our hand now."""
    patience = clock.monotonic() + PATIENCE
    while True:
        held = await state.read(_REMEMBERED, owner, BUS)
        if held is not None and held.value.command != digest:
            raise KeyMisused("another command used this idempotency key")
        if held is not None and held.value.done:
            return held.value
        if _free(held, clock):
            mine = _Remembered(command=digest, until=clock.wall() + IN_HAND)
            try:
                await state.compare_and_set(_REMEMBERED, owner, mine, held.version if held else 0, BUS)
                return None
            except Conflict:
                continue
        if clock.monotonic() >= patience:
            raise StillAtWork
        await asyncio.sleep(LOOK)


def _free(held: Held[_Remembered] | None, clock: Clock) -> bool:
    return held is None or held.value.until <= clock.wall()


def _digest(call: Call) -> str:
    text = f"{call.command.name} {call.command.model_dump_json()}"
    return hashlib.sha256(text.encode()).hexdigest()
