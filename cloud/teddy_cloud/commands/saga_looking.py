"""What an operator sees of sagas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from teddy_cloud.container.cloud import open_office
from teddy_cloud.sagas.engine import Sagas
from teddy_cloud.sagas.record import SagaRecord
from teddy_cloud.settings import Settings


@dataclass(frozen=True, slots=True)
class Shown:
    """Without what its steps found out."""

    id: str
    kind: str
    standing: str
    step: str  # that it is at
    tries: int
    waits_until: str
    changed: str
    reason: str

    def facts(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def sentence(self) -> str:
        waits = f", waits until {self.waits_until} at most" if self.waits_until else ""
        because = f" ({self.reason})" if self.reason else ""
        return f"{self.changed}  {self.id}  {self.standing} at {self.step}{waits}{because}"


async def list_sagas(settings: Settings) -> Sequence[Shown]:
    """Those that are over first."""
    async with open_office(settings) as office:
        return [_shown(office.sagas, each) for each in await office.sagas.all()]


async def retry(settings: Settings, id_: str) -> Shown:
    """Raises ConfigError where it is not stuck."""
    async with open_office(settings) as office:
        return _shown(office.sagas, await office.sagas.retry(id_))


def _shown(sagas: Sagas, record: SagaRecord) -> Shown:
    return Shown(
        id=record.id,
        kind=record.kind,
        standing=record.standing,
        step=sagas.step_name(record),
        tries=record.tries,
        waits_until=_time(record.due) if record.waiting and not record.over else "",
        changed=_time(record.changed_wall),
        reason=record.reason,
    )


def _time(wall: float) -> str:
    return f"{datetime.fromtimestamp(wall, UTC):%Y-%m-%d %H:%M:%S}"
