"""Heads that are written around ready-made parts are what validation and encoding would have made."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from teddy_edge.outbox.draft import Draft, Ground, row_key
from teddy_edge.outbox.entry import OWNER, Context
from teddy_edge.outbox.stencil import Stencils
from teddy_shared.ages import AgeBand
from teddy_shared.clock import SeededChance
from teddy_shared.codec import decode_head, encode_head
from teddy_shared.envelope import BearId, Envelope, Lane, ProfileId
from teddy_shared.errors import KeyErased
from teddy_shared.events import BearStarted, Event, SafetyAlertRaised, TurnBegun, to_bytes
from teddy_shared.seal import ChaChaSeal, MemoryKeyRing

BEFORE = (3, 7, 0, 0)
words = st.none() | st.text(max_size=30)
contexts = st.builds(
    Context,
    turn=words,
    generation=st.none() | st.integers(0, 2**40),
    profile=st.none() | st.from_regex(r"[a-z0-9][a-z0-9-]{0,20}", fullmatch=True).map(ProfileId),
    age_band=st.none() | st.sampled_from(AgeBand),
    correlation=words,
    causation=words,
    traceparent=words,
)
events = st.lists(
    st.one_of(
        st.builds(TurnBegun, speech_ms=st.integers(0, 10**6)),
        st.builds(BearStarted, software=st.text(max_size=30)),
        st.builds(SafetyAlertRaised, category=st.just("lost"), advice=st.text(max_size=30)),
    ),
    min_size=1,
    max_size=6,
)


def ground(*, synchronised: bool = True) -> Ground:
    keys = MemoryKeyRing(chance=SeededChance(1))
    keys.create(OWNER)
    seal = ChaChaSeal(keys=keys, chance=SeededChance(2)).of(OWNER)
    return Ground(bear=BearId("bear-1"), epoch="e-1", seal=seal, synchronised=synchronised)


def draft(recorded: list[Event], context: Context) -> Draft:
    return Draft(recorded, Stencils(context), boot="b00t", at=12.5, wall=1.7e9)


def validated(event: Event, context: Context, seq: int, *, synchronised: bool) -> Envelope:
    label = event.label
    fields: dict[str, Any] = {name: getattr(context, name) for name in Context.__slots__}
    return Envelope.model_validate(
        {
            "place": {"bear": "bear-1", "epoch": "e-1", "lane": int(label.lane), "seq": seq},
            "when": {
                "boot": "b00t",
                "monotonic_us": 12_500_000,
                "wall_ms": 1_700_000_000_000,
                "synchronised": synchronised,
            },
            "type": label.type,
            "version": label.version,
            "kind": label.kind,
            "purpose": label.purpose,
            **fields,
        }
    )


@given(recorded=events, context=contexts, synchronised=st.booleans())
def test_heads_are_what_validation_and_encoding_would_make(
    recorded: list[Event], context: Context, synchronised: bool
) -> None:
    here = ground(synchronised=synchronised)
    rows = draft(recorded, context).rows(here, BEFORE)

    heads = draft(recorded, context).heads(rows)

    assert here.seal is not None
    last = list(BEFORE)
    for index, event in enumerate(recorded):
        lane = event.label.lane
        last[lane] += 1
        wanted = validated(event, context, last[lane], synchronised=synchronised)
        key, text, sealed = rows.values[3 * index : 3 * index + 3]
        assert key == row_key(lane, last[lane])
        assert isinstance(text, str) and isinstance(sealed, bytearray)
        assert text.encode() == encode_head(wanted)
        assert decode_head(text.encode()) == wanted
        assert here.seal.open(bytes(sealed), wanted.place.bytes()) == to_bytes(event)
        assert heads[index] == wanted
        assert (hash(heads[index].place), hash(heads[index].when)) == (hash(wanted.place), hash(wanted.when))
        assert heads[index].model_dump() == wanted.model_dump()
        assert heads[index].model_copy(update={"turn": "t"}) == wanted.model_copy(update={"turn": "t"})
    assert rows.after == tuple(last)
    assert len(heads) == len(recorded)
    assert heads[-1] == heads[len(recorded) - 1] == heads[len(recorded) - 1 :][0]


def test_a_head_is_frozen_like_any_other() -> None:
    one = draft([TurnBegun(speech_ms=1)], Context())

    head = one.only_head(one.rows(ground(), BEFORE))

    assert head.place.seq == 8
    with pytest.raises(ValidationError):
        head.turn = "another"  # type: ignore[misc]


def test_a_context_that_no_envelope_takes_is_refused_before_it_has_a_number() -> None:
    with pytest.raises(ValidationError):
        draft([TurnBegun(speech_ms=1)], Context(profile=ProfileId("no such/name")))


def test_a_bear_that_no_envelope_takes_is_refused() -> None:
    with pytest.raises(ValidationError):
        Ground(bear=BearId("no/bear"), epoch="e", seal=None, synchronised=False)


def test_without_a_key_nothing_is_made_ready() -> None:
    bare = Ground(bear=BearId("bear-1"), epoch="e", seal=None, synchronised=False)

    with pytest.raises(KeyErased):
        draft([TurnBegun(speech_ms=1)], Context()).rows(bare, BEFORE)


def test_rows_of_a_lane_lie_side_by_side() -> None:
    assert row_key(Lane.SAFETY, 2**48 - 1) < row_key(Lane.INTERACTION, 1) < row_key(Lane.INTERACTION, 2)
