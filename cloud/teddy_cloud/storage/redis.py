"""The only door to the Redis library: one server, one behind sentinels, or a cluster, all alike."""

from __future__ import annotations

import asyncio
import builtins
import math
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import Any, Final

from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.cluster import ClusterNode, RedisCluster
from redis.asyncio.connection import AbstractConnection, SSLConnection, parse_url
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel
from redis.backoff import NoBackoff
from redis.exceptions import (
    AskError,
    AuthenticationError,
    ClusterError,
    ConnectionError,  # noqa: A004  # the library's own name
    NoPermissionError,
    NoScriptError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisClusterException,
    ResponseError,
    SlotNotCoveredError,
    TimeoutError,  # noqa: A004
    TryAgainError,
)

from teddy_cloud.storage.lines import packed
from teddy_cloud.storage.near import Near
from teddy_cloud.storage.wire import Command, Listener, Reply, ScriptMissing, Servers
from teddy_shared.addresses import StoreAddress, StoreForm
from teddy_shared.cancelling import pass_on_cancellation
from teddy_shared.errors import ConfigError, LinkError

CONNECTIONS: Final = 256  # to one server
TIMEOUT: Final = 5.0  # seconds
SENTINEL_PORT: Final = 26379
SCANNED: Final = 1000  # keys looked at in one step of a scan, about

_Options = dict[str, Any]

# What an address may say for lines of our own.
_PLAIN: Final = frozenset({"host", "port", "path", "username", "password", "db", "connection_class"})


def dial(address: StoreAddress) -> Servers:
    """The servers at this address. Nothing is sent yet. Raises ConfigError."""
    try:
        places = [{**parse_url(url), **_options()} for url in address.urls]
        match address.form:
            case StoreForm.ONE:
                # The library's own timer costs a task for each send; ours is around the whole exchange.
                one = One(Redis.from_url(address.urls[0], **(_options() | {"socket_timeout": None})))
                place = parse_url(address.urls[0])
                if place.keys() <= _PLAIN and place.get("connection_class") is not SSLConnection:
                    return Near(place=place, library=one, told=one.told, seconds=TIMEOUT)
                return one
            case StoreForm.SENTINEL:
                return _behind_sentinels(places, address.service)
            case StoreForm.CLUSTER:
                return Cluster([_place(each) for each in places], places[0])
    except (ValueError, TypeError) as error:  # of an option behind the question mark
        raise ConfigError(f"the address of the store has something that cannot be: {error}") from None


class One:
    """One server, or the one that sentinels say is in charge."""

    def __init__(self, redis: Redis, sentinel: Sentinel | None = None) -> None:
        self._redis = redis
        self._sentinel = sentinel

    async def execute(self, command: Command) -> Reply:
        with _translated():
            (reply,) = await self._exchanged([command])
            if isinstance(reply, Exception):
                raise reply
            return reply

    async def execute_all(self, commands: Sequence[Command]) -> list[Reply | ScriptMissing]:
        with _translated():
            replies = await self._exchanged(commands)
        return [_reply(each) for each in replies]

    async def _exchanged(self, commands: Sequence[Command]) -> list[Reply]:
        """Replies, errors of the server among them. A fifth of what the library's own pipeline costs.

        That one packs each command in Python, and sets a timer for each reply.
        """
        for tried in (1, 2):  # once more, for a connection that died in the pool
            try:
                async with asyncio.timeout(TIMEOUT), self._connection() as connection:
                    await connection.send_packed_command([packed(commands)])
                    replies = [await _read(connection) for _ in commands]
                return [self.told(*both) for both in zip(commands, replies, strict=True)]
            except builtins.TimeoutError:
                raise TimeoutError("it does not answer") from None
            except ConnectionError:
                if tried == 2:
                    raise
        raise AssertionError("the second attempt returns or raises")

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[AbstractConnection]:
        pool = self._redis.connection_pool
        connection = await pool.get_connection()  # type: ignore[no-untyped-call]  # redis-py's
        try:
            yield connection
        except BaseException:
            await connection.disconnect(nowait=True)  # an answer that comes late is nobody's
            raise
        finally:
            await pool.release(connection)

    def told(self, command: Command, reply: Reply) -> Reply:
        """As the library gives it: a dict for HGETALL, and the like."""
        meant = self._redis.response_callbacks.get(str(command[0]))
        return reply if meant is None or isinstance(reply, Exception) else meant(reply)

    async def keys(self, match: str) -> Sequence[bytes]:
        found: set[bytes] = set()
        cursor: Reply = 0
        while True:
            cursor, some = await self.execute(("SCAN", cursor, "MATCH", match, "COUNT", SCANNED))
            found.update(some)
            if not int(cursor):
                return list(found)

    @asynccontextmanager
    async def listening(self, channels: Sequence[str]) -> AsyncIterator[Listener]:
        pubsub: PubSub = self._redis.pubsub()
        try:
            with _translated():
                if plain := [each for each in channels if "*" not in each]:
                    await pubsub.subscribe(*plain)
                if patterns := [each for each in channels if "*" in each]:
                    await pubsub.psubscribe(*patterns)
                for _ in channels:
                    if await pubsub.get_message(timeout=TIMEOUT) is None:
                        raise LinkError("the store does not confirm a subscription")
            yield _Ear(pubsub)
        finally:
            await pubsub.aclose()  # type: ignore[no-untyped-call]  # redis-py's

    async def close(self) -> None:
        await self._redis.aclose()
        if self._sentinel is not None:
            await self._sentinel.aclose()


