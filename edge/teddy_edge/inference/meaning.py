"""Sentences in, directions out: what means the same points the same way. The only door to tokenizers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from teddy_edge.inference.models import ModelStore
from teddy_edge.inference.session import Session, open_session
from teddy_shared.errors import ConfigError, PartMissing

LONGEST: Final = 64  # tokens; a child who says more is understood by the beginning
WIDTH: Final = 384

Directions = NDArray[np.float32]
"""A row a sentence, each of length one, so that a product of two is their likeness."""


class Meaning:
    """The sentence model. Blocks for about a millisecond a sentence, so it runs under the governor."""

    def __init__(self, *, session: Session, tokenizer: Any) -> None:
        self._session = session
        self._tokenizer = tokenizer

    def embed(self, texts: Sequence[str]) -> Directions:
        """One by one: a sentence needs no padding then, and a long one does not slow the others."""
        rows = [self._direction(text) for text in texts]
        return np.concatenate(rows) if rows else np.empty((0, WIDTH), np.float32)

    def tokens(self, text: str) -> list[int]:
        """What the model reads: the numbers of pieces of words, between a beginning and an end."""
        ids: list[int] = self._tokenizer.encode(text).ids
        return ids

    def _direction(self, text: str) -> Directions:
        (direction,) = self._session.run({"tokens": np.array([self.tokens(text)], np.int64)})
        return direction


class OneMeaning:
    """The one sentence model of a process, loaded by whoever needs it first. For any thread."""

    def __init__(self, open_: Callable[[], Meaning]) -> None:
        self._open = open_
        self._lock = Lock()
        self._opened: Meaning | None = None

    def open(self) -> Meaning:
        """Blocks while it is loaded. Raises as `open_meaning` does, and tries again the next time."""
        with self._lock:
            if self._opened is None:
                self._opened = self._open()
            return self._opened


def open_meaning(models: ModelStore) -> Meaning:
    """A tenth of a second of work: call it from a thread. Raises PartMissing or ConfigError."""
    models.path("minilm-embedding")  # lies beside the model, which maps it by its name
    session = open_session(models.path("minilm"))
    path = models.path("minilm-tokenizer")
    try:
        import tokenizers  # here, since only a bear that understands needs it
    except ImportError:
        raise PartMissing("the package tokenizers", "pip install --no-deps tokenizers") from None
    try:
        tokenizer = tokenizers.Tokenizer.from_file(str(path))
    except Exception as error:  # a barrier: the library raises nothing narrower
        raise ConfigError(f"{path} is no tokenizer: reinstall the package that it came with") from error
    tokenizer.no_padding()
    tokenizer.enable_truncation(LONGEST)
    return Meaning(session=session, tokenizer=tokenizer)
