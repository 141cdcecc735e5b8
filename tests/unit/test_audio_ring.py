"""The ring gives back every sample once, in order, or says how many it lost."""

from __future__ import annotations

from threading import Thread

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from teddy_edge.audio.ring import Hop, Overrun, Ring
from teddy_edge.audio.samples import HOP


def drain(ring: Ring) -> list[Hop | Overrun]:
    heard = []
    while (item := ring.read(timeout=0)) is not None:
        heard.append(item)
    return heard


@given(st.lists(st.integers(0, 700), max_size=40))
def test_pieces_of_any_size_come_out_as_the_same_hops(sizes: list[int]) -> None:
    ring, stream = Ring(capacity=1600), np.arange(sum(sizes), dtype=np.int16)
    heard: list[Hop | Overrun] = []
    at = 0
    for size in sizes:
        ring.write(stream[at : at + size])
        at += size
        heard += drain(ring)

    assert [hop.index for hop in heard] == [n * HOP for n in range(len(heard))]
    joined = np.concatenate([hop.pcm for hop in heard if isinstance(hop, Hop)] or [stream[:0]])
    assert np.array_equal(joined, stream[: len(stream) // HOP * HOP])


def test_a_reader_that_lags_is_told_what_it_lost() -> None:
    ring = Ring(capacity=1600)
    ring.write(np.arange(5000, dtype=np.int16))

    first, *rest = drain(ring)

    assert isinstance(first, Overrun)
    assert first.lost == first.index
    assert isinstance(rest[0], Hop)
    assert rest[0].pcm[0] == first.index
    assert first.lost + HOP * len(rest) <= 5000 < first.lost + HOP * (len(rest) + 1)


def test_closing_wakes_the_reader_after_it_has_heard_everything() -> None:
    ring, heard = Ring(), list[Hop | Overrun]()

    def listen() -> None:
        while (item := ring.read()) is not None:
            heard.append(item)

    reader = Thread(target=listen)
    reader.start()
    ring.write(np.ones(HOP * 3 + 5, np.int16))
    ring.close()
    reader.join(timeout=5)

    assert not reader.is_alive()
    assert len(heard) == 3


@given(st.lists(st.tuples(st.integers(0, 700), st.booleans()), max_size=40))
def test_what_the_speaker_played_stays_beside_what_was_heard(pieces: list[tuple[int, bool]]) -> None:
    ring, played = Ring(capacity=1600), np.zeros(0, np.int16)
    heard: list[Hop | Overrun] = []
    for size, loud in pieces:
        reference = np.arange(1, size + 1, dtype=np.int16)
        ring.write(-reference, reference if loud else None)
        played = np.concatenate((played, reference if loud else np.zeros(size, np.int16)))
        heard += drain(ring)

    for hop in heard:
        assert isinstance(hop, Hop)
        expected = played[hop.index : hop.index + HOP]
        assert np.array_equal(expected, np.zeros(HOP) if hop.reference is None else hop.reference)
        assert (hop.reference is None) == (not expected.any())
