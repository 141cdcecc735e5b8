"""Starting files for authors: small, commented, and already fit to be told."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path
from typing import Final

from teddy_shared.errors import ConfigError

KINDS: Final = ("story", "joke", "riddle", "fact", "song")
_NAME: Final = re.compile(r"[a-z][a-z_]{0,29}")


def start(kind: str, name: str, folder: Path) -> Path:
    """Writes the file and says where; blocks. Raises ConfigError rather than write over anything."""
    if not _NAME.fullmatch(name):
        raise ConfigError(
            f"{name!r} is no name for a file of content: small letters and _ alone, at most thirty"
        )
    text = files("teddy_edge.authoring").joinpath(f"starts/{kind}.toml").read_text("utf-8")
    file = folder / f"{name}.toml"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8") as begun:
            begun.write(text.replace("NAME", name).replace("SPOKEN", name.replace("_", " ")))
    except FileExistsError:
        raise ConfigError(f"{file} is there already: choose another name, or take it away") from None
    except OSError as error:
        raise ConfigError(f"cannot write {file}: {error.strerror}") from None
    return file
