"""Where a saga stands: one frozen record, written anew after every step."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, JsonValue

from teddy_shared.envelope import Name


class Standing(StrEnum):
    DOING = "doing"
    UNDOING = "undoing"
    STUCK = "stuck"  # an operator must look
    DONE = "done"
    UNDONE = "undone"

    @property
    def over(self) -> bool:
        return self in (Standing.DONE, Standing.UNDONE)


class SagaRecord(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    id: Name
    kind: str
    standing: Standing = Standing.DOING
    step: int = 0  # that is to be done, or undone
    facts: dict[str, JsonValue]
    tries: int = 0  # of this step in this direction
    due: float = 0.0  # wall clock: not before
    heard: int = 0  # the version of what was told when the step decided to wait
    waiting: bool = False  # whether `due` is a step's own wish; what is told ends it
    back: bool = False  # where it is stuck: on the way back
    reason: str = ""  # why it is undone or stuck
    begun_wall: float
    changed_wall: float

    @property
    def over(self) -> bool:
        return self.standing.over
