"""The `teddy` command: loads its subcommands from entry points, so that no room imports another."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points

from teddy_shared.errors import TeddyError

GROUP = "teddy.commands"


@dataclass(frozen=True, slots=True)
class Command:
    """One subcommand. An entry point `name = "module:command"` of the group names an instance."""

    help: str
    configure: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]  # the exit code
    description: str = ""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. What we foresaw is one line on standard error and exit code 2."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    parser = argparse.ArgumentParser(
        prog="teddy",
        description="A teddy bear that a child talks to: the bear, its cloud, and the tools around them.",
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    wanted = arguments[0] if arguments and not arguments[0].startswith("-") else None
    for point in sorted(entry_points(group=GROUP), key=lambda each: each.name):
        if wanted in (None, point.name):  # loading one room is cheaper than loading all
            command: Command = point.load()
            sub = commands.add_parser(
                point.name, help=command.help, description=command.description or command.help
            )
            command.configure(sub)
            sub.set_defaults(run=command.run)
        else:
            commands.add_parser(point.name, add_help=False)
    parsed = parser.parse_args(arguments)
    try:
        return int(parsed.run(parsed))
    except TeddyError as error:
        print(f"teddy {parsed.command}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # `teddy … | head`: the reader has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
