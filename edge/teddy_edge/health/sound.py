"""Whether the bear has a microphone and a speaker, and hears itself through them when it is asked to."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from teddy_edge.audio.card import Cards
from teddy_edge.audio.devices import Direction, choose
from teddy_edge.audio.soundcard import PortAudio
from teddy_edge.health.finding import Finding, note, well, wrong
from teddy_edge.health.patient import Patient
from teddy_edge.settings import Sound
from teddy_shared.errors import ConfigError, PartMissing


async def sound(patient: Patient) -> Finding:
    return await asyncio.to_thread(look_for_cards, patient.settings.sound, PortAudio())


def look_for_cards(sound: Sound, cards: Cards) -> Finding:
    """Opens none of them: a bear that runs has them open. Blocks."""
    wanted = dict(_wanted(sound))
    if not wanted:
        return note(
            "no card is used: recordings play as the child, and what is said goes into a file or nowhere"
        )
    try:
        devices = cards.devices()
        found = {
            direction: choose(devices, name or None, direction).name for direction, name in wanted.items()
        }
    except PartMissing as missing:
        return wrong(str(missing), "install what it names")
    except ConfigError as error:
        return wrong(str(error), "plug it in, or name another one by sound.microphone or sound.speaker")
    return well(", ".join(f"{direction} {name}" for direction, name in found.items()))


def _wanted(sound: Sound) -> Iterator[tuple[Direction, str]]:
    """As a bear that runs would open them."""
    if not sound.clips:
        yield "microphone", sound.microphone
    if sound.speaker != "none" and not sound.speaker.endswith(".wav") and (sound.speaker or not sound.clips):
        yield "speaker", sound.speaker
