"""What becomes of a batch before anything is stored."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from teddy_cloud.eventstore.store import Delivery, Item, Poison
from teddy_cloud.fleet.household import device_owner, link_owner
from teddy_cloud.ingest.heads import read_head
from teddy_cloud.ingest.intake import Intake, StrangeBear, Unreadable
from teddy_cloud.ingest.reading import all_at_once, one_by_one
from teddy_shared.clock import SeededChance
from teddy_shared.codec import Batch, BatchHeader, WireEvent, decode_head, encode_batch, unfold
from teddy_shared.envelope import GAP, WITHHELD, BearId, Lane, Place
from teddy_shared.errors import MalformedEvent, SealError
from teddy_shared.events import BearStarted, Event, EventsDropped, SafetyAlertRaised, TurnEnded, to_bytes
from teddy_shared.purposes import Purpose
from teddy_shared.seal import ChaChaSeal, MemoryKeyRing
from tests.cloud_bear import BEAR, CHILD, EPOCH, batch_of, ended, turns, wired
from workshop.fuzz.batches import Attempt, attempts


@pytest.fixture
def keys() -> MemoryKeyRing:
    ring = MemoryKeyRing(chance=SeededChance())
    ring.create(CHILD)
    ring.create(device_owner(BEAR))
    ring.create(link_owner(BEAR))
    return ring


@pytest.fixture
def seal(keys: MemoryKeyRing) -> ChaChaSeal:
    return ChaChaSeal(keys=keys, chance=SeededChance(1))


@pytest.fixture
def intake(seal: ChaChaSeal, keys: MemoryKeyRing) -> Intake:
    return Intake(seal=seal)


def taken(intake: Intake, *events: WireEvent, first: int = 1) -> list[Item | Poison]:
    delivery = intake.take(BEAR, Lane.INTERACTION, batch_of(events, first))
    assert isinstance(delivery, Delivery)
    return list(delivery.items)


def covering(event: WireEvent, *, first: int, covers: int) -> bytes:
    header = BatchHeader(epoch=EPOCH, lane=Lane.INTERACTION, first=first, count=1, covers=covers)
    return encode_batch(Batch(header, (event,)))


def test_a_payload_leaves_only_under_the_childs_key_and_only_in_its_place(
    intake: Intake, seal: ChaChaSeal
) -> None:
    (item,) = taken(intake, wired(ended(), 1))

    assert isinstance(item, Item)
    assert b"dinosaurs" not in item.sealed
    assert (item.owner, item.profile, item.purpose) == (CHILD, CHILD, Purpose.ACTIVITY)
    here = Place(bear=BEAR, epoch=EPOCH, lane=Lane.INTERACTION, seq=1)
    assert seal.open(CHILD, item.sealed, here.bytes()) == to_bytes(ended())
    with pytest.raises(SealError):
        seal.open(CHILD, item.sealed, here.model_copy(update={"seq": 2}).bytes())


def test_what_the_bear_says_of_itself_is_under_the_bears_own_key(intake: Intake) -> None:
    (item,) = taken(intake, wired(BearStarted(software="1"), 1))

    assert isinstance(item, Item)
    assert (item.owner, item.profile) == (device_owner(BEAR), None)


def test_a_turn_that_calls_itself_the_devices_needs_consent_all_the_same(intake: Intake) -> None:
    (item,) = taken(intake, wired(ended(), 1, purpose=Purpose.DEVICE))

    assert isinstance(item, Item)
    assert item.purpose is Purpose.ACTIVITY


@pytest.mark.parametrize("changes", [{"profile": None}, {"purpose": Purpose.TELEMETRY}], ids=str)
def test_a_turn_of_nobody_and_one_for_another_purpose_leave_only_their_number(
    intake: Intake, changes: dict[str, Any]
) -> None:
    """No erasure would find the one, and the other would come under a grant that was given for less."""
    (item,) = taken(intake, wired(ended(), 1, **changes))

    assert isinstance(item, Item)
    assert (item.sealed, item.owner, item.purpose) == (b"", "", Purpose.DEVICE)
    assert decode_head(item.head).type == WITHHELD


def test_an_alert_arrives_also_from_before_the_bear_knew_its_child(intake: Intake) -> None:
    alert = SafetyAlertRaised(category="lost", advice="Call your child now.")
    found = intake.take(BEAR, Lane.SAFETY, batch_of([wired(alert, 1, profile=None)], 1, lane=Lane.SAFETY))

    assert isinstance(found, Delivery)
    (item,) = found.items
    assert isinstance(item, Item)
    assert (item.owner, item.purpose) == (device_owner(BEAR), Purpose.SAFETY)


def test_an_erased_child_leaves_only_its_numbers(intake: Intake, keys: MemoryKeyRing) -> None:
    keys.erase(CHILD)

    (item,) = taken(intake, wired(ended(), 1))

    assert isinstance(item, Item)
    head = decode_head(item.head)
    assert (item.sealed, item.owner, item.purpose, item.profile) == (b"", "", Purpose.DEVICE, None)
    assert (head.type, head.profile, head.turn) == (WITHHELD, None, None)


@pytest.mark.parametrize(
    "liar",
    [
        wired(ended(), 2, bear="bear-2"),
        wired(ended(), 2, epoch="epoch-2"),
        wired(ended(), 3),
        wired(SafetyAlertRaised(category="lost", advice="call"), 2),
        WireEvent(b"{}", b"{}"),
        WireEvent(b"\xff", b"{}"),
        WireEvent(b"", b"{}"),
        WireEvent(wired(ended(), 2).head.replace(b"{", b'{"a":[' + 5000 * b"1," + b"1],", 1), b"{}"),
        WireEvent(wired(ended(), 2).head.replace(CHILD.encode(), b"Child/+"), b"{}"),
        WireEvent(wired(ended(), 2).head.replace(b'"activity"', b'"advertising"'), b"{}"),
    ],
    ids=["bear", "epoch", "number", "lane", "no head", "not text", "nothing", "large", "profile", "purpose"],
)
def test_a_head_that_lies_about_its_place_is_poison_and_its_neighbours_are_not(
    intake: Intake, liar: WireEvent
) -> None:
    before, poison, after = taken(intake, wired(ended(), 1), liar, wired(ended(), 3))

    assert isinstance(poison, Poison)
    assert b"dinosaurs" not in poison.sealed
    assert isinstance(before, Item)
    assert isinstance(after, Item)


def test_a_batch_under_another_lanes_topic_or_the_clouds_own_epoch_is_unreadable(intake: Intake) -> None:
    batches = [
        (Lane.SAFETY, batch_of(turns(1), 1)),
        (Lane.INTERACTION, batch_of(turns(1), 1, epoch="cloud")),
    ]

    assert all(isinstance(intake.take(BEAR, lane, data), Unreadable) for lane, data in batches)


def test_a_gap_stands_at_the_last_number_that_it_covers(intake: Intake) -> None:
    dropped = EventsDropped(first=3, count=5)
    data = covering(wired(dropped, 7, lane=Lane.INTERACTION), first=3, covers=5)

    found = intake.take(BEAR, Lane.INTERACTION, data)

    assert isinstance(found, Delivery)
    assert (found.first, found.covers) == (3, 5)
    (item,) = found.items
    assert isinstance(item, Item)
    assert decode_head(item.head).type == GAP


@pytest.mark.parametrize("event", [ended(), EventsDropped(first=3, count=5)])
def test_only_a_gap_covers_many_numbers_and_only_up_to_its_own(intake: Intake, event: Event) -> None:
    lies = wired(event, 7 if isinstance(event, TurnEnded) else 3, lane=Lane.INTERACTION)

    found = intake.take(BEAR, Lane.INTERACTION, covering(lies, first=3, covers=5))

    assert isinstance(found, Delivery)
    assert isinstance(found.items[0], Poison)


def test_numbers_that_the_store_could_not_tell_apart_are_refused(intake: Intake) -> None:
    found = intake.take(BEAR, Lane.INTERACTION, batch_of([wired(ended(), 2**53)], 2**53))

    assert isinstance(found, Unreadable)


def test_many_children_and_the_bear_itself_in_one_batch_are_each_under_their_own_key(
    intake: Intake, seal: ChaChaSeal, keys: MemoryKeyRing
) -> None:
    owners = ["child-1", "child-2", None, "child-1", "child-3", None, "child-2"]
    keys.create("child-2")  # and the third was erased
    said = [ended(str(seq)) if owner else BearStarted(software="1") for seq, owner in enumerate(owners, 1)]
    events = [
        wired(event, seq, profile=owner)
        for seq, (event, owner) in enumerate(zip(said, owners, strict=True), 1)
    ]

    found = taken(intake, *events)

    opened = {
        seq: seal.open(item.owner, item.sealed, f"{BEAR}/{EPOCH}/1/{seq}".encode())
        for seq, item in enumerate(found, 1)
        if isinstance(item, Item) and item.owner
    }
    assert opened == {seq: to_bytes(said[seq - 1]) for seq in (1, 2, 3, 4, 6, 7)}
    assert [item.owner for item in found if isinstance(item, Item)] == [
        *("child-1", "child-2", "bear:bear-1", "child-1"),
        *("", "bear:bear-1", "child-2"),
    ]


def test_a_bear_without_a_family_is_not_served(intake: Intake) -> None:
    with pytest.raises(StrangeBear):
        intake.take(BearId("bear-2"), Lane.INTERACTION, batch_of(turns(1), 1))


@given(data=st.binary(max_size=200))
def test_any_other_bytes_are_unreadable_and_kept_only_sealed(data: bytes) -> None:
    keys = MemoryKeyRing(chance=SeededChance())
    keys.create(device_owner(BEAR))
    keys.create(link_owner(BEAR))
    seal = ChaChaSeal(keys=keys, chance=SeededChance(1))

    found = Intake(seal=seal).take(BEAR, Lane.INTERACTION, data)

    assert isinstance(found, Unreadable)
    assert found.size == len(data)
    assert seal.open(device_owner(BEAR), found.sealed, f"dead/{BEAR}".encode()) == data


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=100, deadline=None)  # a loaded machine is not a failure
@given(data=st.data())
def test_what_the_door_reads_of_a_head_the_projector_reads_too(data: st.DataObject) -> None:
    """Whatever is missing, there twice, or new; the door may only let pass more."""
    fields = json.loads(wired(ended(), 1, turn="turn-1", correlation="c").head)
    fields |= {name: value for name, value in fields["place"].items() if data.draw(st.booleans())}
    names = st.sampled_from([*fields, "turn", "causation", "generation", "age_band", "new"])
    pairs = [(name, value) for name, value in fields.items() if data.draw(st.integers(0, 9))]
    for name in data.draw(st.lists(names, max_size=2)):
        value = data.draw(JSON | st.just(fields.get(name)) | st.just(fields["place"] | {"seq": 7}))
        pairs.insert(data.draw(st.integers(0, len(pairs))), (name, value))
    head = ",".join(f"{json.dumps(name)}:{json.dumps(value)}" for name, value in pairs)
    raw = f"{{{head}}}".encode()

    try:
        expected = decode_head(raw)
    except MalformedEvent:
        with suppress(MalformedEvent):
            read_head(raw)
    else:
        found = read_head(raw)
        assert dict(found["place"]) == dict(expected.place)
        assert (found["type"], found["purpose"], found.get("profile")) == (
            *(expected.type, expected.purpose),
            expected.profile,
        )


@settings(max_examples=200, deadline=None)
@given(attempt=attempts)
def test_a_batch_that_is_read_all_at_once_is_read_as_event_by_event(attempt: Attempt) -> None:
    events = [each.make(BEAR, 7 + at) for at, each in enumerate(attempt.events)]
    try:
        batch = unfold(attempt.message(events, 7))
        at_once = all_at_once(BEAR, batch)
    except MalformedEvent:
        return

    assert at_once == one_by_one(BEAR, batch)
    assert None not in at_once.sorts
