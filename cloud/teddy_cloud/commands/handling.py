"""What an operator does with events that a handler could not handle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from teddy_cloud.bus.deliveries import Letter
from teddy_cloud.container.cloud import open_office
from teddy_cloud.settings import Settings
from teddy_shared.errors import ConfigError


@dataclass(frozen=True, slots=True)
class GivenUp:
    id: str
    when: str
    handler: str
    bear: str
    type: str
    tries: int
    reason: str


async def list_given_up(settings: Settings) -> Sequence[GivenUp]:
    async with open_office(settings) as office:
        return [_shown(each) for each in await office.deliveries.letters()]


async def redrive(settings: Settings, id_: str | None) -> Sequence[tuple[str, bool]]:
    """One by its id, or all of them. Raises ConfigError where there is none of that id."""
    async with open_office(settings) as office:
        wanted = [each for each in await office.deliveries.letters() if id_ in (None, each.id)]
        if id_ is not None and not wanted:
            raise ConfigError(f"there is no dead letter {id_} of a handler")
        return [(each.id, await office.deliveries.redrive(each)) for each in wanted]


def _shown(letter: Letter) -> GivenUp:
    grave = letter.grave
    when = datetime.fromtimestamp(grave.wall_ms / 1000, UTC)
    return GivenUp(
        id=letter.id,
        when=f"{when:%Y-%m-%d %H:%M:%S}",
        handler=letter.group,
        bear=grave.bear,
        type=grave.type,
        tries=grave.tries,
        reason=grave.reason,
    )
