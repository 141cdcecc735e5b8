"""What bears were ordered to do and what became of it, and which orders are still open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter

from teddy_cloud.eventstore.own import ORDERS
from teddy_cloud.eventstore.partitions import PARTITIONS, nobody_in, partition_of
from teddy_cloud.projections.readmodels import Cell, ReadModels
from teddy_shared.commands import REMEMBERED, Order
from teddy_shared.envelope import BearId, Envelope
from teddy_shared.events import CommandEnded, CommandIssued, Ending, Event

PAGE: Final = "orders"  # of a bear: a line an order
OPEN: Final = "open"  # of a partition: one line that names the open orders of all its bears

# Behind its expiry an order is sent on, so that the bear says what became of it. Well before the bear
# forgets the id it is given up, or a bear that has done it would call it expired.
GIVEN_UP: Final = (REMEMBERED - 24 * 3600) * 1000  # ms

Standing = Ending | Literal["waiting", "overdue"]


class OrderState(BaseModel):
    """One order, as far as it is known: the issue or the ending may have been lost."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    type: str
    issued_wall_ms: int | None = None  # by the clock of the cloud
    expires_wall_ms: int | None = None
    order: Order | None = None  # while it is open, for whoever sends it
    ending: Ending | None = None
    ended_wall_ms: int | None = None  # by the clock of the bear
    reason: str = ""

    def standing(self, now_ms: int) -> Standing:
        """`overdue`: only the bear can say whether it had begun, and it has not answered."""
        if self.ending is not None:
            return self.ending
        return "overdue" if self.expires_wall_ms is not None and now_ms > self.expires_wall_ms else "waiting"


OpenOrders = dict[BearId, dict[str, int]]
"""The ids of each bear's open orders, and when each expires (ms)."""

_OPEN_ORDERS: Final = TypeAdapter(OpenOrders)


class OrderStates:
    """The projection. The first issue of an id and its first ending count; what comes behind is a repeat."""

    name: Final = "orders"
    types: Final = frozenset({CommandIssued.label.type, CommandEnded.label.type})

    def touches(self, head: Envelope) -> Iterable[Cell]:
        """Both kinds of event name their order as the correlation."""
        if head.correlation is None:
            return []
        bear = BearId(head.place.bear)
        return [_line(bear, head.correlation), _open(partition_of(bear))]

    def apply(
        self, before: Mapping[Cell, bytes], head: Envelope, event: Event | None
    ) -> Mapping[Cell, bytes]:
        bear = BearId(head.place.bear)
        match event:
            # A bear cannot issue orders to itself: it has no events of this stream.
            case CommandIssued(order=order) if (ORDERS, order.id) == (head.place.epoch, head.correlation):
                return _issued(before, bear, order)
            case CommandEnded(command=id_) if id_ == head.correlation:
                return _ended(before, bear, event, head.when.wall_ms)
        return {}


async def orders_of(models: ReadModels, bear: BearId) -> Sequence[OrderState]:
    """Newest first. Raises LinkError."""
    page = await models.page(OrderStates.name, bear, PAGE)
    orders = [OrderState.model_validate_json(line) for line in page.values()]
    return sorted(orders, key=lambda each: each.issued_wall_ms or each.ended_wall_ms or 0, reverse=True)


async def open_orders(models: ReadModels, bears: Iterable[BearId] | None = None) -> OpenOrders:
    """Of these bears, or of all; those without any are left out. Raises LinkError."""
    wanted = None if bears is None else set(bears)
    places = range(PARTITIONS) if wanted is None else sorted({partition_of(bear) for bear in wanted})
    found = await models.cells(OrderStates.name, [_open(each) for each in places])
    return {
        bear: ids
        for value in found.values()
        for bear, ids in _OPEN_ORDERS.validate_json(value).items()
        if wanted is None or bear in wanted
    }


async def find_orders(models: ReadModels, wanted: OpenOrders) -> Sequence[tuple[BearId, Order]]:
    """Those of the wanted that are open still. Raises LinkError."""
    cells = [_line(bear, id_) for bear, ids in wanted.items() for id_ in ids]
    found = await models.cells(OrderStates.name, cells)
    states = ((cell.bear, OrderState.model_validate_json(found[cell])) for cell in cells if cell in found)
    return [(bear, state.order) for bear, state in states if state.order is not None]


def _issued(before: Mapping[Cell, bytes], bear: BearId, order: Order) -> Mapping[Cell, bytes]:
    line = _line(bear, order.id)
    known = OrderState.model_validate_json(before[line]) if line in before else None
    if known is not None and known.issued_wall_ms is not None:
        return {}
    state = (known or OrderState(id=order.id, type=order.type)).model_copy(
        update={"issued_wall_ms": order.issued_wall_ms, "expires_wall_ms": order.expires_wall_ms}
    )
    if state.ending is not None:  # it came first, from a bear that was sent what then was lost here
        return {line: _json(state)}
    place, open_ = _all_open(before, bear)
    kept = {
        each: {id_: expires for id_, expires in ids.items() if expires + GIVEN_UP > order.issued_wall_ms}
        for each, ids in open_.items()
    }
    kept.setdefault(bear, {})[order.id] = order.expires_wall_ms
    return {line: _json(state.model_copy(update={"order": order})), place: _open_json(kept)}


def _ended(
    before: Mapping[Cell, bytes], bear: BearId, event: CommandEnded, wall_ms: int
) -> Mapping[Cell, bytes]:
    line = _line(bear, event.command)
    known = OrderState.model_validate_json(before[line]) if line in before else None
    if known is not None and known.ending is not None:
        return {}
    ended = {"order": None, "ending": event.ending, "ended_wall_ms": wall_ms, "reason": event.reason}
    state = (known or OrderState(id=event.command, type=event.type)).model_copy(update=ended)
    place, open_ = _all_open(before, bear)
    if event.command not in open_.get(bear, {}):
        return {line: _json(state)}
    left = {id_: expires for id_, expires in open_[bear].items() if id_ != event.command}
    return {line: _json(state), place: _open_json({**open_, bear: left})}


def _all_open(before: Mapping[Cell, bytes], bear: BearId) -> tuple[Cell, OpenOrders]:
    place = _open(partition_of(bear))
    return place, _OPEN_ORDERS.validate_json(before[place]) if place in before else {}


def _open_json(orders: OpenOrders) -> bytes:
    return _OPEN_ORDERS.dump_json({bear: ids for bear, ids in orders.items() if ids})


def _json(state: OrderState) -> bytes:
    return state.model_dump_json(exclude_defaults=True).encode()


def _line(bear: BearId, id_: str) -> Cell:
    return Cell(bear, PAGE, id_)


def _open(partition: int) -> Cell:
    return Cell(nobody_in(partition), OPEN, OPEN)
