"""`teddy models`: make the models ready, list them, look whether they are whole."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from teddy_edge import settings
from teddy_edge.inference.models import ModelStore, Part
from teddy_shared.cli import Command

DESCRIPTION = """\
The networks that hear and speak come inside Python packages. `prepare` finds them, checks every file
against the hashes of this release, converts Whisper once, and keeps the result in a cache."""


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for name, help_ in (
        ("prepare", "check the packages, convert what is not yet converted, mend what is damaged"),
        ("list", "every model file, where it comes from and how large it is"),
        ("check", "read every file whole and compare its hash; exit code 1 where one has a problem"),
    ):
        action = actions.add_parser(name, help=help_, description=help_)
        action.add_argument("--json", action="store_true", help="print JSON instead of text")
        action.add_argument(
            "--cache",
            type=Path,
            metavar="DIR",
            help="where converted models are kept (default: what the bear's settings say)",
        )


def run(arguments: argparse.Namespace) -> int:
    wished = settings.read(overrides={"models.cache": arguments.cache})
    store = ModelStore(wished.models.cache)
    match arguments.action:
        case "prepare":
            return _prepare(store, as_json=arguments.json)
        case "list":
            return _show(store.parts(), as_json=arguments.json)
        case _:
            parts = store.parts(thorough=True)
            _show(parts, as_json=arguments.json)
            return 1 if any(part.problem for part in parts) else 0


def _prepare(store: ModelStore, *, as_json: bool) -> int:
    # With --json standard output is for the result alone.
    store.prepare(lambda line: print(line, file=sys.stderr if as_json else sys.stdout, flush=True))
    if as_json:
        _show(store.parts(), as_json=True)
    return 0


def _show(parts: list[Part], *, as_json: bool) -> int:
    if as_json:
        print(json.dumps([_as_table(part) for part in parts], indent=2))
        return 0
    for part in parts:
        size = "-" if part.size is None else f"{part.size / 1e6:.1f} MB"
        print(f"{part.name:28} {size:>9}  {part.origin:22} {part.problem or 'ok'}")
    return 0


def _as_table(part: Part) -> dict[str, object]:
    return {
        "name": part.name,
        "origin": part.origin,
        "path": str(part.path) if part.path else None,
        "bytes": part.size,
        "problem": part.problem,
    }


command = Command(
    help="make the models ready, list or check them",
    description=DESCRIPTION,
    configure=configure,
    run=run,
)
