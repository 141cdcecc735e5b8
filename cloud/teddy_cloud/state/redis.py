"""The state that all workers of the cloud share; each change and its audit entry are one script."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from importlib.resources import files
from typing import Final

from teddy_cloud.storage.client import Call, Part, Reply, Script, StoreClient
from teddy_shared.backoff import delays
from teddy_shared.clock import Chance
from teddy_shared.errors import Conflict, LinkError
from teddy_shared.logs import log
from teddy_shared.state.chain import GENESIS, linked
from teddy_shared.state.keys import Role
from teddy_shared.state.scopes import Scope
from teddy_shared.state.store import AUDIT_KEPT, Change, Link, Row, Slot, Span, Stamp, Verb

CHANNEL: Final = "state-changed"  # its messages are entries of the audit
PATIENCE: Final = 5.0  # seconds without news, after which one looks by oneself
AT_ONCE: Final = 200  # values that go in one script

_END: Final = "state:{state}:end"  # the newest entry of the audit
_BEFORE: Final = "state:{state}:before"  # the last one that made room
_AUDIT: Final = "state:{state}:audit"  # a stream; the number of an entry is its position
_HELD: Final = "state:{state}:held"  # a hash: slot -> "version expiry value"
_DUE: Final = "state:{state}:due"  # slots by when they run out
_ALL: Final = (_END, _BEFORE, _AUDIT, _HELD, _DUE)

_NOTE: Final = files(__package__).joinpath("note.lua").read_text()
_PUT: Final = Script(_NOTE + files(__package__).joinpath("put.lua").read_text())
_DROP: Final = Script(_NOTE + files(__package__).joinpath("drop.lua").read_text())
_Plan = tuple[list[Change], Call]
"""What becomes of the audit, and the script that does it; made for one end of the audit."""

_OF_OWNER: Final = Script("return {redis.call('GET', KEYS[1]), redis.call('SMEMBERS', KEYS[2])}")
_PAST: Final = Script(
    "return {redis.call('GET', KEYS[1]),"
    " redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])}"
)


@asynccontextmanager
async def open_redis_store(
    *, client: StoreClient, chance: Chance, audit_kept: int = AUDIT_KEPT
) -> AsyncIterator[RedisStore]:
    """While the block runs, listeners hear what other processes change, too. Asks for nothing yet."""
    store = RedisStore(client=client, audit_kept=audit_kept)
    async with asyncio.TaskGroup() as tasks:
        listening = tasks.create_task(store.listen(chance), name="state-listen")
        try:
            yield store
        finally:
            listening.cancel()


class RedisStore:
    """All of it lies in one slot, and every change takes its number from one sequence.

    So it is for what changes now and then, such as the steps of a process, and not for what a bear sends:
    a cluster does not spread it. The digest that chains the audit is made here, since servers know no
    SHA-256; a script that finds another end than the digest was made for changes nothing, and says so.
    After a crash of the server the state may be a second old, as long as that appends every second.
    """

    def __init__(self, *, client: StoreClient, audit_kept: int = AUDIT_KEPT) -> None:
        self._client = client
        self._audit_kept = audit_kept
        self._listeners: list[Callable[[Change], None]] = []
        self._end: Link | None = None  # as last seen; only a guess, since others change it
        self._told: int | None = None  # the newest change that listeners know
        self._changing = asyncio.Lock()  # of one process one at a time, else they would only chase the end
        self._telling = asyncio.Lock()

    async def get(self, slot: Slot, *, now: float) -> Row | None:
        found: bytes | None = await self._client.do("HGET", _HELD, _field(slot))
        if found is None:
            return None
        version, expires, value = found.split(b" ", 2)
        return None if expires != b"-" and float(expires) <= now else Row(value, int(version))

    async def put(
        self, slot: Slot, value: bytes, *, stamp: Stamp, expires: float | None, expected: int | None
    ) -> int:
        def plan(end: Link) -> _Plan:
            change = linked(end, slot, Verb.WRITTEN, stamp)
            wanted: Part = "" if expected is None else expected
            runs_out: Part = "-" if expires is None else expires
            more: list[Part] = [_field(slot), slot.name, wanted, stamp.when, runs_out]
            more += [change.number, value, _entry(change)]
            return [change], (_PUT, [*_ALL, _names(slot)], more)

        async with self._changing:
            said, fact = await self._change(plan)
        if said == b"conflict":
            raise Conflict(slot.name, expected or 0, int(fact))
        return int(fact)

    async def delete(self, slot: Slot, *, stamp: Stamp) -> bool:
        async with self._changing:
            said, _ = await self._change(lambda end: _drop(end, [slot], Verb.FORGOTTEN, stamp))
        return bool(said == b"done")

    async def end(self, scope: Scope, owner: str, *, stamp: Stamp) -> None:
        def found(names: Sequence[bytes]) -> list[Slot]:
            return [Slot(scope, owner, name.decode()) for name in sorted(names)]

        names = _names(Slot(scope, owner, ""))
        await self._drop_found((_OF_OWNER, [_END, names], []), found, Verb.ENDED, stamp)

    async def expire(self, *, stamp: Stamp) -> int:
        def found(fields: Sequence[bytes]) -> list[Slot]:
            return [_slot(field) for field in fields]

        past: Call = (_PAST, [_END, _DUE], [stamp.when, AT_ONCE])
        return await self._drop_found(past, found, Verb.EXPIRED, stamp)

    async def audit(self, *, after: int, limit: int) -> Sequence[Change]:
        rows: Reply = await self._client.do("XRANGE", _AUDIT, f"({after}-0", "+", "COUNT", limit)
        return [_change(fields[b"entry"]) for _, fields in rows]

    async def span(self) -> Span:
        before, end = await self._client.do_all([("GET", _BEFORE), ("GET", _END)])
        return Span(GENESIS if before is None else _change(before).link, _link(end))

    def tell(self, listener: Callable[[Change], None]) -> None:
        self._listeners.append(listener)

    async def listen(self, chance: Chance) -> None:
        """A task for the life of the process. Ends by cancellation."""
        waits = delays(chance)
        while True:
            try:
                async with self._client.listening(CHANNEL) as listener:
                    await self._catch_up()
                    waits = delays(chance)
                    while True:
                        heard = await listener.heard(PATIENCE)
                        if heard is None:  # a cluster may lose news on its way from node to node
                            await self._catch_up()
                        else:
                            await self._announce([_change(heard)])
            except LinkError as error:
                log("state").warning("cannot hear of changes for now", reason=str(error))
                await asyncio.sleep(next(waits))

    async def _change(self, plan: Callable[[Link], _Plan]) -> tuple[bytes, Reply]:
        """What the script said, and about what, whoever else was faster."""
        end = self._end or _link(await self._client.do("GET", _END))
        while True:
            said, fact = await self._try(end, plan(end))
            if said != b"behind":
                return said, fact
            end = _link(fact)

    async def _drop_found(
        self, search: Call, found: Callable[[Sequence[bytes]], list[Slot]], verb: Verb, stamp: Stamp
    ) -> int:
        gone = 0
        async with self._changing:
            while True:
                end, names = await self._client.run(*search)
                slots = found(names)[:AT_ONCE]
                if not slots:
                    return gone
                # If others are faster one looks again: a value may have been written anew meanwhile.
                said, _ = await self._try(_link(end), _drop(_link(end), slots, verb, stamp))
                gone += len(slots) if said == b"done" else 0

    async def _try(self, end: Link, planned: _Plan) -> tuple[bytes, Reply]:
        changes, (script, keys, more) = planned
        if self._told is None:  # before it can be done, else the one who listens takes it for known
            self._told = end.number
        common: list[Part] = [_text(end), self._audit_kept, CHANNEL, _text(changes[-1].link)]
        said, *facts = await self._client.run(script, keys, [*common, *more])
        if said != b"done":
            return said, facts[0] if facts else None
        self._end = changes[-1].link
        with suppress(LinkError):  # it is done; listeners hear of it when the store is back
            await self._announce(changes)
        return said, changes[-1].number

    async def _announce(self, changes: Sequence[Change]) -> None:
        """Tell what listeners do not know yet, and before it what they have missed."""
        async with self._telling:
            first = changes[0].number
            if self._told is not None and self._told < first - 1:
                self._tell_all(await self.audit(after=self._told, limit=first - 1 - self._told))
            self._tell_all(changes)

    async def _catch_up(self) -> None:
        async with self._telling:
            end = _link(await self._client.do("GET", _END))
            if self._told is None or end.number < self._told:  # just begun, or the server lost its tail
                self._told = end.number
            elif end.number > self._told:
                self._tell_all(await self.audit(after=self._told, limit=end.number - self._told))

    def _tell_all(self, changes: Iterable[Change]) -> None:
        for change in changes:
            if self._told is None or change.number > self._told:
                self._told = change.number
                for listener in self._listeners:
                    listener(change)


def _drop(end: Link, slots: Sequence[Slot], verb: Verb, stamp: Stamp) -> _Plan:
    changes: list[Change] = []
    more: list[Part] = []
    for slot in slots:
        change = linked(changes[-1].link if changes else end, slot, verb, stamp)
        changes.append(change)
        more += [_field(slot), slot.name, change.number, _entry(change)]
    return changes, (_DROP, [*_ALL, *(_names(slot) for slot in slots)], more)


def _field(slot: Slot) -> str:
    return json.dumps(slot, separators=(",", ":"))


def _slot(field: bytes) -> Slot:
    scope, owner, name = json.loads(field)
    return Slot(Scope(scope), owner, name)


def _names(slot: Slot) -> str:
    """The set of what an owner has in a scope."""
    return f"state:{{state}}:of:{slot.scope}:{slot.owner}"


def _entry(change: Change) -> str:
    fields = [change.number, *change.slot, change.verb, *change.stamp, change.chain]
    return json.dumps(fields, separators=(",", ":"))


def _change(entry: bytes) -> Change:
    number, scope, owner, name, verb, who, when, chain = json.loads(entry)
    return Change(number, Slot(Scope(scope), owner, name), Verb(verb), Stamp(Role(who), when), chain)


def _text(link: Link) -> str:
    return "" if link == GENESIS else f"{link.number} {link.chain}"


def _link(text: bytes | None) -> Link:
    if not text:
        return GENESIS
    number, chain = text.decode().split(" ")
    return Link(int(number), chain)
