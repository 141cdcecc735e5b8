"""What the family wishes: taken over once, in force at once, and still in force after a restart."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teddy_edge.link.current import Current
from teddy_edge.link.wishes import DOCUMENT, LINK, Wishes, seal_owner, seal_place
from teddy_edge.outbox.entry import Context
from teddy_edge.outbox.errors import OutboxAway
from teddy_shared.ages import AgeBand
from teddy_shared.clock import SeededChance
from teddy_shared.envelope import BearId
from teddy_shared.events import Event, SettingsObeyed
from teddy_shared.limits import Limits, QuietHours, Weekday
from teddy_shared.messages import SettingsDocument, to_bytes
from teddy_shared.purposes import Consent, Purpose
from teddy_shared.seal import ChaChaSeal, MemoryKeyRing
from teddy_shared.state.memory import MemoryStore
from teddy_shared.state.state import State
from tests.virtual_time import VirtualClock, run_virtual

BEAR = BearId("bear-1")


@dataclass
class Journal:
    """Keeps what was recorded; may be told to fail."""

    recorded: list[Event] = field(default_factory=list)
    away: bool = False

    async def append(self, event: Event, context: Context) -> None:
        if self.away:
            raise OutboxAway("disk is full")
        self.recorded.append(event)


class Bench:
    """A bear's wishes with everything around them; `restarted` keeps what a card would keep."""

    def __init__(self) -> None:
        ring = MemoryKeyRing(chance=SeededChance(1))
        ring.create("state")
        ring.create(seal_owner(BEAR))
        self.seal = ChaChaSeal(keys=ring, chance=SeededChance(2))
        self.state = State(store=MemoryStore(), seal=self.seal, clock=VirtualClock())
        self.journal = Journal()
        self.wishes = self.restarted()

    def restarted(self) -> Wishes:
        return Wishes(bear=BEAR, seal=self.seal, state=self.state, journal=self.journal)

    def sealed(self, document: SettingsDocument) -> bytes:
        return self.seal.seal(seal_owner(BEAR), to_bytes(document), seal_place(BEAR))

    async def send(self, document: SettingsDocument) -> None:
        await self.wishes.receive(self.sealed(document))


@pytest.fixture
def bench() -> Bench:
    return Bench()


async def test_before_a_family_has_spoken_the_defaults_hold_and_no_consent_is_known(bench: Bench) -> None:
    await bench.wishes.recall()

    wishes = bench.wishes
    assert (wishes.document, wishes.consent, wishes.profile) == (None, None, None)
    assert (wishes.volume, wishes.patience, wishes.age_band) == (0.7, 0.3, AgeBand.MIDDLE)


async def test_a_document_is_obeyed_recorded_and_audited(bench: Bench) -> None:
    document = SettingsDocument(
        version=3,
        profile="child-1",
        age_band=AgeBand.LITTLE,
        volume=0.2,
        patience=0.9,
        consent=frozenset({Purpose.SAFETY}),
    )

    await bench.send(document)

    wishes = bench.wishes
    assert wishes.document == document
    assert (wishes.volume, wishes.patience, wishes.age_band) == (0.2, 0.9, AgeBand.LITTLE)
    assert (wishes.profile, wishes.consent) == ("child-1", frozenset({Purpose.SAFETY}))
    assert bench.journal.recorded == [SettingsObeyed(settings_version=3)]
    assert [entry.slot.name for entry in await bench.state.audit()] == ["settings.document"]


async def test_limits_are_in_force_after_a_restart_too_and_their_ceiling_is_never_passed(
    bench: Bench,
) -> None:
    quiet = QuietHours(days=frozenset({Weekday.SUNDAY}), begins=time(19), ends=time(7))
    limits = Limits(time_zone="Asia/Tokyo", quiet_hours=(quiet,), daily_minutes=30, volume_ceiling=0.5)
    await bench.send(SettingsDocument(version=2, volume=0.8, limits=limits))

    again = bench.restarted()
    await again.recall()

    assert bench.wishes.limits == again.limits == limits
    assert again.volume == 0.4


