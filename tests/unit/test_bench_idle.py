"""The room in which a bear idles."""

from __future__ import annotations

import numpy as np

from teddy_edge.audio.samples import EAR_RATE
from workshop.idling import scene


def test_a_quarter_of_the_time_somebody_has_the_television_on() -> None:
    heard = scene(32.0)

    pieces = np.abs(heard.astype(np.float64)).reshape(16, -1).mean(axis=1)
    assert len(heard) == 32 * EAR_RATE
    assert [int(each) for each in np.flatnonzero(pieces > 2 * np.median(pieces))] == [3, 7, 11, 15]
    assert np.median(pieces) > 0
