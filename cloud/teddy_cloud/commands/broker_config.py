"""`teddy cloud broker-config`: what a mosquitto needs to serve bears over a network."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Final

from teddy_cloud.commands.saying import say, settings_of, where

if TYPE_CHECKING:
    from teddy_cloud.commands.saying import Verbs


HERE: Final = ("localhost", "127.0.0.1")


def add_to(verbs: Verbs) -> None:
    parser = verbs.add_parser(
        "broker-config", help="write a mosquitto's configuration, rules and certificates into a folder"
    )
    where(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="the broker's folder")
    parser.add_argument("--port", type=int, default=8883, help="where bears dial (8883)")
    parser.add_argument("--cloud-port", type=int, default=8884, help="where the cloud dials (8884)")
    parser.add_argument(
        "--name",
        action="append",
        metavar="HOST",
        help="a name or number by which it is dialled, besides localhost; once for each",
    )
    parser.add_argument("--address", default="0.0.0.0", help="listen for bears here (everywhere)")  # noqa: S104  # it asks everybody for a certificate
    parser.add_argument("--cloud-address", default="127.0.0.1", help="listen for the cloud here (127.0.0.1)")
    parser.add_argument("--bears", type=int, default=10_000, help="how many bears, for its limits (10000)")
    parser.add_argument("--user", default="mosquitto", help="the user that the broker becomes (mosquitto)")
    parser.set_defaults(act=_act)


def _act(arguments: argparse.Namespace) -> int:
    settings = settings_of(arguments)

    from teddy_cloud.commands.enrolling import set_up_broker
    from teddy_cloud.fleet.broker_folder import CONFIGURATION, BrokerPlan

    plan = BrokerPlan(
        port=arguments.port,
        cloud_port=arguments.cloud_port,
        hosts=tuple(dict.fromkeys([*(arguments.name or ()), *HERE])),
        address=arguments.address,
        cloud_address=arguments.cloud_address,
        bears=arguments.bears,
        user=arguments.user,
    )
    set_up_broker(settings, arguments.out, plan)
    configuration = arguments.out / CONFIGURATION
    bears = f"mqtts://{plan.hosts[0]}:{plan.port}"
    cloud = f"mqtts://{HERE[0] if plan.cloud_address in HERE else plan.hosts[0]}:{plan.cloud_port}"
    say(
        arguments,
        {"configuration": str(configuration), "bears": bears, "cloud": cloud},
        f"start it by: mosquitto -c {configuration}\nbears dial {bears}, the cloud dials {cloud}",
    )
    return 0
