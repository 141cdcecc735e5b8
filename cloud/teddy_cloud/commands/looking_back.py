"""The ledger of one bear or of all, for an operator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from teddy_cloud.bus.callers import Caller
from teddy_cloud.container.cloud import open_office
from teddy_cloud.fleet.fleet import NotYours
from teddy_cloud.projections.ledger import LedgerLine, days_back
from teddy_cloud.projections.queries import LedgerOfBear
from teddy_cloud.settings import Settings
from teddy_shared.envelope import BearId
from teddy_shared.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Seen:
    bear: BearId
    line: LedgerLine

    def facts(self) -> dict[str, Any]:
        return {"bear": self.bear, **self.line.model_dump()}

    def sentence(self) -> str:
        line = self.line
        when = datetime.fromtimestamp(line.wall_ms / 1000, UTC)
        said = f"{when:%Y-%m-%d %H:%M:%S} {self.bear:12} {line.who:28} {line.verb} {line.what}"
        return said if line.outcome in ("", "done") else f"{said}: {line.outcome}"


async def look_back(settings: Settings, bear: str | None, days: int, caller: Caller) -> Sequence[Seen]:
    """Newest last. This look is in the ledger too, from the next one on. Raises ConfigError."""
    async with open_office(settings) as office:
        if bear is not None:
            try:
                await office.fleet.family_of(BearId(bear))
            except NotYours:
                raise ConfigError(f"no family owns a bear {bear}") from None
        bears = [BearId(bear)] if bear is not None else await office.fleet.every_bear()
        pages = tuple(days_back(int(office.clock.wall() * 1000), days))
        found = [
            Seen(each, line)
            for each in bears
            for line in await office.queries.ask(LedgerOfBear(each, pages), caller)
        ]
    return sorted(found, key=lambda seen: seen.line.wall_ms)
