"""The signs of life of a bear with a voice: samples, ear, models, and the play cursor while it speaks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, Protocol, runtime_checkable

from teddy_edge.audio.samples import HOP
from teddy_edge.health.vitals import Sign
from teddy_edge.inference.governor import DEADLINES, Work

SAMPLES_MOST: Final = 8.0  # seconds; a card that is opened may take three, and closing a frozen one as long
EAR_MOST: Final = 5.0  # seconds for a hop of 10 ms
MODEL_MOST: Final = 11.0  # seconds for one run; a turn has given up after ten and says so
BEYOND: Final = 2.0  # seconds behind the governor's own deadline, where that is later
CURSOR_MOST: Final = 8.0  # seconds; like the samples


class Samples(Protocol):
    """The ring between microphone and ear, in samples since the start."""

    @property
    def written(self) -> int: ...

    @property
    def taken(self) -> int: ...


class Playing(Protocol):
    """The mouth."""

    @property
    def idle(self) -> bool: ...

    @property
    def cursor(self) -> int: ...


@runtime_checkable
class Working(Protocol):
    """The threads that run models. A governor without threads has none that could hang."""

    @property
    def under_way(self) -> Mapping[Work, int]:
        """For each class of work that runs at this moment, the number of that run."""


def signs_of(ring: Samples, mouth: Playing, models: object) -> tuple[Sign, ...]:
    """The loop has a sign of its own, in the watchman."""
    return (
        Sign("microphone", lambda: ring.written, SAMPLES_MOST),
        Sign("ear", lambda: ring.taken, EAR_MOST, due=lambda: ring.written - ring.taken >= HOP),
        Sign("mouth", lambda: mouth.cursor, CURSOR_MOST, due=lambda: not mouth.idle),
        *(_of_models(models) if isinstance(models, Working) else ()),
    )


def _of_models(models: Working) -> Iterator[Sign]:
    for work in Work:

        def run(work: Work = work) -> int | None:
            return models.under_way.get(work)

        def runs(work: Work = work) -> bool:
            return work in models.under_way

        most = max(MODEL_MOST, DEADLINES[work] + BEYOND)
        yield Sign(f"model for {work.name.lower()}", run, most, due=runs)
