"""Batches with something wrong in them, drawn by hypothesis: in an event, the header, or the frame."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import zstandard
from hypothesis import strategies as st

from teddy_shared.clock import SeededChance
from teddy_shared.codec import WireEvent
from teddy_shared.envelope import BearId
from workshop.fleet.made_up import LABEL, event, turn

EPOCH: Final = "fuzz-1"
NOON: Final = 1_700_000_000_000  # ms
TURN: Final = turn(size=300, chance=SeededChance(1))
BOMB: Final = zstandard.compress(bytes(2_000_000))
LONG: Final = b'{"long":"' + 5000 * b"x" + b'",'

Fields = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Event:
    """What to send at a number; `whole` where head and place are as a bear makes them."""

    make: Callable[[BearId, int], WireEvent]
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Attempt:
    """One message to a lane, made when it is known how far the lane has got."""

    begins: int  # counted from the number that is due: 0 fits, below is there already, above is a gap
    events: Sequence[Event]
    header: Callable[[Fields], bytes]
    frame: Callable[[bytes], bytes]
    whole: bool  # whether header and frame are as a bear makes them

    def message(self, wired: Sequence[WireEvent], first: int) -> bytes:
        fields = {"v": 1, "epoch": EPOCH, "lane": int(LABEL.lane), "first": first, "count": len(wired)}
        lines = [self.header(fields), *(part for each in wired for part in (each.head, each.payload))]
        return self.frame(zstandard.compress(b"\n".join(lines) + b"\n"))


def good(bear: BearId, seq: int, payload: bytes = TURN) -> WireEvent:
    return event(bear, EPOCH, seq, payload, wall_ms=NOON)


# --- what may be wrong ---------------------------------------------------------------------------------

_line: Final = st.binary(max_size=120).map(lambda raw: raw.replace(b"\n", b" "))
_json: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
_words: Final = st.sampled_from(
    [
        *("turn.ended", "link.gap", "bear.started", "no.such", "cloud", "device", "activity", "transcript"),
        *("child-of-bear-00000", "child-9", "rumour", "", "a" * 70, 0, -1, 2**63, 1.5, True, None),
    ]
)
_fields: Final = st.sampled_from(
    [
        *("place", "type", "version", "kind", "purpose", "when", "turn", "profile", "age_band", "new"),
        *("place.bear", "place.epoch", "place.lane", "place.seq", "when.boot", "when.wall_ms"),
    ]
)


def _with(change: Callable[[bytes], bytes]) -> Event:
    """A good event whose head was changed."""

    def make(bear: BearId, seq: int) -> WireEvent:
        fine = good(bear, seq)
        return WireEvent(change(fine.head), fine.payload)

    return Event(make)


def _nonsense(both: tuple[bytes, bytes]) -> Event:
    return Event(lambda _, __: WireEvent(*both))


def _set(where: str, value: object) -> Callable[[bytes], bytes]:
    def change(head: bytes) -> bytes:
        fields = json.loads(head)
        *outer, name = where.split(".")
        (fields[outer[0]] if outer else fields)[name] = value
        return json.dumps(fields).encode()

    return change


def _flipped(raw: bytes, flips: Sequence[tuple[int, int]]) -> bytes:
    altered = bytearray(raw)
    for at, value in flips:
        if altered:
            altered[at % len(altered)] = value
    return bytes(altered)


_flips: Final = st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 255)), min_size=1, max_size=3)

whole_events: Final = _line.map(lambda payload: Event(lambda bear, seq: good(bear, seq, payload), whole=True))
events: Final = st.one_of(
    whole_events,
    whole_events,
    st.tuples(_line, _line).map(_nonsense),
    _json.map(lambda value: _with(lambda _: json.dumps(value).encode())),
    st.tuples(_fields, _words | _json).map(lambda both: _with(_set(*both))),
    st.integers(-3, 3).filter(bool).map(lambda off: Event(lambda bear, seq: good(bear, max(1, seq + off)))),
    _flips.map(lambda flips: _with(lambda head: _flipped(head, flips).replace(b"\n", b" "))),
    st.just(_with(lambda head: head.replace(b"{", LONG, 1))),
)


def _plain(fields: Fields) -> bytes:
    return json.dumps(fields).encode()


_headers: Final = st.one_of(
    st.fixed_dictionaries(
        {},
        optional={
            "epoch": st.sampled_from(["fuzz-2", "cloud", "cloud-orders", "", "/", "x" * 64]),
            "lane": st.integers(-1, 4),
            "first": st.sampled_from([0, -1, 2**53, 2**64, 10**30, "1"]),
            "count": st.integers(-1, 5000),
            "covers": st.integers(-1, 9) | st.just(2**53),
            "v": st.integers(0, 2),
        },
    ).map(lambda changes: lambda fields: _plain(fields | changes)),
    _line.map(lambda raw: lambda _: raw),
    _json.map(lambda value: lambda _: json.dumps(value).encode()),
)
_frames: Final = st.one_of(
    st.binary(max_size=200).map(lambda raw: lambda _: raw),
    st.integers(0, 400).map(lambda size: lambda data: data[:size]),
    _flips.map(lambda flips: lambda data: _flipped(data, flips)),
    st.binary(min_size=1, max_size=20).map(lambda junk: lambda data: junk + data),
    st.binary(min_size=1, max_size=20).map(lambda junk: lambda data: data + junk),
    st.just(lambda _: BOMB),
)

_begins: Final = st.integers(-4, 2)
_contents: Final = st.lists(events, min_size=1, max_size=6)
_untouched: Final[st.SearchStrategy[Callable[[bytes], bytes]]] = st.just(lambda data: data)
_fine: Final = st.builds(Attempt, _begins, _contents, st.just(_plain), _untouched, whole=st.just(value=True))
_spoilt: Final = st.just(value=False)
attempts: Final[st.SearchStrategy[Attempt]] = st.one_of(
    _fine,
    _fine,
    st.builds(Attempt, _begins, _contents, _headers, _untouched, whole=_spoilt),
    st.builds(Attempt, _begins, _contents, st.just(_plain), _frames, whole=_spoilt),
)
