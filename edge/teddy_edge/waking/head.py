"""A trained head: a small network over the embeddings that knows one phrase, and what its manifest says.

`NAME.onnx` takes `embeddings`, float32 [n, 16, 96], the oldest first, and gives `probability`, float32
[n, 1], from 0 to 1. `NAME.toml` beside it:

    phrase = "hey teddy"
    threshold = 0.5        # the least probability that counts
    hits = 1               # looks in a row (80 ms apart) that must reach it
    sha256 = "…"           # of NAME.onnx

    [trained]              # how: what a person needs to make it again
    [measured]             # what it showed: figures by name

Any names may stand in the two tables.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from teddy_edge.inference.fingerprints import sha256_of
from teddy_edge.inference.session import Session, open_session
from teddy_edge.waking.features import SEEN, WIDTH
from teddy_shared.errors import ConfigError, PartMissing

HEADS: Final = Path(__file__).with_name("heads")
WAKE: Final = "hey_teddy"
STOP: Final = "stop"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What stands beside a head."""

    name: str
    phrase: str
    threshold: float
    hits: int
    sha256: str
    trained: dict[str, Any]
    measured: dict[str, Any]


class Head:
    """Probabilities of one phrase."""

    def __init__(self, *, session: Session, manifest: Manifest) -> None:
        self._session = session
        self.manifest = manifest

    def probability(self, seen: NDArray[np.float32]) -> float:
        """Of the phrase ending about now, given the last 16 embeddings (float32 [16, 96])."""
        (probability,) = self._session.run({"embeddings": seen[None]})
        return float(probability[0, 0])


def open_head(name: str, *, folder: Path = HEADS) -> Head:
    """Load a head after a look that it is the one that its manifest describes.

    Raises PartMissing for absent files and ConfigError for files that do not fit together.
    """
    manifest = read_manifest(folder / f"{name}.toml")
    path = folder / f"{name}.onnx"
    if not path.is_file():
        raise PartMissing(f"the head {path}", _AGAIN)
    if sha256_of(path) != manifest.sha256:
        raise ConfigError(f"{path} is not the head that {name}.toml describes: {_AGAIN}")
    head = Head(session=open_session(path), manifest=manifest)
    head.probability(np.zeros((SEEN, WIDTH), np.float32))
    return head


def read_manifest(path: Path) -> Manifest:
    """What a manifest says. Raises PartMissing or ConfigError with the remedy."""
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise PartMissing(f"the manifest {path}", _AGAIN) from None
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read ({type(error).__name__}): {_AGAIN}") from None
    try:
        return Manifest(
            name=path.stem,
            phrase=str(table["phrase"]),
            threshold=float(table["threshold"]),
            hits=int(table.get("hits", 1)),
            sha256=str(table["sha256"]),
            trained=dict(table.get("trained", {})),
            measured=dict(table.get("measured", {})),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigError(f"{path} is no manifest of a head ({error}): {_AGAIN}") from None


_AGAIN: Final = "reinstall Teddy, or train the head again"
