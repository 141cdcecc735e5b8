"""A batch of bytes in, what stands in it out. No key is needed for it, and nothing blocks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Final

from teddy_cloud.eventstore.own import is_own
from teddy_cloud.eventstore.packing import Sort
from teddy_cloud.fleet.household import device_owner
from teddy_cloud.ingest.heads import HeadPlace, read_head, read_heads
from teddy_shared.codec import BatchHeader, Unfolded, unfold
from teddy_shared.envelope import GAP, NAME, BearId, Lane, ProfileId
from teddy_shared.errors import MalformedEvent
from teddy_shared.events import EVENTS
from teddy_shared.purposes import Purpose

HIGHEST: Final = 2**53  # numbers behind it the store could not tell from each other

PURPOSES: Final[Mapping[str, Purpose]] = {purpose.value: purpose for purpose in Purpose}

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


@dataclass(frozen=True, slots=True)
class Opened:
    """A batch whose numbers are known, in columns.

    The payload of an event is among the pieces of its owner. What cannot be read may be about a child all the
    same, so it is not kept in the open: its bytes are among the pieces of the bear itself.
    """

    bear: BearId
    header: BatchHeader
    said: Sequence[bytes]  # the head; of what cannot be read, why not
    sorts: Sequence[Sort | None]  # None: it cannot be read
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
    try:
        return all_at_once(bear, batch)
    except MalformedEvent:
        return one_by_one(bear, batch)


def all_at_once(bear: BearId, batch: Unfolded) -> Opened:
    """A batch in which everything is as it should be, with as few steps for each event as can be.

    Raises MalformedEvent where anything is not.
    """
    header = batch.header
    numbers = range(header.first, header.first + header.count)
    heads = read_heads(batch.heads)
    places = [head["place"] for head in heads]
    lane = (bear, header.epoch, header.lane)
    if [place["seq"] for place in places] != list(numbers) or any(
        (place["bear"], place["epoch"], place["lane"]) != lane for place in places
    ):
        raise MalformedEvent(b"", "not all heads name their places")
    if header.covers > 1:
        raise MalformedEvent(b"", "a gap is looked at closely")
    named = [(head["type"], head["purpose"], head.get("profile")) for head in heads]
    known = {each: _sort(*each, device_owner(bear)) for each in set(named)}
    sorts = [known[each] for each in named]
    where = _where(bear, header)
    bound = [f"{where}{seq}".encode() for seq in numbers]
    return Opened(bear, header, batch.heads, sorts, _by_owner(sorts, batch.payloads, bound))


def one_by_one(bear: BearId, batch: Unfolded) -> Opened:
    """The same for a batch with something wrong in it, which its neighbours survive."""
    header, device = batch.header, device_owner(bear)
    where = _where(bear, header)
    place = HeadPlace(bear=bear, epoch=header.epoch, lane=header.lane, seq=0)
    # The one event of a batch that covers many numbers stands at the last of them.
    numbers = count(header.first + header.covers - 1)
    said: list[bytes] = []
    sorts: list[Sort | None] = []
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
            sort = _sort(head["type"], head["purpose"], head.get("profile"), device)
        except MalformedEvent as error:
            said.append(str(error).encode())
            sorts.append(None)
            pieces[device].append((raw + b"\n" + payload, b"dead/" + bound_to))
        else:
            said.append(raw)
            sorts.append(sort)
            pieces[sort[2]].append((payload, bound_to))
    return Opened(bear, header, said, sorts, pieces)


def _sort(type_: str, said: str, profile: str | None, device: str) -> Sort:
    """What must be granted, whom it is about, and whose key seals it. Raises MalformedEvent."""
    if said not in PURPOSES:
        raise MalformedEvent(said.encode(), "the head does not fit at purpose")
    if profile is not None and not NAME.fullmatch(profile):
        raise MalformedEvent(profile.encode(), "the head does not fit at profile")
    claimed = PURPOSES[said]
    purpose, owner = GRANTED_FOR.get(type_, claimed), profile or device
    if (profile is None and purpose in OF_A_CHILD) or claimed not in (purpose, Purpose.DEVICE):
        owner = NOBODY
    return purpose, None if profile is None else ProfileId(profile), owner


def _by_owner(sorts: Sequence[Sort], payloads: Sequence[bytes], bound: Sequence[bytes]) -> Pieces:
    owners = {sort[2] for sort in sorts}
    if len(owners) == 1:
        return {owners.pop(): list(zip(payloads, bound, strict=True))}
    pieces: dict[str, list[tuple[bytes, bytes]]] = defaultdict(list)
    for sort, payload, bound_to in zip(sorts, payloads, bound, strict=True):
        pieces[sort[2]].append((payload, bound_to))
    return pieces


def _where(bear: BearId, header: BatchHeader) -> str:
    return f"{bear}/{header.epoch}/{int(header.lane)}/"


def _check(header: BatchHeader, lane: Lane) -> None:
    if header.lane != lane:
        raise MalformedEvent(b"", "the batch names another lane than its topic")
    if is_own(header.epoch):
        raise MalformedEvent(b"", "the batch claims to come from the cloud")
    if header.first + max(header.count, header.covers) > HIGHEST:
        raise MalformedEvent(b"", "the batch counts further than anybody can")
