"""`teddy cloud erase`: nothing that is known about a child stays readable; with a receipt, and a proof."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from teddy_cloud.commands.saying import finish, say, settings_of, this_operator, where
from teddy_shared.errors import ConfigError

if TYPE_CHECKING:
    from teddy_cloud.commands.saying import Verbs

WAIT = 60.0  # seconds


def add_to(verbs: Verbs) -> None:
    parser = verbs.add_parser(
        "erase",
        help="make all that is known about a child unreadable; exit code 1 where that is not proven yet",
    )
    where(parser)
    whose = parser.add_mutually_exclusive_group(required=True)
    whose.add_argument("--bear", help="the child that this bear talks with")
    whose.add_argument("--profile", help="the child of this pseudonym")
    parser.add_argument("--yes", action="store_true", help="do not ask; it cannot be undone")
    parser.add_argument(
        "--wait", type=float, default=WAIT, metavar="SECONDS", help=f"for the receipt ({WAIT:.0f})"
    )
    parser.add_argument(
        "--check", action="store_true", help="erase nothing: look whether anything of the child is left"
    )
    parser.set_defaults(act=_act)


def _act(arguments: argparse.Namespace) -> int:
    return _check(arguments) if arguments.check else _erase(arguments)


def _erase(arguments: argparse.Namespace) -> int:
    from teddy_cloud.commands.erasing import erase

    if not arguments.yes:
        _make_sure(arguments.bear or arguments.profile)
    done = finish(
        erase(
            settings_of(arguments),
            bear=arguments.bear,
            profile=arguments.profile,
            wait=max(0.0, arguments.wait),
            caller=this_operator(),
        )
    )
    say(arguments, done.facts(), done.sentence)
    return 0 if done.receipt is not None or not arguments.wait else 1


def _check(arguments: argparse.Namespace) -> int:
    from teddy_cloud.commands.erasing import check

    found = finish(check(settings_of(arguments), bear=arguments.bear, profile=arguments.profile))
    say(arguments, found.facts(), found.sentence)
    return 0 if found.found.nothing_left else 1


def _make_sure(name: str) -> None:
    """Raises ConfigError unless a person says so."""
    if not sys.stdin.isatty():
        raise ConfigError("nobody is there to ask; say --yes, and mind that it cannot be undone")
    print(f"All that is known about the child of {name} becomes unreadable for ever.", flush=True)
    if input(f"Write {name} to go on: ").strip() != name:
        raise ConfigError("nothing was erased")
