"""The bear listens to itself: a chirp out of its speaker, and whether its microphone hears it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Final, Protocol

import numpy as np

from teddy_edge.audio.card import CardNews, CardOpened, Cards
from teddy_edge.audio.card_microphone import CardMicrophone
from teddy_edge.audio.card_speaker import CardSpeaker
from teddy_edge.audio.devices import Direction
from teddy_edge.audio.mouth import Mouth, Spoken
from teddy_edge.audio.ring import Hop, Ring
from teddy_edge.audio.samples import EAR_RATE, MOUTH_RATE, SILENCE, Pcm, ear_ms
from teddy_edge.audio.soundcard import PortAudio
from teddy_edge.echo.chirp import chirp
from teddy_edge.echo.delay import find_delay
from teddy_edge.health.finding import Finding, note, unseen, well, wrong
from teddy_edge.health.patient import Patient
from teddy_edge.settings import Sound
from teddy_shared.clock import Chance, Clock, SystemChance

OPENING: Final = 6.0  # seconds that both cards may take to their first block
ROOM: Final = 0.5  # seconds of the room before the chirp
RETURNS: Final = 1.5  # seconds in which a chirp is heard or is not
LOOKS: Final = "look whether both are plugged in and turned up, and nothing covers them"


class Threaded(Protocol):
    def start(self) -> None: ...

    def stop(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Heard:
    """int16 [n] at EAR_RATE."""

    room: Pcm
    after: Pcm  # from the moment at which the chirp was handed to the speaker


async def self_test(patient: Patient) -> Finding:
    """Two seconds in which nobody else may use the cards."""
    sound = patient.settings.sound
    if patient.runs:
        return unseen("a bear runs here, which has the cards; it listens to itself at every start")
    if sound.clips or sound.speaker == "none" or sound.speaker.endswith(".wav"):
        return note("it uses no card at one end or both, so that there is nothing to hear")
    return await asyncio.to_thread(try_cards, sound, PortAudio(), patient.clock, SystemChance())


def try_cards(
    sound: Sound, cards: Cards, clock: Clock, chance: Chance, *, opening: float = OPENING
) -> Finding:
    """Blocks."""
    ring, listener = Ring(), _Listener(clock)
    mouth = Mouth(clock=clock, post=lambda _: None, volume=sound.volume)
    speaker = CardSpeaker(
        mouth=mouth,
        cards=cards,
        told=listener.told("speaker"),
        failed=listener.failed,
        clock=clock,
        chance=chance,
        device=sound.speaker or None,
        ceiling=sound.ceiling,
    )
    microphone = CardMicrophone(
        ring=ring,
        cards=cards,
        told=listener.told("microphone"),
        failed=listener.failed,
        clock=clock,
        chance=chance,
        device=sound.microphone or None,
    )
    with _running(speaker, microphone):
        listener.collect(ring, opening, enough=lambda: len(listener.opened) == 2)
        silent = {"microphone", "speaker"} - listener.opened
        if silent:
            return wrong(f"the {' and the '.join(sorted(silent))} gave no sign of life", LOOKS)
        room = listener.collect(ring, ROOM)
        mouth.say(Spoken(chirp(), 0, 0))
        return judge(Heard(room, listener.collect(ring, RETURNS)))


def judge(heard: Heard) -> Finding:
    if not heard.room.any() and not heard.after.any():
        return wrong("the microphone gives silence alone", "look whether it is muted, or its cable broken")
    played = np.zeros(len(heard.after), np.int16)
    sent = _at_ears_rate(chirp())[: len(played)]
    played[: len(sent)] = sent
    delay = find_delay(heard.after, played)
    if delay is None:
        return wrong("it did not hear its own chirp", LOOKS)
    back = heard.after[max(0, delay.samples) :][: len(sent)]
    above = 20 * np.log10(_level(back) / _level(heard.room))
    return well(f"it hears itself after {ear_ms(delay.samples)} ms, {above:.0f} dB above the room")


@dataclass(slots=True)
class _Listener:
    """What the two cards tell, and what the microphone hears."""

    clock: Clock
    opened: set[Direction] = field(default_factory=set)
    error: BaseException | None = None

    def told(self, part: Direction) -> Callable[[CardNews], None]:
        return lambda news: self.opened.add(part) if isinstance(news, CardOpened) else None

    def failed(self, error: BaseException) -> None:
        self.error = error

    def collect(self, ring: Ring, seconds: float, *, enough: Callable[[], bool] = lambda: False) -> Pcm:
        """What comes in so many seconds, or until it is enough. Raises what ended one of the threads."""
        pieces = [SILENCE]
        until = self.clock.monotonic() + seconds
        while (left := until - self.clock.monotonic()) > 0 and not enough():
            if self.error is not None:
                raise self.error
            hop = ring.read(min(left, 0.05))
            if isinstance(hop, Hop):
                pieces.append(hop.pcm)
        return np.concatenate(pieces)


@contextmanager
def _running(*threads: Threaded) -> Iterator[None]:
    with ExitStack() as stack:
        for thread in threads:
            thread.start()
            stack.callback(thread.stop)
        yield


def _at_ears_rate(pcm: Pcm) -> Pcm:
    at = np.arange(0, len(pcm), MOUTH_RATE / EAR_RATE)
    heard: Pcm = np.interp(at, np.arange(len(pcm)), pcm).astype(np.int16)
    return heard


def _level(pcm: Pcm) -> float:
    return float(np.sqrt(np.mean(np.square(pcm.astype(np.float64))) + 1)) if len(pcm) else 1.0
