"""Somebody who gives orders all the while, and insists on each until its ending shows."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final, Self

from teddy_cloud.container.bundles import Office
from teddy_cloud.container.cloud import open_office
from teddy_cloud.projections.orders import PAGE, OrderState
from teddy_cloud.projections.readmodels import ReadModels
from teddy_shared.commands import EraseChild
from teddy_shared.envelope import BearId
from teddy_shared.errors import LinkError

if TYPE_CHECKING:
    from workshop.chaos.house import House

EVERY: Final = 0.25  # seconds between two orders
HURRIED: Final = 5  # one order in so many expires almost at once
SOON: Final = 0.3  # seconds that a hurried order has
LONG: Final = 3600.0


class OrderGiver:
    """Issues orders under ids of its own: what is asked again under an id is the same order."""

    def __init__(self, *, office: Office, bears: list[BearId], seed: int) -> None:
        self.issued: dict[str, BearId] = {}  # by id; in here as soon as the cloud has taken it
        self._office = office
        self._bears = bears
        self._dice = random.Random(seed)
        self._hurried: set[str] = set()
        self._resting = asyncio.Event()

    @classmethod
    @asynccontextmanager
    async def open(cls, house: House, *, seed: int) -> AsyncIterator[Self]:
        async with open_office(house.settings) as office:
            giver = cls(office=office, bears=house.bears, seed=seed)
            async with asyncio.TaskGroup() as tasks:
                task = tasks.create_task(giver._give(), name="order-giver")
                yield giver
                task.cancel()

    def rest(self) -> None:
        self._resting.set()

    async def insist(self) -> None:
        """Ask again for all: a store that lost its tail may have forgotten an order that it had taken."""
        for id_, bear in self.issued.items():
            try:
                await self._issue(id_, bear)
            except LinkError:
                return

    async def endings(self, models: ReadModels) -> Mapping[str, int]:
        """Of each order, how many endings show: one each in the end."""
        ended: dict[str, int] = dict.fromkeys(self.issued, 0)
        for bear in self._bears:
            for line in (await models.page("orders", bear, PAGE)).values():
                state = OrderState.model_validate_json(line)
                if state.ending is not None and state.id in ended:
                    ended[state.id] += 1
        return ended

    async def _give(self) -> None:
        number = 0
        while not self._resting.is_set():
            await asyncio.sleep(EVERY)
            number += 1
            id_, bear = f"order-{number}", self._dice.choice(self._bears)
            if self._dice.randrange(HURRIED) == 0:
                self._hurried.add(id_)
            try:
                await self._issue(id_, bear)
            except LinkError:
                continue  # never taken: nobody may count on it
            self.issued[id_] = bear

    async def _issue(self, id_: str, bear: BearId) -> None:
        seconds = SOON if id_ in self._hurried else LONG
        await self._office.orders.issue(
            bear, EraseChild(profile=id_), expires_in=seconds, who="operator:chaos", id=id_
        )
