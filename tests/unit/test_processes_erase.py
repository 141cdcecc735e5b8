"""Erasing a child: in order, whatever breaks off, with or without its bear, and with a proof that bites."""

from __future__ import annotations

import asyncio

import pytest

from teddy_cloud.fleet.household import device_owner
from teddy_cloud.privacy.receipts import is_whole
from teddy_cloud.processes.erase_child import ORDERED_FOR, PATIENCE, order_id, saga_of_order
from teddy_cloud.processes.looking_for import Found
from teddy_cloud.projections.bears import ALERTS, STATE, Bears
from teddy_cloud.projections.conversations import Conversations, day_of
from teddy_cloud.projections.ledger import Ledger
from teddy_cloud.projections.orders import OrderStates
from teddy_cloud.projections.personal import ABOUT_THE_BEAR
from teddy_cloud.projections.readmodels import Cell
from teddy_cloud.sagas.record import Standing
from teddy_shared.ages import AgeBand
from teddy_shared.envelope import Lane
from teddy_shared.errors import ConfigError, KeyErased
from teddy_shared.events import BearStarted
from teddy_shared.purposes import NOTHING_GRANTED
from tests.cloud_bear import BEAR, CHILD, ended
from tests.erasing import CLERK, GRANTED, PROJECTIONS, SAGA, STRANGER, Cloud, ForgettingModels, Worker
from tests.fates import Fate, How
from tests.virtual_time import SEPTEMBER

pytestmark = pytest.mark.virtual_time

TODAY = day_of(int(SEPTEMBER * 1000))
NOTHING = Found(key=False, bear=False, open=0, closed=7, letters=0, lines=0)


@pytest.fixture
async def cloud() -> Cloud:
    made = Cloud()
    await made.live()
    return made


async def test_before_an_erasure_the_scan_finds_what_there_is(cloud: Cloud) -> None:
    found = await Worker(cloud).look()

    assert found == Found(key=True, bear=True, open=7, closed=0, letters=1, lines=0)
    assert found.sentence == "left: the key, its bear's record, 7 events that open, 1 dead letters"


async def test_nothing_is_left_and_the_receipt_says_so(cloud: Cloud) -> None:
    await cloud.says(BearStarted(software="0.1.0"))
    await cloud.project()
    worker = Worker(cloud)
    async with worker.working():
        await worker.erase()
        await asyncio.sleep(1)
        await cloud.answers()
        await asyncio.sleep(10)

    record, found = await worker.find(), await worker.look()
    (receipt,) = await cloud.receipts()
    assert record.standing is Standing.DONE
    assert found == NOTHING
    assert (receipt.profile, receipt.who, receipt.bear) == (CHILD, CLERK.who, "done")
    assert (receipt.pages, receipt.letters, receipt.events) == (2, 1, 7)
    assert is_whole(receipt)
    assert not is_whole(receipt.model_copy(update={"letters": 0}))
    with pytest.raises(KeyErased):
        cloud.keys.key(CHILD)
    assert await cloud.models.page(Conversations.name, BEAR, TODAY) == {}
    assert await cloud.models.page(Bears.name, BEAR, ALERTS) == {}
    assert set(await cloud.models.page(Bears.name, BEAR, STATE)) == {STATE}


async def test_the_bear_keeps_its_family_and_knows_nobody(cloud: Cloud) -> None:
    worker = Worker(cloud)
    async with worker.working():
        await worker.erase()
        await asyncio.sleep(PATIENCE + 10)

    bear, document = cloud.households.bears[BEAR], cloud.households.documents[BEAR]
    assert (bear.family, bear.profile.age_band) == ("family-1", AgeBand.MIDDLE)
    assert bear.profile.id not in (CHILD, "")
    assert (document.profile, document.consent) == (bear.profile.id, NOTHING_GRANTED)
    assert document.version > 1
    assert cloud.households.held == set()
    assert cloud.store.granted(BEAR) == NOTHING_GRANTED
    assert cloud.keys.key(bear.profile.id)


