"""`teddy cloud dead`: what could not be read, to look at and to try again."""

from __future__ import annotations

import argparse
import dataclasses
import json
from typing import TYPE_CHECKING

from teddy_cloud.commands.saying import finish, say, settings_of, this_operator, where

if TYPE_CHECKING:
    from teddy_cloud.commands.saying import Verbs


def add_to(verbs: Verbs) -> None:
    dead = verbs.add_parser("dead", help="dead letters: what could not be read")
    deeds = dead.add_subparsers(dest="dead_verb", metavar="VERB", required=True)

    listing = deeds.add_parser("list", help="which there are, oldest first, and how many gave way")
    where(listing)
    listing.add_argument("--bear", help="of this bear alone")
    listing.set_defaults(act=_list)

    showing = deeds.add_parser("show", help="what is known of one")
    where(showing)
    showing.add_argument("id", help="as the list names it")
    showing.add_argument(
        "--reveal",
        action="store_true",
        help="open it too; it may be about a child, so this is written into the audit",
    )
    showing.set_defaults(act=_show)

    redriving = deeds.add_parser(
        "redrive", help="try to read it again; exit code 1 where something stays dead"
    )
    where(redriving)
    which = redriving.add_mutually_exclusive_group(required=True)
    which.add_argument("id", nargs="?", help="as the list names it")
    which.add_argument("--all", action="store_true", help="every letter")
    redriving.add_argument("--bear", help="with --all: of this bear alone")
    redriving.set_defaults(act=_redrive)


def _list(arguments: argparse.Namespace) -> int:
    from teddy_cloud.commands.dead_letters import list_letters

    found = finish(list_letters(settings_of(arguments), arguments.bear))
    lines = [
        f"{each.id}  {each.when}  {each.bear}  {each.what}  {each.place or '-'}  {each.size} B  {each.reason}"
        for each in found.letters
    ]
    if found.gave_way:
        lines.append(f"{found.gave_way} older ones had to make room and are gone")
    facts = {"letters": [dataclasses.asdict(each) for each in found.letters], "gave_way": found.gave_way}
    say(arguments, facts, "\n".join(lines) or "there are no dead letters")
    return 0


def _show(arguments: argparse.Namespace) -> int:
    from teddy_cloud.commands.dead_letters import show_letter

    reveal_to = this_operator() if arguments.reveal else None
    shown, opened = finish(show_letter(settings_of(arguments), arguments.id, reveal_to))
    facts = dataclasses.asdict(shown)
    if opened is not None:
        facts["opened"] = opened if arguments.json else json.dumps(opened)  # a terminal obeys what it shows
    say(arguments, facts, "\n".join(f"{name:8}  {value}" for name, value in facts.items()))
    return 0


def _redrive(arguments: argparse.Namespace) -> int:
    from teddy_cloud.commands.dead_letters import redrive_letters

    done = finish(redrive_letters(settings_of(arguments), arguments.id, arguments.bear, this_operator()))
    lines = [f"{each.id}  {each.outcome}  {each.detail}".rstrip() for each in done]
    facts = {"letters": [dataclasses.asdict(each) for each in done]}
    say(arguments, facts, "\n".join(lines) or "there are no dead letters")
    return 1 if any(each.outcome == "still dead" for each in done) else 0
