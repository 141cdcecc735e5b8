"""What the encoder heard, to tokens, the likeliest one at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from teddy_edge.inference.session import Array, Session
from teddy_edge.speech.vocabulary import END, NO_SPEECH, NO_TIMESTAMPS, SPOKEN, START

LAYERS: Final = 4
PROMPT: Final = (START, NO_TIMESTAMPS)

# A loop shows from the twelfth token on; shorter repetitions are how children speak.
_LOOP_FROM: Final = 12
_LOOP_LEAST: Final = 3  # tokens in what is repeated

_NOTHING_YET: Final = np.zeros((1, 6, 0, 64), np.float32)


@dataclass(frozen=True, slots=True)
class Decoded:
    """Tokens, without the end, and how sure each choice was, with the end."""

    tokens: tuple[int, ...]
    logprobs: tuple[float, ...]
    no_speech: float  # probability that nobody spoke


def decode(
    decoder: Session,
    heard: Mapping[str, Array],
    *,
    never: Sequence[int],
    never_first: Sequence[int],
    limit: int,
) -> Decoded:
    """`heard` is what the encoder gave, by name; at most `limit` tokens come back."""
    refused = np.zeros(SPOKEN, np.float32)
    refused[list(never)] = -np.inf
    refused_first = refused.copy()
    refused_first[list(never_first)] = -np.inf
    memory = _no_memory()

    logits = _step(decoder, heard, memory, PROMPT, 0)
    no_speech = float(np.exp(_log_softmax(logits[0])[NO_SPEECH]))
    tokens: list[int] = []
    logprobs: list[float] = []
    while True:
        choices = _log_softmax(logits[-1, :SPOKEN] + (refused if tokens else refused_first))
        best = int(choices.argmax())
        logprobs.append(float(choices[best]))
        if best == END:
            break
        tokens.append(best)
        repeated = _repeated(tokens)
        if repeated:
            del tokens[-repeated:]
            break
        if len(tokens) >= limit:
            break
        logits = _step(decoder, heard, memory, (best,), len(PROMPT) + len(tokens) - 1)
    return Decoded(tuple(tokens), tuple(logprobs), no_speech)


def likelihood(decoder: Session, heard: Mapping[str, Array], tokens: Sequence[int]) -> float:
    """Logarithm of the probability that what was said begins with these tokens."""
    logits = _step(decoder, heard, _no_memory(), (*PROMPT, *tokens[:-1]), 0)[len(PROMPT) - 1 :]
    choices = (_log_softmax(each) for each in logits[:, :SPOKEN])
    return sum(float(choice[token]) for choice, token in zip(choices, tokens, strict=True))


def _no_memory() -> dict[str, Array]:
    return {f"past_{name}{layer}": _NOTHING_YET for layer in range(LAYERS) for name in ("key", "value")}


def _step(
    decoder: Session, heard: Mapping[str, Array], memory: dict[str, Array], tokens: Sequence[int], at: int
) -> NDArray[np.float32]:
    """Logits [tokens, vocabulary]; `memory` grows by these tokens."""
    places = np.arange(at, at + len(tokens), dtype=np.int64)[None]
    results = decoder.run({"tokens": np.array([tokens], np.int64), "positions": places, **heard, **memory})
    by_name = dict(zip(decoder.outputs, results, strict=True))
    logits: NDArray[np.float32] = by_name.pop("logits")[0]
    memory.update({f"past_{name}": value for name, value in by_name.items()})
    return logits


def _log_softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    shifted = logits - logits.max()
    result: NDArray[np.float32] = shifted - np.log(np.exp(shifted).sum())
    return result


def _repeated(tokens: Sequence[int]) -> int:
    """How many of the last tokens merely repeat those before them; 0 where none do."""
    if len(tokens) < _LOOP_FROM:
        return 0
    for size in range(_LOOP_LEAST, len(tokens) // 2 + 1):
        if tokens[-size:] == tokens[-2 * size : -size]:
            return size
    return 0