async def test_a_bear_that_does_not_come_back_holds_up_nothing_and_is_heard_when_it_does(
    cloud: Cloud,
) -> None:
    worker = Worker(cloud)
    async with worker.working():
        await worker.erase()
        await asyncio.sleep(PATIENCE - 1)
        early = await cloud.receipts()
        await asyncio.sleep(20)
        first = await cloud.receipts()
    await asyncio.sleep(30 * 24 * 3600)
    waiting = await worker.find()
    async with worker.working():
        await cloud.answers()
        await asyncio.sleep(10)

    assert early == []
    assert [each.bear for each in first] == ["waiting"]
    assert waiting.standing is Standing.DOING
    assert [each.bear for each in await cloud.receipts()] == ["waiting", "done"]
    assert (await worker.find()).standing is Standing.DONE


async def test_a_bear_that_never_comes_back_is_given_up_in_the_end(cloud: Cloud) -> None:
    worker = Worker(cloud)
    async with worker.working():
        await worker.erase()
        await asyncio.sleep(PATIENCE + 10)
    await asyncio.sleep(ORDERED_FOR)
    async with worker.working():
        await asyncio.sleep(60)

    assert [each.bear for each in await cloud.receipts()] == ["waiting", "silent"]
    assert (await worker.find()).standing is Standing.DONE


async def test_a_bear_whose_power_went_in_the_middle_is_ordered_again(cloud: Cloud) -> None:
    worker = Worker(cloud)
    second = order_id(SAGA, 2)
    async with worker.working():
        await worker.erase()
        await asyncio.sleep(1)
        await cloud.answers("interrupted")
        await asyncio.sleep(PATIENCE + 10)
        ordered = list(await cloud.orders())
        await cloud.answers("done", second)
        await asyncio.sleep(10)

    assert ordered == [SAGA, second]
    assert saga_of_order(second) == SAGA
    assert [each.bear for each in await cloud.receipts()] == ["waiting", "done"]


async def test_another_bears_answer_counts_for_nothing(cloud: Cloud) -> None:
    worker = Worker(cloud)
    cloud.keys.create(device_owner(STRANGER))
    async with worker.working():
        await worker.erase()
        await asyncio.sleep(1)
        await cloud.answers(bear=STRANGER)
        await asyncio.sleep(PATIENCE + 10)

    assert [each.bear for each in await cloud.receipts()] == ["waiting"]


async def test_a_child_is_erased_once(cloud: Cloud) -> None:
    worker = Worker(cloud)
    async with worker.working():
        ids = [await worker.erase() for _ in range(3)]
        await asyncio.sleep(PATIENCE + 10)
        ids.append(await worker.erase())

    assert ids == [SAGA] * 4
    assert list(await cloud.orders()) == [SAGA]
    assert len(await cloud.receipts()) == 1


async def test_a_child_that_no_bear_talks_with_is_refused_and_nothing_changes(cloud: Cloud) -> None:
    cloud.households.bears.clear()
    cloud.households.documents.clear()

    with pytest.raises(ConfigError, match="does not talk with this child"):
        await Worker(cloud).erase()

    assert await Worker(cloud).sagas.all() == []
    assert cloud.keys.key(CHILD)


async def test_what_comes_to_nothing_before_the_bear_is_ordered_goes_back_to_what_the_family_had(
    cloud: Cloud,
) -> None:
    worker = Worker(cloud)
    cloud.households.breaks = True  # in the middle of stopping the intake
    async with worker.working():
        await worker.erase()
        await asyncio.sleep(300)

    record = await worker.find()
    assert (record.standing, record.reason) == (Standing.UNDONE, "stop-intake: the records are closed")
    assert cloud.households.documents[BEAR].consent == GRANTED
    assert cloud.store.granted(BEAR) == GRANTED
    assert cloud.households.held == set()
    assert await cloud.orders() == []


