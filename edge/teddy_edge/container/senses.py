"""Models, warm, and who may run them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from dishka import Provider, Scope, provide

from teddy_edge.container.bundles import Models
from teddy_edge.ear.silero import open_silero
from teddy_edge.inference.governor import Governor, ThreadGovernor
from teddy_edge.inference.models import ModelStore
from teddy_edge.inference.profile import Profile
from teddy_edge.settings import Settings
from teddy_edge.speech.hibari import VOICE_SORT
from teddy_edge.speech.opening import open_speech
from teddy_edge.speech.shelf import Shelf
from teddy_edge.speech.voice import Voice
from teddy_edge.waking.head import WAKE
from teddy_edge.waking.spotter import open_spotter
from teddy_shared.errors import ConfigError

FOR_WANT_OF_A_HEAD: Final = "reinstall Teddy, or set listening.waking to always"


class Senses(Provider):
    """Models and who may run them."""

    scope = Scope.APP

    @provide
    async def governor(self) -> AsyncIterator[Governor]:
        governor = ThreadGovernor()
        yield governor
        await asyncio.to_thread(governor.close)

    @provide
    async def models(self, settings: Settings, profile: Profile, governor: Governor) -> Models:
        """All in one factory: the container builds one singleton at a time, and these take a second."""
        store = ModelStore(settings.models.cache)
        by_name = settings.listening.waking == "name"
        speech, net, spotter = await asyncio.gather(
            asyncio.to_thread(
                open_speech,
                store,
                threads=settings.models.threads,
                at_once=profile.words_at_once,
                by_name=by_name,
            ),
            asyncio.to_thread(open_silero, store),
            asyncio.to_thread(open_spotter, store),
        )
        if by_name and (spotter is None or WAKE not in spotter.phrases):
            raise ConfigError(f"no head for the bear's name is installed: {FOR_WANT_OF_A_HEAD}")
        shelf = Shelf(
            folder=settings.models.cache / "lines", synthesizer=speech.synthesizer, voice=VOICE_SORT
        )
        voice = Voice(synthesizer=shelf, governor=governor)
        return Models(recogniser=speech.transcriber, voice=voice, net=net, shelf=shelf, spotter=spotter)
