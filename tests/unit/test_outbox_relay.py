"""Whatever the link does, everything arrives exactly once and in order, and nothing ungranted leaves."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from teddy_edge.link.current import Current
from teddy_edge.outbox.entry import NO_TURN
from teddy_edge.outbox.errors import OutboxAway
from teddy_edge.outbox.grace import COARSE, GRACE
from teddy_edge.outbox.memory import MemoryOutbox
from teddy_edge.outbox.relay import ASK_AGAIN, Heard, Opened, relay
from teddy_edge.outbox.room import LIMIT
from teddy_shared.clock import SeededChance
from teddy_shared.codec import BATCH_BYTES, BATCH_EVENTS, WireEvent, decode_batch, decode_head
from teddy_shared.envelope import GAP, WITHHELD, BearId, Kind, Lane
from teddy_shared.errors import LinkError
from teddy_shared.events import (
    BearStarted,
    Event,
    EventsDropped,
    Label,
    SafetyAlertRaised,
    TurnBegun,
    TurnEnded,
    from_bytes,
)
from teddy_shared.messages import Ack
from teddy_shared.purposes import Consent, Purpose
from tests.virtual_time import VirtualClock, run_virtual

pytestmark = pytest.mark.virtual_time

EVERYTHING: Consent = frozenset(Purpose)


Marks = dict[tuple[str, Lane], int]


@dataclass
class Cloud:
    """Applies the rule of marks: what is next is stored, what is known is known, above is refused."""

    stored: list[WireEvent] = field(default_factory=list)
    marks: Marks = field(default_factory=dict)
    covered: dict[tuple[str, Lane, int], int] = field(default_factory=dict)  # numbers below a gap's own
    past: list[tuple[int, Marks]] = field(default_factory=list)  # what it was, batch by batch

    def take(self, data: bytes, *, most: int = 10**9) -> Ack:
        batch = decode_batch(data)
        header = batch.header
        assert header.count <= BATCH_EVENTS
        self.past.append((len(self.stored), dict(self.marks)))
        mark = self.mark(header.epoch, header.lane)
        end = header.first + header.covers - 1
        if header.covers > 1 and header.first <= mark + 1 and end > mark:
            (event,) = batch.events
            assert decode_head(event.head).place.seq == end
            self.covered[header.epoch, header.lane, end] = end - mark - 1
            self.stored.append(event)
            mark = end
        elif header.covers == 1:
            for seq, event in enumerate(batch.events[:most], start=header.first):
                if seq == mark + 1:
                    place = decode_head(event.head).place
                    assert (place.epoch, place.lane, place.seq) == (header.epoch, header.lane, seq)
                    self.stored.append(event)
                    mark = seq
        self.marks[header.epoch, header.lane] = mark
        return Ack(epoch=header.epoch, lane=header.lane, mark=mark)

    def mark(self, epoch: str, lane: Lane) -> int:
        return self.marks.get((epoch, lane), 0)

    def lose_tail(self, batches: int) -> None:
        """As a failover to a replica that was behind, or a start from an older file."""
        if self.past:
            size, self.marks = self.past[-min(batches, len(self.past))]
            del self.stored[size:]
            del self.past[-min(batches, len(self.past)) :]

    def numbers(self, lane: Lane) -> list[int]:
        """In the order in which they were stored, those of gaps too."""
        found: list[int] = []
        for event in self.stored:
            place = decode_head(event.head).place
            if place.lane == lane:
                below = self.covered.get((place.epoch, lane, place.seq), 0)
                found += range(place.seq - below, place.seq + 1)
        return found

    def places(self) -> list[tuple[Lane, str]]:
        heads = [decode_head(event.head) for event in self.stored]
        return [(head.place.lane, head.type) for head in heads]

    def types(self) -> list[str]:
        return [decode_head(event.head).type for event in self.stored]


class GoodLink:
    """Delivers everything at once."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.epoch = ""  # of the outbox behind it, where a test wants hellos answered
        self.greetings: list[float] = []
        self.sent: list[tuple[float, Lane, bytes]] = []
        self.inbox: asyncio.Queue[Heard] = asyncio.Queue()

    async def send(self, lane: Lane, batch: bytes) -> None:
        self.sent.append((asyncio.get_running_loop().time(), lane, batch))
        self.inbox.put_nowait(self.cloud.take(batch))

    async def greet(self) -> None:
        self.greetings.append(asyncio.get_running_loop().time())
        if self.epoch:
            self._answer_hello(self.epoch)

    def hello(self, epoch: str) -> None:
        """A new connection, and the cloud's answer to the bear's hello."""
        self.inbox.put_nowait(Opened())
        self._answer_hello(epoch)

    def _answer_hello(self, epoch: str) -> None:
        for lane in Lane:
            self.inbox.put_nowait(Ack(epoch=epoch, lane=lane, mark=self.cloud.mark(epoch, lane)))

    async def heard(self) -> AsyncIterator[Heard]:
        while True:
            yield await self.inbox.get()


