"""The `teddy` command: loads its subcommands from entry points, so that no room imports another."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points

from teddy_shared.errors import PartMissing, TeddyError

GROUP = "teddy.commands"


@dataclass(frozen=True, slots=True)
class Command:
    """One subcommand. An entry point `name = "module:command"` of the group names an instance."""

    help: str
    configure: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]  # the exit code
    description: str = ""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. What we foresaw is one line on standard error and its exit code, 2 for most."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    wanted = arguments[0] if arguments and not arguments[0].startswith("-") else None
    try:
        parsed = _parser(wanted).parse_args(arguments)
        return int(parsed.run(parsed))
    except TeddyError as error:
        return _tell(wanted, error)
    except BaseExceptionGroup as group:  # a task of the command failed; its siblings have ended with it
        if group.split(BrokenPipeError)[1] is None:
            return _unread()
        foreseen = _foreseen(group)
        if foreseen is None:
            raise
        return _tell(wanted, foreseen)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return _unread()


def say_no_more() -> None:
    """`teddy … | head`: the reader has seen enough, so what is still printed goes nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _parser(wanted: str | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="teddy",
        description="A teddy bear that a child talks to: the bear, its cloud, and the tools around them.",
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for point in sorted(entry_points(group=GROUP), key=lambda each: each.name):
        if wanted is None:
            commands.add_parser(point.name, help=_help(point))
        elif wanted == point.name:  # loading one room is cheaper than loading all
            command = _load(point)
            sub = commands.add_parser(point.name, description=command.description or command.help)
            command.configure(sub)
            sub.set_defaults(run=command.run)
        else:
            commands.add_parser(point.name, add_help=False)
    return parser


def _load(point: EntryPoint) -> Command:
    """Raises PartMissing where the extra that this command needs is not installed."""
    try:
        command: Command = point.load()
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("teddy_"):
            raise
        side = "cloud" if point.module.startswith("teddy_cloud") else "edge"
        raise PartMissing(f"the package {error.name}", f"pip install 'teddy[{side}]'") from None
    return command


def _help(point: EntryPoint) -> str:
    try:
        return _load(point).help
    except PartMissing as missing:
        return f"not installed ({missing})"


def _unread() -> int:
    say_no_more()
    return 0


def _foreseen(group: BaseExceptionGroup[BaseException]) -> TeddyError | None:
    """The error to tell, if everything that failed was foreseen."""
    known, unknown = group.split(TeddyError)
    while isinstance(known, BaseExceptionGroup):
        known = known.exceptions[0]  # type: ignore[assignment]  # a leaf or another group
    return known if unknown is None else None


def _tell(command: str | None, error: TeddyError) -> int:
    print(f"teddy {command}: {error}", file=sys.stderr)
    return error.exit_code
