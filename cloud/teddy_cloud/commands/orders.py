"""`teddy cloud order`: what bears were told to do, and what became of it."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from teddy_cloud.commands.saying import finish, say, settings_of, this_operator, where

if TYPE_CHECKING:
    from teddy_cloud.commands.saying import Verbs


def add_to(verbs: Verbs) -> None:
    order = verbs.add_parser("order", help="what bears were told to do, and what became of it")
    acts = order.add_subparsers(dest="order_verb", metavar="VERB", required=True)
    list_ = acts.add_parser("list", help="the orders of a bear, newest first")
    where(list_)
    list_.add_argument("--bear", required=True)
    list_.set_defaults(act=_list)
    send = acts.add_parser(
        "send", help="order a bear to do something; with --wait the exit code is 0 only if it was done"
    )
    where(send)
    send.add_argument("what", choices=["report", "erase"], help="tell how it is; forget its child")
    send.add_argument("--bear", required=True)
    send.add_argument("--profile", help="the child to forget; else the one whom the bear talks with")
    send.add_argument("--expires", type=float, default=24 * 3600.0, metavar="SECONDS", help="a day")
    send.add_argument("--wait", type=float, default=0.0, metavar="SECONDS", help="for the bear to answer")
    send.set_defaults(act=_send)


def _list(arguments: argparse.Namespace) -> int:
    settings = settings_of(arguments)

    from teddy_cloud.commands.ordering import list_orders

    told = finish(list_orders(settings, arguments.bear))
    facts = {"bear": arguments.bear, "orders": [each.facts() for each in told]}
    say(
        arguments,
        facts,
        "\n".join(each.sentence for each in told) or f"{arguments.bear} was never ordered anything",
    )
    return 0


def _send(arguments: argparse.Namespace) -> int:
    settings = settings_of(arguments)

    from teddy_cloud.commands.ordering import Wanted, send_order

    wanted = Wanted(
        bear=arguments.bear,
        what=arguments.what,
        profile=arguments.profile,
        expires_in=arguments.expires,
        wait=arguments.wait,
    )
    told = finish(send_order(settings, wanted, this_operator()))
    say(arguments, told.facts(), told.sentence)
    return 0 if arguments.wait <= 0 or told.standing == "done" else 1
