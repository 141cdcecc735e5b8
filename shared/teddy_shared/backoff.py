"""How long to wait before trying again: exponential, with full jitter."""

from __future__ import annotations

from collections.abc import Iterator

from teddy_shared.clock import Chance


def delays(chance: Chance, *, first: float = 0.5, most: float = 30.0) -> Iterator[float]:
    """Seconds to wait, without end. Full jitter, so that a fleet does not come back as one

    (Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015). Never below a tenth
    of the ceiling, so that a broken peer is not hammered by the unlucky.
    """
    ceiling = first
    while True:
        yield chance.between(ceiling / 10, ceiling)
        ceiling = min(most, ceiling * 2)
