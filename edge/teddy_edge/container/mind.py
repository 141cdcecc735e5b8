"""Words in, safe words out."""

from __future__ import annotations

import asyncio
from functools import partial

from dishka import Provider, Scope, alias, provide

from teddy_edge.conversation.answering import Answering, Understanding
from teddy_edge.conversation.dialogue import Alarm
from teddy_edge.conversation.guard_alarm import GuardAlarm
from teddy_edge.conversation.limiting import Allowance, Limiting, load_limits
from teddy_edge.conversation.ringing import Bell
from teddy_edge.conversation.skills.authors import load_content
from teddy_edge.conversation.skills.by_meaning import PATIENCE, ByMeaning, load_examples
from teddy_edge.conversation.skills.chooser import Chooser, load_chooser
from teddy_edge.conversation.skills.timing import Timing, load_timing
from teddy_edge.conversation.timers import Timers
from teddy_edge.inference.governor import Governor
from teddy_edge.inference.meaning import OneMeaning, open_meaning
from teddy_edge.inference.models import ModelStore
from teddy_edge.inference.profile import Profile
from teddy_edge.safety.classifier import Classifier
from teddy_edge.safety.guard import DEADLINE, Guard, load_guard
from teddy_edge.safety.scripts import Scripts, load_scripts
from teddy_edge.settings import Settings
from teddy_shared.clock import Chance, Clock


class Mind(Provider):
    """Words in, safe words out."""

    scope = Scope.APP

    def __init__(self, *, patience: float = PATIENCE, deadline: float = DEADLINE) -> None:
        """Seconds that a sentence waits to be understood, and to be judged."""
        super().__init__()
        self._deadline = deadline
        self._patience = patience

    alarm = provide(GuardAlarm)

    @provide
    def one_meaning(self, settings: Settings) -> OneMeaning:
        """Shared by the guard and by whatever understands."""
        return OneMeaning(partial(open_meaning, ModelStore(settings.models.cache)))

    @provide
    async def classifier(self, meaning: OneMeaning, governor: Governor) -> Classifier:
        """Its model is loaded before the first sentence: without it the guard passes nothing."""
        classifier = Classifier(open_embedder=meaning.open, governor=governor)
        await classifier.get_ready()
        return classifier

    @provide
    async def guard(self, classifier: Classifier) -> Guard:
        return await asyncio.to_thread(load_guard, judges=(classifier,), deadline=self._deadline)

    @provide
    async def scripts(self) -> Scripts:
        return await asyncio.to_thread(load_scripts)

    @provide
    async def timing(self, clock: Clock) -> Timing:
        return await asyncio.to_thread(load_timing, Timers(clock=clock))

    @provide
    async def chooser(self, settings: Settings, timing: Timing) -> Chooser:
        content = await asyncio.to_thread(load_content, settings.content)
        return await asyncio.to_thread(load_chooser, content, timing)

    timer = alias(source=Timing, provides=Alarm)
    bell = alias(source=Timing, provides=Bell)

    @provide
    async def by_meaning(self, meaning: OneMeaning, profile: Profile, governor: Governor) -> ByMeaning:
        """Reads its examples when it is first needed, or behind the start of a bear."""
        return ByMeaning(
            examples=await asyncio.to_thread(load_examples),
            open_embedder=meaning.open if profile.understands_meaning else None,
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
