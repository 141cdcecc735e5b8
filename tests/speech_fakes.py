"""Fakes of the networks that hear and speak: small, and really working."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from teddy_edge.inference.session import Array
from teddy_edge.speech.decoding import LAYERS, Decoded, decode
from teddy_edge.speech.vocabulary import END

VOCABULARY = 51864


class ParrotDecoder:
    """A decoder that is sure of the tokens it was given, whatever it hears, and then ends."""

    inputs: tuple[str, ...] = ("tokens", "positions")

    def __init__(self, tokens: Sequence[int]) -> None:
        self._tokens = [*tokens, END]

    @property
    def outputs(self) -> tuple[str, ...]:
        return (*(f"{name}{layer}" for layer in range(LAYERS) for name in ("key", "value")), "logits")

    def run(self, feeds: Mapping[str, Array], outputs: Sequence[str] | None = None) -> list[Array]:
        new = feeds["tokens"].shape[1]
        logits = np.zeros((1, new, VOCABULARY), np.float32)
        for row, position in enumerate(feeds["positions"][0]):
            step = max(0, int(position) - 1)  # the prompt is two tokens
            logits[0, row, self._tokens[min(step, len(self._tokens) - 1)]] = 50
        past = feeds["past_key0"].shape[2]
        memory = np.zeros((1, 6, past + new, 64), np.float32)
        return [*[memory] * (2 * LAYERS), logits]


def decode_with(decoder: ParrotDecoder, *, limit: int, never: Sequence[int] = ()) -> Decoded:
    return decode(decoder, {}, never=never, never_first=(END,), limit=limit)
