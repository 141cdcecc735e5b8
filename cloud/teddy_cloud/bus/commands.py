"""The command bus: what somebody wants done to a bear goes through middleware to its one handler."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Generic, TypeVar, cast

from pydantic import BaseModel, ConfigDict, TypeAdapter

from teddy_cloud.bus.callers import Caller, Standing
from teddy_shared.envelope import Name
from teddy_shared.tracing import Trace

R = TypeVar("R")
C = TypeVar("C", bound="Command[Any]")

PEOPLE: Final = frozenset({Standing.PARENT, Standing.OPERATOR})


class Command(BaseModel, Generic[R]):
    """What every command of the cloud is: imperative, frozen, about one bear. R is what its handler gives."""

    model_config = ConfigDict(frozen=True, extra="forbid", revalidate_instances="always")

    name: ClassVar[str]  # dotted, such as "settings.wish"; stands in the ledger
    allowed: ClassVar[frozenset[Standing]] = PEOPLE
    result: ClassVar[TypeAdapter[Any]]  # R, so that a repeated key can be answered with it

    bear: Name


@dataclass(frozen=True, slots=True)
class Call:
    """One command on its way through the middleware."""

    command: Command[Any]
    caller: Caller
    key: str | None  # the caller's idempotency key
    trace: Trace


Next = Callable[[Call], Awaitable[Any]]
Middleware = Callable[[Call, Next], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Handler:
    """Made by `handles`."""

    command: type[Command[Any]]
    run: Callable[[Any, Caller], Awaitable[Any]]


def handles(command: type[C], run: Callable[[C, Caller], Awaitable[Any]]) -> Handler:
    """Who acts on a class of command."""
    return Handler(command, run)


class CommandBus:
    """Each class of command has one handler; the first middleware is the outermost."""

    def __init__(
        self,
        *,
        handlers: Sequence[Handler],
        middleware: Sequence[Middleware],
        begin: Callable[[], Trace],
    ) -> None:
        self._handlers = {each.command: each.run for each in handlers}
        if len(self._handlers) != len(handlers):
            raise ValueError("two handlers for one command")
        self._begin = begin
        self._way: Next = self._act
        for each in reversed(middleware):
            self._way = _around(each, self._way)

    async def handle(
        self, command: Command[R], caller: Caller, *, key: str | None = None, trace: Trace | None = None
    ) -> R:
        """What the handler gives. The same `key` of the same caller gives the first result again.

        Raises what the middleware refuses with (see `middleware.py`) and what the handler raises.
        """
        call = Call(command, caller, key, trace or self._begin())
        return cast(R, await self._way(call))

    async def _act(self, call: Call) -> Any:
        return await self._handlers[type(call.command)](call.command, call.caller)


def _around(middleware: Middleware, inner: Next) -> Next:
    async def way(call: Call) -> Any:
        return await middleware(call, inner)

    return way
