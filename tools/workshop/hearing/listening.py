"""The bear's ear over a recording, without waiting for real time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from teddy_edge.audio.ring import Hop
from teddy_edge.audio.samples import EAR_RATE, HOP, Pcm
from teddy_edge.ear.ear import Ear
from teddy_edge.ear.segmenter import Utterance, UtteranceEnded


def utterances(ear: Ear, pcm: Pcm) -> Iterator[Utterance]:
    """What the ear takes for speech, with enough silence behind it for the last one to end."""
    whole = np.concatenate([pcm, np.zeros(4 * EAR_RATE, np.int16)])
    for index in range(0, len(whole) - HOP + 1, HOP):
        for event in ear.step(Hop(whole[index : index + HOP], index)):
            if isinstance(event, UtteranceEnded):
                yield event.utterance
