"""`teddy cloud events`: the heads of what is stored, for an operator. Payloads stay sealed."""

from __future__ import annotations

import argparse
import dataclasses
import re
from typing import TYPE_CHECKING, Final

from teddy_cloud.commands.saying import at_least_one, finish, say, settings_of, where
from teddy_shared.envelope import Kind

if TYPE_CHECKING:
    from teddy_cloud.commands.saying import Verbs

AT: Final = re.compile(r"(\d{1,3})/((\d{1,20})-(\d{1,20}))")


def add_to(verbs: Verbs) -> None:
    parser = verbs.add_parser(
        "events", help="the newest stored events, or those behind one; heads only, oldest first"
    )
    where(parser)
    parser.add_argument("--bear", help="of this bear alone")
    parser.add_argument(
        "--kind", type=Kind, choices=list(Kind), metavar="KIND", help=f"one of {', '.join(Kind)}"
    )
    parser.add_argument("--type", help="of this type alone, such as turn.ended")
    parser.add_argument("--limit", type=at_least_one, default=100, help="so many at most (100)")
    parser.add_argument(
        "--after",
        type=_at,
        metavar="AT",
        help="those of its partition behind this one, as the second column says",
    )
    parser.set_defaults(act=_act)


def _act(arguments: argparse.Namespace) -> int:
    from teddy_cloud.commands.looking import behind, newest
    from teddy_cloud.eventstore.replay import Wanted

    wanted = Wanted(bear=arguments.bear, kind=arguments.kind, type=arguments.type)
    settings, after = settings_of(arguments), arguments.after
    if after is None:
        found = finish(newest(settings, wanted, arguments.limit))
    else:
        found = finish(behind(settings, wanted, arguments.limit, after))
    lines = [
        f"{each.stored}  {each.at:24}  {each.place}  {each.type}  {each.kind}  {each.purpose}  {each.size} B"
        for each in found
    ]
    facts = {"events": [dataclasses.asdict(each) for each in found]}
    say(arguments, facts, "\n".join(lines) or "nothing of that is stored")
    return 0


def _at(text: str) -> tuple[int, str]:
    """A partition and a position in it."""
    from teddy_cloud.eventstore.partitions import PARTITIONS

    found = AT.fullmatch(text)
    if not found or int(found[1]) >= PARTITIONS or max(int(found[3]), int(found[4])) >= 2**64:
        raise argparse.ArgumentTypeError(f"{text} is no place in the store; it looks like 17/1788264000000-0")
    return int(found[1]), found[2]
