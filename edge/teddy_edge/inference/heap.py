"""How the C library's heap treats what models borrow for a moment: it gives it back."""

from __future__ import annotations

import ctypes
from typing import Final

# glibc's malloc.h. Pieces of a megabyte are borrowed by numpy and onnxruntime for one run; by itself glibc
# learns to keep such pieces, up to 32 MB each, and a bear after twenty turns held 40 MB that nobody used.
_TRIM_THRESHOLD: Final = -1
_MMAP_THRESHOLD: Final = -3
_ARENA_MAX: Final = -8
LARGE: Final = 1 << 20  # bytes
ARENAS: Final = 2  # one for the loop, one for the models' threads


def keep_lean() -> bool:
    """For this process, before its models are loaded. Whether this C library can."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # no glibc
        return False
    wishes = {_ARENA_MAX: ARENAS, _MMAP_THRESHOLD: LARGE, _TRIM_THRESHOLD: LARGE}
    return all(mallopt(parameter, value) == 1 for parameter, value in wishes.items())
