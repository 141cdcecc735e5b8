"""Which orders this bear knows, and how far it got with each: kept on the card, since power can go."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from pydantic import TypeAdapter

from teddy_edge.link.wishes import LINK
from teddy_shared.commands import REMEMBERED, Order
from teddy_shared.events import Ending
from teddy_shared.state.keys import Key
from teddy_shared.state.scopes import Scope


class Stage(StrEnum):
    BEGUN = "begun"  # found so at a start: the power went in the middle
    OWED = "owed"  # it has ended, and that is not recorded yet
    TOLD = "told"  # its ending is in the outbox, which loses nothing


@dataclass(frozen=True, slots=True)
class Known:
    """One order that the bear has begun, or answered without beginning it."""

    id: str
    type: str
    issued_wall_ms: int
    expires_wall_ms: int
    traceparent: str | None
    stage: Stage
    ending: Ending | None = None  # once it is owed
    reason: str = ""
    # Where the outbox stood when the ending was owed: it has been told only behind that.
    epoch: str = ""
    after: int = 0

    @classmethod
    def of(cls, order: Order) -> Known:
        """As it is when it begins."""
        return cls(
            id=order.id,
            type=order.type,
            issued_wall_ms=order.issued_wall_ms,
            expires_wall_ms=order.expires_wall_ms,
            traceparent=order.traceparent,
            stage=Stage.BEGUN,
        )

    def ended(self, ending: Ending, reason: str = "", *, epoch: str, after: int) -> Known:
        return replace(self, stage=Stage.OWED, ending=ending, reason=reason, epoch=epoch, after=after)

    def told(self, epoch: str) -> Known:
        return replace(self, stage=Stage.TOLD, epoch=epoch)

    def untold(self, epoch: str) -> Known:
        """As far as this outbox knows, which is not the one that was told."""
        return replace(self, stage=Stage.OWED, epoch=epoch, after=0)


@dataclass(frozen=True, slots=True)
class Ledger:
    orders: dict[str, Known] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.orders)

    def find(self, id_: str) -> Known | None:
        return self.orders.get(id_)

    def at(self, stage: Stage) -> list[Known]:
        return [each for each in self.orders.values() if each.stage is stage]

    def noting(self, *known: Known) -> Ledger:
        return Ledger({**self.orders, **{each.id: each for each in known}})

    def pruned(self, now_ms: int) -> Ledger:
        """Without what the cloud no longer sends. What it is still owed stays."""
        oldest = now_ms - REMEMBERED * 1000
        return Ledger(
            {
                id_: each
                for id_, each in self.orders.items()
                if each.expires_wall_ms > oldest or each.stage is not Stage.TOLD
            }
        )


LEDGER: Final = Key(
    name="orders.ledger",
    scope=Scope.APPLICATION,
    shape=TypeAdapter(Ledger),
    readers=frozenset({LINK}),
    writers=frozenset({LINK}),
)
