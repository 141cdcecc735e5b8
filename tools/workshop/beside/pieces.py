"""What people said in one go: recordings cut at their pauses, with the place of the last sample of speech."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from teddy_edge.audio.samples import EAR_RATE, Pcm
from teddy_edge.ear.ear import Ear, SpeechNet
from teddy_edge.ear.endpointing import Endpointing, WordsSoFar
from teddy_edge.ear.gate import Gate
from workshop.hearing.clips import SpokenClip
from workshop.hearing.listening import utterances

SHORTEST: Final = EAR_RATE // 2  # samples of speech
LONGEST: Final = 6 * EAR_RATE  # of a turn that first_sound speaks of
REST: Final = EAR_RATE // 10  # samples of the recording kept behind the last speech; silence follows


@dataclass(frozen=True, slots=True)
class FixedWait(Endpointing):
    """The same silence whatever the words sound like, as other people's analysers wait."""

    samples: int = 0

    def wait(self, words: WordsSoFar = WordsSoFar.UNKNOWN) -> int:
        del words
        return self.samples


@dataclass(frozen=True, slots=True)
class Piece:
    """A sentence or a part of one, without a pause in it that would end a turn."""

    name: str
    pcm: Pcm  # int16 [n], at EAR_RATE
    speech_end: int  # index of the sample behind the last one of speech: the same for whoever is measured


def pieces(clips: Sequence[SpokenClip], net: SpeechNet, *, wait: int) -> list[Piece]:
    """In the order of the clips; what is shorter or longer than a turn is left out."""
    return [piece for clip in clips for piece in _cut(clip, net, wait)]


def _cut(clip: SpokenClip, net: SpeechNet, wait: int) -> Iterator[Piece]:
    ear = Ear(gate=Gate(), net=net, endpointing=FixedWait(samples=wait))
    for number, each in enumerate(utterances(ear, clip.pcm), 1):
        if SHORTEST <= each.speech <= LONGEST:
            pcm = clip.pcm[each.start : each.speech_end + REST]
            yield Piece(f"{clip.name}.{number}", pcm, each.speech_end - each.start)
