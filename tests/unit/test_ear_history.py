"""The history keeps the last seconds by sample index."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from teddy_edge.ear.history import History


@given(
    pieces=st.lists(st.integers(1, 90), min_size=1, max_size=60),
    start=st.integers(-50, 3000),
    length=st.integers(0, 120),
)
def test_a_cut_is_what_was_added_as_far_as_it_is_kept(pieces: list[int], start: int, length: int) -> None:
    history, stream = History(kept=200), np.arange(sum(pieces), dtype=np.int16)
    at = 0
    for piece in pieces:
        history.add(stream[at : at + piece], at)
        at += piece

    begins, pcm = history.cut(start, start + length)

    assert np.array_equal(pcm, stream[begins : begins + len(pcm)])
    if start >= at - 200 and start + length <= at and start >= 0:
        assert (begins, len(pcm)) == (start, length)


def test_a_gap_is_filled_with_silence_so_that_indices_stay_true() -> None:
    history = History(kept=200)
    history.add(np.ones(10, np.int16), 0)

    history.add(np.ones(10, np.int16), 30)

    begins, pcm = history.cut(0, 40)
    assert begins == 0
    assert pcm.tolist() == [1] * 10 + [0] * 20 + [1] * 10
