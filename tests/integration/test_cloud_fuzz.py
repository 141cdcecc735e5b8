"""Whatever bytes come, each ends in the store, among the dead letters or refused; no neighbour is lost."""

from __future__ import annotations

import asyncio

from hypothesis import HealthCheck, Phase, given, settings

from tests.servers import Server
from workshop.fuzz.batches import Attempt, attempts
from workshop.fuzz.door import open_door

CASES = 1_000


def test_no_bytes_crash_the_door_move_a_mark_wrongly_or_lose_a_neighbour(redis_server: Server) -> None:
    with asyncio.Runner() as runner:
        opening = open_door(redis_server.url)
        door = runner.run(opening.__aenter__())

        @settings(
            max_examples=CASES,
            deadline=None,
            phases=[Phase.generate],  # each case stands on those before it, so none can be repeated alone
            suppress_health_check=list(HealthCheck),
        )
        @given(attempts)
        def take(attempt: Attempt) -> None:
            runner.run(door.take(attempt))

        try:
            take()
        finally:
            runner.run(opening.__aexit__(None, None, None))
