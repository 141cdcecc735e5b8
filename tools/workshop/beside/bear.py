"""The bear beside the others: one turn in real time, told as theirs are."""

from __future__ import annotations

import time
from typing import Final

import numpy as np

from teddy_edge.audio.microphone import Clip, ClipBegins, MicrophoneEvent
from teddy_edge.audio.samples import EAR_RATE, MOUTH_RATE, Pcm
from teddy_edge.container.bundles import Bear
from teddy_edge.ear.endpointing import Endpointing
from workshop.beside.pieces import Piece
from workshop.beside.yardstick import Answered
from workshop.turns.taking import Reports, take_turn

LINGER: Final = 0.5  # seconds behind the first sound, in which the rest of the first sentence is rendered


class Overheard:
    """Notes when the first audible sample was handed to the speaker, and when the clip began."""

    def __init__(self, *, audible: int) -> None:
        self._audible = audible
        self.began: float | None = None  # seconds on the monotonic clock
        self.sounded: float | None = None

    def begins(self, event: MicrophoneEvent) -> None:
        if isinstance(event, ClipBegins):
            self.began = time.monotonic()

    def write(self, pcm: Pcm) -> None:
        audible = np.flatnonzero(np.abs(pcm.astype(np.int32)) >= self._audible)
        if self.sounded is None and audible.size:
            self.sounded = time.monotonic() + int(audible[0]) / MOUTH_RATE

    def close(self) -> None: ...


async def take(
    bear: Bear, piece: Piece, reports: Reports, *, listening: Endpointing, audible: int
) -> tuple[Answered, str] | None:
    """Its answer, and the words of it that were rendered; None where no turn came of it."""
    overheard = Overheard(audible=audible)
    taken = await take_turn(
        bear,
        Clip(piece.name, piece.pcm),
        reports,
        listening=listening,
        begins=overheard.begins,
        sink=overheard,
        linger=LINGER,
    )
    if taken is None or overheard.began is None or overheard.sounded is None:
        return None
    last = overheard.began + piece.speech_end / EAR_RATE
    stages = taken.report.stages_ms
    heard = taken.decided_at + stages.get("hearing", 0.0) / 1000 - last
    answered = Answered(
        stopped=taken.decided_at - last,
        heard=heard,
        spoke=heard
        + sum(stages.get(each, 0.0) for each in ("journal", "answering", "guard", "voice_first")) / 1000,
        sounded=overheard.sounded - last,
        text=taken.report.heard,
    )
    return answered, taken.report.reply
