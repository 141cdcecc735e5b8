"""Words in, safe words out."""

from __future__ import annotations

import asyncio
from functools import partial

from dishka import Provider, Scope, alias, provide

from teddy_edge.conversation.answering import Answering, Understanding
from teddy_edge.conversation.limiting import Allowance, Limiting, load_limits
from teddy_edge.conversation.skills.authors import load_content
from teddy_edge.conversation.skills.by_meaning import PATIENCE, ByMeaning, load_examples
from teddy_edge.conversation.skills.chooser import Chooser, load_chooser
from teddy_edge.inference.governor import Governor
from teddy_edge.inference.meaning import open_meaning
from teddy_edge.inference.models import ModelStore
from teddy_edge.inference.profile import Profile
from teddy_edge.safety.guard import Guard, load_guard
from teddy_edge.safety.scripts import Scripts, load_scripts
from teddy_edge.settings import Settings
from teddy_shared.clock import Chance, Clock


class Mind(Provider):
    """Words in, safe words out."""

    scope = Scope.APP

    def __init__(self, *, patience: float = PATIENCE) -> None:
        super().__init__()
        self._patience = patience

    @provide
    async def guard(self) -> Guard:
        return await asyncio.to_thread(load_guard)

    @provide
    async def scripts(self) -> Scripts:
        return await asyncio.to_thread(load_scripts)

    @provide
    async def chooser(self, settings: Settings) -> Chooser:
        content = await asyncio.to_thread(load_content, settings.content)
        return await asyncio.to_thread(load_chooser, content)

    @provide
    async def by_meaning(self, settings: Settings, profile: Profile, governor: Governor) -> ByMeaning:
        """The model is loaded when it is first needed, or behind the start of a bear."""
        store = ModelStore(settings.models.cache)
        return ByMeaning(
            examples=await asyncio.to_thread(load_examples),
            open_embedder=partial(open_meaning, store) if profile.understands_meaning else None,
            governor=governor,
            patience=self._patience,
        )

    @provide
    async def limiting(self, allowance: Allowance, clock: Clock) -> Limiting:
        return Limiting(book=await asyncio.to_thread(load_limits), allowance=allowance, clock=clock)

    understanding = alias(source=ByMeaning, provides=Understanding)

    @provide
    def answering(
        self,
        guard: Guard,
        scripts: Scripts,
        chooser: Chooser,
        understanding: Understanding,
        limiting: Limiting,
        chance: Chance,
    ) -> Answering:
        return Answering(
            guard=guard,
            scripts=scripts,
            chooser=chooser,
            understanding=understanding,
            limiting=limiting,
            chance=chance,
        )
