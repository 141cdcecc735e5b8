"""Laws of what crosses the wire: what was written is read back, and anything else is named as malformed."""

from __future__ import annotations

from contextlib import suppress

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from teddy_shared import events, messages, topics
from teddy_shared.ages import AgeBand
from teddy_shared.codec import (
    LARGEST_BATCH,
    Batch,
    BatchHeader,
    WireEvent,
    decode_batch,
    decode_head,
    encode_batch,
    encode_head,
)
from teddy_shared.envelope import (
    NAME,
    BearId,
    Envelope,
    Kind,
    Lane,
    Place,
    When,
    unreadable,
    withheld,
)
from teddy_shared.errors import MalformedEvent
from teddy_shared.purposes import NOTHING_GRANTED, Purpose, allows

names = st.from_regex(NAME, fullmatch=True)
lanes = st.sampled_from(Lane)
maybe_text = st.none() | st.text(max_size=20)
places = st.builds(Place, bear=names, epoch=names, lane=lanes, seq=st.integers(1, 2**53))
whens = st.builds(
    When,
    boot=names,
    monotonic_us=st.integers(0, 2**53),
    wall_ms=st.integers(-(2**53), 2**53),
    synchronised=st.booleans(),
)
heads = st.builds(
    Envelope,
    place=places,
    type=st.sampled_from(["turn.begun", "bear.started", "a.b_c.d"]),
    version=st.integers(1, 99),
    kind=st.sampled_from(Kind),
    purpose=st.sampled_from(Purpose),
    when=whens,
    turn=maybe_text,
    generation=st.none() | st.integers(0, 2**31),
    profile=st.none() | names,
    age_band=st.none() | st.sampled_from(AgeBand),
    correlation=maybe_text,
    causation=maybe_text,
    traceparent=maybe_text,
)
lines = st.binary(max_size=200).filter(lambda line: b"\n" not in line)
wire_events = st.lists(st.builds(WireEvent, head=lines, payload=lines), min_size=1, max_size=64)


@st.composite
def batches(draw: st.DrawFn) -> Batch:
    inside = tuple(draw(wire_events))
    header = BatchHeader(
        epoch=draw(names), lane=draw(lanes), first=draw(st.integers(1, 2**53)), count=len(inside)
    )
    return Batch(header, inside)


@given(batches())
def test_a_batch_is_read_back_as_it_was_written(batch: Batch) -> None:
    assert decode_batch(encode_batch(batch)) == batch


@given(st.binary(max_size=300))
def test_any_other_bytes_are_malformed_and_nothing_worse(data: bytes) -> None:
    with pytest.raises(MalformedEvent) as caught:
        decode_batch(data)
    assert caught.value.payload == data


@given(st.binary(max_size=300))
def test_any_other_bytes_in_a_good_frame_are_malformed_too(plain: bytes) -> None:
    with pytest.raises(MalformedEvent):
        decode_batch(zstandard.compress(plain))


@given(batches(), st.data())
def test_a_batch_that_was_cut_short_is_malformed(batch: Batch, data: st.DataObject) -> None:
    whole = encode_batch(batch)
    with pytest.raises(MalformedEvent):
        decode_batch(whole[: data.draw(st.integers(0, len(whole) - 1))])


@given(batches(), st.data())
def test_an_altered_batch_is_read_or_malformed_and_never_a_crash(batch: Batch, data: st.DataObject) -> None:
    altered = bytearray(encode_batch(batch))
    altered[data.draw(st.integers(0, len(altered) - 1))] ^= data.draw(st.integers(1, 255))
    with suppress(MalformedEvent):
        decode_batch(bytes(altered))


def test_a_small_message_that_unfolds_to_a_mountain_is_refused() -> None:
    bomb = zstandard.compress(b"0" * (50 * LARGEST_BATCH))
    assert len(bomb) < 10_000

    with pytest.raises(MalformedEvent, match="unfolds to more than"):
        decode_batch(bomb)


def test_a_message_that_does_not_say_how_far_it_unfolds_is_refused() -> None:
    silent = zstandard.ZstdCompressor(write_content_size=False).compress(b"0" * 1000)

    with pytest.raises(MalformedEvent, match="how large"):
        decode_batch(silent)


@given(heads)
def test_a_head_is_one_line_and_is_read_back_as_it_was_written(head: Envelope) -> None:
    data = encode_head(head)

    assert b"\n" not in data
    assert decode_head(data) == head


@given(st.binary(max_size=300))
def test_a_head_that_makes_no_sense_is_malformed(data: bytes) -> None:
    with pytest.raises(MalformedEvent):
        decode_head(data)


@given(heads)
def test_a_newer_bear_may_add_fields_to_its_heads(head: Envelope) -> None:
    assert decode_head(encode_head(head)[:-1] + b',"mood":"new"}') == head


@given(heads)
def test_a_stand_in_keeps_the_number_and_says_nothing_about_a_child(head: Envelope) -> None:
    for stand_in in (withheld(head), unreadable(head.place)):
        assert stand_in.place == head.place
        assert allows(NOTHING_GRANTED, stand_in.purpose)
        about = (stand_in.turn, stand_in.profile, stand_in.age_band, stand_in.correlation)
        assert about == (None, None, None, None)
        assert stand_in.type not in events.EVENTS


@given(places, places)
def test_no_two_places_seal_alike(one: Place, other: Place) -> None:
    assert (one.bytes() == other.bytes()) == (one == other)


