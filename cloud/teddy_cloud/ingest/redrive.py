"""Dead letters once more through the door: what this release understands reaches the store, once."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from teddy_cloud.eventstore.letters import DeadLetters, redriven_head
from teddy_cloud.eventstore.own import REDRIVEN
from teddy_cloud.eventstore.store import DeadLetter, Delivery, Entry, EventStore, Item, Poison, before
from teddy_cloud.fleet.household import device_owner
from teddy_cloud.ingest.intake import Intake, StrangeBear
from teddy_shared.codec import Batch, BatchHeader, WireEvent, decode_head, encode_batch, encode_head
from teddy_shared.envelope import BearId, Envelope, Lane, Place, ProfileId
from teddy_shared.errors import Conflict, KeyErased, MalformedEvent, SealError
from teddy_shared.events import from_bytes
from teddy_shared.purposes import Purpose
from teddy_shared.seal import Seal


@dataclass(frozen=True, slots=True)
class Redriven:
    """It is in the store, or was there already; its letter is gone."""

    place: Place | None  # where it lies now; None: at the place that its bear had given it


@dataclass(frozen=True, slots=True)
class Gone:
    """There is nothing left of it to store; its letter is gone too."""

    reason: str


@dataclass(frozen=True, slots=True)
class StillDead:
    reason: str


Outcome = Redriven | Gone | StillDead


@dataclass(frozen=True, slots=True)
class _Opened:
    head: Envelope
    purpose: Purpose
    owner: str
    payload: bytes


class _Dead(Exception):
    """It fails again, for this reason."""


class _Nothing(Exception):
    """What it held is nowhere any more."""


class Redriver:
    """Redriving what was redriven already does nothing."""

    def __init__(self, *, letters: DeadLetters, store: EventStore, intake: Intake, seal: Seal) -> None:
        self._letters = letters
        self._store = store
        self._intake = intake
        self._seal = seal

    async def redrive(self, letter: DeadLetter) -> Outcome:
        """Raises LinkError."""
        try:
            if letter.position is not None:
                return await self._append(letter, await self._stored(letter))
            if letter.place is not None:
                return await self._append(letter, await asyncio.to_thread(self._event, letter, letter.place))
            return await self._batch(letter)
        except (_Nothing, KeyErased) as error:
            await self._letters.discard(letter)
            return Gone(str(error))
        except (_Dead, SealError, MalformedEvent) as error:
            await self._letters.fail_again(letter, str(error))
            return StillDead(str(error))

    async def opened(self, letter: DeadLetter) -> bytes:
        """What the letter holds, in the open. Raises LinkError, and SealError where nothing opens it."""
        try:
            if letter.position is None:
                return await asyncio.to_thread(self._raw, letter)
            entry = await self._entry(letter)
            bound_to = decode_head(entry.head).place.bytes()
            return await asyncio.to_thread(self._seal.open, entry.owner, entry.sealed, bound_to)
        except (_Dead, _Nothing, MalformedEvent) as error:
            raise SealError(str(error)) from None

    # --- what a letter holds ---

    async def _batch(self, letter: DeadLetter) -> Outcome:
        """Its events have their numbers still, so it comes in as any other batch does."""
        taken = await asyncio.to_thread(lambda: self._taken(letter, letter.lane, self._raw(letter)))
        mark = await self._store.append_batch(
            bear=taken.bear,
            epoch=taken.epoch,
            lane=taken.lane,
            first=taken.first,
            items=taken.items,
            covers=taken.covers,
        )
        if mark < taken.first + max(len(taken.items), taken.covers) - 1:
            raise _Dead(f"it begins at number {taken.first}, and the store has got to {mark}")
        await self._letters.discard(letter)
        return Redriven(None)

    def _event(self, letter: DeadLetter, place: Place) -> _Opened:
        """An event of a batch, in a batch of its own."""
        head, _, payload = self._raw(letter).partition(b"\n")
        header = BatchHeader(epoch=place.epoch, lane=place.lane, first=place.seq, count=1)
        data = encode_batch(Batch(header, (WireEvent(head, payload),)))
        (item,) = self._taken(letter, place.lane, data).items
        if isinstance(item, Poison):
            raise _Dead(item.reason)
        if not item.owner:
            raise KeyErased(str(decode_head(head).profile))
        opened = _Opened(decode_head(item.head), item.purpose, item.owner, payload)
        from_bytes(opened.head.type, opened.head.version, payload)  # ingest would not look
        return opened

    async def _stored(self, letter: DeadLetter) -> _Opened:
        entry = await self._entry(letter)
        head = decode_head(entry.head)
        payload = await asyncio.to_thread(self._seal.open, entry.owner, entry.sealed, head.place.bytes())
        event = from_bytes(head.type, head.version, payload)
        if event is None:
            raise _Dead(f"this release knows no version {head.version} of {head.type}")
        return _Opened(head, event.label.purpose, entry.owner, payload)

    async def _entry(self, letter: DeadLetter) -> Entry:
        assert letter.position is not None
        found = await self._store.read(letter.partition, before(letter.position), 1)
        if not found or found[0].position != letter.position:
            raise _Nothing("its event is no longer stored")
        return found[0]

    def _taken(self, letter: DeadLetter, lane: Lane | None, data: bytes) -> Delivery:
        if lane is None:
            raise _Dead("it does not say of which lane it was")
        try:
            taken = self._intake.take(letter.bear, lane, data)
        except StrangeBear:
            raise _Dead("no family owns this bear") from None
        if not isinstance(taken, Delivery):
            raise _Dead(taken.reason)
        return taken

    def _raw(self, letter: DeadLetter) -> bytes:
        if not letter.sealed:
            raise _Dead("its bytes were not kept: the family had granted nothing")
        place = letter.place.bytes().decode() if letter.place else letter.bear
        return self._seal.open(device_owner(letter.bear), letter.sealed, f"dead/{place}".encode())

    # --- into the store ---

    async def _append(self, letter: DeadLetter, opened: _Opened) -> Outcome:
        """At the end of the stream of the redriven, whose numbers the read models have not passed."""
        bear, lane = BearId(opened.head.place.bear), opened.head.place.lane
        while True:
            number = (await self._store.marks(bear, REDRIVEN)).get(lane, 0) + 1
            place = Place(bear=bear, epoch=REDRIVEN, lane=lane, seq=number)
            item = await asyncio.to_thread(self._item, opened, place)
            try:
                stored = await self._letters.redrive(letter, place, item)
            except Conflict:
                continue  # another one was redriven meanwhile
            return Redriven(place if stored else None)

    def _item(self, opened: _Opened, place: Place) -> Item:
        head = redriven_head(opened.head, place)
        return Item(
            encode_head(head),
            opened.purpose,
            ProfileId(head.profile) if head.profile else None,
            opened.owner,
            self._seal.seal(opened.owner, opened.payload, place.bytes()),
        )
