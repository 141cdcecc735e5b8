"""The commands that begin a process, and the events that processes wait for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from pydantic import TypeAdapter

from teddy_cloud.bus.callers import Caller
from teddy_cloud.bus.commands import Command, Handler, handles
from teddy_cloud.bus.events import EventHandler
from teddy_cloud.bus.opening import Happened
from teddy_cloud.fleet.parting import Parting
from teddy_cloud.processes.erase_child import KIND, saga_id, saga_of_order
from teddy_cloud.sagas.engine import Sagas
from teddy_cloud.sagas.saga import Facts
from teddy_shared.clock import Clock
from teddy_shared.commands import EraseChild as EraseChildOrder
from teddy_shared.envelope import BearId, Name, ProfileId
from teddy_shared.errors import ConfigError
from teddy_shared.events import CommandEnded


class EraseChild(Command[str]):
    """Nothing that is known about this child shall be readable any more. Gives the id of the saga."""

    name: ClassVar[str] = "child.erase"
    result: ClassVar[TypeAdapter[Any]] = TypeAdapter(str)

    profile: Name


def handlers(sagas: Sagas, parting: Parting, clock: Clock) -> Sequence[Handler]:
    async def erase(command: EraseChild, caller: Caller) -> str:
        """Raises ConfigError where the bear does not talk with this child."""
        id_ = saga_id(command.profile)
        if await sagas.find(id_) is None:
            if not await parting.knows(BearId(command.bear), ProfileId(command.profile)):
                raise ConfigError(f"the bear {command.bear} does not talk with this child")
            facts: Facts = {
                "bear": command.bear,
                "profile": command.profile,
                "who": caller.who,
                "asked_wall_ms": int(clock.wall() * 1000),
            }
            await sagas.begin(KIND, id_, facts)
        return id_

    return (handles(EraseChild, erase),)


def listeners(sagas: Sagas) -> Sequence[EventHandler]:
    async def heard(happened: Happened) -> None:
        """A bear says what became of its order to erase a child."""
        event = happened.event
        if not isinstance(event, CommandEnded) or event.type != EraseChildOrder.type:
            return
        id_ = saga_of_order(event.command)
        record = await sagas.find(id_)
        if record is not None and record.facts.get("bear") == happened.head.place.bear:
            await sagas.tell(id_, {event.command: event.ending})

    return (EventHandler("erasures", frozenset({CommandEnded.label.type}), heard),)
