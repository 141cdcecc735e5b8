"""The speaker that keeps account of every sample, and the ear's network that remembers what it has judged."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Final

from teddy_edge.audio.card_speaker import BUFFERED
from teddy_edge.audio.mouth import DUCKED, Mouth
from teddy_edge.audio.samples import MOUTH_HOP, MOUTH_RATE, Pcm
from teddy_edge.conversation.generation import Generations
from teddy_edge.ear.silero import Silero
from teddy_shared.clock import Clock
from workshop.interrupting.marks import Marks, Reader

STEP: Final = MOUTH_HOP / MOUTH_RATE  # seconds: the card asks for a block of so much
LATE: Final = BUFFERED + 2 * STEP  # seconds from being drawn from the mouth to being heard
LOW: Final = DUCKED * 1.01


@dataclass(slots=True)
class Sounded:
    """When a generation was heard, on the clock, the way through the card included."""

    first: float
    last: float  # its latest sample
    low: float | None = None  # since when it is ducked, if it is
    begun: list[tuple[float, int]] = field(default_factory=list)  # when which clause sample followed a rest


class Account:
    """Draws from the mouth as a card does, and compares each sample's generation with the present one."""

    def __init__(self, *, mouth: Mouth, generations: Generations, marks: Marks, clock: Clock) -> None:
        self._mouth = mouth
        self._generations = generations
        self._clock = clock
        self._reader = Reader(marks, volume=mouth.volume)
        self.heard: dict[int, Sounded] = {}  # the latest generations
        self.stale = 0  # samples
        self.resting = True  # whether the last hop was silent

    @property
    def unknown(self) -> int:
        """Samples that nobody has rendered."""
        return self._reader.unknown

    async def play(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(STEP)
            self._take(self._mouth.pull(MOUTH_HOP))

    def _take(self, pcm: Pcm) -> None:
        now, rested = self._clock.monotonic() + LATE - STEP, self.resting
        pieces = self._reader.read(pcm)
        self.resting = not pieces
        for piece in pieces:
            if not self._generations.is_current(piece.owner):
                self.stale += piece.samples
            begins, ends = now + piece.at / MOUTH_RATE, now + (piece.at + piece.samples) / MOUTH_RATE
            sounded = self.heard.setdefault(piece.owner, Sounded(begins, ends))
            sounded.last = ends
            if rested:
                sounded.begun.append((begins, piece.first))
                rested = False
            if piece.loudness > LOW:
                sounded.low = None
            elif sounded.low is None:
                sounded.low = ends
        for old in sorted(self.heard)[:-4]:
            del self.heard[old]


class RememberingNet:
    """Silero, asked once for what it has judged before: a clip is said thousands of times."""

    def __init__(self, net: Silero) -> None:
        self._net = net
        self._root = self._node = _Node()
        self._frames: list[Pcm] = []  # since the reset
        self._in_step = 0  # how many of them the network has seen; it may not have been asked at all

    def reset(self) -> None:
        self._node, self._in_step = self._root, 0
        self._frames = []

    def probability(self, frame: Pcm) -> float:
        key = frame.tobytes()
        known = self._node.then.get(key)
        if known is None:
            known = self._node.then[key] = _Node(self._ask(frame))
        self._frames.append(frame)
        self._node = known
        return known.probability

    def _ask(self, frame: Pcm) -> float:
        if self._in_step == 0:
            self._net.reset()
        for seen in self._frames[self._in_step :]:
            self._net.probability(seen)
        self._in_step = len(self._frames) + 1
        return self._net.probability(frame)


class _Node:
    """A stream of frames up to here, as a place in a tree of all streams that were heard."""

    def __init__(self, probability: float = 0.0) -> None:
        self.probability = probability
        self.then: dict[bytes, _Node] = {}