class Cluster:
    """Many servers, each with its share of the slots.

    The library follows slots that move. Its transactions are not used: in its asynchronous part each
    command of one runs a loop of its own in a thread and waits for that, so that ours stands still.
    """

    def __init__(self, places: Sequence[tuple[str, int]], options: _Options) -> None:
        self._options = {name: value for name, value in options.items() if name not in ("host", "port", "db")}
        secure = self._options.pop("connection_class", None) is SSLConnection
        self._cluster = RedisCluster(
            startup_nodes=[ClusterNode(host, port) for host, port in places],
            ssl=secure,
            # Else every fifth redirection closes all connections, those in use by others among them.
            reinitialize_steps=0,
            **self._options,
        )
        self._options["ssl"] = secure
        self._turn = 0  # whom to listen to next

    async def execute(self, command: Command) -> Reply:
        with _translated(clustered=True):
            await self._cluster.initialize()  # before it knows the slots it asks just any node
            return await self._cluster.execute_command(*command)

    async def execute_all(self, commands: Sequence[Command]) -> list[Reply | ScriptMissing]:
        with _translated(clustered=True):
            pipeline = self._cluster.pipeline()
            for command in commands:
                pipeline.execute_command(*command)
            replies = await pipeline.execute(raise_on_error=False)
        return [_reply(each, clustered=True) for each in replies]

    async def keys(self, match: str) -> Sequence[bytes]:
        found: set[bytes] = set()
        for node in await self._primaries():
            cursor: Reply = 0
            while True:
                with _translated(clustered=True):
                    reply = await self._cluster.execute_command(
                        "SCAN", cursor, "MATCH", match, "COUNT", SCANNED, target_nodes=node
                    )
                (cursor,), some = reply[0].values(), reply[1]
                found.update(some)
                if not int(cursor):
                    break
        return list(found)

    @asynccontextmanager
    async def listening(self, channels: Sequence[str]) -> AsyncIterator[Listener]:
        """By one node, since a cluster tells all of them; if that one is away, by the next."""
        async with AsyncExitStack() as stack:
            yield await self._subscribed(channels, stack)

    async def close(self) -> None:
        # Both: the library's own close does nothing while it thinks of itself as not set up yet, which is
        # also how it remembers that a node was away.
        await self._cluster.aclose()
        await self._cluster.nodes_manager.aclose()
        await self._cluster.nodes_manager.aclose("startup_nodes")

    async def _subscribed(self, channels: Sequence[str], stack: AsyncExitStack) -> Listener:
        nodes = await self._primaries()
        self._turn += 1
        for tried in range(1, len(nodes) + 1):
            node = nodes[(self._turn + tried) % len(nodes)]
            one = One(Redis(host=node.host, port=int(node.port), **self._options))
            try:
                async with AsyncExitStack() as trying:
                    trying.push_async_callback(one.close)
                    listener = await trying.enter_async_context(one.listening(channels))
                    stack.push_async_exit(trying.pop_all())
                    return listener
            except LinkError:
                if tried == len(nodes):
                    raise
        raise LinkError("the cluster has no node")

    async def _primaries(self) -> Sequence[ClusterNode]:
        with _translated(clustered=True):
            await self._cluster.initialize()
            return self._cluster.get_primaries()


