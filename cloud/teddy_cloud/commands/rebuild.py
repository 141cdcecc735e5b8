"""`teddy cloud rebuild`: a read model again from the first event on."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from teddy_cloud.commands.saying import finish, say, settings_of, where

if TYPE_CHECKING:
    from teddy_cloud.commands.saying import Verbs


def add_to(verbs: Verbs) -> None:
    parser = verbs.add_parser(
        "rebuild",
        help="make a read model again from the first event on",
        description="The cloud goes on meanwhile, and readers see the old one until the new one is as far. "
        "A rebuild that was broken off goes on where it was.",
    )
    where(parser)
    parser.add_argument("name", help="conversations, bears, orders or ledger")
    parser.add_argument("--anew", action="store_true", help="begin again, whatever an earlier one has done")
    parser.set_defaults(act=_act)


def _act(arguments: argparse.Namespace) -> int:
    from teddy_cloud.commands.rebuilding import rebuild

    finish(rebuild(settings_of(arguments), arguments.name, anew=arguments.anew))
    say(arguments, {"rebuilt": arguments.name}, f"{arguments.name} is made anew")
    return 0
