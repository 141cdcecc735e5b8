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
from workshop.servers import ServerMissing


class Bench(Protocol):
    """What a bench's module offers. It may have `configure(parser)` too, for options of its own."""

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


def parse(arguments: Sequence[str]) -> tuple[Bench | None, argparse.Namespace]:
    """The bench that is named, if any, and what is wanted of it. Its own options stand behind its name."""
    name = _parser(add_help=False).parse_known_args(arguments)[0].name
    parser = _parser(add_help=True)
    bench = None
    if name is not None:
        bench = load(name)
        configure: Callable[[argparse.ArgumentParser], None] | None = getattr(bench, "configure", None)
        if configure is not None:
            configure(parser)
    wanted = parser.parse_args(arguments)
    if bench is None and not wanted.list:
        parser.error("name a bench, or --list")
    return bench, wanted


def main() -> int:
    bench, wanted = parse(sys.argv[1:])
    if wanted.list or bench is None:
        for name in names():
            print(f"{name:12}{about(name).splitlines()[0]}")
        return 0
    try:
        figures = list(bench.run(Options(rounds=wanted.rounds, own=wanted)))
    except (TeddyError, ServerMissing) as error:
        print(f"tools/bench: {error}", file=sys.stderr)
        return 2
    print(f"{wanted.name} on {machine()}\n\n{table(figures)}")
    if wanted.json:
        write_json(wanted.json, bench=wanted.name, figures=figures)
    return 0


def _parser(*, add_help: bool) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tools/bench",
        description="Measures; each figure stands beside its bar and its yardstick. "
        "`tools/bench NAME --help` shows the options of that bench too.",
        add_help=add_help,
        allow_abbrev=False,
    )
    parser.add_argument("name", nargs="?", choices=names(), help=", ".join(names()), metavar="NAME")
    parser.add_argument("--list", action="store_true", help="the benches and what they measure")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the figures here")
    parser.add_argument("--rounds", type=int, default=9, help="how often each is measured (9)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
