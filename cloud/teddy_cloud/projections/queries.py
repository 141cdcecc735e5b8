"""What people may want to know about a bear, and how the read models answer."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from teddy_cloud.bus.queries import Answerer, Query, answers
from teddy_cloud.projections.bears import ALERTS, STATE, Alert, Bears, BearState, alerts_of, state_of
from teddy_cloud.projections.conversations import Conversations, Turn, turns_of
from teddy_cloud.projections.ledger import Ledger, LedgerLine, lines_of
from teddy_cloud.projections.readmodels import ReadModels


@dataclass(frozen=True, slots=True)
class BearDay:
    """How a bear is, and its day. Shared by all who ask, so nobody changes it."""

    state: BearState
    turns: Sequence[Turn]  # newest first
    alerts: Sequence[Alert]  # all there are, newest first


@dataclass(frozen=True)
class DayOfBear(Query[BearDay]):
    name: ClassVar[str] = "bear.day"

    day: str  # as a page is named


@dataclass(frozen=True)
class StateOfBear(Query[BearState]):
    name: ClassVar[str] = "bear.state"


@dataclass(frozen=True)
class LedgerOfBear(Query[Sequence[LedgerLine]]):
    name: ClassVar[str] = "bear.ledger"

    days: tuple[str, ...]


def answerers(models: ReadModels) -> Sequence[Answerer]:
    """All of them may raise LinkError."""

    async def day(query: DayOfBear) -> BearDay:
        turns, state, alerts = await asyncio.gather(
            models.page(Conversations.name, query.bear, query.day),
            models.page(Bears.name, query.bear, STATE),
            models.page(Bears.name, query.bear, ALERTS),
        )
        return BearDay(state_of(state), tuple(turns_of(turns)), tuple(alerts_of(alerts)))

    async def state(query: StateOfBear) -> BearState:
        return state_of(await models.page(Bears.name, query.bear, STATE))

    async def ledger(query: LedgerOfBear) -> Sequence[LedgerLine]:
        pages: list[Mapping[str, bytes]] = [
            await models.page(Ledger.name, query.bear, day) for day in query.days
        ]
        return tuple(lines_of(pages))

    return (answers(DayOfBear, day), answers(StateOfBear, state), answers(LedgerOfBear, ledger))
