"""The file that tells a bear who it is. Whoever has it is that bear."""

from __future__ import annotations

from pathlib import Path

from teddy_cloud.fleet.household import link_owner
from teddy_shared.envelope import BearId
from teddy_shared.seal import KeyRing, write_private
from teddy_shared.tls import Credentials


def write_provision(file: Path, bear: BearId, keys: KeyRing, credentials: Credentials | None) -> None:
    """Version 2 where there are credentials; else 1, for a broker on the same machine.

    The cloud makes the bear's key, for now: a bench where the bear makes it itself, and has it signed,
    is not built yet. Blocks. Raises ConfigError.
    """
    link_key = keys.key(link_owner(bear)).hex()
    lines = [
        f"version = {1 if credentials is None else 2}",
        f'bear = "{bear}"',
        f'link_key = "{link_key}"',
    ]
    if credentials is not None:
        for name in ("authority", "certificate", "key"):
            lines.append(f"{name} = '''\n{getattr(credentials, name)}'''")
    write_private(file, ("\n".join(lines) + "\n").encode())
