"""`teddy cloud handlers dead`: events that a handler could not handle, to look at and to hand out again."""

from __future__ import annotations

import argparse
import dataclasses
from typing import TYPE_CHECKING

from teddy_cloud.commands.saying import finish, say, settings_of, where

if TYPE_CHECKING:
    from teddy_cloud.commands.saying import Verbs


def add_to(verbs: Verbs) -> None:
    parser = verbs.add_parser("handlers", help="events that a handler could not handle")
    dead = parser.add_subparsers(dest="handlers_verb", metavar="VERB", required=True).add_parser(
        "dead", help="those that were given up; `teddy cloud dead` has those that could not be read"
    )
    deeds = dead.add_subparsers(dest="handlers_deed", metavar="VERB", required=True)
    listing = deeds.add_parser("list", help="which there are, oldest first of each partition")
    where(listing)
    listing.set_defaults(act=_list)
    redriving = deeds.add_parser("redrive", help="hand them out again; exit code 1 where one stays dead")
    where(redriving)
    which = redriving.add_mutually_exclusive_group(required=True)
    which.add_argument("id", nargs="?", help="as the list names it")
    which.add_argument("--all", action="store_true", help="every one")
    redriving.set_defaults(act=_redrive)


def _list(arguments: argparse.Namespace) -> int:
    from teddy_cloud.commands.handling import list_given_up

    found = finish(list_given_up(settings_of(arguments)))
    lines = [
        f"{each.id}  {each.when}  {each.handler}  {each.bear}  {each.type}  {each.tries} tries  {each.reason}"
        for each in found
    ]
    facts = {"letters": [dataclasses.asdict(each) for each in found]}
    say(arguments, facts, "\n".join(lines) or "every handler has handled everything")
    return 0


def _redrive(arguments: argparse.Namespace) -> int:
    from teddy_cloud.commands.handling import redrive

    done = finish(redrive(settings_of(arguments), arguments.id))
    lines = [
        f"{id_}  {'handed out again' if ok else 'its event is no longer in the stream'}" for id_, ok in done
    ]
    facts = {"letters": [{"id": id_, "redriven": ok} for id_, ok in done]}
    say(arguments, facts, "\n".join(lines) or "every handler has handled everything")
    return 0 if all(ok for _, ok in done) else 1
