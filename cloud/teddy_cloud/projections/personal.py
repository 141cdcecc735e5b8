"""Which pages of the read models are about a child, and so go with it; and what may stand on them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Final

from teddy_cloud.eventstore.partitions import partition_of
from teddy_cloud.eventstore.replay import Wanted, in_stretches, replay
from teddy_cloud.eventstore.store import EventStore
from teddy_cloud.projections.bears import STATE, Bears
from teddy_cloud.projections.ledger import Ledger
from teddy_cloud.projections.opening import Opened, Opener
from teddy_cloud.projections.orders import OrderStates
from teddy_cloud.projections.projection import Projection
from teddy_cloud.projections.readmodels import Cell, ReadModels
from teddy_shared.envelope import BearId
from teddy_shared.seal import Seal

# By model: pages that are about the bear and not about its child. All others go when the child is erased.
# A model that is not named here goes whole.
ABOUT_THE_BEAR: Final[Mapping[str, frozenset[str] | None]] = {
    Bears.name: frozenset({STATE}),
    Ledger.name: None,  # all of it: who did what and who looked
    OrderStates.name: None,
}


def about_a_child(model: str, pages: Iterable[str]) -> Collection[str]:
    """Those of a bear's pages that are."""
    kept = ABOUT_THE_BEAR.get(model, frozenset())
    return set() if kept is None else set(pages) - kept


async def forget_child(models: ReadModels, projections: Iterable[Projection], bear: BearId) -> int:
    """Take away every page of a bear that is about its child; how many there were. Raises LinkError."""
    gone = 0
    for each in projections:
        pages = about_a_child(each.name, await models.pages(each.name, bear))
        gone += await models.erase(each.name, bear, pages)
    return gone


async def unexplained(
    models: ReadModels, projections: Iterable[Projection], store: EventStore, seal: Seal, bear: BearId
) -> int:
    """Lines about a child that no event which can still be read makes: what an erasure left behind.

    Makes those pages anew in memory, as a rebuild would, and compares. Raises LinkError.
    """
    found = 0
    for each in projections:
        pages = about_a_child(each.name, await models.pages(each.name, bear))
        if not pages:
            continue
        made = await _made_anew(each, store, seal, bear)
        for page in pages:
            lines = await models.page(each.name, bear, page)
            found += sum(1 for line in lines if Cell(bear, page, line) not in made)
    return found


async def _made_anew(
    projection: Projection, store: EventStore, seal: Seal, bear: BearId
) -> Mapping[Cell, bytes]:
    opener = Opener(types=projection.types, seal=seal)
    cells: dict[Cell, bytes] = {}
    applied: defaultdict[object, int] = defaultdict(int)
    async for stretch in in_stretches(replay(store, Wanted(bear=bear))):
        entries = {partition_of(bear): [each.entry for each in stretch]}
        opened = await opener.opened(opener.heads(entries))
        for event in opened[partition_of(bear)]:
            if isinstance(event, Opened) and event.number > applied[event.source]:
                applied[event.source] = event.number
                cells.update(projection.apply(cells, event.head, event.event))
    return cells
