"""What becomes of a batch before anything is stored."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teddy_cloud.eventstore.store import Item, Poison
from teddy_cloud.fleet.household import device_owner
from teddy_cloud.ingest.intake import Delivery, Intake, StrangeBear, Unreadable
from teddy_shared.clock import SeededChance
from teddy_shared.codec import WireEvent, decode_head
from teddy_shared.envelope import WITHHELD, BearId, Lane, Place
from teddy_shared.errors import SealError
from teddy_shared.events import BearStarted, to_bytes
from teddy_shared.purposes import Purpose
from teddy_shared.seal import ChaChaSeal, MemoryKeyRing
from tests.cloud_bear import BEAR, CHILD, EPOCH, batch_of, ended, turns, wired


@pytest.fixture
def keys() -> MemoryKeyRing:
    ring = MemoryKeyRing(chance=SeededChance())
    ring.create(CHILD)
    ring.create(device_owner(BEAR))
    return ring


@pytest.fixture
def seal(keys: MemoryKeyRing) -> ChaChaSeal:
    return ChaChaSeal(keys=keys, chance=SeededChance(1))


@pytest.fixture
def intake(seal: ChaChaSeal, keys: MemoryKeyRing) -> Intake:
    return Intake(seal=seal, keys=keys)


def taken(intake: Intake, *events: WireEvent, first: int = 1) -> list[Item | Poison]:
    delivery = intake.take(BEAR, Lane.INTERACTION, batch_of(events, first))
    assert isinstance(delivery, Delivery)
    return list(delivery.items)


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


def test_the_stand_in_says_nothing_about_the_child(intake: Intake) -> None:
    (item,) = taken(intake, wired(ended(), 1, turn="turn-1"))

    assert isinstance(item, Item)
    head = decode_head(item.stand_in)
    assert (head.type, head.purpose, head.profile, head.turn) == (WITHHELD, Purpose.DEVICE, None, None)


def test_a_turn_that_calls_itself_the_devices_needs_consent_all_the_same(intake: Intake) -> None:
    (item,) = taken(intake, wired(ended(), 1, purpose=Purpose.DEVICE))

    assert isinstance(item, Item)
    assert item.purpose is Purpose.ACTIVITY


def test_an_erased_child_leaves_only_its_numbers(intake: Intake, keys: MemoryKeyRing) -> None:
    keys.erase(CHILD)

    (item,) = taken(intake, wired(ended(), 1))

    assert isinstance(item, Item)
    assert (item.sealed, item.owner, decode_head(item.head).type) == (b"", "", WITHHELD)


@pytest.mark.parametrize(
    "liar",
    [
        wired(ended(), 2, bear="bear-2"),
        wired(ended(), 2, epoch="epoch-2"),
        wired(ended(), 3),
        WireEvent(b"{}", b"{}"),
        WireEvent(b"\xff", b"{}"),
    ],
    ids=["bear", "epoch", "number", "no head", "not text"],
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


def test_a_bear_without_a_family_is_not_served(intake: Intake) -> None:
    with pytest.raises(StrangeBear):
        intake.take(BearId("bear-2"), Lane.INTERACTION, batch_of(turns(1), 1))


@given(data=st.binary(max_size=200))
def test_any_other_bytes_are_unreadable_and_kept_only_sealed(data: bytes) -> None:
    keys = MemoryKeyRing(chance=SeededChance())
    keys.create(device_owner(BEAR))
    seal = ChaChaSeal(keys=keys, chance=SeededChance(1))

    found = Intake(seal=seal, keys=keys).take(BEAR, Lane.INTERACTION, data)

    assert isinstance(found, Unreadable)
    assert found.size == len(data)
    assert seal.open(device_owner(BEAR), found.sealed, f"dead/{BEAR}".encode()) == data