async def test_what_is_left_over_keeps_the_receipt_back_until_an_operator_has_looked(cloud: Cloud) -> None:
    worker = Worker(cloud)
    cloud.keys.stuck = True
    async with worker.working():
        await worker.erase()
        await asyncio.sleep(600)
        stuck, without = await worker.find(), await cloud.receipts()
        cloud.keys.stuck = False
        cloud.keys.erase(CHILD)
        await worker.sagas.retry(SAGA)
        await asyncio.sleep(10)

    assert (stuck.standing, stuck.reason) == (Standing.STUCK, "scan: left: the key, 7 events that open")
    assert without == []
    assert len(await cloud.receipts()) == 1


async def test_a_rebuild_brings_nothing_back(cloud: Cloud) -> None:
    worker = Worker(cloud)
    async with worker.working():
        await worker.erase()
        await asyncio.sleep(PATIENCE + 10)
    cloud.models = ForgettingModels(cloud)
    await cloud.project()

    assert await cloud.models.page(Conversations.name, BEAR, TODAY) == {}
    assert await cloud.models.page(Bears.name, BEAR, ALERTS) == {}


async def test_what_the_bear_sends_meanwhile_is_not_stored(cloud: Cloud) -> None:
    worker = Worker(cloud)
    async with worker.working():
        await worker.erase()
        await asyncio.sleep(1)
        await cloud.says(ended(), turn="turn-late")
        await asyncio.sleep(PATIENCE + 10)

    assert await worker.look() == NOTHING
    assert (await cloud.store.marks(BEAR, "epoch-1"))[Lane.INTERACTION] == 7


async def test_what_a_projector_had_in_hand_when_the_key_went_goes_too(cloud: Cloud) -> None:
    worker = Worker(cloud)
    await cloud.says(ended("the moon"), turn="turn-9")
    async with worker.working():
        await worker.erase()
        await cloud.forgotten.wait()
        late = Cell(BEAR, TODAY, "turn-9")
        await cloud.project_late(late)
        seen = await cloud.models.page(Conversations.name, BEAR, TODAY)
        await asyncio.sleep(PATIENCE + 10)

    assert set(seen) == {"turn-9"}
    assert await cloud.models.page(Conversations.name, BEAR, TODAY) == {}
    (receipt,) = await cloud.receipts()
    assert (receipt.pages, receipt.events) == (3, 8)


async def test_a_line_that_no_readable_event_explains_is_found(cloud: Cloud) -> None:
    cloud.keys.erase(CHILD)

    found = await Worker(cloud).look()

    assert found.lines == 4  # three turns and an alert


def test_every_read_model_is_known_to_be_about_a_child_or_about_the_bear() -> None:
    """A new one goes whole with the child, unless somebody has thought about it."""
    thought_about = {Conversations.name, *ABOUT_THE_BEAR}

    assert {each.name for each in PROJECTIONS} == thought_about
    assert {Ledger.name, OrderStates.name} < thought_about


@pytest.mark.parametrize(("how", "stride"), [("kill", 3), ("cancel", 7), ("raise", 7)])
async def test_an_erasure_that_is_broken_off_anywhere_is_finished_by_another_worker(
    how: How, stride: int
) -> None:
    at = 0
    while True:
        cloud, fate = Cloud(), Fate(at, how)
        await cloud.live()
        life = asyncio.create_task(_begun_and_driven(Worker(cloud, "first", fate)), name="first life")
        await asyncio.wait([life])
        if not life.cancelled():
            life.exception()  # however it ended
        second = Worker(cloud, "second")
        await _begun_and_driven(second)

        receipts = await cloud.receipts()
        assert (await second.find()).standing is Standing.DONE
        assert await second.look() == NOTHING
        assert [each.bear for each in receipts] in (["done"], ["waiting", "done"])
        assert all(each.events == 7 and is_whole(each) for each in receipts)
        assert set(await cloud.orders()) == {SAGA}
        if not fate.struck:
            break
        at += stride
    assert at > 60


async def _begun_and_driven(worker: Worker) -> None:
    await worker.erase()
    while not (await worker.find()).over:
        await worker.sagas.advance(SAGA)
        await worker.sagas.tell(SAGA, {SAGA: "done"})  # what the bear said
        await asyncio.sleep(1)
