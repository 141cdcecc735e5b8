"""What a check has to say: where, what is wrong there, and what to do about it."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    file: str
    place: str  # the keys that lead there, joined by dots; empty for the file as a whole
    rule: str  # a short name for machines
    fault: str
    remedy: str

    def as_json(self) -> dict[str, str]:
        return asdict(self)
