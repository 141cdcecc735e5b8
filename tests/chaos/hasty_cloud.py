"""A cloud that is wrong on purpose: its ingest acknowledges before the store has written.

Its bears have no day of grace, which otherwise heals even that.

`python -m tests.chaos.hasty_cloud FOLDER KILLS SEED` runs the chaos against it, and prints the figures.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from dishka import Provider, Scope, provide

from teddy_cloud.app import run_until
from teddy_cloud.eventstore.redis import RedisEventStore
from teddy_cloud.eventstore.store import Delivery, EventStore
from teddy_cloud.storage.client import StoreClient
from workshop.bench.chaos import figures
from workshop.chaos.bear import log_to
from workshop.chaos.cloud import Post, settings_of
from workshop.chaos.house import Plan
from workshop.chaos.parts import forking
from workshop.chaos.running import progress, run

LATE: Final = 0.15  # seconds behind the acknowledgement that the store is asked to write


class HastyEventStore(RedisEventStore):
    """Says that a batch is stored, and stores it a little later."""

    def __init__(self, *, client: StoreClient) -> None:
        super().__init__(client=client)
        self._writing: set[asyncio.Task[None]] = set()

    async def append_all(self, deliveries: Sequence[Delivery]) -> Sequence[int]:
        async def late() -> None:
            await asyncio.sleep(LATE)
            await super(HastyEventStore, self).append_all(deliveries)

        task = asyncio.create_task(late(), name="hasty")
        self._writing.add(task)
        return [each.first + len(each.items) + each.covers - 2 for each in deliveries]


class _Haste(Provider):
    scope = Scope.APP
    store = provide(HastyEventStore, provides=EventStore, override=True)


def serve_hastily(post: Post) -> None:
    """In place of an honest ingest worker."""
    log_to(post.log)
    asyncio.run(run_until(settings_of(post), asyncio.Event(), ready=lambda _: None, replacements=(_Haste(),)))


def main(folder: str, kills: str, seed: str) -> None:
    plan = Plan(
        Path(folder),
        bears=3,
        turns_a_second=12,
        seed=int(seed),
        ingest=serve_hastily,
        forgetful=True,
        healing=8.0,
    )
    with forking():
        outcome = asyncio.run(run(plan, kills=int(kills), tell=progress))
    sys.stdout.write(json.dumps({each.name: each.value for each in figures(outcome)}) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
