"""The keys to what lies in a bear's folder, for commands that look into it without starting a bear."""

from __future__ import annotations

from pathlib import Path

from teddy_shared.clock import SystemChance
from teddy_shared.errors import ConfigError
from teddy_shared.seal import FileKeyRing


def keys_of(data: Path) -> FileKeyRing:
    """Raises ConfigError. Looks first: a key ring would make the master key that it misses. Blocks."""
    master = data / "master.key"
    try:
        if not (master.exists() and (data / "state.db").exists()):
            raise ConfigError(
                f"no bear has lived in {data}: start one with `teddy bear run`, or name its folder by --data"
            )
        return FileKeyRing(path=data / "keys.json", master=master, chance=SystemChance())
    except OSError as error:
        raise ConfigError(f"cannot read {data} ({error.strerror}): run this as the bear's user") from None