@given(names, lanes)
def test_an_address_is_read_from_the_topic_it_makes(name: str, lane: Lane) -> None:
    bear = BearId(name)

    assert topics.parse(topics.up(bear, lane)) == topics.Address(bear, "up", lane)
    assert topics.parse(topics.ack(bear)) == topics.Address(bear, "ack")
    assert topics.parse(topics.status(bear)) == topics.Address(bear, "status")
    assert topics.parse(topics.settings(bear)) == topics.Address(bear, "settings")


@given(st.text(max_size=40) | st.text(alphabet="teddyv1/upack0123#+ ", max_size=30))
def test_any_other_topic_is_malformed(topic: str) -> None:
    with pytest.raises(MalformedEvent):
        topics.parse(topic)


@pytest.mark.parametrize("lane", ["", "4", "01", "12", "0123", "-1", "٣"])
def test_a_lane_that_is_none_of_four_is_malformed(lane: str) -> None:
    with pytest.raises(MalformedEvent):
        topics.parse(f"teddy/v1/bear-1/up/{lane}")


@pytest.mark.parametrize("name", ["", "-", "A", "a b", "a/b", "a+", "#", "{a}", "a\n", "a" * 64])
def test_a_name_that_would_break_a_topic_or_a_key_is_refused(name: str) -> None:
    with pytest.raises(MalformedEvent):
        topics.parse(f"teddy/v1/{name}/ack")
    with pytest.raises(ValueError, match="bear"):
        Place(bear=name, epoch="e", lane=Lane.SAFETY, seq=1)


milliseconds = st.integers(0, 2**53)
sizes = st.floats(allow_nan=False, allow_infinity=False)
healed = st.builds(events.Healed, part=st.text(), reason=st.text())
any_event = st.one_of(
    st.builds(events.BearStarted, software=st.text(), healed=st.lists(healed).map(tuple)),
    st.builds(events.BearStopped),
    st.builds(events.TurnBegun, speech_ms=milliseconds),
    st.builds(
        events.TurnEnded,
        topic=st.text(),
        skill=st.text(),
        verdict=st.text(),
        outcome=st.sampled_from(["answered", "asked_back", "interrupted", "failed"]),
        speech_ms=milliseconds,
        reply_ms=milliseconds,
        stages_ms=st.dictionaries(st.text(max_size=8), sizes, max_size=4),
        first_sound_ms=st.none() | sizes,
    ),
    st.builds(events.SafetyAlertRaised, category=st.text(), advice=st.text()),
    st.builds(events.SettingsObeyed, settings_version=st.integers(0, 2**53)),
)


released = [(type_, n) for type_, event in events.EVENTS.items() for n in range(1, event.label.version + 1)]


@given(any_event)
def test_an_event_is_one_line_and_is_read_back_as_it_was_written(event: events.Event) -> None:
    payload = events.to_bytes(event)

    assert b"\n" not in payload
    assert events.from_bytes(event.label.type, event.label.version, payload) == event


@given(st.sampled_from(released), st.binary(max_size=100))
def test_a_payload_is_read_or_malformed_and_never_a_crash(released: tuple[str, int], payload: bytes) -> None:
    type_, version = released
    try:
        assert events.from_bytes(type_, version, payload) is not None
    except MalformedEvent as error:
        assert error.payload == payload


@pytest.mark.parametrize("duration", [float("inf"), float("nan")])
def test_a_duration_that_json_cannot_say_is_refused_where_it_is_made(duration: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        events.TurnEnded(
            topic="t",
            skill="s",
            verdict="v",
            outcome="failed",
            speech_ms=0,
            reply_ms=0,
            stages_ms={"hearing": duration},
        )


def test_an_event_of_a_newer_release_is_unknown_and_not_malformed() -> None:
    assert events.from_bytes("moon.landed", 1, b"{}") is None
    assert events.from_bytes("turn.begun", 2, b"{}") is None


def test_every_event_about_a_child_needs_consent_and_alerts_go_first() -> None:
    device = {"bear.started", "bear.stopped", "bear.settings_obeyed", "link.gap", "command.ended"}
    device |= {"command.issued", "query.asked", "audit.action_taken", "audit.child_erased", "bear.reported"}
    for type_, kind in events.EVENTS.items():
        assert kind.label.purpose.needs_consent == (type_ not in device), type_
        assert (kind.label.lane is Lane.SAFETY) == (kind.label.purpose is Purpose.SAFETY), type_


marks = st.integers(0, 2**53)
shares = st.floats(0, 1)
online = st.builds(messages.Online, boot=names, epoch=names, acked=st.dictionaries(lanes, marks))
offline = st.builds(messages.Offline, boot=names, orderly=st.booleans())
acks = st.builds(messages.Ack, epoch=names, lane=lanes, mark=marks, pause_ms=st.integers(0, 600_000))
documents = st.builds(
    messages.SettingsDocument,
    version=st.integers(1, 2**53),
    profile=st.none() | names,
    age_band=st.sampled_from(AgeBand),
    volume=shares,
    patience=shares,
    consent=st.frozensets(st.sampled_from(Purpose)),
)


@given(online | offline | acks | documents)
def test_a_message_is_read_back_as_it_was_written(message: messages.Message) -> None:
    assert messages.from_bytes(type(message), messages.to_bytes(message)) == message


@given(online | offline)
def test_a_status_is_told_apart_by_what_it_says(status: messages.Status) -> None:
    assert messages.status_from_bytes(messages.to_bytes(status)) == status


@given(st.binary(max_size=100))
def test_a_message_that_makes_no_sense_is_malformed(data: bytes) -> None:
    for kind in (messages.Ack, messages.SettingsDocument):
        with pytest.raises(MalformedEvent):
            messages.from_bytes(kind, data)
    with pytest.raises(MalformedEvent):
        messages.status_from_bytes(data)
