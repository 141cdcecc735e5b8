"""A rebuild, with an operator who watches it."""

from __future__ import annotations

import sys

from teddy_cloud.container.cloud import open_office
from teddy_cloud.projections.rebuilding import Progress
from teddy_cloud.settings import Settings
from teddy_shared.errors import ConfigError


async def rebuild(settings: Settings, model: str, *, anew: bool) -> None:
    """Raises ConfigError for an unknown read model."""
    async with open_office(settings) as office:
        if model not in office.rebuilder.models:
            known = ", ".join(office.rebuilder.models)
            raise ConfigError(f"there is no read model {model}; known: {known}")
        await office.rebuilder.rebuild(model, anew=anew, tell=lambda progress: _tell(model, progress))


def _tell(model: str, progress: Progress) -> None:
    done = f"{model}: {progress.done} of {progress.of} partitions"
    left = "" if progress.left is None else f", about {progress.left:.0f} s left"
    print(f"{done}{left}", file=sys.stderr, flush=True)
