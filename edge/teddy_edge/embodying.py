"""What a process has of a body: pins of a board or in memory, and what runs because of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from teddy_edge.app import Lifeline, Threaded
from teddy_edge.body.light import Light
from teddy_edge.body.mute import Mute
from teddy_edge.body.pins import Pins, open_pins
from teddy_edge.body.remembering import Remembering
from teddy_edge.body.touch import Touch
from teddy_edge.container.bundles import Bear, Talking
from teddy_edge.conversation.showing import SHOWN
from teddy_edge.identity import Identity
from teddy_edge.settings import Settings

BEAT: Final = 0.5  # seconds between two signs of life that the brain gives the light


@dataclass(slots=True)
class Embodied:
    """One body. The threads start before the sound's: a switch on mute is obeyed before anything is heard."""

    mute: Mute
    pins: Pins
    remembering: Remembering
    light: Light | None
    threads: list[Threaded] = field(default_factory=list)

    def muted(self) -> bool:
        return self.mute.on

    async def live(self) -> None:
        """What of it the brain does; a task for as long as the bear lives."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.remembering.keep(), name="ears-kept")
            while self.light is not None:
                self.light.beat()
                await asyncio.sleep(BEAT)


@asynccontextmanager
async def embodied(
    settings: Settings, bear: Bear, talking: Talking, lifeline: Lifeline
) -> AsyncIterator[Embodied]:
    """Raises ConfigError where the settings name pins that this board does not have."""
    pins = open_pins(settings.body)
    opened = await asyncio.to_thread(pins.__enter__)
    try:
        yield await _embody(opened, bear, talking, lifeline)
    finally:
        await asyncio.to_thread(pins.__exit__, None, None, None)


async def _embody(pins: Pins, bear: Bear, talking: Talking, lifeline: Lifeline) -> Embodied:
    mute, link = Mute(), bear.link
    mute.observe(talking.inbox.post)
    identity = await bear.parts.get(Identity)
    body = Embodied(mute, pins, Remembering(bear=identity.bear, state=bear.state, mute=mute), None)
    if pins.lamp is not None:
        light = body.light = Light(
            lamp=pins.lamp,
            muted=lambda: mute.on,
            offline=lambda: link is not None and not link.connected,
            failed=lifeline.failed("light"),
            clock=bear.clock,
        )
        talking.states.observe(lambda state: light.show(SHOWN[state]))
        mute.observe(lambda _: light.refresh())
        body.threads.append(light)
    if pins.paw is not None or pins.switch is not None:
        touch = Touch(
            paw=pins.paw,
            switch=pins.switch,
            mute=mute,
            post=talking.inbox.post,
            failed=lifeline.failed("touch"),
            clock=bear.clock,
        )
        body.threads.append(touch)
    await body.remembering.recall()
    return body
