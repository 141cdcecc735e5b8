"""Each outside library has one door; nobody else may import it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from workshop.lints.source import Finding, Source, imported

# A door that ends in a slash is a folder: a room whose modules are one door together.
DOORS: Final[Mapping[str, tuple[str, ...]]] = {
    "aiomqtt": ("edge/teddy_edge/link/wire.py", "cloud/teddy_cloud/broker.py"),
    "dishka": ("edge/teddy_edge/container/", "cloud/teddy_cloud/container/"),
    "gpiozero": ("edge/teddy_edge/body/pins.py",),
    "hibari": ("edge/teddy_edge/speech/hibari.py",),
    "hiredis": ("cloud/teddy_cloud/storage/lines.py",),
    "livekit": ("edge/teddy_edge/echo/canceller.py",),
    "onnx": ("edge/teddy_edge/inference/graph.py",),
    "onnxruntime": ("edge/teddy_edge/inference/session.py",),
    "prometheus_client": ("edge/teddy_edge/telemetry/metrics.py",),
    "redis": ("cloud/teddy_cloud/storage/redis.py",),
    "sounddevice": ("edge/teddy_edge/audio/soundcard.py",),
    "sqlite3": (
        "edge/teddy_edge/outbox/looking.py",
        "edge/teddy_edge/outbox/shelf.py",
        "edge/teddy_edge/outbox/tables.py",
        "shared/teddy_shared/state/database.py",
        "shared/teddy_shared/state/sqlite.py",
    ),
    "tokenizers": ("edge/teddy_edge/inference/meaning.py",),
    "webrtcvad": ("edge/teddy_edge/ear/gate.py",),
}


def closed_doors(files: Iterable[Source], doors: Mapping[str, tuple[str, ...]] = DOORS) -> Iterator[Finding]:
    """Imports of a library beside its door."""
    for file in files:
        if not file.is_product:
            continue
        seen: set[tuple[int, str]] = set()
        for node, module in imported(file.tree):
            library = module.split(".")[0]
            at = (getattr(node, "lineno", 0), library)
            if library in doors and not _is_door(file.path, doors[library]) and at not in seen:
                seen.add(at)
                yield file.finding(node, f"{library} has its door at {' and '.join(doors[library])}")


def _is_door(path: str, doors: tuple[str, ...]) -> bool:
    return any(path.startswith(door) if door.endswith("/") else path == door for door in doors)
