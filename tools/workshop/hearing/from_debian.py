"""Debian's packages that a bench needs: installed where we may, else asked for."""

from __future__ import annotations

from teddy_shared.errors import ConfigError
from workshop import debian


def install(*packages: str) -> None:
    """Raises ConfigError with the command to type, where we may not or it fails."""
    run = debian.as_root()
    if run is None:
        raise ConfigError(f"this bench needs {' and '.join(packages)}: {debian.by_hand(packages)}")
    try:
        debian.install(packages, run=run)
    except debian.CannotInstall as error:
        raise ConfigError(str(error)) from None
