"""What the family wishes: opened, kept over restarts, and in force before the network is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Final, Protocol

from pydantic import TypeAdapter

from teddy_edge.link.current import Current
from teddy_edge.outbox.entry import NO_TURN, Context
from teddy_edge.outbox.errors import OutboxError
from teddy_shared.ages import AgeBand
from teddy_shared.envelope import BearId, ProfileId
from teddy_shared.errors import MalformedEvent, SealError, StateError
from teddy_shared.events import Event, SettingsObeyed
from teddy_shared.limits import Limits
from teddy_shared.logs import log
from teddy_shared.messages import SettingsDocument, from_bytes
from teddy_shared.purposes import Consent
from teddy_shared.seal import Seal
from teddy_shared.state.keys import Key, Role
from teddy_shared.state.scopes import Scope
from teddy_shared.state.state import State

LINK: Final = Role("link")
CONVERSATION: Final = Role("conversation")

DOCUMENT: Final = Key(
    name="settings.document",
    scope=Scope.APPLICATION,
    shape=TypeAdapter(SettingsDocument),
    sealed=True,
    readers=frozenset({LINK, CONVERSATION}),
    writers=frozenset({LINK}),
)

UNSPOKEN: Final = SettingsDocument(version=1)
"""What holds until a family has spoken: the defaults. Its consent is not a consent; see `consent`."""


class Journal(Protocol):
    """Where it is recorded that a document was taken over; the outbox fits."""

    async def append(self, event: Event, context: Context) -> Any: ...


def seal_owner(bear: BearId) -> str:
    """Under whose key a bear's settings document is sealed: the link key from its provisioning."""
    return f"bear:{bear}"


def seal_place(bear: BearId) -> bytes:
    return f"settings/{bear}".encode()


class Wishes:
    """The settings document in force. Every property may change at any time; `documents` tells when."""

    def __init__(self, *, bear: BearId, seal: Seal, state: State, journal: Journal) -> None:
        self._bear = bear
        self._seal = seal
        self._state = state
        self._journal = journal
        self._document: Current[SettingsDocument | None] = Current(None)

    @property
    def document(self) -> SettingsDocument | None:
        return self._document.value

    @property
    def consent(self) -> Consent | None:
        """None while no family has spoken: nothing about a child may leave, nor be thrown away."""
        return None if self.document is None else self.document.consent

    @property
    def volume(self) -> float:
        """Share of what the bear could; never above the family's ceiling."""
        document = self.document or UNSPOKEN
        return document.volume * document.limits.volume_ceiling

    @property
    def patience(self) -> float:
        return (self.document or UNSPOKEN).patience

    @property
    def age_band(self) -> AgeBand:
        return (self.document or UNSPOKEN).age_band

    @property
    def limits(self) -> Limits:
        return (self.document or UNSPOKEN).limits

    @property
    def profile(self) -> str | None:
        return (self.document or UNSPOKEN).profile

    def documents(self) -> AsyncIterator[SettingsDocument | None]:
        """The document in force, then each newer one."""
        return self._document.values()

    async def consents(self) -> AsyncIterator[Consent | None]:
        async for document in self.documents():
            yield None if document is None else document.consent

    async def recall(self) -> None:
        """Put the last document in force again. Call it before the bear listens."""
        try:
            held = await self._state.read(DOCUMENT, self._bear, LINK)
        except (SealError, StateError) as error:
            log("link").warning("the kept settings do not open; waiting for new ones", reason=str(error))
            return
        if held is not None:
            self._document.set(held.value)

    async def forget_child(self, profile: ProfileId) -> None:
        """Keep the bear's own part of the document; nobody grants anything until a newer one comes.

        Raises StateError, SealError; again does no harm.
        """
        if self.document is not None and self.document.profile == profile:
            self._document.set(_without_child(self.document))
        try:
            held = await self._state.read(DOCUMENT, self._bear, LINK)
        except SealError:  # nobody can tell whom it names
            await self._state.forget(DOCUMENT, self._bear, LINK)
            return
        if held is not None and held.value.profile == profile:
            await self._state.write(DOCUMENT, self._bear, _without_child(held.value), LINK)

    async def receive(self, data: bytes) -> None:
        """Take over what came from the cloud, if it opens and is newer."""
        try:
            # Off the loop: a key ring may look at its file.
            plain = await asyncio.to_thread(
                self._seal.open, seal_owner(self._bear), data, seal_place(self._bear)
            )
            document = from_bytes(SettingsDocument, plain)
        except (SealError, MalformedEvent) as error:
            log("link").warning("settings ignored", size=len(data), reason=str(error))
            return
        if self.document is not None and document.version <= self.document.version:
            return
        try:
            await self._state.write(DOCUMENT, self._bear, document, LINK)
        except (StateError, SealError) as error:  # obeyed all the same; after a restart it comes again
            log("link").error("the settings cannot be kept", reason=str(error))
        self._document.set(document)
        try:
            await self._journal.append(SettingsObeyed(settings_version=document.version), NO_TURN)
        except OutboxError as error:
            log("link").error("taking over the settings was not recorded", reason=str(error))


def _without_child(document: SettingsDocument) -> SettingsDocument:
    """Its version stays, so that it is not taken over again as it was; so do the limits of the house."""
    return SettingsDocument(version=document.version, volume=document.volume, limits=document.limits)
