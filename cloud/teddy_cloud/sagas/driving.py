"""One step of a saga: what to do with its outcome. Pure; the engine carries it out."""

from __future__ import annotations

from typing import Final

from teddy_cloud.sagas.record import SagaRecord, Standing
from teddy_cloud.sagas.saga import TRIES, Done, Impossible, Saga, Wait
from teddy_shared.clock import Chance
from teddy_shared.errors import LinkError, TeddyError

FIRST: Final = 0.5  # seconds before a step's second try, then twice as long each time
MOST: Final = 60.0


def after(saga: Saga, record: SagaRecord, outcome: Done | Wait, heard: int, now: float) -> SagaRecord:
    """A step was done, or decided to wait. `heard`: the version of what it was told."""
    if isinstance(outcome, Wait):
        return record.model_copy(
            update={"due": outcome.until, "waiting": True, "heard": heard, "tries": 0, "changed_wall": now}
        )
    done = record.step + 1 == len(saga.steps)
    return _next(
        record,
        now,
        facts={**record.facts, **outcome.facts},
        step=record.step + 1,
        standing=Standing.DONE if done else Standing.DOING,
    )


def after_undoing(record: SagaRecord, now: float) -> SagaRecord:
    if record.step == 0:
        return _next(record, now, standing=Standing.UNDONE)
    return _next(record, now, step=record.step - 1)


def after_failing(saga: Saga, record: SagaRecord, error: Exception, chance: Chance, now: float) -> SagaRecord:
    """Try again later; or else turn back; or else, where there is no way back, wait for an operator.

    What is only away does not use up the tries.
    """
    tries = record.tries + 1
    reason = f"{saga.steps[record.step].name}: {said(error)}"
    if isinstance(error, Impossible) or (tries >= TRIES and not isinstance(error, LinkError)):
        back = record.standing is Standing.UNDOING
        if back or not saga.can_be_undone(record.step):
            return _next(record, now, standing=Standing.STUCK, back=back, reason=reason)
        return _next(record, now, standing=Standing.UNDOING, reason=reason)
    ceiling = min(MOST, FIRST * 2 ** min(tries - 1, 10))
    due = now + chance.between(ceiling / 2, ceiling)
    return record.model_copy(update={"tries": tries, "due": due, "waiting": False, "changed_wall": now})


def unstuck(record: SagaRecord, now: float) -> SagaRecord:
    """An operator has mended what was in the way: the same step has its tries again."""
    return _next(record, now, standing=Standing.UNDOING if record.back else Standing.DOING, back=False)


def said(error: Exception) -> str:
    """For the record: of an error that we did not foresee the name alone, since its words may be anything."""
    return str(error) if isinstance(error, TeddyError) else type(error).__name__


def _next(record: SagaRecord, now: float, **changes: object) -> SagaRecord:
    fresh = {"tries": 0, "due": 0.0, "waiting": False, "changed_wall": now}
    return record.model_copy(update={**fresh, **changes})
