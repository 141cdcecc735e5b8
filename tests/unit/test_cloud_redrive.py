"""Dead letters looked at once more: understood, they reach the read models once; else they stay dead."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pytest

from teddy_cloud.eventstore.memory import MemoryEventStore
from teddy_cloud.eventstore.own import ORDERS, REDRIVEN
from teddy_cloud.eventstore.partitions import partition_of
from teddy_cloud.eventstore.replay import Wanted, replay
from teddy_cloud.eventstore.store import DeadLetter, Delivery, Item, Poison, Position
from teddy_cloud.fleet.household import device_owner, link_owner
from teddy_cloud.ingest.intake import Intake, Unreadable
from teddy_cloud.ingest.redrive import Gone, Redriven, Redriver, StillDead
from teddy_cloud.projections.bears import ALERTS, Bears, alerts_of
from teddy_cloud.projections.conversations import Conversations, day_of, turns_of
from teddy_cloud.projections.memory import MemoryReadModels
from teddy_cloud.projections.projection import Projection
from teddy_cloud.projections.projector import Projector
from teddy_cloud.projections.rebuilding import Rebuilder
from teddy_shared.clock import SeededChance, SystemChance, SystemClock
from teddy_shared.codec import WireEvent, encode_head
from teddy_shared.envelope import WITHHELD, BearId, Envelope, Lane, Place, ProfileId
from teddy_shared.errors import SealError
from teddy_shared.events import Event, SafetyAlertRaised, to_bytes
from teddy_shared.purposes import Purpose
from teddy_shared.seal import ChaChaSeal, MemoryKeyRing, OwnerSeal, Seal
from tests.cloud_bear import BEAR, CHILD, EPOCH, batch_of, ended, head_of, turns

NOON = 1_788_264_000_000  # 2026-09-01, 12:00 UTC
HERE = partition_of(BEAR)
ALERT = SafetyAlertRaised(category="lost", advice="Call your child now.")


class OlderRelease:
    """A seal that cannot open what lies at some places, as if its release had a bug."""

    def __init__(self, seal: Seal, *broken: Place) -> None:
        self._seal = seal
        self._broken = {place.bytes() for place in broken}

    def of(self, owner: str) -> OwnerSeal:
        return self._seal.of(owner)

    def seal(self, owner: str, plain: bytes, bound_to: bytes) -> bytes:
        return self._seal.seal(owner, plain, bound_to)

    def seal_all(self, owner: str, pieces: Sequence[tuple[bytes, bytes]]) -> Sequence[bytes]:
        return self._seal.seal_all(owner, pieces)

    def open(self, owner: str, sealed: bytes, bound_to: bytes) -> bytes:
        if bound_to in self._broken:
            raise SealError("not today")
        return self._seal.open(owner, sealed, bound_to)

    def at_hand(self, owners: Iterable[str]) -> None:
        """What it opens it opens itself."""


@dataclass(frozen=True, slots=True)
class Cloud:
    store: MemoryEventStore
    models: MemoryReadModels
    keys: MemoryKeyRing
    seal: ChaChaSeal
    intake: Intake
    redriver: Redriver

    async def append(self, *items: Item | Poison, first: int = 1, lane: Lane = Lane.INTERACTION) -> None:
        await self.store.append_batch(bear=BEAR, epoch=EPOCH, lane=lane, first=first, items=items)

    async def take(self, events: Sequence[WireEvent], first: int = 1) -> None:
        """As ingest does."""
        taken = self.intake.take(BEAR, Lane.INTERACTION, batch_of(events, first))
        assert isinstance(taken, Delivery)
        await self.append(*taken.items, first=first)

    async def catch_up(self, projection: Projection, seal: Seal | None = None) -> None:
        projector = Projector(
            projections=[projection],
            store=self.store,
            copies=self.models,
            seal=seal or self.seal,
            clock=SystemClock(),
            chance=SeededChance(),
        )
        await projector.catch_up()

    async def rebuild(self, projection: Projection) -> None:
        rebuilder = Rebuilder(
            projections=[projection],
            store=self.store,
            copies=self.models,
            rebuilds=self.models,
            seal=self.seal,
            clock=SystemClock(),
            chance=SystemChance(),
        )
        await rebuilder.rebuild(projection.name)

    async def letters(self) -> list[DeadLetter]:
        return [letter async for letter in self.store.letters.each(HERE)]

    async def letter(self) -> DeadLetter:
        (letter,) = await self.letters()
        return letter

    async def topics(self) -> list[str]:
        page = await self.models.page(Conversations.name, BEAR, day_of(NOON))
        return sorted(turn.topic or "" for turn in turns_of(page))

    async def redriven(self) -> list[Envelope]:
        found = [each.head async for each in replay(self.store, Wanted(bear=BEAR))]
        return [head for head in found if head.place.epoch == REDRIVEN]

    def poison(self, event: Event, seq: int, *, reason: str = "too new") -> Poison:
        """A whole event that an older release could not read."""
        head = head_of(event, seq, turn=f"turn-{seq}", wall_ms=NOON)
        raw = encode_head(head) + b"\n" + to_bytes(event)
        bound_to = b"dead/" + head.place.bytes()
        return Poison(reason, self.seal.seal(device_owner(BEAR), raw, bound_to))

    def item(self, event: Event, seq: int) -> Item:
        head = head_of(event, seq, turn=f"turn-{seq}", wall_ms=NOON)
        sealed = self.seal.seal(CHILD, to_bytes(event), head.place.bytes())
        return Item(encode_head(head), head.purpose, CHILD, CHILD, sealed)


@pytest.fixture
async def cloud() -> Cloud:
    keys = MemoryKeyRing(chance=SeededChance())
    keys.create(CHILD)
    keys.create(device_owner(BEAR))
    keys.create(link_owner(BEAR))
    seal = ChaChaSeal(keys=keys, chance=SeededChance(1))
    store, intake = MemoryEventStore(), Intake(seal=seal)
    await store.permit(BEAR, consent=frozenset(Purpose), profiles=frozenset({ProfileId(CHILD)}))
    redriver = Redriver(letters=store.letters, store=store, intake=intake, seal=seal)
    return Cloud(store, MemoryReadModels(), keys, seal, intake, redriver)


# --- an event that could not be read when it came ---------------------------------------------------------


async def test_what_is_understood_by_now_reaches_the_read_models_once(cloud: Cloud) -> None:
    await cloud.append(
        cloud.item(ended("bees"), 1), cloud.poison(ended("whales"), 2), cloud.item(ended("ants"), 3)
    )
    await cloud.catch_up(Conversations())
    before = await cloud.topics()
    letter = await cloud.letter()

    outcome = await cloud.redriver.redrive(letter)
    again = await cloud.redriver.redrive(letter)
    await cloud.catch_up(Conversations())
    after = await cloud.topics()
    await cloud.rebuild(Conversations())

    place = Place(bear=BEAR, epoch=REDRIVEN, lane=Lane.INTERACTION, seq=1)
    assert (outcome, again) == (Redriven(place), Redriven(None))
    assert before == ["ants", "bees"]
    assert after == await cloud.topics() == ["ants", "bees", "whales"]
    (head,) = await cloud.redriven()
    assert head.origin == Place(bear=BEAR, epoch=EPOCH, lane=Lane.INTERACTION, seq=2)
    assert await cloud.letters() == []


async def test_what_is_poison_still_stays_dead_and_says_why(cloud: Cloud) -> None:
    await cloud.take([*turns(1), WireEvent(b"{}", b"{}")])

    outcome = await cloud.redriver.redrive(await cloud.letter())

    assert isinstance(outcome, StillDead)
    assert "the head does not fit at place" in outcome.reason
    assert (await cloud.letter()).reason == outcome.reason
    assert await cloud.redriven() == []


async def test_a_payload_that_no_read_model_could_open_stays_dead(cloud: Cloud) -> None:
    head = head_of(ended(), 1)
    raw = encode_head(head) + b"\n" + b'{"topic":7}'
    await cloud.append(Poison("x", cloud.seal.seal(device_owner(BEAR), raw, b"dead/" + head.place.bytes())))

    outcome = await cloud.redriver.redrive(await cloud.letter())

    assert isinstance(outcome, StillDead)
    assert "turn.ended does not fit: topic" in outcome.reason


async def test_an_erased_child_does_not_come_back(cloud: Cloud) -> None:
    await cloud.append(cloud.poison(ended(), 1))
    cloud.keys.erase(CHILD)

    outcome = await cloud.redriver.redrive(await cloud.letter())

    assert isinstance(outcome, Gone)
    assert await cloud.letters() == []
    assert await cloud.redriven() == []


async def test_what_the_family_no_longer_grants_leaves_only_its_number(cloud: Cloud) -> None:
    await cloud.append(cloud.poison(ended(), 1))
    await cloud.store.permit(BEAR, consent=frozenset({Purpose.SAFETY}), profiles=frozenset())

    await cloud.redriver.redrive(await cloud.letter())

    (head,) = await cloud.redriven()
    assert (head.type, head.profile, head.turn) == (WITHHELD, None, None)


async def test_what_was_never_kept_stays_dead(cloud: Cloud) -> None:
    await cloud.store.permit(BEAR, consent=frozenset(), profiles=frozenset())
    await cloud.append(cloud.poison(ended(), 1))

    outcome = await cloud.redriver.redrive(await cloud.letter())

    assert outcome == StillDead("its bytes were not kept: the family had granted nothing")


# --- a batch of which not even the numbers were known -----------------------------------------------------


async def buried(cloud: Cloud, data: bytes, lane: Lane | None = Lane.INTERACTION) -> DeadLetter:
    sealed = cloud.seal.seal(device_owner(BEAR), data, f"dead/{BEAR}".encode())
    await cloud.store.bury(BEAR, reason="x", size=len(data), sealed=sealed, lane=lane)
    return await cloud.letter()


async def test_a_batch_comes_in_under_its_own_numbers(cloud: Cloud) -> None:
    letter = await buried(cloud, batch_of(turns(3), 1))

    outcome = await cloud.redriver.redrive(letter)

    assert outcome == Redriven(None)
    assert await cloud.store.marks(BEAR, EPOCH) == {Lane.INTERACTION: 3}
    assert await cloud.letters() == []


async def test_a_batch_that_its_bear_sent_again_meanwhile_is_not_doubled(cloud: Cloud) -> None:
    letter = await buried(cloud, batch_of(turns(3), 1))
    await cloud.take(turns(3))

    outcome = await cloud.redriver.redrive(letter)

    assert outcome == Redriven(None)
    assert len([each async for each in replay(cloud.store)]) == 3


@pytest.mark.parametrize(
    ("data", "lane", "says"),
    [
        (b"no batch", Lane.INTERACTION, "not a zstd frame"),
        (
            batch_of(turns(2, first=5), 5),
            Lane.INTERACTION,
            "it begins at number 5, and the store has got to 0",
        ),
        (batch_of(turns(1), 1), Lane.SAFETY, "another lane than its topic"),
        (batch_of(turns(1), 1), None, "it does not say of which lane it was"),
    ],
    ids=["unreadable", "gap", "another lane", "no lane"],
)
async def test_a_batch_that_fails_again_stays_dead(
    cloud: Cloud, data: bytes, lane: Lane | None, says: str
) -> None:
    outcome = await cloud.redriver.redrive(await buried(cloud, data, lane))

    assert isinstance(outcome, StillDead)
    assert says in outcome.reason
    assert says in (await cloud.letter()).reason


async def test_what_ingest_puts_aside_is_what_is_opened_here(cloud: Cloud) -> None:
    taken = cloud.intake.take(BEAR, Lane.INTERACTION, b"no batch")
    assert isinstance(taken, Unreadable)
    await cloud.store.bury(
        BEAR, reason=taken.reason, size=taken.size, sealed=taken.sealed, lane=Lane.INTERACTION
    )

    assert await cloud.redriver.opened(await cloud.letter()) == b"no batch"


# --- a stored event that a read model could not open ------------------------------------------------------


async def test_a_stored_event_that_a_fixed_release_opens_is_told_once(cloud: Cloud) -> None:
    await cloud.append(
        *(cloud.item(ended(topic), seq) for seq, topic in enumerate(("bees", "whales", "ants"), 1))
    )
    whales = Place(bear=BEAR, epoch=EPOCH, lane=Lane.INTERACTION, seq=2)
    await cloud.catch_up(Conversations(), OlderRelease(cloud.seal, whales))
    before, letter = await cloud.topics(), await cloud.letter()

    outcome = await cloud.redriver.redrive(letter)
    await cloud.catch_up(Conversations())
    after = await cloud.topics()
    await cloud.rebuild(Conversations())

    assert isinstance(outcome, Redriven)
    assert letter.place == whales
    assert before == ["ants", "bees"]
    assert after == await cloud.topics() == ["ants", "bees", "whales"]


async def test_an_alert_that_is_told_again_is_one_alert(cloud: Cloud) -> None:
    """One read model could open it, and another could not; both meet it a second time."""
    alert = cloud.item(ALERT, 1)
    await cloud.append(alert, lane=Lane.SAFETY)
    place = Place(bear=BEAR, epoch=EPOCH, lane=Lane.SAFETY, seq=1)
    await cloud.catch_up(Bears())
    (entry,) = await cloud.store.read(HERE, Position("0-0"), 10)
    await cloud.store.bury_stored(HERE, entry.position, bear=BEAR, reason="x", size=1, place=place)

    await cloud.redriver.redrive(await cloud.letter())
    await cloud.catch_up(Bears())
    told = alerts_of(await cloud.models.page(Bears.name, BEAR, ALERTS))
    await cloud.rebuild(Bears())
    rebuilt = alerts_of(await cloud.models.page(Bears.name, BEAR, ALERTS))

    assert len(await cloud.redriven()) == 1
    assert len(told) == len(rebuilt) == 1


async def test_what_does_not_open_here_either_stays_dead(cloud: Cloud) -> None:
    item = cloud.item(ended(), 1)
    await cloud.append(Item(item.head, item.purpose, item.profile, CHILD, b"altered" * 9))
    await cloud.catch_up(Conversations())

    outcome = await cloud.redriver.redrive(await cloud.letter())

    assert isinstance(outcome, StillDead)
    assert "do not open here" in outcome.reason


async def test_what_is_no_longer_stored_is_gone(cloud: Cloud) -> None:
    await cloud.store.bury_stored(HERE, Position("7-0"), bear=BEAR, reason="x", size=9)

    assert await cloud.redriver.redrive(await cloud.letter()) == Gone("its event is no longer stored")
    assert await cloud.letters() == []


# --- who may say where an event was at first --------------------------------------------------------------


@pytest.mark.parametrize("other", [BEAR, "bear-2"])
async def test_a_bear_cannot_say_that_its_event_is_another_one(cloud: Cloud, other: str) -> None:
    """Else a bear could write over what stands at another place."""
    elsewhere = Place(bear=other, epoch=EPOCH, lane=Lane.SAFETY, seq=7)
    head = head_of(ALERT, 1, wall_ms=NOON, origin=elsewhere)
    sealed = cloud.seal.seal(CHILD, to_bytes(ALERT), head.place.bytes())
    await cloud.append(Item(encode_head(head), head.purpose, CHILD, CHILD, sealed), lane=Lane.SAFETY)

    await cloud.catch_up(Bears())

    (line,) = await cloud.models.page(Bears.name, BEAR, ALERTS)
    assert line == f"{EPOCH}-0-1"
    assert await cloud.models.page(Bears.name, BearId("bear-2"), ALERTS) == {}


async def test_nor_can_it_where_its_event_comes_out_of_the_dead_letters(cloud: Cloud) -> None:
    elsewhere = Place(bear=BEAR, epoch=ORDERS, lane=Lane.SAFETY, seq=7)
    head = head_of(ALERT, 1, wall_ms=NOON, origin=elsewhere)
    sealed = cloud.seal.seal(CHILD, to_bytes(ALERT), head.place.bytes())
    await cloud.append(Item(encode_head(head), head.purpose, CHILD, CHILD, sealed), lane=Lane.SAFETY)
    await cloud.catch_up(Bears(), OlderRelease(cloud.seal, head.place))

    await cloud.redriver.redrive(await cloud.letter())
    await cloud.catch_up(Bears())

    (line,) = await cloud.models.page(Bears.name, BEAR, ALERTS)
    assert line == f"{EPOCH}-0-1"
