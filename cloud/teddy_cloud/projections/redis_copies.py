"""The copies of read models in Redis: a hash a page, one script a partition."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from teddy_cloud.eventstore.partitions import events
from teddy_cloud.eventstore.store import BEGINNING, Position
from teddy_cloud.projections import keys
from teddy_cloud.projections.copies import HELD, Copy, Known, Question, Showing, Source, Standing, Step
from teddy_cloud.projections.readmodels import Cell
from teddy_cloud.storage.client import Call, Part, Script, StoreClient

MOST: Final = 1024  # fields and values in one HSET of a script, whose stack has an end


def _script(name: str) -> Script:
    folder = files(__package__)
    return Script(folder.joinpath("copies.lua").read_text() + folder.joinpath(name).read_text())


_STEP: Final = _script("step.lua")
_BEGIN: Final = _script("begin.lua")
_SHOW: Final = _script("show.lua")


class RedisCopies:
    """Fits Copies and Rebuilds."""

    def __init__(self, *, client: StoreClient) -> None:
        self._client = client

    async def standing(self, models: Iterable[str], partitions: Iterable[int]) -> Sequence[Standing]:
        names, places = list(models), list(partitions)
        fields = [field for name in names for field in (name, f"{name}/{Copy.A}", f"{name}/{Copy.B}")]
        rows: list[list[bytes | None]] = await self._client.do_all(
            [("HMGET", keys.standing(place), *fields) for place in places]
        )
        return [
            _standing(name, place, *row[at : at + 3])
            for place, row in zip(places, rows, strict=True)
            for name, at in zip(names, range(0, len(fields), 3), strict=True)
        ]

    async def known(self, questions: Sequence[Question]) -> Sequence[Known]:
        lookups = [lookup for at, each in enumerate(questions) for lookup in _lookups(at, each)]
        rows: list[list[bytes | None]] = await self._client.do_all(
            [("HMGET", each.key, *map(_field, each.wanted)) for each in lookups]
        )
        applied: list[dict[Source, int]] = [{} for _ in questions]
        cells: list[dict[Cell, bytes]] = [{} for _ in questions]
        for lookup, row in zip(lookups, rows, strict=True):
            for wanted, value in zip(lookup.wanted, row, strict=True):
                if value is None:
                    continue
                if isinstance(wanted, Source):
                    applied[lookup.question][wanted] = int(value)
                else:
                    cells[lookup.question][wanted] = value
        return [Known(*both) for both in zip(applied, cells, strict=True)]

    async def write(self, steps: Sequence[Step]) -> Sequence[bool]:
        by_partition: dict[int, list[int]] = defaultdict(list)
        for number, step in enumerate(steps):
            by_partition[step.at.partition].append(number)
        calls = [_call(place, [steps[each] for each in numbers]) for place, numbers in by_partition.items()]
        taken = [False] * len(steps)
        for numbers, row in zip(by_partition.values(), await self._client.run_all(calls), strict=True):
            for number, was_taken in zip(numbers, row, strict=True):
                taken[number] = bool(was_taken)
        return taken

    async def open(self, model: str, fresh: str) -> str:
        key = keys.rebuild(model)
        await self._client.do("SET", key, fresh, "NX")
        found: bytes | None = await self._client.do("GET", key)
        return fresh if found is None else found.decode()

    async def forget(self, model: str) -> None:
        await self._client.do("DEL", keys.rebuild(model))

    async def begin(self, model: str, rebuild: str, partitions: Iterable[int]) -> Sequence[Standing]:
        places = list(partitions)
        rows: list[list[bytes]] = await self._client.run_all(
            [
                (
                    _BEGIN,
                    [keys.standing(place), *(keys.listing(place, model, each) for each in Copy)],
                    [model, rebuild],
                )
                for place in places
            ]
        )
        return [
            Standing(model, place, Copy(row[0].decode()), shown=False, position=Position(row[1].decode()))
            for place, row in zip(places, rows, strict=True)
            if row
        ]

    async def show(self, rebuild: str, standings: Sequence[Standing]) -> Sequence[Showing]:
        rows: list[int] = await self._client.run_all(
            [
                (
                    _SHOW,
                    [
                        keys.standing(each.partition),
                        events(each.partition),
                        keys.listing(each.partition, each.model, each.copy.other),
                    ],
                    [each.model, each.copy, each.position, rebuild, HELD],
                )
                for each in standings
            ]
        )
        return [Showing(row) for row in rows]


@dataclass(frozen=True, slots=True)
class _Lookup:
    """What one question asks of one key."""

    question: int
    key: str
    wanted: Sequence[Source | Cell]


def _lookups(number: int, question: Question) -> Iterable[_Lookup]:
    at = question.at
    by_key: dict[str, list[Source | Cell]] = defaultdict(list)
    for source in question.sources:
        by_key[keys.applied(at.partition, source.bear, at.model, at.copy)].append(source)
    for cell in question.cells:
        by_key[keys.page(at.partition, cell.bear, at.model, at.copy, cell.page)].append(cell)
    return (_Lookup(number, key, wanted) for key, wanted in by_key.items())


def _call(partition: int, steps: Iterable[Step]) -> Call:
    touched = [keys.standing(partition), events(partition)]
    arguments: list[Part] = []
    for step in steps:
        at = step.at
        arguments += (at.model, at.copy, int(at.shown), at.position, step.after)
        if not step.cells and not step.applied:  # most: of an event that one projection wants, others do not
            arguments += (0, 0, int(step.archived))
            continue
        hashes = _hashes(step)
        bears = sorted({cell.bear for cell in step.cells}) if at.shown else []
        touched += [keys.listing(partition, at.model, at.copy), *(key for key, _ in hashes)]
        arguments += (len(hashes), len(bears), int(step.archived))
        for _, pairs in hashes:
            arguments += [len(pairs), *pairs]
        arguments += bears
    return _STEP, touched, arguments


def _hashes(step: Step) -> Sequence[tuple[str, Sequence[Part]]]:
    """What is written, by key: fields and values in turn, no more at once than a script's stack holds."""
    at = step.at
    by_key: dict[str, list[Part]] = defaultdict(list)
    for cell, value in step.cells.items():
        by_key[keys.page(at.partition, cell.bear, at.model, at.copy, cell.page)] += (cell.line, value)
    for source, number in step.applied.items():
        by_key[keys.applied(at.partition, source.bear, at.model, at.copy)] += (_field(source), number)
    return [
        (key, pairs[at : at + MOST]) for key, pairs in by_key.items() for at in range(0, len(pairs), MOST)
    ]


def _field(wanted: Source | Cell) -> str:
    return wanted.line if isinstance(wanted, Cell) else f"{wanted.epoch}/{int(wanted.lane)}"


def _standing(model: str, partition: int, shown: bytes | None, a: bytes | None, b: bytes | None) -> Standing:
    copy = Copy.B if shown == b"b" else Copy.A
    position = {Copy.A: a, Copy.B: b}[copy]
    at = BEGINNING if position is None else Position(position.decode())
    return Standing(model, partition, copy, shown=True, position=at)