async def test_no_consent_given_is_another_thing_than_no_consent_known(bench: Bench) -> None:
    await bench.send(SettingsDocument(version=1))

    assert bench.wishes.consent == frozenset()


async def test_after_a_restart_the_last_document_is_in_force_before_the_network_is(bench: Bench) -> None:
    await bench.send(SettingsDocument(version=3, volume=0.2))

    again = bench.restarted()
    await again.recall()

    assert again.volume == 0.2
    assert again.document == bench.wishes.document


@given(versions=st.lists(st.integers(1, 9), min_size=1, max_size=12))
def test_whatever_comes_in_whatever_order_only_newer_documents_are_obeyed(versions: list[int]) -> None:
    async def story() -> None:
        bench = Bench()
        for version in versions:
            await bench.send(SettingsDocument(version=version, volume=version / 10))

        obeyed = [event.settings_version for event in bench.journal.recorded]  # type: ignore[attr-defined]
        assert obeyed == [v for n, v in enumerate(versions) if v > max(versions[:n], default=0)]
        assert bench.wishes.volume == max(versions) / 10

    run_virtual(story())


@pytest.mark.parametrize("damage", ["not sealed", "altered", "another bear's", "sealed nonsense", "empty"])
async def test_what_does_not_open_or_make_sense_changes_nothing(bench: Bench, damage: str) -> None:
    await bench.send(SettingsDocument(version=1, volume=0.5))
    document = to_bytes(SettingsDocument(version=2, volume=0.9))
    owner = seal_owner(BEAR)
    sealed = bench.seal.seal(owner, document, seal_place(BEAR))
    data = {
        "not sealed": document,
        "altered": sealed[:-1] + bytes([sealed[-1] ^ 1]),
        "another bear's": bench.seal.seal(owner, document, seal_place(BearId("bear-2"))),
        "sealed nonsense": bench.seal.seal(owner, b'{"version": "soon"}', seal_place(BEAR)),
        "empty": b"",
    }[damage]

    await bench.wishes.receive(data)

    assert bench.wishes.volume == 0.5
    assert len(bench.journal.recorded) == 1


async def test_settings_are_obeyed_even_when_that_cannot_be_recorded(bench: Bench) -> None:
    bench.journal.away = True

    await bench.send(SettingsDocument(version=2, volume=0.1))

    assert bench.wishes.volume == 0.1


async def test_a_kept_document_that_no_longer_opens_leaves_the_defaults(bench: Bench) -> None:
    await bench.send(SettingsDocument(version=2, volume=0.1))
    strange = MemoryKeyRing(chance=SeededChance(77))
    strange.create("state")
    store = MemoryStore()
    other = State(store=store, seal=ChaChaSeal(keys=strange, chance=SeededChance(7)), clock=VirtualClock())
    await other.write(DOCUMENT, BEAR, SettingsDocument(version=2, volume=0.1), LINK)
    bench.state = State(store=store, seal=bench.seal, clock=VirtualClock())

    again = bench.restarted()
    await again.recall()

    assert again.document is None


async def test_others_hear_of_each_change_of_consent(bench: Bench) -> None:
    heard: list[Consent | None] = []

    async def follow() -> None:
        async for consent in bench.wishes.consents():
            heard.append(consent)
            if len(heard) == 3:
                return

    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        tasks.create_task(follow(), name="follow")
        await asyncio.sleep(0)
        await bench.send(SettingsDocument(version=1))
        await bench.send(SettingsDocument(version=2, consent=frozenset(Purpose)))

    assert heard == [None, frozenset(), frozenset(Purpose)]


async def test_a_slow_watcher_of_a_current_value_skips_what_was_overtaken() -> None:
    current = Current(0)
    values = current.values()
    assert await anext(values) == 0

    for value in (1, 2, 3):
        current.set(value)

    assert await anext(values) == 3
