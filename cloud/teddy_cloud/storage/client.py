"""The only door to the Redis client: commands in, replies out, and one error for "the store is away"."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final

from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import (
    AuthenticationError,
    ConnectionError,  # noqa: A004  # the library's own name
    NoScriptError,
    OutOfMemoryError,
    ReadOnlyError,
    ResponseError,
    TimeoutError,  # noqa: A004
    WatchError,
)

from teddy_shared.cancelling import pass_on_cancellation
from teddy_shared.errors import ConfigError, LinkError

Part = str | bytes | int | float
Command = tuple[Part, ...]
Reply = Any  # what the server said; each adapter turns it into typed values at once

CONNECTIONS: Final = 256
TIMEOUT: Final = 5.0  # seconds


class Moved(Exception):
    """Another writer was faster; read again and decide again."""


class StoreClient:
    """A connection pool to one store. Makes no connection until it is used."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def do(self, *command: Part) -> Reply:
        """Run one command."""
        with _translated():
            return await self._redis.execute_command(*command)  # type: ignore[no-untyped-call]

    async def do_all(self, commands: Sequence[Command]) -> list[Reply]:
        """Run many commands in one go, without a transaction."""
        with _translated():
            async with self._redis.pipeline(transaction=False) as pipeline:
                for command in commands:
                    pipeline.execute_command(*command)
                return await pipeline.execute()

    async def do_at_once(
        self, commands: Sequence[Command], *, guard: str | None = None, expected: bytes | None = None
    ) -> list[Reply]:
        """Run all in one transaction. With a guard, raise Moved where its string is not as expected."""
        with _translated():
            async with self._redis.pipeline(transaction=True) as pipeline:
                if guard is not None:
                    await pipeline.watch(guard)
                    if await pipeline.execute_command("GET", guard) != expected:
                        raise Moved
                    pipeline.multi()  # type: ignore[no-untyped-call]
                for command in commands:
                    pipeline.execute_command(*command)
                try:
                    return await pipeline.execute()
                except WatchError:
                    raise Moved from None

    async def run(self, script: Script, keys: Sequence[str], arguments: Sequence[Part]) -> Reply:
        """Run a script, sending its text only where the server does not have it."""
        try:
            return await self.do("EVALSHA", script.sha, len(keys), *keys, *arguments)
        except NoScriptError:
            return await self.do("EVAL", script.text, len(keys), *keys, *arguments)

    @asynccontextmanager
    async def listening(self, *channels: str) -> AsyncIterator[Listener]:
        """Subscribed, and confirmed so, from the start of the block to its end."""
        pubsub: PubSub = self._redis.pubsub()
        try:
            with _translated():
                await pubsub.subscribe(*channels)
                for _ in channels:
                    if await pubsub.get_message(timeout=TIMEOUT) is None:
                        raise LinkError("the store does not confirm a subscription")
            yield Listener(pubsub)
        finally:
            await pubsub.aclose()  # type: ignore[no-untyped-call]  # redis-py's

    async def close(self) -> None:
        await self._redis.aclose()


class Script:
    """A Lua script and the name under which servers know it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.sha = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


class Listener:
    """Hears what is published. What was published while nobody listened is gone."""

    def __init__(self, pubsub: PubSub) -> None:
        self._pubsub = pubsub

    async def heard(self, seconds: float) -> bytes | None:
        """The next message, or None after so many seconds. Raises LinkError where some may be missing."""
        with _translated():
            message = await self._pubsub.get_message(timeout=seconds)
        if message is None:
            return None
        if message["type"] == "subscribe":  # the library connected anew by itself, and said nothing
            raise LinkError("the store was away; what was published meanwhile is gone")
        data: bytes = message["data"]
        return data


def connect(url: str) -> StoreClient:
    """A client for the store at this address. Nothing is sent yet."""
    try:
        # One retry, for a connection that died in the pool; waiting is for those who know what for.
        return StoreClient(
            Redis.from_url(
                url,
                socket_timeout=TIMEOUT,
                socket_connect_timeout=TIMEOUT,
                max_connections=CONNECTIONS,
                retry=Retry(NoBackoff(), 1),
                driver_info=None,  # else each connection reads the library's version from disk
            )
        )
    except ValueError as error:
        raise ConfigError(f"{url} is not the address of a store: {error}") from None


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
        pass_on_cancellation()
    except AuthenticationError:
        raise ConfigError("the store refuses the name or password in its address") from None
    except (ConnectionError, TimeoutError, OutOfMemoryError, ReadOnlyError) as error:
        raise LinkError(f"the store is away: {error}") from None
    except NoScriptError:
        raise
    except ResponseError as error:
        if str(error).startswith(("MISCONF", "NOAUTH", "CLUSTERDOWN", "TRYAGAIN")):  # disk full, moving
            raise LinkError(f"the store cannot write: {error}") from None
        raise
