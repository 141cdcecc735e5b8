"""Reads the account of the state, straight from the store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from teddy_cloud.settings import Settings
from teddy_cloud.state.redis import RedisStore
from teddy_cloud.storage.client import connect
from teddy_shared.errors import ConfigError
from teddy_shared.state.chain import GENESIS, Break, Verdict, look_through
from teddy_shared.state.store import Change, Link


async def look(settings: Settings, limit: int) -> Sequence[Change]:
    """The newest entries, oldest first."""
    async with _opened(settings) as store:
        end = (await store.span()).end
        return await store.audit(after=max(0, end.number - limit), limit=limit)


async def verify(settings: Settings, noted_before: str | None) -> Verdict:
    """Whether the whole account holds, and has in it what was noted of it before. Raises ConfigError."""
    noted = None if noted_before is None else _noted(noted_before)
    async with _opened(settings) as store:
        verdict = await look_through(store)
        if noted is None or verdict.broken is not None:
            return verdict
        return replace(verdict, broken=await _find_again(store, verdict, noted))


async def _find_again(store: RedisStore, verdict: Verdict, noted: Link) -> Break | None:
    before, end = verdict.span
    if noted in (before, end):
        return None
    if noted.number <= before.number:
        return Break(
            noted.number, f"entry {noted.number} made room since it was noted: nothing can be said of it"
        )
    found = await store.audit(after=noted.number - 1, limit=1)
    if [change.link for change in found] == [noted]:
        return None
    return Break(noted.number, f"entry {noted.number} is another one than was noted: the chain was forged")


def _noted(text: str) -> Link:
    number, _, chain = text.partition(":")
    if not number.isdecimal() or len(chain) != len(GENESIS.chain):
        raise ConfigError(f"{text} is not the end of a chain; it looks like 120:4f0c… with 64 digits")
    return Link(int(number), chain)


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[RedisStore]:
    client = connect(settings.store)
    try:
        yield RedisStore(client=client)
    finally:
        await client.close()
