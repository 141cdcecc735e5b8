"""`teddy bear memory`: what a child has told the bear about itself, and how it is taken away."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from teddy_edge.commands.kept import keys_of
from teddy_edge.conversation.children import Children
from teddy_edge.conversation.skills.known import NOBODY, Known
from teddy_edge.home import is_inhabited, open_home
from teddy_edge.identity import read_identity
from teddy_edge.link.wishes import CONVERSATION, DOCUMENT
from teddy_edge.settings import Settings, read
from teddy_shared import logs
from teddy_shared.clock import SystemChance, SystemClock
from teddy_shared.envelope import ProfileId
from teddy_shared.errors import ConfigError
from teddy_shared.seal import ChaChaSeal
from teddy_shared.state.sqlite import open_sqlite_store, read_sqlite_store
from teddy_shared.state.state import State

if TYPE_CHECKING:
    Verbs = argparse._SubParsersAction[argparse.ArgumentParser]


def add_to(verbs: Verbs) -> None:
    memory = verbs.add_parser("memory", help="what the child has told about itself; --erase takes it away")
    memory.add_argument("--erase", action="store_true", help="forget it; for a bear that does not run")
    memory.add_argument("--json", action="store_true", help="one JSON object")
    memory.add_argument("--settings", type=Path, action="append", default=[], help="a TOML file")
    memory.add_argument("--data", type=Path, metavar="DIR", help="where the bear's state and keys lie")
    memory.add_argument("--provision", type=Path, metavar="FILE", help="the bear's name and key")


def run(arguments: argparse.Namespace) -> int:
    logs.configure(level="warning")
    overrides = {"data": arguments.data, "link.provision": arguments.provision}
    settings = read(files=tuple(arguments.settings), overrides=overrides)
    if arguments.erase and is_inhabited(settings.data):
        raise ConfigError(
            "the bear runs: stop it first, or let the child tell it to forget everything about them"
        )
    profile, known = asyncio.run(_erase(settings) if arguments.erase else _look(settings))
    if profile is None:
        print("no family has named a child to this bear, so it keeps nothing about one", file=sys.stderr)
    if arguments.json:
        print(json.dumps({"child": profile, **_as_json(known), "erased": arguments.erase}))
    elif profile is not None:
        print(_as_text(known, erased=arguments.erase))
    return 0


async def _look(settings: Settings) -> tuple[ProfileId | None, Known]:
    """Also while the bear runs."""
    seal = ChaChaSeal(keys=await asyncio.to_thread(keys_of, settings.data), chance=SystemChance())
    async with read_sqlite_store(settings.data / "state.db") as store:
        return await _known(State(store=store, seal=seal, clock=SystemClock()), settings)


async def _erase(settings: Settings) -> tuple[ProfileId | None, Known]:
    """What was known, and is no more."""
    seal = ChaChaSeal(keys=await asyncio.to_thread(keys_of, settings.data), chance=SystemChance())
    async with open_home(settings.data) as home, open_sqlite_store(home.data / "state.db") as store:
        state = State(store=store, seal=seal, clock=SystemClock())
        profile, known = await _known(state, settings)
        if profile is not None:
            await Children(state=state).forget_child(profile)
        return profile, known


async def _known(state: State, settings: Settings) -> tuple[ProfileId | None, Known]:
    identity = await asyncio.to_thread(read_identity, settings.link.provision)
    held = await state.read(DOCUMENT, identity.bear, CONVERSATION)
    if held is None or held.value.profile is None:
        return None, NOBODY
    profile = ProfileId(held.value.profile)
    return profile, await Children(state=state).recall(profile)


def _as_json(known: Known) -> dict[str, Any]:
    stopped = known.stopped
    return {
        "name": known.name,
        "favorites": {kind.value: what for kind, what in known.favourites.items()},
        "story": None if stopped is None else {"story": stopped.story, "scene": stopped.scene},
    }


def _as_text(known: Known, *, erased: bool) -> str:
    if known == NOBODY:
        return "nothing is known about the child"
    facts = [] if known.name is None else [("name", known.name)]
    facts += [(f"favorite {kind.value}", what) for kind, what in known.favourites.items()]
    facts += [] if known.stopped is None else [("story", f"{known.stopped.story}, at {known.stopped.scene}")]
    lines = [f"{fact + ':':<19}{what}" for fact, what in facts]
    return "\n".join([*lines, "it is erased"] if erased else lines)
