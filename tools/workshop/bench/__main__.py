"""`tools/bench NAME`: runs a bench, prints its table, keeps its figures."""

from __future__ import annotations

import argparse
import ast
import pkgutil
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol, cast

import workshop.bench
from teddy_shared.errors import TeddyError
from workshop.measuring import Figure, Options, machine, table, write_json


class Bench(Protocol):
    """What a bench's module offers."""

    run: Callable[[Options], Sequence[Figure]]


def names() -> list[str]:
    return sorted(each.name for each in pkgutil.iter_modules(workshop.bench.__path__) if each.name[0] != "_")


def about(name: str) -> str:
    """Its docstring, without importing what it measures."""
    found = find_spec(f"workshop.bench.{name}")
    assert found is not None and found.origin is not None
    return ast.get_docstring(ast.parse(Path(found.origin).read_text())) or ""


def load(name: str) -> Bench:
    return cast(Bench, import_module(f"workshop.bench.{name}"))


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="tools/bench", description="Measures; each figure stands beside its bar and its yardstick."
    )
    parser.add_argument("name", nargs="?", choices=names(), help=", ".join(names()), metavar="NAME")
    parser.add_argument("--list", action="store_true", help="the benches and what they measure")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the figures here")
    parser.add_argument("--rounds", type=int, default=9, help="how often each is measured (9)")
    wanted = parser.parse_args()
    if wanted.list:
        for name in names():
            print(f"{name:12}{about(name).splitlines()[0]}")
        return 0
    if wanted.name is None:
        parser.error("name a bench, or --list")
    try:
        figures = list(load(wanted.name).run(Options(rounds=wanted.rounds)))
    except TeddyError as error:
        print(f"tools/bench: {error}", file=sys.stderr)
        return 2
    print(f"{wanted.name} on {machine()}\n\n{table(figures)}")
    if wanted.json:
        write_json(wanted.json, bench=wanted.name, figures=figures)
    return 0


if __name__ == "__main__":
    sys.exit(main())
