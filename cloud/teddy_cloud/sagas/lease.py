"""Who drives a saga now: one worker, as long as it lives."""

from __future__ import annotations

import asyncio
from typing import Final

from pydantic import TypeAdapter

from teddy_cloud.sagas.book import SAGAS, saga_key
from teddy_shared.errors import Conflict
from teddy_shared.state.state import State

LEASE: Final = 6.0  # seconds until another worker may take over from one that died
BEAT: Final = 2.0  # seconds between renewals

_LEASE: Final = saga_key("lease", TypeAdapter(str), lifetime=LEASE)


class LeaseLost(Exception):
    """Another worker drives this saga now."""


class Lease:
    """Made by `take`. The record's own version guards it too: a lease only spares work."""

    def __init__(self, state: State, id_: str, worker: str, version: int) -> None:
        self._state = state
        self._id = id_
        self._worker = worker
        self._version = version

    async def keep(self) -> None:
        """Ends by being cancelled, or raises LeaseLost."""
        while True:
            await asyncio.sleep(BEAT)
            try:
                self._version = await self._state.compare_and_set(
                    _LEASE, self._id, self._worker, self._version, SAGAS
                )
            except Conflict:
                raise LeaseLost from None

    async def give_back(self) -> None:
        held = await self._state.read(_LEASE, self._id, SAGAS)
        if held is not None and held.version == self._version:
            await self._state.forget(_LEASE, self._id, SAGAS)


async def take(state: State, id_: str, worker: str) -> Lease | None:
    """None while another worker holds it."""
    if await state.read(_LEASE, id_, SAGAS) is not None:
        return None
    try:
        return Lease(state, id_, worker, await state.compare_and_set(_LEASE, id_, worker, 0, SAGAS))
    except Conflict:
        return None
