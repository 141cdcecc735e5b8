"""Reads the weights of a CTranslate2 model file."""

from __future__ import annotations

import mmap
import struct
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from teddy_shared.errors import ConfigError

Weights = dict[str, NDArray[np.generic]]

# The numbers that CTranslate2 writes for the types of elements (its `DataType`).
_TYPES: Final = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}


def read_weights(path: Path) -> Weights:
    """Every variable by name, mapped from the file rather than read. Raises ConfigError."""
    try:
        with path.open("rb") as file:
            return _parse(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except (OSError, ValueError, KeyError, struct.error):
        raise ConfigError(
            f"{path} is not a CTranslate2 model: reinstall the package that it came with"
        ) from None


def _parse(data: mmap.mmap) -> Weights:
    at = 0

    def number(form: str) -> int:
        nonlocal at
        (value,) = struct.unpack_from(f"<{form}", data, at)
        at += struct.calcsize(form)
        return int(value)

    def word() -> str:
        nonlocal at
        length = number("H")
        text = data[at : at + length].rstrip(b"\0").decode()
        at += length
        return text

    number("I")  # version of the file format
    word()  # name of the model's specification
    number("I")  # revision of it
    weights: Weights = {}
    for _ in range(number("I")):
        name = word()
        shape = [number("I") for _ in range(number("B"))]
        kind = np.dtype(_TYPES[number("B")])
        size = number("I")
        weights[name] = np.frombuffer(data, kind, size // kind.itemsize, at).reshape(shape)
        at += size
    return weights
