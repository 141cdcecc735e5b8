"""How a bear and a child part: first nothing more is taken in, then the bear gets to know nobody."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

from teddy_cloud.eventstore.store import EventStore
from teddy_cloud.fleet.household import Bear, ChildProfile
from teddy_shared.ages import AgeBand
from teddy_shared.envelope import BearId, ProfileId
from teddy_shared.messages import SettingsDocument
from teddy_shared.purposes import NOTHING_GRANTED, Consent
from teddy_shared.seal import KeyRing


class Households(Protocol):
    """The records of families, bears and wishes."""

    async def all_bears(self) -> Sequence[BearId]: ...

    async def bear(self, bear: BearId) -> Bear | None: ...

    async def replace(self, bear: Bear) -> None: ...

    async def document(self, bear: BearId) -> SettingsDocument | None: ...

    async def change(
        self, bear: BearId, wish: Callable[[SettingsDocument], SettingsDocument]
    ) -> SettingsDocument | None: ...

    async def hold(self, bear: BearId) -> None: ...

    async def release(self, bear: BearId) -> None: ...


class Parting:
    """Each step may be repeated. All of it may raise LinkError."""

    def __init__(self, *, records: Households, store: EventStore, keys: KeyRing) -> None:
        self._records = records
        self._store = store
        self._keys = keys

    async def bear_of(self, profile: ProfileId) -> Bear | None:
        """Who talks with this child."""
        for each in await self._records.all_bears():
            bear = await self._records.bear(each)
            if bear is not None and bear.profile.id == profile:
                return bear
        return None

    async def knows(self, bear: BearId, profile: ProfileId) -> bool:
        """Whether the bear's record or its settings name this child."""
        found, document = await self._records.bear(bear), await self._records.document(bear)
        return (found is not None and found.profile.id == profile) or (
            document is not None and document.profile == profile
        )

    async def granted(self, bear: BearId) -> Consent:
        document = await self._records.document(bear)
        return NOTHING_GRANTED if document is None else document.consent

    async def stop_intake(self, bear: BearId) -> None:
        """Nothing about the child is stored from now on, and nobody may grant anything until that is over."""
        await self._records.hold(bear)
        await self._store.permit(bear, consent=NOTHING_GRANTED, profiles=frozenset())
        await self._grant(bear, NOTHING_GRANTED)

    async def resume_intake(self, bear: BearId, granted: Consent) -> None:
        """As it was before `stop_intake`."""
        found = await self._records.bear(bear)
        if found is not None:
            profiles = frozenset({ProfileId(found.profile.id)})
            await self._store.permit(bear, consent=granted, profiles=profiles)
            await self._grant(bear, granted)
        await self._records.release(bear)

    async def introduce(self, bear: BearId, somebody: ProfileId, *, instead_of: ProfileId) -> None:
        """The bear keeps its family; of the child it talked with not even the pseudonym or the age stays.

        What it is given instead names nobody yet: a new pseudonym with a key of its own, for which nothing
        is granted.
        """
        found = await self._records.bear(bear)
        if found is not None and found.profile.id == instead_of:
            await asyncio.to_thread(self._keys.create, somebody)
            fresh = ChildProfile(id=somebody, age_band=AgeBand.MIDDLE)
            await self._records.replace(found.model_copy(update={"profile": fresh}))
        document = await self._records.document(bear)
        if document is not None and document.profile == instead_of:
            new = {"profile": somebody, "age_band": AgeBand.MIDDLE, "consent": NOTHING_GRANTED}
            await self._store.permit(bear, consent=NOTHING_GRANTED, profiles=frozenset({somebody}))
            await self._records.change(
                bear, lambda now: now.model_copy(update={"version": now.version + 1, **new})
            )
        await self._records.release(bear)

    async def _grant(self, bear: BearId, consent: Consent) -> None:
        document = await self._records.document(bear)
        if document is not None and document.consent != consent:
            await self._records.change(
                bear,
                lambda now: now.model_copy(update={"version": now.version + 1, "consent": consent}),
            )
