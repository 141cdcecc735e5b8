"""What every command passes on its way to its handler, and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from pydantic import ValidationError

from teddy_cloud.bus.callers import NotForYou
from teddy_cloud.bus.commands import Call, Middleware, Next
from teddy_cloud.bus.once import once
from teddy_cloud.bus.records import Outcome, Records
from teddy_cloud.bus.timings import Timings
from teddy_shared.clock import Clock
from teddy_shared.envelope import BearId, FamilyId
from teddy_shared.errors import LinkError, TeddyError
from teddy_shared.logs import bound, log
from teddy_shared.state.state import State

_log = log("bus")


class Owners(Protocol):
    """Who owns what."""

    async def bear(self, family: FamilyId, bear: BearId) -> object:
        """Raises where no such bear is in this family."""


class Misfit(TeddyError):
    """A command whose fields cannot be."""


def in_order(
    *, state: State, clock: Clock, owners: Owners, records: Records, timings: Timings
) -> Sequence[Middleware]:
    """From the outermost to the innermost.

    The record stands inside `once`: a result is remembered only when the ledger has it, and a repetition
    adds no second line.
    """
    return (
        traced(),
        timed(timings, clock),
        allowed(owners),
        validated(),
        once(state, clock),
        recorded(records),
    )


def traced() -> Middleware:
    """Every log line on the way names the trace."""

    async def step(call: Call, on: Next) -> Any:
        with bound(trace=call.trace.trace_id):
            return await on(call)

    return step


def timed(timings: Timings, clock: Clock) -> Middleware:
    async def step(call: Call, on: Next) -> Any:
        began = clock.monotonic()
        outcome = "failed"
        try:
            result = await on(call)
            outcome = "done"
            return result
        except LinkError:
            raise
        except TeddyError:
            outcome = "refused"
            raise
        finally:
            seconds = clock.monotonic() - began
            timings.note(call.command.name, outcome, seconds)
            _log.info("command", command=call.command.name, outcome=outcome, ms=round(1000 * seconds, 1))

    return step


def allowed(owners: Owners) -> Middleware:
    """Raises NotForYou for a role that may not, and what `owners` raises for another family's bear."""

    async def step(call: Call, on: Next) -> Any:
        if call.caller.standing not in call.command.allowed:
            raise NotForYou(call.caller, call.command.name)
        if call.caller.family is not None:
            await owners.bear(call.caller.family, BearId(call.command.bear))
        return await on(call)

    return step


def validated() -> Middleware:
    """A command may have been made without its checks; here they are made. Raises Misfit."""

    async def step(call: Call, on: Next) -> Any:
        try:
            type(call.command).model_validate(call.command)
        except ValidationError as error:
            fields = ", ".join(".".join(map(str, each["loc"])) for each in error.errors()[:3])
            raise Misfit(f"{call.command.name} does not fit: {fields}") from None
        return await on(call)

    return step


def recorded(records: Records) -> Middleware:
    """Leaves an event about what was done or refused. Without it nothing counts as done."""

    async def step(call: Call, on: Next) -> Any:
        try:
            result = await on(call)
        except LinkError:
            raise  # the record could not be written either
        except TeddyError:
            await _record(records, call, "refused")
            raise
        except Exception:  # a fault of ours: it is recorded, and goes on as it is
            await _record(records, call, "failed")
            raise
        await _record(records, call, "done")
        return result

    return step


async def _record(records: Records, call: Call, outcome: Outcome) -> None:
    await records.acted(
        call.caller,
        call.command.name,
        BearId(call.command.bear),
        outcome,
        correlation=call.trace.trace_id,
        traceparent=call.trace.traceparent,
    )
