"""W3C Trace Context for a turn: one trace a turn, joined by the cloud (w3.org/TR/trace-context)."""

from __future__ import annotations

from dataclasses import dataclass

from teddy_shared.clock import Chance


@dataclass(frozen=True, slots=True)
class Trace:
    trace_id: str  # 32 hex digits
    span_id: str  # 16 hex digits

    @classmethod
    def start(cls, chance: Chance) -> Trace:
        return cls(chance.token(16), chance.token(8))

    @property
    def traceparent(self) -> str:
        return f"00-{self.trace_id}-{self.span_id}-01"
