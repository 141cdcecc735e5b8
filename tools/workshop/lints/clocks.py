"""Time and chance come through one door; everything else is handed a Clock and a Chance."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import Final

from workshop.lints.source import Finding, Source, dotted, imported

DOOR: Final = "shared/teddy_shared/clock.py"
LIBRARIES: Final = ("random", "secrets", "uuid")
READINGS: Final = {
    "os.urandom",
    "os.getrandom",
    *(
        f"time.{name}{ns}"
        for name in ("time", "monotonic", "perf_counter", "process_time")
        for ns in ("", "_ns")
    ),
    *(f"time.{name}" for name in ("clock_gettime", "gmtime", "localtime", "ctime", "strftime")),
    *(f"datetime.datetime.{name}" for name in ("now", "utcnow", "today")),
    "datetime.date.today",
}
CALLS: Final = {
    *READINGS,
    *(name.removeprefix("datetime.") for name in READINGS if name.startswith("datetime.")),
}


def second_clocks(files: Iterable[Source]) -> Iterator[Finding]:
    """Reading a clock or drawing chance beside the door. `time.sleep` and the loop's time are not clocks."""
    for file in files:
        if file.is_product and file.path != DOOR:
            yield from _in_file(file)


def _in_file(file: Source) -> Iterator[Finding]:
    says = f"time and chance have one door, {DOOR}: take a Clock or a Chance"
    for node, module in imported(file.tree):
        if module in LIBRARIES or module in READINGS or module == "numpy.random":
            yield file.finding(node, f"{module}: {says}")
    for node in ast.walk(file.tree):
        if isinstance(node, ast.Attribute):
            name = dotted(node)
            if name in CALLS or name.startswith(("np.random.", "numpy.random.")):
                yield file.finding(node, f"{name}: {says}")
