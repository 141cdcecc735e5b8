"""Errors of the bear alone; those that both sides know are in teddy_shared.errors.

TeddyError
├── ConfigError
│   └── BadClip          a recording that cannot stand in for the microphone; says how to convert it
├── CardUnavailable      the sound card is away or takes none of our formats; tried again (audio/card.py)
│   └── FormatRefused    it takes not this one; the next is tried
├── ContainerError       the parts do not fit together: a cycle, a missing part, a captive scope
└── PartDied             a part that must live has ended; the process ends with 3 and systemd starts it anew
"""

from __future__ import annotations

from pathlib import Path

from teddy_shared.errors import ConfigError, TeddyError


class BadClip(ConfigError):
    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path.name}: {reason}")


class ContainerError(TeddyError):
    """The graph of parts is refused before anything is built."""


class PartDied(TeddyError):
    exit_code = 3

    def __init__(self, name: str) -> None:
        super().__init__(f"the {name} has died; the bear has to start again")
        self.part = name
