"""`teddy wake`: recorded clips to the ear that waits for its name, one line of result each."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from teddy_edge.audio.ring import Hop
from teddy_edge.audio.samples import EAR_RATE, HOP, Pcm
from teddy_edge.audio.wav import read_clip
from teddy_edge.ear.attention import ByName
from teddy_edge.ear.ear import Ear, SpeechNet
from teddy_edge.ear.endpointing import Endpointing
from teddy_edge.ear.gate import Gate
from teddy_edge.ear.segmenter import Utterance, UtteranceEnded
from teddy_edge.ear.silero import open_silero
from teddy_edge.errors import BadClip
from teddy_edge.inference.models import ModelStore
from teddy_edge.settings import read
from teddy_edge.speech.opening import open_transcriber
from teddy_edge.speech.transcriber import Transcriber
from teddy_edge.waking.features import Features, open_features
from teddy_edge.waking.head import HEADS, WAKE, Head, open_head
from teddy_edge.waking.spotter import Spotter, Watch, Woke, loudest
from teddy_shared import logs
from teddy_shared.cli import Command


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("clips", nargs="+", type=Path, metavar="CLIP.wav", help="16 kHz, mono, 16 bits")
    parser.add_argument("--json", action="store_true", help='one {"clip", "score", "woken"} a clip')
    parser.add_argument("--heads", type=Path, default=HEADS, metavar="DIR", help="try a head that lies here")
    parser.add_argument("--settings", type=Path, action="append", default=[], help="a TOML file")


def run(arguments: argparse.Namespace) -> int:
    logs.configure(level="warning")
    waker = open_waker(ModelStore(read(files=tuple(arguments.settings)).models.cache), heads=arguments.heads)
    bad = 0
    for clip in arguments.clips:
        try:
            pcm = read_clip(clip)
        except BadClip as error:
            bad += 1
            print(f"teddy wake: {error}", file=sys.stderr)
            if arguments.json:
                print(json.dumps({"clip": str(clip), "error": str(error)}), flush=True)
            continue
        score, woken = waker.hear(pcm)
        if arguments.json:
            print(json.dumps({"clip": str(clip), "score": round(score, 4), "woken": woken}), flush=True)
        else:
            print(f"{'wakes' if woken else '     '}  {score:.2f}  {clip}", flush=True)
    return 2 if bad else 0


class Waker:
    """Both stages: the head, and what it lets through as the bear's own ear hears it. For one thread."""

    def __init__(self, *, features: Features, head: Head, net: SpeechNet, transcriber: Transcriber) -> None:
        self._features = features
        self._head = head
        self._net = net
        self._transcriber = transcriber

    def hear(self, pcm: Pcm) -> tuple[float, bool]:
        """How sure the head was at most, and whether a bear that sleeps would answer."""
        pcm = _with_silence(pcm, Endpointing().longest + EAR_RATE)
        score = loudest(self._features, self._head, pcm)
        if score < self._head.manifest.threshold:
            return score, False
        return score, self._wakes(pcm)

    def _wakes(self, pcm: Pcm) -> bool:
        attention = ByName()
        for utterance in self._utterances(pcm, attention):
            if attention.is_meant_for_bear(utterance):
                hearing = self._transcriber.transcribe(utterance.pcm)
                words = attention.words_for_bear(
                    utterance, hearing.text, doubtful=hearing.doubtful, called=hearing.called
                )
                if words is not None:
                    return True
        return False

    def _utterances(self, pcm: Pcm, attention: ByName) -> Iterator[Utterance]:
        spotter = Spotter(features=self._features, watches=[Watch(self._head, Woke)])
        ear = Ear(gate=Gate(), net=self._net, endpointing=Endpointing(), spotter=spotter)
        for number, hop in enumerate(pcm.reshape(-1, HOP)):
            for event in ear.step(Hop(hop, number * HOP)):
                match event:
                    case Woke(at=at, score=score):
                        attention.woke(at, score)
                    case UtteranceEnded(utterance):
                        yield utterance


def open_waker(models: ModelStore, *, heads: Path = HEADS) -> Waker:
    """Load what both stages need. Raises PartMissing or ConfigError with the remedy."""
    return Waker(
        features=open_features(models),
        head=open_head(WAKE, folder=heads),
        net=open_silero(models),
        transcriber=open_transcriber(models, by_name=True),
    )


def _with_silence(pcm: Pcm, silence: int) -> Pcm:
    return np.concatenate([pcm, np.zeros(silence + -(len(pcm) + silence) % HOP, np.int16)])


command = Command(
    help='let the bear hear recorded clips and show which of them say "hey teddy"',
    description=(
        "Plays each clip to the ear of a bear that waits for its name, without waiting for real time. The "
        "score is the head's, at its most certain; woken says whether the bear would answer, which the "
        "words that it understood must not contradict. Nothing is kept."
    ),
    configure=configure,
    run=run,
)
