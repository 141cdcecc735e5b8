"""A batch of bytes in, what stands in it out. No key is needed for it, and nothing blocks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Final

from teddy_cloud.eventstore.own import is_own
from teddy_cloud.fleet.household import device_owner
from teddy_cloud.ingest.heads import HeadPlace, read_head
from teddy_shared.codec import BatchHeader, Unfolded, unfold
from teddy_shared.envelope import GAP, BearId, Lane, ProfileId
from teddy_shared.errors import MalformedEvent
from teddy_shared.events import EVENTS
from teddy_shared.purposes import Purpose

HIGHEST: Final = 2**53  # numbers behind it the store could not tell from each other

# What known events are for. A head that says less is not believed, and one that says another is withheld.
GRANTED_FOR: Final[Mapping[str, Purpose]] = {
    type_: event.label.purpose for type_, event in EVENTS.items() if event.label.purpose.needs_consent
}
# What says something of a child. Where it names none, no erasure would find it: it is withheld. An alert from
# before the bear knew its child is not: parents must hear of it.
OF_A_CHILD: Final = frozenset({Purpose.ACTIVITY, Purpose.TRANSCRIPT})
NOBODY: Final = ""  # an owner who never has a key

Pieces = Mapping[str, Sequence[tuple[bytes, bytes]]]
"""What to seal, by owner: each with what it is bound to, in the order of the events."""


# Head, purpose, profile and owner of an event that can be read: what an `Item` needs but for what is sealed,
# which is among the pieces of its owner. Made for each event, so it is bare: a class would cost six times it.
Found = tuple[bytes, Purpose, ProfileId | None, str]


@dataclass(frozen=True, slots=True)
class Broken:
    """An event that cannot be read; its bytes are among the pieces of the bear itself.

    What cannot be read may be about a child all the same, so it is not kept in the open.
    """

    reason: str
    owner: str


@dataclass(frozen=True, slots=True)
class Opened:
    """A batch whose numbers are known."""

    bear: BearId
    header: BatchHeader
    events: Sequence[Found | Broken]
    pieces: Pieces


@dataclass(frozen=True, slots=True)
class Closed:
    """A batch of which not even the numbers are known; its bytes are its only piece."""

    bear: BearId
    lane: Lane
    reason: str
    size: int
    pieces: Pieces


def read_batch(bear: BearId, lane: Lane, data: bytes) -> Opened | Closed:
    """Heads are read, and payloads stay the bytes that they are."""
    try:
        batch = unfold(data)
        _check(batch.header, lane)
    except MalformedEvent as error:
        pieces = {device_owner(bear): [(data, b"dead/" + bear.encode())]}
        return Closed(bear, lane, str(error), len(data), pieces)
    return _opened(bear, batch)


def _opened(bear: BearId, batch: Unfolded) -> Opened:
    """One loop with few calls in it: here every microsecond counts 20,000 times a second."""
    header, device = batch.header, device_owner(bear)
    where = f"{bear}/{header.epoch}/{int(header.lane)}/"
    # The one event of a batch that covers many numbers stands at the last of them.
    numbers = count(header.first + header.covers - 1)
    place = HeadPlace(bear=bear, epoch=header.epoch, lane=header.lane, seq=0)
    events: list[Found | Broken] = []
    pieces: dict[str, list[tuple[bytes, bytes]]] = defaultdict(list)
    for seq, raw, payload in zip(numbers, batch.heads, batch.payloads, strict=False):
        bound_to = f"{where}{seq}".encode()
        try:
            head = read_head(raw)
            place["seq"] = seq
            if head["place"] != place:
                raise MalformedEvent(raw, "the head names another place than its batch")
            if header.covers > 1 and head["type"] != GAP:
                raise MalformedEvent(raw, "only a gap covers many numbers")
        except MalformedEvent as error:
            events.append(Broken(str(error), device))
            pieces[device].append((raw + b"\n" + payload, b"dead/" + bound_to))
            continue
        said, profile = head["purpose"], head.get("profile")
        purpose, owner = GRANTED_FOR.get(head["type"], said), profile or device
        if (profile is None and purpose in OF_A_CHILD) or said not in (purpose, Purpose.DEVICE):
            owner = NOBODY
        events.append((raw, purpose, profile, owner))
        pieces[owner].append((payload, bound_to))
    return Opened(bear, header, events, pieces)


def _check(header: BatchHeader, lane: Lane) -> None:
    if header.lane != lane:
        raise MalformedEvent(b"", "the batch names another lane than its topic")
    if is_own(header.epoch):
        raise MalformedEvent(b"", "the batch claims to come from the cloud")
    if header.first + max(header.count, header.covers) > HIGHEST:
        raise MalformedEvent(b"", "the batch counts further than anybody can")
