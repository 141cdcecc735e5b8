"""What a thread owes a coroutine, without the round of the loop that a future makes before it is heard.

An asyncio.Future hands its result to whoever awaits it in the loop's next round, which is a twentieth of the
time of an append. This one lets the coroutine go on at once, within the call that settles it.
"""

from __future__ import annotations

import asyncio
from asyncio import AbstractEventLoop
from collections.abc import Callable, Generator
from contextvars import Context
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Answer(Generic[T]):
    """Future-like, as `asyncio.isfuture` describes it. Settled on its loop, outside of any task."""

    __slots__ = ("_asyncio_future_blocking", "_callbacks", "_cancelled", "_done", "_error", "_loop", "_value")

    def __init__(self, loop: AbstractEventLoop) -> None:
        self._done = False
        self._asyncio_future_blocking = False  # asyncio's own name for "a task is about to wait for this"
        self._loop = loop
        self._callbacks: list[tuple[Callable[[Answer[T]], object], Context | None]] = []
        self._cancelled = False
        self._value: T | None = None
        self._error: BaseException | None = None

    def __await__(self) -> Generator[Any, None, T]:
        if not self._done:
            self._asyncio_future_blocking = True
            yield self
        return self.result()

    def get_loop(self) -> AbstractEventLoop:
        return self._loop

    def done(self) -> bool:
        return self._done

    def cancelled(self) -> bool:
        return self._cancelled

    def result(self) -> T:
        if self._cancelled:
            raise asyncio.CancelledError
        if self._error is not None:
            raise self._error
        return self._value  # type: ignore[return-value]  # a T, since it was settled with one

    def add_done_callback(
        self, callback: Callable[[Answer[T]], object], *, context: Context | None = None
    ) -> None:
        self._callbacks.append((callback, context))

    def remove_done_callback(self, callback: Callable[[Answer[T]], object]) -> int:
        kept = [each for each in self._callbacks if each[0] != callback]
        removed = len(self._callbacks) - len(kept)
        self._callbacks = kept
        return removed

    def cancel(self, msg: Any | None = None) -> bool:  # noqa: ARG002  # asyncio hands it over
        """Comes from within whatever cancels, so here the loop's next round is waited for."""
        if self._done:
            return False
        self._done = self._cancelled = True
        for callback, context in self._callbacks:
            self._loop.call_soon(callback, self, context=context)
        return True

    def settle(self, value: T | None, error: BaseException | None) -> None:
        """With the one or the other; nothing where nobody waits any more."""
        if self._done:
            return
        self._done = True
        self._value, self._error = value, error
        for callback, context in self._callbacks:
            if context is None:
                callback(self)
            else:
                context.run(callback, self)
