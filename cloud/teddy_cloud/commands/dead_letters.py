"""What an operator does with dead letters, and what the audit says of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from teddy_cloud.bus.callers import Caller
from teddy_cloud.container.bundles import Office
from teddy_cloud.container.cloud import open_office
from teddy_cloud.eventstore.own import AUDIT, write_own
from teddy_cloud.eventstore.partitions import PARTITIONS, partition_of
from teddy_cloud.eventstore.store import DeadLetter
from teddy_cloud.fleet.household import device_owner
from teddy_cloud.ingest.redrive import Gone, Redriven, StillDead
from teddy_cloud.settings import Settings
from teddy_shared.errors import ConfigError, KeyErased, SealError
from teddy_shared.events import ActionTaken

REVEALED: Final = "dead.reveal"
REDRIVEN: Final = "dead.redrive"


@dataclass(frozen=True, slots=True)
class Shown:
    """A letter without what it holds."""

    id: str
    when: str
    bear: str
    what: str  # batch, event, or stored: an event that a read model could not open
    place: str  # bear/epoch/lane/number, as far as it is known
    size: int
    kept: bool  # whether there is anything to open
    reason: str


@dataclass(frozen=True, slots=True)
class Found:
    letters: Sequence[Shown]
    gave_way: int


@dataclass(frozen=True, slots=True)
class Tried:
    id: str
    outcome: str  # redriven, gone, still dead
    detail: str = ""


async def list_letters(settings: Settings, bear: str | None) -> Found:
    async with open_office(settings) as office:
        letters = [_shown(letter) async for letter in _letters(office, bear)]
        gave_way = sum([await office.letters.gave_way(partition) for partition in _partitions(bear)])
    return Found(letters, gave_way)


async def show_letter(settings: Settings, id_: str, reveal_to: Caller | None) -> tuple[Shown, str | None]:
    """With what it holds as text, if it is to be revealed. Raises ConfigError."""
    async with open_office(settings) as office:
        letter = await _letter(office, id_)
        return _shown(letter), await _revealed(office, letter, reveal_to) if reveal_to else None


async def redrive_letters(
    settings: Settings, id_: str | None, bear: str | None, caller: Caller
) -> list[Tried]:
    """One by its id, or all of them. Raises ConfigError where there is none of that id."""
    async with open_office(settings) as office:
        if id_ is not None:
            letter = await _letter(office, id_)
            return [await _redriven(office, letter, caller)]
        # One after the other: their order is the order in which they come into the store.
        return [await _redriven(office, letter, caller) async for letter in _letters(office, bear)]


async def _letters(office: Office, bear: str | None) -> AsyncIterator[DeadLetter]:
    for partition in _partitions(bear):
        async for letter in office.letters.each(partition):
            if bear in (None, letter.bear):
                yield letter


async def _letter(office: Office, id_: str) -> DeadLetter:
    letter = await office.letters.find(id_)
    if letter is None:
        raise ConfigError(f"there is no dead letter {id_}; `teddy cloud dead list` names those there are")
    return letter


async def _revealed(office: Office, letter: DeadLetter, caller: Caller) -> str:
    try:
        opened = await office.redriver.opened(letter)
        # First the audit: who cannot be written down sees nothing.
        await _note(office, letter, REVEALED, caller)
    except SealError as error:
        raise ConfigError(f"the letter {letter.id} cannot be opened: {error}") from None
    return opened.decode(errors="backslashreplace")


async def _redriven(office: Office, letter: DeadLetter, caller: Caller) -> Tried:
    outcome = await office.redriver.redrive(letter)
    if not isinstance(outcome, StillDead):
        with suppress(KeyErased):  # no family owns a bear of this name, so there is no one to tell
            await _note(office, letter, REDRIVEN, caller)
    return _tried(letter, outcome)


async def _note(office: Office, letter: DeadLetter, action: str, caller: Caller) -> None:
    await write_own(
        store=office.store,
        seal=office.seal,
        clock=office.clock,
        subject=letter.bear,
        stream=AUDIT,
        event=ActionTaken(action=action, who=caller.who, outcome="done"),
        owner=device_owner(letter.bear),
    )


def _tried(letter: DeadLetter, outcome: Redriven | Gone | StillDead) -> Tried:
    match outcome:
        case Redriven(place):
            return Tried(letter.id, "redriven", place.bytes().decode() if place else "")
        case Gone(reason):
            return Tried(letter.id, "gone", reason)
        case StillDead(reason):
            return Tried(letter.id, "still dead", reason)


def _shown(letter: DeadLetter) -> Shown:
    what = "stored" if letter.position else "event" if letter.place else "batch"
    when = datetime.fromtimestamp(letter.wall_ms / 1000, UTC)
    return Shown(
        id=letter.id,
        when=when.isoformat(sep=" ", timespec="seconds"),
        bear=letter.bear,
        what=what,
        place=letter.place.bytes().decode() if letter.place else "",
        size=letter.size,
        kept=bool(letter.sealed) or letter.position is not None,
        reason=letter.reason,
    )


def _partitions(bear: str | None) -> Iterable[int]:
    return range(PARTITIONS) if bear is None else [partition_of(bear)]
