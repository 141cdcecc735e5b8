"""Loads everything that hears words or speaks them, and runs each once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from teddy_edge.audio.samples import EAR_RATE
from teddy_edge.inference.models import ModelStore
from teddy_edge.inference.session import open_session
from teddy_edge.speech.hibari import AT_ONCE, HibariSynthesizer, open_hibari
from teddy_edge.speech.transcriber import Transcriber
from teddy_edge.speech.vocabulary import read_vocabulary

_CALLS: Final = ((" Hey", " Teddy"), (" Hey", ",", " Teddy"), (" Hi", " Teddy"))


@dataclass(frozen=True, slots=True)
class Speech:
    """What is ready to hear and to speak."""

    transcriber: Transcriber
    synthesizer: HibariSynthesizer


def open_speech(
    models: ModelStore, *, threads: int = 1, at_once: int = AT_ONCE, by_name: bool = False
) -> Speech:
    """About a second of work: call it from a thread. Raises PartMissing or ConfigError."""
    return Speech(
        open_transcriber(models, threads=threads, by_name=by_name),
        open_hibari(models, threads=threads, at_once=at_once),
    )


def open_transcriber(models: ModelStore, *, threads: int = 1, by_name: bool = False) -> Transcriber:
    """Load Whisper and let it hear something, so that the first utterance is as quick as the others.

    `by_name` where the bear waits for its name: of a doubtful text it then asks how likely a call was.
    """
    models.path("whisper-embedding")  # lies beside the decoder, which maps it by its name
    tokens = read_vocabulary(models.path("whisper-tokenizer"), models.path("whisper-config"))
    transcriber = Transcriber(
        encoder=open_session(models.path("whisper-encoder"), threads=threads, gives_back=True),
        decoder=open_session(models.path("whisper-decoder"), threads=threads),
        tokens=tokens,
        calls=[tokens.tokens(each) for each in _CALLS] if by_name else [],
    )
    hum = np.sin(np.arange(EAR_RATE) / 25) * 3000
    transcriber.transcribe(hum.astype(np.int16))
    return transcriber