class _Ear:
    """Reads the connection itself: the library's own way costs as much again for each message.

    It also would connect anew by itself and say nothing, though what was published meanwhile is gone.
    """

    def __init__(self, pubsub: PubSub) -> None:
        self._pubsub = pubsub

    async def heard(self, seconds: float) -> bytes | None:
        with _translated():
            connection = self._pubsub.connection
            if connection is None or not connection.is_connected:
                raise ConnectionError("nobody listens any more")
            if seconds <= 0 and not await connection.can_read():
                return None
            message = await connection.read_response(timeout=seconds, push_request=True)
        if message is None:
            return None
        *_, data = message  # its kind and channel, and the pattern that fitted it
        if not isinstance(data, bytes):  # how many are subscribed to
            raise LinkError("the store was away; what was published meanwhile is gone")
        return data


def _behind_sentinels(places: Sequence[_Options], service: str) -> One:
    options = {name: value for name, value in places[0].items() if name not in ("host", "port")}
    secure = options.pop("connection_class", None) is SSLConnection
    # The name and the password are the store's, not theirs.
    theirs = {name: value for name, value in options.items() if name not in ("username", "password", "db")}
    sentinel = Sentinel(  # type: ignore[no-untyped-call]  # redis-py's
        [_place(each, SENTINEL_PORT) for each in places], sentinel_kwargs={**theirs, "ssl": secure}
    )
    return One(sentinel.master_for(service, ssl=secure, **options), sentinel)


def _options() -> _Options:
    return {
        "socket_timeout": TIMEOUT,
        "socket_connect_timeout": TIMEOUT,
        "max_connections": CONNECTIONS,
        # One retry, for a connection that died in the pool; waiting is for those who know what for.
        "retry": Retry(NoBackoff(), 1),
        "driver_info": None,  # else each connection reads the library's version from disk
    }


def _place(options: _Options, port: int = 6379) -> tuple[str, int]:
    return str(options["host"]), int(options.get("port", port))


async def _read(connection: AbstractConnection) -> Reply:
    try:
        return await connection.read_response(timeout=math.inf)  # the timer is around all of them
    except ResponseError as error:
        return error


def _reply(reply: Reply, *, clustered: bool = False) -> Reply | ScriptMissing:
    if not isinstance(reply, Exception):
        return reply
    error = _understood(reply, clustered=clustered)
    if isinstance(error, ScriptMissing):
        return error
    raise error from None


@contextmanager
def _translated(*, clustered: bool = False) -> Iterator[None]:
    try:
        yield
        pass_on_cancellation()
    except (LinkError, ConfigError):
        raise
    except Exception as error:
        understood = _understood(error, clustered=clustered)
        if understood is error:
            raise
        raise understood from None


def _understood(error: Exception, *, clustered: bool) -> Exception:
    """What this means to the cloud; the error itself where it is a mistake of ours."""
    match error:
        case NoScriptError():
            return ScriptMissing()
        case AuthenticationError():
            return ConfigError("the store refuses the name or password in its address")
        case NoPermissionError():
            return ConfigError(f"the store does not allow this name what the cloud needs: {error}")
        case AskError() if not clustered:
            return ConfigError("the store is a node of a cluster: write its address as redis+cluster://…")
        case AskError() | ClusterError() | SlotNotCoveredError() | TryAgainError():
            return LinkError(f"the store is moving or partly away: {error}")
        case ConnectionError() | TimeoutError() | OutOfMemoryError() | ReadOnlyError():
            return LinkError(f"the store is away: {error}")
        case RedisClusterException():
            return _of_the_whole(error)
        case ResponseError() if any(word in str(error) for word in ("MISCONF", "NOREPLICAS", "BUSY ")):
            return LinkError(f"the store cannot write: {error}")
    return error


def _of_the_whole(error: RedisClusterException) -> Exception:
    """The library has one class for a cluster that is away and for calls that no cluster could take."""
    text = str(error)
    if "Cluster mode is not enabled" in text:
        return ConfigError("the store is no cluster: write its address as redis://…")
    if isinstance(error.__cause__, AuthenticationError):
        return _understood(error.__cause__, clustered=True)
    if "cannot be connected" in text or "not covered" in text or "could not agree" in text:
        return LinkError(f"the cluster is away: {text}")
    return error
