"""What the cloud may want of a bear: one frozen class a command, imperative, each with an expiry."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from teddy_shared.envelope import Name
from teddy_shared.errors import MalformedEvent

REMEMBERED: Final = 30 * 24 * 3600  # seconds behind its expiry for which a bear knows an order by its id


class Command(BaseModel):
    """What every command class is. `type` is its name on the wire."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    type: ClassVar[str]


class EraseChild(Command):
    """Forget everything about this child: what waits in the outbox, memory, settings."""

    type = "child.erase"
    profile: Name


class ReportHealth(Command):
    """Tell how the bear is: its software, what waits in its outbox, what had to be mended."""

    type = "bear.report"


COMMANDS: Final[dict[str, type[Command]]] = {each.type: each for each in (EraseChild, ReportHealth)}


class Order(BaseModel):
    """A command on its way: sealed for one bear, delivered when it comes back, begun at most once."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: Name  # the same order may come many times; its id is begun once
    type: str
    body: dict[str, object]  # the command's fields
    issued_wall_ms: int
    expires_wall_ms: int  # begun no later than this; then it ends as `expired`
    # Refused where the bear obeys another version of its settings document; None: whatever it obeys.
    expected_settings: Annotated[int, Field(ge=0)] | None = None
    traceparent: str | None = None


class OrderCopy(Order):
    """An order as it travels."""

    # By the cloud's clock it has expired: it is not to be begun any more, but the bear still owes an answer.
    # So a bear that has no clock need not judge; see link/orders.py.
    overdue: bool = False


def order_place(bear: str) -> bytes:
    """To which place the seal of an order is bound; its owner is the bear's link key."""
    return f"cmd/{bear}".encode()


def command_of(order: Order) -> Command | None:
    """None for a type that this release does not know. Raises MalformedEvent where it does not fit."""
    known = COMMANDS.get(order.type)
    if known is None:
        return None
    try:
        return known.model_validate(order.body)
    except ValidationError as error:
        fields = ", ".join(".".join(map(str, each["loc"])) for each in error.errors()[:3])
        raise MalformedEvent(b"", f"{order.type} does not fit: {fields}") from None
