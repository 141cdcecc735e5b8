"""Words misheard, and CPU time, on recorded people beside faster-whisper with the same weights."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from teddy_edge.audio.samples import EAR_RATE, Pcm
from teddy_edge.ear.ear import Ear
from teddy_edge.ear.endpointing import Endpointing
from teddy_edge.ear.gate import Gate
from teddy_edge.ear.silero import open_silero
from teddy_edge.inference.models import ModelStore
from teddy_edge.settings import read
from teddy_edge.speech.opening import open_transcriber
from teddy_edge.speech.transcriber import Transcriber
from workshop.hearing import clips, from_debian, sounds
from workshop.hearing.clips import SpokenClip, human_clips
from workshop.hearing.listening import utterances
from workshop.hearing.words import errors, words
from workshop.hearing.yardstick import Peer, PeerHearing, open_peer
from workshop.measuring import Figure, Options

MINUTE: Final = 60.0  # seconds of each sound without words
PIECE: Final = 6 * EAR_RATE  # samples of it that are given to the recognisers directly
SOUNDS: Final[dict[str, Callable[[float], Pcm]]] = {
    "silence": sounds.silence,
    "white noise": sounds.white_noise,
    "music": sounds.music,
}


def run(options: Options) -> Sequence[Figure]:
    if not clips.PLACE.exists():
        from_debian.install(clips.PACKAGE)
    spoken = human_clips()
    models = ModelStore(read().models.cache)
    models.prepare(lambda line: print(line, file=sys.stderr, flush=True))
    transcriber = open_transcriber(models)
    with open_peer(models.path("whisper-weights").parent) as peer:
        heard = _clips(spoken, transcriber, peer, options.rounds)
        noise = _sounds(models, transcriber, peer)
    return [*heard, *noise]


@dataclass(slots=True)
class _Tally:
    """One recogniser over all clips."""

    errors: int = 0
    seconds: list[float] = field(default_factory=list)  # of CPU, a round

    def speed(self, spoken: Sequence[SpokenClip]) -> float:
        """Times real time: how many seconds of speech in a second of CPU."""
        return sum(clip.seconds for clip in spoken) / statistics.median(self.seconds)


def _clips(spoken: Sequence[SpokenClip], transcriber: Transcriber, peer: Peer, rounds: int) -> list[Figure]:
    """Clip by clip in turn, so that a slow moment of the machine meets both."""
    ours, theirs = _Tally(), _Tally()
    for number in range(rounds):
        ours.seconds.append(0.0)
        theirs.seconds.append(0.0)
        for clip in spoken:
            for tally, hear in ((ours, _our_hearing(transcriber)), (theirs, peer.hear)):
                hearing = hear(clip.pcm)
                tally.seconds[-1] += hearing.cpu
                if number == 0:
                    tally.errors += _judge(clip, hearing.text, "ours" if tally is ours else "peer")
    return [
        Figure("words", sum(len(words(clip.said)) for clip in spoken), "words"),
        Figure("errors_ours", ours.errors, "words"),
        Figure("errors_peer", theirs.errors, "words"),
        Figure("extra_errors", ours.errors - theirs.errors, "words", bar=2),
        Figure("speed_ours", ours.speed(spoken), "x", bar=theirs.speed(spoken), more_is_better=True),
        Figure("speed_peer", theirs.speed(spoken), "x"),
    ]


def _our_hearing(transcriber: Transcriber) -> Callable[[Pcm], PeerHearing]:
    def hear(pcm: Pcm) -> PeerHearing:
        began = time.process_time()
        text = transcriber.transcribe(pcm).text
        return PeerHearing(text, time.process_time() - began)

    return hear


def _judge(clip: SpokenClip, text: str, whose: str) -> int:
    said, heard = words(clip.said), words(text)
    wrong = errors(said, heard)
    if wrong:
        print(f"{clip.name} {whose}: {wrong} of {len(said)} wrong: {' '.join(heard) or '(nothing)'}")
    return wrong


def _sounds(models: ModelStore, transcriber: Transcriber, peer: Peer) -> list[Figure]:
    """What the bear hears where nobody speaks, and what the recognisers would say without its ear."""
    bear = direct_ours = direct_peer = 0
    for name, make in SOUNDS.items():
        pcm = make(MINUTE)
        ear = Ear(gate=Gate(), net=open_silero(models), endpointing=Endpointing())
        through_ear = [transcriber.transcribe(each.pcm).text for each in utterances(ear, pcm)]
        pieces = [pcm[at : at + PIECE] for at in range(0, len(pcm), PIECE)]
        ours = [transcriber.transcribe(piece).text for piece in pieces]
        theirs = [peer.hear(piece).text for piece in pieces]
        counts = [sum(len(words(text)) for text in texts) for texts in (through_ear, ours, theirs)]
        print(f"{name}: the bear {counts[0]}, Whisper alone {counts[1]}, faster-whisper {counts[2]} words")
        bear, direct_ours, direct_peer = bear + counts[0], direct_ours + counts[1], direct_peer + counts[2]
    return [
        Figure("words_in_noise", bear, "words", bar=0),
        Figure("words_in_noise_without_ear", direct_ours, "words"),
        Figure("words_in_noise_peer", direct_peer, "words"),
    ]
