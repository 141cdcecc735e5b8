"""`teddy cloud state`: who changed what in the state of the cloud, and whether that account is whole."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from teddy_cloud.commands.saying import at_least_one, finish, say, settings_of, where
from teddy_shared.errors import ConfigError

if TYPE_CHECKING:
    from teddy_cloud.commands.saying import Verbs
    from teddy_shared.state.store import Change

SHOWN = 100


def add_to(verbs: Verbs) -> None:
    state = verbs.add_parser("state", help="what processes and buses remember")
    deeds = state.add_subparsers(dest="state_verb", metavar="VERB", required=True)
    audit = deeds.add_parser("audit", help="who changed what, newest last; never the values")
    where(audit)
    audit.add_argument("--limit", type=at_least_one, default=SHOWN, help=f"so many of the newest ({SHOWN})")
    audit.add_argument(
        "--verify", action="store_true", help="whether every entry is as it was written; exit code 1 if not"
    )
    audit.add_argument(
        "--noted",
        metavar="NUMBER:CHAIN",
        help="with --verify: an end of the chain that was noted down before, to find again",
    )
    audit.set_defaults(act=_act)


def _act(arguments: argparse.Namespace) -> int:
    from teddy_cloud.commands.state_looking import look, verify
    from teddy_shared.state.store import AUDIT_KEPT

    settings = settings_of(arguments)
    if arguments.noted and not arguments.verify:
        raise ConfigError("--noted goes with --verify")
    if not arguments.verify:
        changes = finish(look(settings, min(arguments.limit, AUDIT_KEPT)))
        lines = [_sentence(change) for change in changes]
        say(arguments, {"changes": [_facts(change) for change in changes]}, "\n".join(lines) or "no changes")
        return 0
    verdict = finish(verify(settings, arguments.noted))
    end = verdict.span.end
    facts = {"entries": verdict.entries, "end": f"{end.number}:{end.chain}", "broken": None}
    if verdict.broken is None:
        sentence = f"{verdict.entries} entries, none altered and none missing between\nend {facts['end']}"
        hint = "Note the end down elsewhere: who forges the whole chain changes it."
        say(arguments, facts, f"{sentence}\n{hint}")
        return 0
    facts["broken"] = {"number": verdict.broken.number, "what": verdict.broken.what}
    say(arguments, facts, f"the account does not hold: {verdict.broken.what}")
    return 1


def _facts(change: Change) -> dict[str, Any]:
    return {
        "number": change.number,
        "when": datetime.fromtimestamp(change.stamp.when, UTC).isoformat(timespec="seconds"),
        "who": change.stamp.who,
        "verb": change.verb.value,
        "scope": change.slot.scope.value,
        "owner": change.slot.owner,
        "name": change.slot.name,
    }


def _sentence(change: Change) -> str:
    # A terminal obeys what it shows, and an owner may be named by somebody outside.
    fields = [str(fact).encode("unicode_escape").decode() for fact in _facts(change).values()]
    return "  ".join(fields)
