"""Families, bears and their settings documents in the store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final, Protocol

from teddy_cloud.eventstore.partitions import of_bear
from teddy_cloud.fleet.household import Bear
from teddy_cloud.storage.client import Listener, Moved, StoreClient
from teddy_shared.envelope import BearId, FamilyId
from teddy_shared.messages import SettingsDocument

CHANGED: Final = "settings-changed"  # the channel; its messages are names of bears
BEARS: Final = "bears"  # the set of all


class Changes(Protocol):
    """Tells whose settings document changed."""

    async def next(self, seconds: float) -> BearId | None:
        """None after so many seconds. Raises LinkError."""


class FleetRecords:
    def __init__(self, *, client: StoreClient) -> None:
        self._client = client

    async def add(self, bear: Bear, document: SettingsDocument) -> bool:
        """False where the bear belongs to a family already."""
        id_ = BearId(bear.id)
        made = await self._client.do("SET", _bear(id_), bear.model_dump_json(), "NX")
        if made is None and await self.bear(id_) != bear:  # else it was us, and the answer was lost
            return False
        await self._client.do("SET", _document(id_), document.model_dump_json())
        await self._client.do("SADD", _family(FamilyId(bear.family)), bear.id)
        await self._client.do("SADD", BEARS, bear.id)
        await self._client.do("PUBLISH", CHANGED, bear.id)
        return True

    async def bear(self, bear: BearId) -> Bear | None:
        found: bytes | None = await self._client.do("GET", _bear(bear))
        return None if found is None else Bear.model_validate_json(found)

    async def bears_of(self, family: FamilyId) -> Sequence[BearId]:
        names: set[bytes] = await self._client.do("SMEMBERS", _family(family))
        return sorted(BearId(name.decode()) for name in names)

    async def all_bears(self) -> Sequence[BearId]:
        names: set[bytes] = await self._client.do("SMEMBERS", BEARS)
        return sorted(BearId(name.decode()) for name in names)

    async def replace(self, bear: Bear) -> None:
        await self._client.do("SET", _bear(BearId(bear.id)), bear.model_dump_json())

    async def hold(self, bear: BearId) -> None:
        """Its child is being erased: until `release` nobody may grant anything."""
        await self._client.do("SET", _held(bear), 1)

    async def release(self, bear: BearId) -> None:
        await self._client.do("DEL", _held(bear))

    async def is_held(self, bear: BearId) -> bool:
        return int(await self._client.do("EXISTS", _held(bear))) == 1

    async def announce(self, bear: BearId) -> None:
        """As if its settings had changed: what goes down to this bear must be made anew."""
        await self._client.do("PUBLISH", CHANGED, bear)

    async def document(self, bear: BearId) -> SettingsDocument | None:
        found: bytes | None = await self._client.do("GET", _document(bear))
        return None if found is None else SettingsDocument.model_validate_json(found)

    async def change(
        self, bear: BearId, wish: Callable[[SettingsDocument], SettingsDocument]
    ) -> SettingsDocument | None:
        """Put the changed document in the place of the old one; None where there is no such bear.

        Two parents may wish at the same time: the second one's wish is applied to the first one's result.
        """
        while True:
            found: bytes | None = await self._client.do("GET", _document(bear))
            if found is None:
                return None
            changed = wish(SettingsDocument.model_validate_json(found))
            put = ("SET", _document(bear), changed.model_dump_json())
            ring = ("PUBLISH", CHANGED, bear)
            try:
                await self._client.do_at_once([put, ring], guard=_document(bear), expected=found)
            except Moved:
                continue
            return changed

    @asynccontextmanager
    async def changes(self) -> AsyncIterator[Changes]:
        async with self._client.listening(CHANGED) as listener:
            yield _Changes(listener)


class _Changes:
    def __init__(self, listener: Listener) -> None:
        self._listener = listener

    async def next(self, seconds: float) -> BearId | None:
        heard = await self._listener.heard(seconds)
        return None if heard is None else BearId(heard.decode())


def _bear(bear: BearId) -> str:
    return of_bear("bear", bear)


def _document(bear: BearId) -> str:
    return of_bear("settings", bear)


def _held(bear: BearId) -> str:
    return of_bear("held", bear)


def _family(family: FamilyId) -> str:
    return f"family:{family}"
