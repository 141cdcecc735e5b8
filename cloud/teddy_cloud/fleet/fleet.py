"""What a family may do with its bears. Every look and every wish names the family that asks."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from teddy_cloud.eventstore.store import EventStore
from teddy_cloud.fleet.household import Bear, ChildProfile, device_owner, link_owner
from teddy_cloud.fleet.records import FleetRecords
from teddy_shared.ages import AgeBand
from teddy_shared.clock import Chance
from teddy_shared.envelope import BearId, FamilyId, ProfileId
from teddy_shared.errors import ConfigError, TeddyError
from teddy_shared.limits import Limits
from teddy_shared.messages import SettingsDocument
from teddy_shared.purposes import NOTHING_GRANTED, Consent, Purpose
from teddy_shared.seal import KeyRing


class NotYours(TeddyError):
    """No bear of that name belongs to the family that asks; whether it exists is not said."""

    def __init__(self) -> None:
        super().__init__("there is no such bear in this family")


class BeingErased(TeddyError):
    """Nothing may be wished for a bear whose child is being erased."""

    def __init__(self) -> None:
        super().__init__("what is known about this child is being erased; wish again when that is done")


class Owned(ConfigError):
    def __init__(self, bear: BearId) -> None:
        super().__init__(f"the bear {bear} belongs to a family already")


class Fleet:
    def __init__(self, *, records: FleetRecords, store: EventStore, keys: KeyRing, chance: Chance) -> None:
        self._records = records
        self._store = store
        self._keys = keys
        self._chance = chance

    async def adopt(self, *, family: FamilyId, bear: BearId, age_band: AgeBand, consent: Consent) -> Bear:
        """Give a bear to a family, with a child's profile and what the family grants.

        Makes the child's key and the bear's link key. Raises ConfigError where the bear has a family.
        """
        if await self._records.bear(bear) is not None:  # first: a key that was taken back must stay away
            raise Owned(bear)
        profile = ChildProfile(id=f"child-{self._chance.token(8)}", age_band=age_band)
        adopted = Bear(id=bear, family=family, profile=profile)
        document = SettingsDocument(version=1, profile=profile.id, age_band=age_band, consent=consent)
        await asyncio.to_thread(self._make_keys, bear, profile)
        if not await self._records.add(adopted, document):
            await asyncio.to_thread(self._keys.erase, profile.id)
            raise Owned(bear)
        await self._permit(adopted, consent)
        return adopted

    async def shut_out(self, bear: BearId) -> None:
        """Nothing that this bear says is stored any more, and nothing is sealed for it. Raises ConfigError.

        What is known about it stays, and so do those of its events that are stored.
        """
        if await self._records.bear(bear) is None:
            raise ConfigError(f"no family owns a bear {bear}")
        await asyncio.to_thread(self._keys.erase, link_owner(bear))
        await self._records.announce(bear)

    async def readmit(self, bear: BearId) -> None:
        """With a new key, where it was shut out. Raises ConfigError."""
        if await self._records.bear(bear) is None:
            raise ConfigError(f"no family owns a bear {bear}; add it by `teddy cloud family add`")
        await asyncio.to_thread(self._keys.create, link_owner(bear))
        await self._records.announce(bear)

    async def bears(self, family: FamilyId) -> Sequence[BearId]:
        return await self._records.bears_of(family)

    async def bear(self, family: FamilyId, bear: BearId) -> Bear:
        """Raises NotYours."""
        found = await self._records.bear(bear)
        if found is None or found.family != family:
            raise NotYours
        return found

    async def family_of(self, bear: BearId) -> FamilyId:
        """For those who may touch every family's bears. Raises NotYours where no family owns it."""
        found = await self._records.bear(bear)
        if found is None:
            raise NotYours
        return FamilyId(found.family)

    async def every_bear(self) -> Sequence[BearId]:
        return await self._records.all_bears()

    async def settings(self, family: FamilyId, bear: BearId) -> SettingsDocument:
        """Raises NotYours."""
        await self.bear(family, bear)
        document = await self._records.document(bear)
        if document is None:
            raise NotYours
        return document

    async def wish(
        self,
        family: FamilyId,
        bear: BearId,
        *,
        volume: float,
        patience: float,
        consent: Consent,
        limits: Limits | None = None,  # none where they stay as they are
    ) -> SettingsDocument:
        """A new version of the bear's settings document; what is no longer granted is refused at once.

        Raises NotYours, BeingErased.
        """
        owned = await self.bear(family, bear)
        before = await self.settings(family, bear)
        granted = consent & _GRANTABLE
        wishes = {
            "volume": volume,
            "patience": patience,
            "consent": granted,
            "limits": limits or before.limits,
        }
        wished = before.model_copy(update=wishes)
        if wished == before:
            return before
        if await self._records.is_held(bear):
            raise BeingErased
        # What is withdrawn goes first, so that nothing slips in while the bear does not know yet.
        await self._permit(owned, before.consent & granted)
        document = await self._records.change(
            bear, lambda now: wished.model_copy(update={"version": now.version + 1})
        )
        if await self._records.is_held(bear):  # it began meanwhile, and may not see what we wrote
            withdrawn = {"consent": NOTHING_GRANTED}
            await self._records.change(
                bear, lambda now: now.model_copy(update={"version": now.version + 1, **withdrawn})
            )
            await self._permit(owned, NOTHING_GRANTED)
            raise BeingErased
        return await self._settled(owned, document)

    async def _settled(self, bear: Bear, document: SettingsDocument | None) -> SettingsDocument:
        """Permit what the document says, also where another parent wished at the same moment."""
        while document is not None:
            await self._permit(bear, document.consent)
            latest = await self._records.document(BearId(bear.id))
            if latest is not None and latest.version == document.version:
                return document
            document = latest
        raise NotYours

    async def _permit(self, bear: Bear, consent: Consent) -> None:
        profiles = frozenset({ProfileId(bear.profile.id)})
        await self._store.permit(BearId(bear.id), consent=consent, profiles=profiles)

    def _make_keys(self, bear: BearId, profile: ChildProfile) -> None:
        self._keys.create(profile.id)
        self._keys.create(device_owner(bear))
        self._keys.create(link_owner(bear))


_GRANTABLE: Consent = frozenset(purpose for purpose in Purpose if purpose.needs_consent)