class BadLink(GoodLink):
    """Loses, repeats, delays and cuts short; calms down in the end, as networks do."""

    def __init__(self, cloud: Cloud, seed: int, troubles: int, *, forgetful: bool = False) -> None:
        super().__init__(cloud)
        self._forgetful = forgetful  # whether the cloud may lose its tail
        self._dice = random.Random(seed)
        self._troubles = troubles
        self._past: list[Ack] = []

    async def send(self, lane: Lane, batch: bytes) -> None:
        self.sent.append((asyncio.get_running_loop().time(), lane, batch))
        self._troubles -= 1
        trouble = self._dice.randrange(10 if self._forgetful else 8) if self._troubles > 0 else 7
        await asyncio.sleep(self._dice.uniform(0, 0.2))
        match trouble:
            case 0:
                raise LinkError("away")
            case 1:  # arrived, but nobody learns of it
                self.cloud.take(batch)
                raise LinkError("away")
            case 2:  # lost
                return
            case 3:  # the acknowledgement is lost
                self.cloud.take(batch)
                return
            case 4:  # stored in part
                self._answer(self.cloud.take(batch, most=self._dice.randrange(5)))
            case 5:  # twice, with acknowledgements twice
                for _ in range(2):
                    self._answer(self.cloud.take(batch))
            case 6:  # a new connection, and an old acknowledgement out of order
                self._answer(self.cloud.take(batch))
                self.inbox.put_nowait(Opened())
                self.inbox.put_nowait(self._dice.choice(self._past))
            case 7 if self._troubles > 0 and self._past:  # an old acknowledgement for no reason
                self.inbox.put_nowait(self._dice.choice(self._past))
                self._answer(self.cloud.take(batch))
            case 8:  # a failover that nobody on this connection notices
                self.cloud.lose_tail(self._dice.randint(1, 6))
                self._answer(self.cloud.take(batch))
            case 9:  # one that breaks the connection; the batch was lost with it
                self.cloud.lose_tail(self._dice.randint(1, 6))
                self.hello(decode_batch(batch).header.epoch)
            case _:
                self._answer(self.cloud.take(batch))

    def _answer(self, ack: Ack) -> None:
        self._past.append(ack)
        self.inbox.put_nowait(ack)


class Consents:
    def __init__(self, consent: Consent | None) -> None:
        self.current: Current[Consent | None] = Current(consent)

    def consents(self) -> AsyncIterator[Consent | None]:
        return self.current.values()


def new_outbox(*, limit: int = LIMIT) -> MemoryOutbox:
    return MemoryOutbox(bear=BearId("bear-1"), clock=VirtualClock(), chance=SeededChance(1), limit=limit)


@asynccontextmanager
async def relaying(outbox: MemoryOutbox, link: GoodLink, consents: Consents) -> AsyncIterator[None]:
    task = asyncio.create_task(
        relay(outbox=outbox, link=link, consent=consents, clock=VirtualClock(), chance=SeededChance(2)),
        name="relay",
    )
    try:
        yield
        await asyncio.sleep(0)
        assert not task.done(), task
    finally:
        task.cancel()
        await asyncio.wait([task])


