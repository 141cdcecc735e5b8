"""An erasure from the operator's hand: begun, driven along, waited for, and looked for afterwards."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Final

from teddy_cloud.bus.callers import Caller
from teddy_cloud.container.bundles import Office
from teddy_cloud.container.cloud import open_office
from teddy_cloud.fleet.fleet import NotYours
from teddy_cloud.processes.asking import EraseChild
from teddy_cloud.processes.erase_child import WAITING, given, saga_id
from teddy_cloud.processes.looking_for import Found
from teddy_cloud.sagas.record import SagaRecord
from teddy_cloud.settings import Settings
from teddy_shared.envelope import BearId, ProfileId
from teddy_shared.errors import ConfigError
from teddy_shared.events import ChildErased

LOOK: Final = 0.2  # seconds


@dataclass(frozen=True, slots=True)
class Erasing:
    """How far it has come."""

    saga: SagaRecord
    receipt: ChildErased | None

    def facts(self) -> dict[str, Any]:
        return {
            "saga": self.saga.id,
            "standing": self.saga.standing,
            "reason": self.saga.reason,
            "receipt": None if self.receipt is None else self.receipt.model_dump(mode="json"),
        }

    @property
    def sentence(self) -> str:
        if self.receipt is None:
            because = f" ({self.saga.reason})" if self.saga.reason else ""
            return f"not erased yet: {self.saga.id} is {self.saga.standing}{because}; see `teddy cloud sagas`"
        told = self.receipt
        bear = {"done": "has erased its own", WAITING: "has not answered yet; a second receipt will say so"}
        when = datetime.fromtimestamp(told.erased_wall_ms / 1000, UTC)
        return (
            f"Erased {when:%Y-%m-%d %H:%M:%S} UTC: {told.profile}, on the wish of {told.who}\n"
            f"{told.events} stored events that no key opens; taken away: {told.pages} pages,"
            f" {told.letters} dead letters.\nThe bear {bear.get(told.bear, f'says: {told.bear}')}\n"
            f"Receipt {told.digest}"
        )


@dataclass(frozen=True, slots=True)
class Checked:
    profile: str
    found: Found

    def facts(self) -> dict[str, Any]:
        return {"profile": self.profile, "nothing_left": self.found.nothing_left, **asdict(self.found)}

    @property
    def sentence(self) -> str:
        return f"{self.profile}: {self.found.sentence}"


async def erase(
    settings: Settings, *, bear: str | None, profile: str | None, wait: float, caller: Caller
) -> Erasing:
    """Begin it, or look at one that was begun. Raises ConfigError where there is no such child."""
    async with open_office(settings) as office:
        whose, child = await _whose(office, bear, profile)
        id_ = await office.commands.handle(EraseChild(bear=whose, profile=child), caller)
        until = office.clock.monotonic() + wait
        while True:
            await office.sagas.advance(id_)  # where no process runs, this one does it
            erasing = await _look(office, id_)
            if erasing.receipt is not None or erasing.saga.over or office.clock.monotonic() >= until:
                return erasing
            await asyncio.sleep(LOOK)


async def check(settings: Settings, *, bear: str | None, profile: str | None) -> Checked:
    async with open_office(settings) as office:
        whose, child = await _whose(office, bear, profile)
        record = await office.sagas.find(saga_id(child))
        receipt = None if record is None else given(record.facts)
        until = None if receipt is None else receipt.erased_wall_ms
        return Checked(child, await office.scan.look(whose, child, until_ms=until))


async def _whose(office: Office, bear: str | None, profile: str | None) -> tuple[BearId, ProfileId]:
    """The child of a bear, or the bear of a child, also of one that was erased. Raises ConfigError."""
    if bear is not None:
        try:
            family = await office.fleet.family_of(BearId(bear))
            found = await office.fleet.bear(family, BearId(bear))
        except NotYours:
            raise ConfigError(f"no family owns a bear {bear}") from None
        return BearId(found.id), ProfileId(found.profile.id)
    child = ProfileId(profile or "")
    talks_with = await office.parting.bear_of(child)
    if talks_with is not None:
        return BearId(talks_with.id), child
    record = await office.sagas.find(saga_id(child))
    if record is None:
        raise ConfigError(f"no bear talks with a child {child}, and none of that name was erased")
    return BearId(str(record.facts["bear"])), child


async def _look(office: Office, id_: str) -> Erasing:
    record = await office.sagas.find(id_)
    if record is None:
        raise ConfigError(f"{id_} is no longer remembered; its receipt is in the ledger")
    return Erasing(record, given(record.facts))
