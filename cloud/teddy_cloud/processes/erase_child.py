"""Erasing a child's data, from the family's wish to the receipt.

    look → stop intake → order the bear → wait for it, a little → read models, dead letters → introduce nobody
    → shred the key → once more what was under way → scan → receipt → wait for the bear → receipt of the bear

Until the bear has its order there is a way back: intake goes on as the family had it. From then on there is
none, since an order cannot be called back. A bear that does not come back does not keep the child's data in
the cloud: the receipt then says that the bear has not answered, and a second one says so when it has.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final

from pydantic import JsonValue

from teddy_cloud.bus.records import Records
from teddy_cloud.eventstore.letters import DeadLetters
from teddy_cloud.fleet.orders import Orders
from teddy_cloud.fleet.parting import Parting
from teddy_cloud.privacy.receipts import receipt
from teddy_cloud.privacy.scan import letters_of
from teddy_cloud.processes.looking_for import Scan
from teddy_cloud.projections.personal import forget_child
from teddy_cloud.projections.projection import Projection
from teddy_cloud.projections.readmodels import ReadModels
from teddy_cloud.sagas.saga import Done, Facts, Going, Impossible, Saga, Step, Wait
from teddy_shared.clock import Chance
from teddy_shared.commands import EraseChild
from teddy_shared.envelope import BearId, ProfileId
from teddy_shared.errors import Conflict, TeddyError
from teddy_shared.events import ChildErased
from teddy_shared.purposes import Purpose
from teddy_shared.seal import KeyRing

KIND: Final = "erase-child"
PATIENCE: Final = 20.0  # seconds that the cloud waits for the bear before it erases its own
ORDERED_FOR: Final = 180 * 24 * 3600.0  # seconds for which the order stands: a bear may lie in a drawer
ORDERS: Final = 8  # given one after the other, where the power goes in the middle
WAITING: Final = "waiting"
AGAIN: Final = "again"  # stands in the id of an order that follows another one
SETTLING: Final = 2.0  # seconds in which a projector that had read before the shredding has written


class LeftOver(TeddyError):
    """Something of the child is there still. Its message says what, and not whose."""


class EraseChildData:
    """The saga. Every step may be repeated at any point."""

    def __init__(
        self,
        *,
        parting: Parting,
        orders: Orders,
        models: ReadModels,
        projections: Sequence[Projection],
        letters: DeadLetters,
        keys: KeyRing,
        scan: Scan,
        records: Records,
        chance: Chance,
    ) -> None:
        self._parting = parting
        self._orders = orders
        self._models = models
        self._projections = projections
        self._letters = letters
        self._keys = keys
        self._scan = scan
        self._records = records
        self._chance = chance

    @property
    def saga(self) -> Saga:
        return Saga(
            KIND,
            (
                Step("look", self._look),
                Step("stop-intake", self._stop_intake, self._resume_intake),
                Step("order-bear", self._order_bear, final=True),
                Step("hear-bear", self._hear_bear),
                Step("erase-read-models", self._erase_read_models),
                Step("introduce-nobody", self._introduce_nobody),
                Step("shred-key", self._shred_key),
                Step("settle", self._settle),
                Step("sweep-up", self._sweep_up),
                Step("scan", self._look_for_it),
                Step("write-receipt", self._write_receipt),
                Step("give-receipt", self._give_receipt),
                Step("await-bear", self._await_bear),
                Step("give-second-receipt", self._give_second_receipt),
            ),
        )

    async def _look(self, going: Going) -> Done:
        """What there is to go back to, before anything is changed."""
        bear, profile = _whose(going)
        if not await self._parting.knows(bear, profile):
            raise Impossible("no bear talks with this child")
        granted: list[JsonValue] = [*sorted(await self._parting.granted(bear))]
        return Done({"granted": granted, "somebody": f"child-{self._chance.token(8)}"})

    async def _stop_intake(self, going: Going) -> Done:
        await self._parting.stop_intake(_whose(going)[0])
        return Done()

    async def _resume_intake(self, going: Going) -> None:
        granted = going.facts.get("granted")
        if isinstance(granted, list):
            consent = frozenset(Purpose(str(each)) for each in granted)
            await self._parting.resume_intake(_whose(going)[0], consent)

    async def _order_bear(self, going: Going) -> Done:
        await self._order(going, 1)
        return Done({"ordered_wall": going.now})

    async def _hear_bear(self, going: Going) -> Done | Wait:
        """A bear that is there answers in a moment; one that is not holds up nothing."""
        patience = _number(going, "ordered_wall") + PATIENCE
        says = await self._bear_says(going)
        return Done({"heard": says}) if says != WAITING or going.now >= patience else Wait(patience)

    async def _erase_read_models(self, going: Going) -> Done:
        return Done(await self._forget(going))

    async def _introduce_nobody(self, going: Going) -> Done:
        bear, profile = _whose(going)
        somebody = ProfileId(str(going.facts["somebody"]))
        await self._parting.introduce(bear, somebody, instead_of=profile)
        return Done()

    async def _shred_key(self, going: Going) -> Done:
        await asyncio.to_thread(self._keys.erase, _whose(going)[1])
        return Done({"shredded_wall": going.now})

    async def _settle(self, going: Going) -> Done | Wait:
        until = _number(going, "shredded_wall") + SETTLING
        return Done() if going.now >= until else Wait(until)

    async def _sweep_up(self, going: Going) -> Done:
        """What a projector or a worker of ingest had in hand when the key went."""
        return Done(await self._forget(going))

    async def _look_for_it(self, going: Going) -> Done:
        bear, profile = _whose(going)
        found = await self._scan.look(bear, profile, until_ms=_ms(going.now))
        if not found.nothing_left:
            raise LeftOver(found.sentence)
        return Done({"events": found.closed})

    async def _write_receipt(self, going: Going) -> Done:
        return Done({"receipt": self._receipt(going, await self._bear_says(going))})

    async def _give_receipt(self, going: Going) -> Done:
        await self._give(going, "receipt", expected=0)
        return Done({"given": True})

    async def _await_bear(self, going: Going) -> Done | Wait:
        """For weeks, if need be. Whatever it says then is in the second receipt."""
        if receipt_of(going.facts, "receipt").bear != WAITING:
            return Done()
        gives_up = _number(going, "ordered_wall") + ORDERED_FOR + PATIENCE
        says = await self._bear_says(going)
        if says == WAITING:
            if going.now < gives_up:
                return Wait(gives_up)
            says = "silent"
        return Done({"second_receipt": self._receipt(going, says)})

    async def _give_second_receipt(self, going: Going) -> Done:
        if "second_receipt" in going.facts:
            await self._give(going, "second_receipt", expected=1)
        return Done()

    async def _bear_says(self, going: Going) -> str:
        """How its order ended. Where the power went in the middle it is given another one."""
        for number in range(1, ORDERS + 1):
            ending = going.told.get(order_id(going.saga, number))
            if ending is None:
                if number > 1:
                    await self._order(going, number)
                return WAITING
            if ending != "interrupted":
                return str(ending)
        return "interrupted"

    async def _order(self, going: Going, number: int) -> None:
        """The same id is the same order, however often it is issued."""
        bear, profile = _whose(going)
        await self._orders.issue(
            bear,
            EraseChild(profile=profile),
            expires_in=ORDERED_FOR,
            who=str(going.facts["who"]),
            id=order_id(going.saga, number),
        )

    async def _forget(self, going: Going) -> Mapping[str, JsonValue]:
        """Pages and dead letters; how many went in all, those of an earlier try among them."""
        bear, _ = _whose(going)
        pages = await forget_child(self._models, self._projections, bear)
        letters = await letters_of(self._letters, bear)
        for each in letters:
            await self._letters.discard(each)
        return {
            "pages": int(_number(going, "pages", 0)) + pages,
            "letters": int(_number(going, "letters", 0)) + len(letters),
        }

    async def _give(self, going: Going, name: str, *, expected: int) -> None:
        """A stream of its own, so that a receipt is there once however often this is tried."""
        given = receipt_of(going.facts, name)
        with suppress(Conflict):
            await self._records.told(
                f"cloud-{going.saga}", _whose(going)[0], given, expected=expected, correlation=going.saga
            )

    def _receipt(self, going: Going, bear: str) -> dict[str, JsonValue]:
        written = receipt(
            profile=_whose(going)[1],
            who=going.facts["who"],
            asked_wall_ms=going.facts["asked_wall_ms"],
            erased_wall_ms=_ms(_number(going, "shredded_wall")),
            pages=going.facts["pages"],
            letters=going.facts["letters"],
            events=going.facts["events"],
            bear=bear,
        )
        said: dict[str, JsonValue] = written.model_dump(mode="json")
        return said


def saga_id(profile: str) -> str:
    """A child is erased once."""
    return f"{KIND}-{profile}"


def order_id(saga: str, number: int) -> str:
    return saga if number == 1 else f"{saga}-{AGAIN}-{number}"


def saga_of_order(order: str) -> str:
    return order.partition(f"-{AGAIN}-")[0]


def given(facts: Facts) -> ChildErased | None:
    """The latest receipt that was given out; None while there is none."""
    if "second_receipt" in facts:
        return receipt_of(facts, "second_receipt")
    return receipt_of(facts, "receipt") if facts.get("given") else None


def receipt_of(facts: Facts, name: str) -> ChildErased:
    return ChildErased.model_validate(facts[name])


def _whose(going: Going) -> tuple[BearId, ProfileId]:
    return BearId(str(going.facts["bear"])), ProfileId(str(going.facts["profile"]))


def _number(going: Going, name: str, otherwise: float | None = None) -> float:
    found = going.facts.get(name, otherwise)
    assert isinstance(found, int | float), f"{name} was found by an earlier step"
    return found


def _ms(seconds: float) -> int:
    return int(seconds * 1000)
