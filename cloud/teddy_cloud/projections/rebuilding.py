"""A read model made anew from the first event on, beside the one that readers see meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from teddy_cloud.eventstore.partitions import PARTITIONS
from teddy_cloud.eventstore.store import EventStore
from teddy_cloud.projections.copies import Copies, Rebuilds, Showing, Standing
from teddy_cloud.projections.projection import Projection
from teddy_cloud.projections.sweep import Sweep
from teddy_shared.clock import Chance, Clock
from teddy_shared.errors import LinkError
from teddy_shared.seal import Seal

AT_ONCE: Final = 16  # partitions; as often it is told how far it is
PATIENCE: Final = 100  # rounds in which not one partition is finished


@dataclass(frozen=True, slots=True)
class Progress:
    done: int  # partitions, those of an earlier run among them
    of: int
    left: float | None  # seconds, about; None while nobody can say


class Rebuilder:
    """Makes the other copy of a partition, and lets readers see it once it is as far as the one they see.

    The projectors go on with the copy that is seen. Each partition changes over in one write, so a
    reader finds all of a bear's pages before and after. What is done stays done if this breaks off.
    """

    def __init__(
        self,
        *,
        projections: Sequence[Projection],
        store: EventStore,
        copies: Copies,
        rebuilds: Rebuilds,
        seal: Seal,
        clock: Clock,
        chance: Chance,
    ) -> None:
        self._projections = {each.name: each for each in projections}
        self._store = store
        self._copies = copies
        self._rebuilds = rebuilds
        self._seal = seal
        self._clock = clock
        self._chance = chance

    @property
    def models(self) -> Sequence[str]:
        """What can be rebuilt."""
        return sorted(self._projections)

    async def rebuild(
        self, model: str, *, anew: bool = False, tell: Callable[[Progress], None] = lambda _: None
    ) -> None:
        """Goes on with a rebuild that broke off, unless it is to begin `anew`.

        Raises LinkError; also where it does not get on, since somebody else is always in its way.
        """
        sweep = Sweep(
            projections=[self._projections[model]],
            store=self._store,
            copies=self._copies,
            seal=self._seal,
        )
        if anew:
            await self._rebuilds.forget(model)
        rebuild = await self._rebuilds.open(model, self._chance.token(8))
        began = self._clock.monotonic()
        waiting = at_first = await self._rebuilds.begin(model, rebuild, range(PARTITIONS))
        in_vain = 0
        while waiting:
            took, made = self._clock.monotonic() - began, len(at_first) - len(waiting)
            left = took / made * len(waiting) if made else None
            tell(Progress(PARTITIONS - len(waiting), PARTITIONS, left))
            await self._make(sweep, rebuild, waiting[:AT_ONCE])
            before, waiting = waiting, await self._rebuilds.begin(model, rebuild, range(PARTITIONS))
            in_vain = in_vain + 1 if len(waiting) >= len(before) else 0
            if in_vain > PATIENCE:
                raise LinkError(f"the rebuild does not get on in partition {waiting[0].partition}")
        tell(Progress(PARTITIONS, PARTITIONS, 0.0))
        await self._rebuilds.forget(model)

    async def _make(self, sweep: Sweep, rebuild: str, standings: Sequence[Standing]) -> None:
        """Some partitions, until readers see them. Those where somebody got in the way are left for later."""
        going = list(standings)
        while going:
            swept = await sweep.move(going)
            ended = [after for before, after in swept.reached.items() if before not in swept.unfinished]
            shown = await self._rebuilds.show(rebuild, ended)
            going = [swept.reached[each] for each in swept.unfinished]
            going += [each for each, how in zip(ended, shown, strict=True) if how is Showing.BEHIND]
