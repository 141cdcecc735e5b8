"""When the read model changed for each bear, as a page that listens to it would learn."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from teddy_cloud.projections.readmodels import EveryNotice
from teddy_shared.envelope import BearId
from workshop.fleet.verdict import Stamp

LOOK: Final = 0.5  # seconds of listening, at most, until whoever wants it to end is heard


class Watch:
    def __init__(self) -> None:
        self._changed: dict[BearId, list[float]] = defaultdict(list)

    async def listen(self, notices: EveryNotice) -> None:
        """Ends by being cancelled."""
        while True:
            bears = await notices.changed(LOOK)
            now = time.monotonic()
            for bear in bears:
                self._changed[bear].append(now)

    def took(self, stamps: Iterable[Stamp]) -> list[float]:
        """Seconds of each event, from its stamp to the next change of its bear's pages."""
        return [seconds for each in stamps if (seconds := self._until_seen(each)) is not None]

    def _until_seen(self, stamp: Stamp) -> float | None:
        times = self._changed[stamp.bear]
        at = bisect_left(times, stamp.at)
        return times[at] - stamp.at if at < len(times) else None