async def until(condition: Callable[[], bool], *, seconds: float = 900) -> None:
    """In virtual time: a quarter of an hour costs nothing."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  # in virtual time, asking costs nothing
            await asyncio.sleep(0.5)


def is_empty(outbox: MemoryOutbox) -> bool:
    return all(mark.acked == mark.last for mark in outbox.marks().values())


class Measured(Event):
    """What a bear would note of itself now and then."""

    label = Label("bear.measured", Kind.SYSTEM, Lane.TELEMETRY, Purpose.DEVICE)
    number: int


def measured(number: int) -> Event:
    return Measured(number=number)


def some(number: int) -> Event:
    """Events of two lanes and three purposes."""
    return [
        TurnBegun(speech_ms=number),
        BearStarted(software=str(number)),
        SafetyAlertRaised(category=str(number), advice="call"),
    ][number % 3]


@given(seed=st.integers(0, 2**32), troubles=st.integers(0, 25), count=st.integers(1, 150))
@settings(max_examples=60, deadline=None)
def test_over_any_link_everything_arrives_exactly_once_and_in_order(
    seed: int, troubles: int, count: int
) -> None:
    async def story() -> None:
        outbox, cloud = new_outbox(), Cloud()
        async with relaying(outbox, BadLink(cloud, seed, troubles), Consents(EVERYTHING)):
            for number in range(count):
                await outbox.append(some(number), NO_TURN)
                if number % 20 == 0:
                    await asyncio.sleep(random.Random(seed + number).uniform(0, 2))
            await until(lambda: is_empty(outbox))

        for lane in Lane:
            numbers = cloud.numbers(lane)
            assert numbers == list(range(1, len(numbers) + 1))
        assert len(cloud.stored) == count
        assert outbox.healed == ()

    run_virtual(story())


async def until_complete(outbox: MemoryOutbox, cloud: Cloud, link: GoodLink) -> None:
    """A cloud that lost its tail behind the last batch is found out by the next hello."""
    for _ in range(20):
        await until(lambda: is_empty(outbox))
        if all(cloud.mark(outbox.epoch, lane) == mark.last for lane, mark in outbox.marks().items()):
            return
        link.hello(outbox.epoch)
        await asyncio.sleep(1)
    raise AssertionError("the cloud never has it all")


@given(seed=st.integers(0, 2**32), troubles=st.integers(0, 25), count=st.integers(1, 150))
@settings(max_examples=60, deadline=None)
def test_whatever_tail_the_cloud_loses_everything_arrives_exactly_once_and_in_order(
    seed: int, troubles: int, count: int
) -> None:
    async def story() -> None:
        outbox, cloud = new_outbox(), Cloud()
        link = BadLink(cloud, seed, troubles, forgetful=True)
        async with relaying(outbox, link, Consents(EVERYTHING)):
            for number in range(count):
                await outbox.append(some(number), NO_TURN)
                if number % 20 == 0:
                    await asyncio.sleep(random.Random(seed + number).uniform(0, 2))
            await until_complete(outbox, cloud, link)

        for lane in Lane:
            assert cloud.numbers(lane) == list(range(1, outbox.marks()[lane].last + 1))
        assert len(cloud.stored) == count
        assert outbox.healed == ()
        assert len(link.sent) < 40 + 2 * troubles + count  # no storm of batches

    run_virtual(story())


@given(seed=st.integers(0, 2**32), troubles=st.integers(0, 25), count=st.integers(1, 150))
@settings(max_examples=60, deadline=None)
def test_over_any_link_what_gave_way_is_counted_and_all_else_arrives_exactly_once(
    seed: int, troubles: int, count: int
) -> None:
    async def story() -> None:
        outbox, cloud = new_outbox(limit=6000), Cloud()
        link = BadLink(cloud, seed, troubles)
        async with relaying(outbox, link, Consents(EVERYTHING)):
            for number in range(count):
                with suppress(OutboxAway):  # of telemetry, where the talk alone has reached the limit
                    await outbox.append(measured(number) if number % 4 else some(number), NO_TURN)
                if number % 40 == 0:
                    await asyncio.sleep(random.Random(seed + number).uniform(0, 2))
            await until(lambda: is_empty(outbox))

        for lane in Lane:
            assert cloud.numbers(lane) == list(range(1, outbox.marks()[lane].last + 1))
        for lane in (Lane.SAFETY, Lane.INTERACTION):
            assert all(type_ != GAP for lane_, type_ in cloud.places() if lane_ == lane)
        payloads = [event.payload for event in cloud.stored if decode_head(event.head).type != GAP]
        assert len(payloads) == len(set(payloads))
        assert outbox.healed == ()

    run_virtual(story())


async def test_what_gave_way_travels_as_one_event_that_says_how_many() -> None:
    outbox, link = new_outbox(limit=20_000), GoodLink(Cloud())
    for number in range(200):
        await outbox.append(measured(number), NO_TURN)
    async with relaying(outbox, link, Consents(EVERYTHING)):
        await until(lambda: is_empty(outbox))

    first, *others = [decode_batch(data) for _, _, data in link.sent]
    assert (first.header.first, first.header.count) == (1, 1)
    (event,) = first.events
    assert from_bytes(GAP, 1, event.payload) == EventsDropped(first=1, count=first.header.covers)
    assert decode_head(event.head).place.seq == first.header.covers > 100
    assert others[0].header.first == first.header.covers + 1
    assert link.cloud.numbers(Lane.TELEMETRY) == list(range(1, 201))


async def test_a_burst_travels_in_few_batches_one_in_flight_a_lane() -> None:
    outbox, link = new_outbox(), GoodLink(Cloud())
    for number in range(200):
        await outbox.append(TurnBegun(speech_ms=number), NO_TURN)
    async with relaying(outbox, link, Consents(EVERYTHING)):
        await until(lambda: is_empty(outbox))

    assert [decode_batch(data).header.count for _, _, data in link.sent] == [64, 64, 64, 8]


async def test_a_batch_is_no_larger_than_agreed() -> None:
    outbox, link = new_outbox(), GoodLink(Cloud())
    for _ in range(10):
        await outbox.append(BearStarted(software="x" * 20_000), NO_TURN)
    async with relaying(outbox, link, Consents(EVERYTHING)):
        await until(lambda: is_empty(outbox))

    for _, _, data in link.sent:
        assert sum(len(e.head) + len(e.payload) for e in decode_batch(data).events) <= BATCH_BYTES


async def test_safety_goes_first() -> None:
    outbox, link = new_outbox(), GoodLink(Cloud())
    for number in range(100):
        await outbox.append(TurnBegun(speech_ms=number), NO_TURN)
    await outbox.append(SafetyAlertRaised(category="lost", advice="call"), NO_TURN)
    async with relaying(outbox, link, Consents(EVERYTHING)):
        await until(lambda: is_empty(outbox))

    assert [lane for _, lane, _ in link.sent] == [Lane.SAFETY, Lane.INTERACTION, Lane.INTERACTION]


async def test_an_append_is_sent_at_once_and_only_once() -> None:
    outbox, link = new_outbox(), GoodLink(Cloud())
    async with relaying(outbox, link, Consents(EVERYTHING)):
        await asyncio.sleep(100.25)
        await outbox.append(TurnBegun(speech_ms=1), NO_TURN)
        await asyncio.sleep(100)

    assert [at for at, _, _ in link.sent] == [100.25]


async def test_while_no_family_has_spoken_only_what_is_about_the_device_leaves() -> None:
    outbox, link, consents = new_outbox(), GoodLink(Cloud()), Consents(None)
    for event in (BearStarted(software="1"), TurnBegun(speech_ms=1), BearStarted(software="2")):
        await outbox.append(event, NO_TURN)
    async with relaying(outbox, link, consents):
        await asyncio.sleep(1000)
        assert link.cloud.types() == ["bear.started"]

        consents.current.set(EVERYTHING)
        await until(lambda: is_empty(outbox))

    assert link.cloud.types() == ["bear.started", "turn.begun", "bear.started"]


async def test_what_was_not_granted_leaves_a_stand_in_that_says_nothing() -> None:
    outbox, link = new_outbox(), GoodLink(Cloud())
    ended = TurnEnded(
        topic="dinosaurs",
        skill="facts",
        verdict="fine",
        outcome="answered",
        speech_ms=1,
        reply_ms=1,
        stages_ms={},
    )
    for event in (BearStarted(software="1"), ended, SafetyAlertRaised(category="lost", advice="call")):
        await outbox.append(event, NO_TURN)
    async with relaying(outbox, link, Consents(frozenset({Purpose.SAFETY}))):
        await until(lambda: is_empty(outbox))

    assert sorted(link.cloud.types()) == sorted(["bear.started", WITHHELD, "safety.alert_raised"])
    (stand_in,) = [e for e in link.cloud.stored if decode_head(e.head).type == WITHHELD]
    assert stand_in.payload == b"{}"
    assert not any(word in stand_in.head for word in (b"turn.ended", b"dinosaurs", b"activity", b"child"))


async def test_a_consent_taken_back_holds_from_the_next_batch_on() -> None:
    outbox, link, consents = new_outbox(), GoodLink(Cloud()), Consents(EVERYTHING)
    async with relaying(outbox, link, consents):
        await outbox.append(TurnBegun(speech_ms=1), NO_TURN)
        await until(lambda: is_empty(outbox))
        consents.current.set(frozenset())
        await asyncio.sleep(0.1)
        await outbox.append(TurnBegun(speech_ms=2), NO_TURN)
        await until(lambda: is_empty(outbox))

    assert link.cloud.types() == ["turn.begun", WITHHELD]


class PausingLink(GoodLink):
    async def send(self, lane: Lane, batch: bytes) -> None:
        await super().send(lane, batch)
        ack = self.inbox.get_nowait()
        assert isinstance(ack, Ack)
        self.inbox.put_nowait(ack.model_copy(update={"pause_ms": 30_000}))


async def test_a_cloud_that_asks_for_a_pause_gets_it() -> None:
    outbox, link = new_outbox(), PausingLink(Cloud())
    for number in range(130):
        await outbox.append(TurnBegun(speech_ms=number), NO_TURN)
    async with relaying(outbox, link, Consents(EVERYTHING)):
        await until(lambda: is_empty(outbox))

    times = [at for at, _, _ in link.sent]
    assert [later - earlier for earlier, later in pairwise(times)] == [30.0, 30.0]


async def test_a_cloud_that_lost_its_store_gets_everything_of_the_last_day_again() -> None:
    outbox, link = new_outbox(), GoodLink(Cloud())
    async with relaying(outbox, link, Consents(EVERYTHING)):
        for number in range(100):
            await outbox.append(TurnBegun(speech_ms=number), NO_TURN)
        await until(lambda: is_empty(outbox))
        link.cloud.marks.clear()
        link.cloud.stored.clear()
        link.hello(outbox.epoch)
        await until(lambda: len(link.cloud.stored) == 100)

    assert link.cloud.numbers(Lane.INTERACTION) == list(range(1, 101))
    assert outbox.healed == ()


async def test_a_cloud_that_lost_more_than_a_day_gets_what_is_still_here_under_a_new_epoch() -> None:
    outbox, link = new_outbox(), GoodLink(Cloud())
    async with relaying(outbox, link, Consents(EVERYTHING)):
        for number in range(10):
            await outbox.append(TurnBegun(speech_ms=number), NO_TURN)
        await until(lambda: is_empty(outbox))
        await asyncio.sleep(GRACE + 2 * COARSE)
        await outbox.append(TurnBegun(speech_ms=10), NO_TURN)
        await until(lambda: is_empty(outbox))
        old = outbox.epoch
        link.cloud.marks.clear()
        link.cloud.stored.clear()
        for number in range(3):
            await outbox.append(TurnBegun(speech_ms=11 + number), NO_TURN)
        await until(lambda: is_empty(outbox))

    assert outbox.epoch != old
    assert link.cloud.numbers(Lane.INTERACTION) == [1, 2, 3, 4]
    spoken = [from_bytes("turn.begun", 1, event.payload) for event in link.cloud.stored]
    assert spoken == [TurnBegun(speech_ms=10 + number) for number in range(4)]
    assert len(outbox.healed) == 1


async def test_what_was_withheld_does_not_come_back_when_the_cloud_lost_it_and_consent_was_given() -> None:
    outbox, link, consents = new_outbox(), GoodLink(Cloud()), Consents(frozenset())
    async with relaying(outbox, link, consents):
        await outbox.append(TurnBegun(speech_ms=1), NO_TURN)
        await until(lambda: is_empty(outbox))
        consents.current.set(EVERYTHING)
        await outbox.append(TurnBegun(speech_ms=2), NO_TURN)
        await until(lambda: is_empty(outbox))
        link.cloud.marks.clear()
        link.cloud.stored.clear()
        link.hello(outbox.epoch)
        await until(lambda: len(link.cloud.stored) == 2)

    assert link.cloud.types() == [WITHHELD, "turn.begun"]


class FullCard(MemoryOutbox):
    async def withhold(self, lane: Lane, numbers: Sequence[int], *, epoch: str) -> None:
        raise OutboxAway("database or disk is full")


async def test_a_full_card_does_not_keep_stand_ins_from_travelling() -> None:
    outbox = FullCard(bear=BearId("bear-1"), clock=VirtualClock(), chance=SeededChance(1))
    link = GoodLink(Cloud())
    async with relaying(outbox, link, Consents(frozenset())):
        await outbox.append(TurnBegun(speech_ms=1), NO_TURN)
        await until(lambda: is_empty(outbox))

    assert link.cloud.types() == [WITHHELD]


async def test_a_bear_whose_card_forgot_its_last_commits_repeats_no_number() -> None:
    """A card may lie about what it has written: the cloud then knows more than the bear."""
    outbox, link = new_outbox(), GoodLink(Cloud())
    link.cloud.marks[outbox.epoch, Lane.INTERACTION] = 10
    async with relaying(outbox, link, Consents(EVERYTHING)):
        for number in range(3):
            await outbox.append(TurnBegun(speech_ms=number), NO_TURN)
        await until(lambda: is_empty(outbox))

    assert link.cloud.numbers(Lane.INTERACTION) == [1, 2, 3]


class TiredOutbox(MemoryOutbox):
    """Its disk does not answer for a while."""

    tired = 3

    async def pending(self, lane: Lane, after: int, **limits: int) -> list:  # type: ignore[type-arg]
        if self.tired:
            self.tired -= 1
            raise OutboxAway("disk I/O error")
        return await super().pending(lane, after, **limits)


async def test_a_disk_that_does_not_answer_is_asked_again() -> None:
    outbox = TiredOutbox(bear=BearId("bear-1"), clock=VirtualClock(), chance=SeededChance(1))
    link = GoodLink(Cloud())
    async with relaying(outbox, link, Consents(EVERYTHING)):
        await outbox.append(TurnBegun(speech_ms=1), NO_TURN)
        await until(lambda: is_empty(outbox))

    assert len(link.sent) == 1


async def test_a_lane_that_has_nothing_to_send_learns_of_a_lost_tail_too() -> None:
    """An alert may be the last of its lane for weeks, and the connection may stand for weeks."""
    outbox, link = new_outbox(), GoodLink(Cloud())
    link.epoch = outbox.epoch
    async with relaying(outbox, link, Consents(EVERYTHING)):
        await outbox.append(SafetyAlertRaised(category="lost", advice="call"), NO_TURN)
        await until(lambda: is_empty(outbox))
        link.cloud.lose_tail(1)
        assert link.cloud.numbers(Lane.SAFETY) == []

        await until(lambda: link.cloud.numbers(Lane.SAFETY) == [1], seconds=ASK_AGAIN)
        await asyncio.sleep(60)

    assert len(link.greetings) == 2  # and once more when something was found to be lost


async def test_when_one_lane_is_found_behind_all_are_looked_at() -> None:
    outbox, link = new_outbox(), GoodLink(Cloud())
    link.epoch = outbox.epoch
    async with relaying(outbox, link, Consents(EVERYTHING)):
        await outbox.append(SafetyAlertRaised(category="lost", advice="call"), NO_TURN)
        await outbox.append(TurnBegun(speech_ms=1), NO_TURN)
        await until(lambda: is_empty(outbox))
        link.cloud.lose_tail(2)

        await outbox.append(TurnBegun(speech_ms=2), NO_TURN)
        await until(lambda: link.cloud.numbers(Lane.SAFETY) == [1], seconds=30)

    assert link.cloud.numbers(Lane.INTERACTION) == [1, 2]


async def test_a_cloud_that_lost_nothing_is_asked_twice_an_hour_and_nothing_comes_of_it() -> None:
    outbox, link = new_outbox(), GoodLink(Cloud())
    link.epoch = outbox.epoch
    async with relaying(outbox, link, Consents(EVERYTHING)):
        await outbox.append(TurnBegun(speech_ms=1), NO_TURN)
        await asyncio.sleep(24 * 3600)

    assert 48 <= len(link.greetings) <= 96
    assert len(link.sent) == 1
