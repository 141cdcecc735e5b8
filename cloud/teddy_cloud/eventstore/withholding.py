"""What is stored instead of an event that the family has not granted."""

from __future__ import annotations

from teddy_cloud.eventstore.store import Item, Poison
from teddy_shared.codec import decode_head, encode_head
from teddy_shared.envelope import withheld
from teddy_shared.errors import MalformedEvent


def withheld_item(item: Item) -> Item | Poison:
    """The stand-in, which needs no grant. Made only when it is wanted: it costs ten times an event."""
    try:
        stand_in = withheld(decode_head(item.head))
    except MalformedEvent as error:
        return Poison(str(error), b"")  # nothing may be kept of it
    return Item(encode_head(stand_in), stand_in.purpose, profile=None, owner="", sealed=b"")
