"""Virtual time for tests: mark one (or a module, by `pytestmark`) with `pytest.mark.virtual_time`."""

from __future__ import annotations

from workshop.virtual_time import SEPTEMBER, Stalled, VirtualClock, VirtualLoop, run_virtual

__all__ = ["SEPTEMBER", "Stalled", "VirtualClock", "VirtualLoop", "run_virtual"]
