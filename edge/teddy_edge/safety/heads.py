"""Trained heads: what a sentence's meaning and its words say of each concern, and what is enough.

`NAME.npz` holds what `tools/guard-school` learned; `NAME.toml` beside it says which file it is, what its
columns mean, and how it was made:

    categories = ["medical_emergency", …]  # columns; behind them one for "harmless"
    sha256 = "…"                            # of NAME.npz

    [thresholds]
    grave = 0.5      # of all grave concerns together, from where on the likeliest of them is found
    other = 0.6      # of any concern

    [trained]        # how: what a person needs to make it again
    [measured]       # what it showed: figures by name
"""

from __future__ import annotations

import io
import tomllib
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from teddy_edge.inference.meaning import WIDTH, Directions
from teddy_edge.safety.features import DRAWERS, drawers
from teddy_edge.safety.verdict import Side
from teddy_shared.errors import ConfigError, PartMissing

HEADS: Final = Path(__file__).with_name("heads")
GRAVE: Final = ("medical_emergency", "self_harm", "abuse_disclosure", "lost_alone")
"""Concerns for which the bar is highest, with a threshold of their own."""

SURE: Final = 0.95
"""Of any concern, from where on not even an authored line is said. People have read those, and some that the
heads have not learned yet come near 0.9; what strangers would have the bear say is stopped far below."""

Scores = NDArray[np.float32]
"""A row a text, a column a category, and the last one for harmless; each row sums up to one."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What stands beside a head."""

    categories: tuple[str, ...]
    sha256: str
    grave: float
    other: float
    trained: dict[str, Any]
    measured: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Weights:
    """What school learned: small networks over the meaning, and a weight for each drawer of words."""

    into: NDArray[np.float32]  # [networks, 384, hidden]
    into_bias: NDArray[np.float32]  # [networks, hidden]
    out: NDArray[np.float32]  # [networks, hidden, columns]
    out_bias: NDArray[np.float32]  # [networks, columns]
    words: NDArray[np.int8]  # [drawers, columns]
    words_scale: NDArray[np.float32]  # [columns]
    words_bias: NDArray[np.float32]  # [columns]
    share: float  # of the words in the verdict; the rest is the meaning's

    def scores(self, directions: Directions, texts: Sequence[str]) -> Scores:
        """Of plain texts and where they point: both opinions, weighed against each other."""
        hidden = np.maximum(np.einsum("nd,kdh->knh", directions, self.into) + self.into_bias[:, None], 0)
        meant = softmax(hidden @ self.out + self.out_bias[:, None]).mean(axis=0)
        worded = softmax(np.stack([self._worded(text) for text in texts]))
        both = (1 - self.share) * np.log(meant + _LEAST) + self.share * np.log(worded + _LEAST)
        return softmax(both)

    def _worded(self, text: str) -> NDArray[np.float32]:
        found = drawers(text)
        total = self.words[found].sum(axis=0, dtype=np.int32) * self.words_scale
        return np.asarray(total / np.sqrt(max(1, len(found))) + self.words_bias, np.float32)


class Head:
    """Concerns of one side of the talk. Pure."""

    def __init__(self, *, weights: Weights, manifest: Manifest) -> None:
        self._weights = weights
        self.manifest = manifest
        self._grave = [at for at, each in enumerate(manifest.categories) if each in GRAVE]
        self._other = [at for at, each in enumerate(manifest.categories) if each not in GRAVE]

    def scores(self, directions: Directions, texts: Sequence[str]) -> Scores:
        return self._weights.scores(directions, texts)

    def is_sure(self, scores: Scores) -> bool:
        """Whether a row of scores leaves hardly a doubt that there is some concern."""
        return 1 - float(scores[-1]) >= SURE

    def judge(self, scores: Scores) -> str | None:
        """The category that is found in one row of scores; None where all is well."""
        names = self.manifest.categories
        if self._grave and float(scores[self._grave].sum()) >= self.manifest.grave:
            return names[max(self._grave, key=lambda at: scores[at])]
        if self._other and 1 - float(scores[-1]) >= self.manifest.other:
            return names[max(self._other, key=lambda at: scores[at])]
        return None


def open_head(side: Side, *, folder: Path = HEADS) -> Head:
    """Load a head after a look that it is the one that its manifest describes; reads files.

    Raises PartMissing for absent files and ConfigError for files that do not fit together.
    """
    path = folder / f"{side.value}.npz"
    try:
        manifest = parse_manifest(path.with_suffix(".toml").read_text("utf-8"), path.stem)
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise PartMissing(f"the guard's head {error.filename}", _AGAIN) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read ({type(error).__name__}): {_AGAIN}") from None
    if sha256(data).hexdigest() != manifest.sha256:
        raise ConfigError(f"{path} is not the head that {path.stem}.toml describes: {_AGAIN}")
    return Head(weights=_weights(data, len(manifest.categories) + 1, path), manifest=manifest)


def parse_manifest(text: str, name: str) -> Manifest:
    """Raises ConfigError with the remedy."""
    try:
        table = tomllib.loads(text)
        return Manifest(
            categories=tuple(map(str, table["categories"])),
            sha256=str(table["sha256"]),
            grave=float(table["thresholds"]["grave"]),
            other=float(table["thresholds"]["other"]),
            trained=dict(table.get("trained", {})),
            measured=dict(table.get("measured", {})),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigError(
            f"{name}.toml is no manifest of a head ({type(error).__name__}): {_AGAIN}"
        ) from None


def softmax(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    powers = np.exp(rows - rows.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True), np.float32)


_LEAST: Final = 1e-6  # of a probability, so that one opinion alone can't rule anything out
_AGAIN: Final = "reinstall Teddy, or train the head again"


def _weights(data: bytes, columns: int, path: Path) -> Weights:
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as stored:
            found = {name: stored[name] for name in stored.files}
        weights = Weights(
            **{name: np.asarray(found[name], np.float32) for name in _FLOATS},
            words=np.asarray(found["words"], np.int8),
            share=float(found["share"]),
        )
    except (KeyError, ValueError, EOFError, OSError, zipfile.BadZipFile) as error:
        raise ConfigError(f"{path} is no head ({type(error).__name__}): {_AGAIN}") from None
    if weights.words.shape != (DRAWERS, columns) or weights.into.shape[1] != WIDTH:
        raise ConfigError(f"{path} is a head of another shape: {_AGAIN}")
    return weights


_FLOATS: Final = ("into", "into_bias", "out", "out_bias", "words_scale", "words_bias")
