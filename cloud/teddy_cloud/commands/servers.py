"""`teddy cloud servers`: a broker and a store for one household."""

from __future__ import annotations

import argparse
import signal
from pathlib import Path
from typing import TYPE_CHECKING

from teddy_cloud.commands.saying import say
from teddy_shared.clock import SystemChance

if TYPE_CHECKING:
    from teddy_cloud.commands.saying import Verbs


def add_to(verbs: Verbs) -> None:
    parser = verbs.add_parser("servers", help="run a broker and a store on this machine until interrupted")
    parser.add_argument("--data", type=Path, required=True, help="the folder where the store keeps its data")
    parser.add_argument("--json", action="store_true", help="one line of JSON for programs")
    parser.set_defaults(act=_act)


def _act(arguments: argparse.Namespace) -> int:
    from teddy_cloud.embedded import embedded_servers

    for number in (signal.SIGTERM, signal.SIGINT):  # a shell's background job would ignore the second
        signal.signal(number, signal.default_int_handler)
    try:
        with embedded_servers(arguments.data, chance=SystemChance()) as servers:
            say(
                arguments,
                {"broker": servers.broker, "store": servers.store},
                f"broker {servers.broker}\nstore  {servers.store}\nCtrl-C ends both.",
            )
            signal.pause()
    except KeyboardInterrupt:
        pass
    return 0
