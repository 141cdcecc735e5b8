"""From stored events to what parents see: each once, none ever a stop."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teddy_cloud.eventstore.memory import MemoryEventStore
from teddy_cloud.eventstore.own import QUERIES
from teddy_cloud.eventstore.partitions import partition_of
from teddy_cloud.eventstore.presence import OFFLINE, ONLINE, UNHEARD
from teddy_cloud.eventstore.store import Item
from teddy_cloud.fleet.household import device_owner
from teddy_cloud.projections.bears import ALERTS, STATE, Bears, BearState, alerts_of, state_of
from teddy_cloud.projections.conversations import (
    Conversations,
    Turn,
    day_of,
    minutes_by_hour,
    topics_of,
    turns_of,
)
from teddy_cloud.projections.ledger import Ledger
from teddy_cloud.projections.memory import MemoryReadModels
from teddy_cloud.projections.projection import Projection
from teddy_cloud.projections.projector import Projector
from teddy_cloud.projections.readmodels import Cell
from teddy_cloud.projections.rebuilding import Rebuilder
from teddy_shared.clock import SeededChance, SystemChance, SystemClock
from teddy_shared.codec import encode_head
from teddy_shared.envelope import BearId, Envelope, Lane, Place, When, unreadable, withheld
from teddy_shared.events import (
    BearStarted,
    Event,
    EventsDropped,
    QueryAsked,
    SafetyAlertRaised,
    SettingsObeyed,
    to_bytes,
)
from teddy_shared.purposes import Purpose
from teddy_shared.seal import ChaChaSeal, MemoryKeyRing
from tests.cloud_bear import BEAR, CHILD, EPOCH, SECONDS, begun, ended, head_of

NOON = 1_788_264_000_000  # 2026-09-01, 12:00 UTC
DAY = day_of(NOON)


@dataclass(frozen=True, slots=True)
class Cloud:
    store: MemoryEventStore
    models: MemoryReadModels
    keys: MemoryKeyRing
    seal: ChaChaSeal

    async def append(self, *events: tuple[Envelope, Event | bytes | None]) -> None:
        for head, event in events:
            payload = to_bytes(event) if isinstance(event, Event) else event
            owner = head.profile or device_owner(BEAR)
            sealed = b"" if payload is None else self.seal.seal(owner, payload, head.place.bytes())
            line = encode_head(head)
            item = Item(line, head.purpose, None, owner, sealed)
            place = head.place
            first = event.first if isinstance(event, EventsDropped) else place.seq
            await self.store.append_batch(
                bear=BEAR,
                epoch=place.epoch,
                lane=place.lane,
                first=first,
                items=[item],
                covers=place.seq - first + 1,
            )

    def projector(self, *projections: Projection) -> Projector:
        return Projector(
            projections=projections,
            store=self.store,
            copies=self.models,
            seal=self.seal,
            clock=SystemClock(),
            chance=SeededChance(),
        )

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

    async def turns(self, day: str = DAY) -> Sequence[Turn]:
        return turns_of(await self.models.page(Conversations.name, BEAR, day))

    async def state(self) -> BearState:
        return state_of(await self.models.page(Bears.name, BEAR, STATE))


@pytest.fixture
async def cloud() -> Cloud:
    keys = MemoryKeyRing(chance=SeededChance())
    keys.create(CHILD)
    keys.create(device_owner(BEAR))
    store = MemoryEventStore()
    await store.permit(BEAR, consent=frozenset(Purpose), profiles=frozenset({CHILD}))
    return Cloud(store, MemoryReadModels(store), keys, ChaChaSeal(keys=keys, chance=SeededChance(1)))


def turn_events(
    number: int, *, wall_ms: int = NOON, topic: str = "dinosaurs"
) -> list[tuple[Envelope, Event]]:
    name, seq = f"turn-{number}", 2 * number - 1
    return [
        (head_of(begun(), seq, turn=name, wall_ms=wall_ms), begun()),
        (head_of(ended(), seq + 1, turn=name, wall_ms=wall_ms + 6_000), ended(topic)),
    ]


async def test_a_turn_shows_as_soon_as_it_begins_and_is_told_when_it_ends(cloud: Cloud) -> None:
    first, second = turn_events(1)
    projector = cloud.projector(Conversations())

    await cloud.append(first)
    await projector.catch_up()
    (open_turn,) = await cloud.turns()
    await cloud.append(second)
    await projector.catch_up()
    (turn,) = await cloud.turns()

    assert (open_turn.turn, open_turn.topic, open_turn.ended_wall_ms) == ("turn-1", None, None)
    assert turn == Turn(
        turn="turn-1",
        begun_wall_ms=NOON,
        ended_wall_ms=NOON + 6_000,
        topic="dinosaurs",
        skill="animals",
        verdict="answer",
        outcome="answered",
        spoken_ms=2_000,
        answered_ms=4_000,
    )


async def test_a_turn_over_midnight_stays_on_the_day_on_which_it_began(cloud: Cloud) -> None:
    midnight = NOON - NOON % 86_400_000 + 86_400_000

    await cloud.append(*turn_events(1, wall_ms=midnight - 3_000))
    await cloud.projector(Conversations()).catch_up()

    (turn,) = await cloud.turns(day_of(midnight - 3_000))
    assert turn.topic == "dinosaurs"
    assert await cloud.turns(day_of(midnight)) == []


async def test_a_refilled_tail_comes_back_under_new_positions_and_changes_nothing(cloud: Cloud) -> None:
    await cloud.append(*turn_events(1), *turn_events(2))
    projector = cloud.projector(Conversations())
    await projector.catch_up()
    before = await cloud.turns()

    head, _ = turn_events(1)[1]
    again = Item(
        encode_head(head),
        head.purpose,
        CHILD,
        CHILD,
        cloud.seal.seal(CHILD, to_bytes(ended("other")), head.place.bytes()),
    )
    await cloud.store.append_batch(bear=BEAR, epoch="e9", lane=Lane.INTERACTION, first=1, items=[again])
    await projector.catch_up()

    assert await cloud.turns() == before


async def test_poison_is_put_aside_and_stops_nothing(cloud: Cloud) -> None:
    one, other = turn_events(1), turn_events(2)
    broken = (one[1][0], b'{"topic": 7}')
    projector = cloud.projector(Conversations())

    await cloud.append(one[0], broken, *other)
    await projector.catch_up()
    await projector.catch_up()

    assert [turn.topic for turn in await cloud.turns()] == ["dinosaurs", None]
    (letter,) = await cloud.store.dead_letters(partition_of(BEAR))
    assert letter.reason.startswith("projections: ")
    assert (letter.place, letter.sealed) == (broken[0].place, b"")  # it lies in the store


async def test_what_was_sealed_elsewhere_is_put_aside(cloud: Cloud) -> None:
    head, event = turn_events(1)[0]
    sealed = cloud.seal.seal(CHILD, to_bytes(event), b"another place")
    item = Item(encode_head(head), head.purpose, CHILD, CHILD, sealed)
    await cloud.store.append_batch(bear=BEAR, epoch=EPOCH, lane=Lane.INTERACTION, first=1, items=[item])

    await cloud.projector(Conversations()).catch_up()

    assert await cloud.turns() == []
    assert len(await cloud.store.dead_letters(partition_of(BEAR))) == 1


async def test_a_head_that_another_release_wrote_is_put_aside(cloud: Cloud) -> None:
    item = Item(b"{}", Purpose.DEVICE, None, CHILD, b"sealed")
    await cloud.store.append_batch(bear=BEAR, epoch="e", lane=Lane.BULK, first=1, items=[item])
    await cloud.append(turn_events(1)[0])

    await cloud.projector(Conversations()).catch_up()

    assert len(await cloud.turns()) == 1
    (letter,) = await cloud.store.dead_letters(partition_of(BEAR))  # where it lies, for whoever it is of
    assert letter.bear == "unknown"


async def test_a_newer_bears_events_are_kept_and_passed_over(cloud: Cloud) -> None:
    newer = head_of(begun(), 1, turn="turn-1", wall_ms=NOON, version=9)
    unknown = head_of(begun(), 2, turn="turn-2", wall_ms=NOON, type="turn.dreamt")

    await cloud.append((newer, begun()), (unknown, begun()))
    await cloud.projector(Conversations()).catch_up()

    assert await cloud.turns() == []
    assert await cloud.store.dead_letters(partition_of(BEAR)) == []


async def test_a_rebuild_gives_the_same_and_leaves_out_an_erased_child(cloud: Cloud) -> None:
    await cloud.append(*turn_events(1), *turn_events(2, topic="the moon"))
    projector = cloud.projector(Conversations())
    await projector.catch_up()
    before = await cloud.turns()

    await cloud.rebuild(Conversations())
    rebuilt = await cloud.turns()
    cloud.keys.erase(CHILD)
    await cloud.rebuild(Conversations())

    assert rebuilt == before
    assert len(before) == 2
    assert await cloud.turns() == []


async def test_two_projectors_at_once_do_not_double_anything(cloud: Cloud) -> None:
    one, other = cloud.projector(Conversations()), cloud.projector(Conversations())
    await cloud.append(*turn_events(1))
    await one.catch_up()
    await cloud.append(*turn_events(2))

    await other.catch_up()
    await one.catch_up()

    assert [turn.turn for turn in await cloud.turns()] == ["turn-2", "turn-1"]


async def test_a_bear_with_much_to_tell_does_not_keep_another_waiting(cloud: Cloud) -> None:
    much = 5_000
    refused = [(withheld(head_of(begun(), seq, wall_ms=NOON)), b"{}") for seq in range(1, much + 1)]
    await cloud.append(*refused)
    alert = withheld(head_of(begun(), 1, bear="bear-2", wall_ms=NOON))
    async with asyncio.TaskGroup() as tasks, asyncio.timeout(SECONDS):
        running = tasks.create_task(cloud.projector(Bears()).run(), name="projector")
        async with cloud.models.every_notice() as notices:
            while (await cloud.state()).withheld < 1_500:  # every partition has been looked at once
                await notices.changed(SECONDS)
            await cloud.store.append_batch(
                bear=BearId("bear-2"),
                epoch=EPOCH,
                lane=Lane.INTERACTION,
                first=1,
                items=[Item(encode_head(alert), Purpose.DEVICE, None, "", b"")],
            )
            while "bear-2" not in await notices.changed(SECONDS):
                pass
            so_far = (await cloud.state()).withheld
        running.cancel()

    assert 0 < so_far < much


@given(order=st.permutations(range(4)))
def test_the_end_of_a_turn_may_come_before_its_beginning(order: list[int]) -> None:
    projection = Conversations()
    cells: dict[Cell, bytes] = {}
    events = [*turn_events(1), *turn_events(2, topic="the moon")]

    for index in order:
        head, event = events[index]
        cells.update(projection.apply(cells, head, event))

    turns = turns_of({cell.line: value for cell, value in cells.items()})
    assert {turn.turn: turn.topic for turn in turns} == {"turn-1": "dinosaurs", "turn-2": "the moon"}


@given(wall_ms=st.integers(-(2**63), 2**63))
def test_a_bears_clock_may_say_anything(wall_ms: int) -> None:
    head = head_of(ended(), 1, turn="turn-1", wall_ms=wall_ms)

    ((cell, value),) = Conversations().apply({}, head, ended()).items()

    assert cell.page == day_of(wall_ms)
    assert sum(minutes_by_hour(turns_of({cell.line: value}))) == pytest.approx(0.1)


async def test_the_day_is_summed_by_topic_and_hour(cloud: Cloud) -> None:
    hour = 3_600_000
    await cloud.append(
        *turn_events(1),
        *turn_events(2, wall_ms=NOON + hour),
        *turn_events(3, wall_ms=NOON + hour, topic="bees"),
    )
    await cloud.projector(Conversations()).catch_up()
    turns = await cloud.turns()

    assert topics_of(turns) == [("dinosaurs", 2), ("bees", 1)]
    by_hour = minutes_by_hour(turns)
    at = (NOON // hour) % 24
    assert by_hour[at : at + 2] == [pytest.approx(0.1), pytest.approx(0.2)]


# --- how the bear is ----------------------------------------------------------------------------------


def presence(type_: str, seq: int, *, boot: str = "boot-1", wall_ms: int = NOON) -> tuple[Envelope, None]:
    when = When(boot=boot, monotonic_us=0, wall_ms=wall_ms, synchronised=True)
    head = head_of(None, seq, epoch="cloud", type=type_, when=when, profile=None, purpose=Purpose.DEVICE)
    return head, None


async def test_a_bear_that_said_hello_is_awake_until_it_goes(cloud: Cloud) -> None:
    projector = cloud.projector(Bears())
    assert not (await cloud.state()).online

    await cloud.append(presence(ONLINE, 1), presence(ONLINE, 2, wall_ms=NOON + 5))
    await projector.catch_up()
    awake = await cloud.state()
    await cloud.append(presence(OFFLINE, 3, wall_ms=NOON + 9))
    await projector.catch_up()
    asleep = await cloud.state()

    assert (awake.online, awake.since_wall_ms) == (True, NOON)
    assert (asleep.online, asleep.since_wall_ms) == (False, NOON + 9)


async def test_the_last_will_of_an_earlier_start_does_not_put_the_bear_to_sleep(cloud: Cloud) -> None:
    await cloud.append(presence(ONLINE, 1), presence(ONLINE, 2, boot="boot-2"), presence(OFFLINE, 3))
    await cloud.projector(Bears()).catch_up()

    assert (await cloud.state()).online


async def test_a_bear_that_nobody_heard_again_is_asleep_until_its_next_hello(cloud: Cloud) -> None:
    head, _ = presence(UNHEARD, 1, boot="unknown")
    unheard = head.model_copy(update={"place": head.place.model_copy(update={"lane": Lane.TELEMETRY})})
    projector = cloud.projector(Bears())

    await cloud.append(presence(ONLINE, 1), (unheard, None))
    await projector.catch_up()
    asleep = await cloud.state()
    await cloud.append(presence(ONLINE, 2))
    await projector.catch_up()

    assert not asleep.online
    assert (await cloud.state()).online


async def test_a_bear_tells_its_software_its_settings_and_its_alerts(cloud: Cloud) -> None:
    alert = SafetyAlertRaised(category="lost", advice="Call your child now.")
    facts: list[Event] = [BearStarted(software="0.1.0"), SettingsObeyed(settings_version=4)]
    await cloud.append(
        *((head_of(event, seq, wall_ms=NOON), event) for seq, event in enumerate(facts, 1)),
        (head_of(alert, 1, wall_ms=NOON), alert),
    )
    projector = cloud.projector(Bears())
    await projector.catch_up()
    await cloud.rebuild(Bears())

    state = await cloud.state()
    (shown,) = alerts_of(await cloud.models.page(Bears.name, BEAR, ALERTS))
    assert (state.software, state.settings_version, state.last_seen_wall_ms) == ("0.1.0", 4, NOON)
    assert (shown.category, shown.advice) == ("lost", "Call your child now.")


async def test_a_bear_writes_nothing_into_the_ledger_whatever_its_clock_says(cloud: Cloud) -> None:
    look = QueryAsked(query="bear.day", who="operator:0123456789abcdef")
    await cloud.append(
        (head_of(look, 1, wall_ms=NOON), look),
        (head_of(look, 2, wall_ms=10**17), look),  # no day has this name
        (head_of(look, 1, epoch=QUERIES, wall_ms=NOON), look),
    )

    await cloud.projector(Ledger()).catch_up()

    assert list(await cloud.models.page(Ledger.name, BEAR, DAY)) == [f"{QUERIES}-3-1"]


async def test_what_gave_way_or_cannot_be_read_is_counted_lane_by_lane(cloud: Cloud) -> None:
    telemetry = EventsDropped(first=1, count=40)
    more = EventsDropped(first=41, count=2)
    bulk = Place(bear=BEAR, epoch=EPOCH, lane=Lane.BULK, seq=40)
    await cloud.append(
        (head_of(BearStarted(software="0.1.0"), 1, wall_ms=NOON), BearStarted(software="0.1.0")),
        (unreadable(head_of(begun(), 2).place), b"{}"),
        (withheld(head_of(begun(), 3, wall_ms=NOON)), b"{}"),
        (head_of(telemetry, 40, wall_ms=NOON), telemetry),
        (head_of(more, 42, wall_ms=NOON), more),
        (head_of(telemetry, 40, place=bulk, wall_ms=NOON), telemetry),
    )

    await cloud.projector(Bears()).catch_up()

    state = await cloud.state()
    assert state.dropped == {Lane.TELEMETRY: 42, Lane.BULK: 40}
    assert (state.unreadable, state.withheld) == (1, 1)
    assert state.last_seen_wall_ms == NOON
