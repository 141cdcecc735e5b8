"""The whole way down, over one connection to the broker."""

from __future__ import annotations

import asyncio

from teddy_cloud.dispatch.answers import Answers
from teddy_cloud.dispatch.mail import Mail
from teddy_cloud.dispatch.orders import OrderDispatch
from teddy_cloud.dispatch.wishes import SettingsDispatch


class Dispatch:
    """Settings, orders and answers. Any number may run: each sends all settings and orders."""

    def __init__(
        self, *, settings: SettingsDispatch, orders: OrderDispatch, answers: Answers, mail: Mail
    ) -> None:
        self._settings = settings
        self._orders = orders
        self._answers = answers
        self._mail = mail

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._settings.run(), name="dispatch-settings")
            tasks.create_task(self._orders.run(), name="dispatch-orders")
            tasks.create_task(self._answers.run(), name="dispatch-answers")
            tasks.create_task(self._mail.run(), name="dispatch-mail")
