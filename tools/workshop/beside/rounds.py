"""The same child speaks to the bear and to two bots of another framework, in turn, in real time.

All wait the same silence (WAIT) behind the last speech, as their analyser is set; all give the same reply;
the last sample of speech is the same one for all, found once in the recording; the first sound is the first
sample that is at least AUDIBLE, when it is handed to the speaker. The bear goes first with each clip, since
it alone chooses its words; the reply that the bots then give is what the bear has rendered of its own.

Set for the bots, beyond their defaults: `stop_secs` is WAIT; output in pieces of 10 ms instead of 40, so that
the first sample waits for no others; the transcript is answered as it comes, without the framework's
aggregation of a user's turn and without a language model, which would only add to its time; no metrics, no
turn tracking. Their recogniser runs in int8 over the weights that ours is made of, with as many threads as it
likes. All models are warm: the first clips are not counted.
"""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final

from teddy_edge.audio.samples import EAR_RATE
from teddy_edge.container.bear import open_bear
from teddy_edge.container.bundles import Bear
from teddy_edge.ear.silero import open_silero
from teddy_edge.inference.models import ModelStore
from teddy_edge.settings import Settings
from teddy_shared.errors import ConfigError
from workshop.beside import bear as bear_beside
from workshop.beside.pieces import FixedWait, Piece, pieces
from workshop.beside.yardstick import Answered, Bot, open_bot
from workshop.hearing.clips import human_clips
from workshop.measuring import Figure
from workshop.turns.taking import Reports

WAIT: Final = 0.28  # seconds of silence
AUDIBLE: Final = 200  # of 32768: -44 dBFS
ROUNDS: Final = 3  # at most; a round takes three minutes, since the child speaks in real time
WARM: Final = 1  # clips
SHELVING: Final = 240.0  # seconds; a busy machine goes on with the likeliest lines
LEAST: Final = 8  # turns that all three have answered


@dataclass(frozen=True, slots=True)
class Both:
    """One clip in one round."""

    bear: Answered
    own: Answered  # the framework with its own parts
    ours: Answered  # the framework with the bear's models

    @property
    def counts(self) -> bool:
        return self.bear.counts and self.own.counts and self.ours.counts


def run(settings: Settings, store: ModelStore, *, rounds: int) -> list[Figure]:
    """Raises ConfigError where too few clips were answered, and BotFailed."""
    net = open_silero(store)
    said = pieces(human_clips(), net, wait=round(WAIT * EAR_RATE))
    weights = store.path("whisper-weights").parent
    with ExitStack() as stack:
        own = stack.enter_context(open_bot("own", weights, wait=WAIT, audible=AUDIBLE))
        ours = stack.enter_context(open_bot("ours", settings.models.cache, wait=WAIT, audible=AUDIBLE))
        taken = asyncio.run(_rounds(settings, said, own, ours, min(rounds, ROUNDS)))
    return figures(taken)


async def _rounds(settings: Settings, said: Sequence[Piece], own: Bot, ours: Bot, rounds: int) -> list[Both]:
    reports, taken = Reports(), list[Both]()
    order = [*said[:WARM], *(piece for _ in range(rounds) for piece in said)]
    async with open_bear(settings, onlooker=reports) as bear:
        await bear.learn_meanings()  # as behind the start of any bear
        await _shelved(bear)
        for number, piece in enumerate(order):
            listening = FixedWait(samples=round(WAIT * EAR_RATE))
            mine = await bear_beside.take(bear, piece, reports, listening=listening, audible=AUDIBLE)
            if mine is None:
                print(f"{piece.name}: the bear took no turn", file=sys.stderr)
                continue
            answered, reply = mine
            theirs = {}
            for name, bot in (("own", own), ("ours", ours))[:: 1 if number % 2 else -1]:
                theirs[name] = await asyncio.to_thread(bot.take, piece, reply=reply)
            both = Both(answered, theirs["own"], theirs["ours"])
            if number >= WARM:
                taken.append(both)
                _show(piece, both)
    return taken


async def _shelved(bear: Bear) -> None:
    """As a bear that was switched on a while ago has it; the first time takes minutes."""
    print(f"rendering what the bear says often, {SHELVING:.0f} s at most", file=sys.stderr, flush=True)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(SHELVING):
            await bear.render_ahead()


def figures(taken: Sequence[Both]) -> list[Figure]:
    counted = [each for each in taken if each.counts]
    if len(counted) < LEAST:
        raise ConfigError(
            f"only {len(counted)} of {len(taken)} clips were answered by all; {LEAST} are needed"
        )
    bear, own, ours = (
        [1000 * (each.sounded or 0.0) for each in column]
        for column in zip(*((each.bear, each.own, each.ours) for each in counted), strict=True)
    )
    middle = statistics.median
    return [
        Figure("peer_turns", len(counted), "turns", bar=LEAST, more_is_better=True),
        Figure("peer_left_out", len(taken) - len(counted), "turns"),
        Figure("from_last_sample_bear_ms", middle(bear), "ms"),
        Figure("from_last_sample_peer_ms", middle(own), "ms"),
        Figure("from_last_sample_same_models_ms", middle(ours), "ms"),
        Figure("waited_bear_ms", _waited([each.bear for each in counted]), "ms"),
        Figure("waited_peer_ms", _waited([each.own for each in counted]), "ms"),
        Figure("waited_same_models_ms", _waited([each.ours for each in counted]), "ms"),
        Figure("peer_ratio", middle(bear) / middle(own), "x", bar=0.5),
        Figure("peer_same_models_ratio", middle(bear) / middle(ours), "x", bar=0.9),
    ]


def _waited(answers: Sequence[Answered]) -> float:
    return statistics.median(1000 * (each.stopped or 0.0) for each in answers)


def _show(piece: Piece, both: Both) -> None:
    told = [
        f"{name} {_told(each)}"
        for name, each in (("bear", both.bear), ("peer", both.own), ("same models", both.ours))
    ]
    print(f"{piece.name:16} {'; '.join(told)}{'' if both.counts else '; left out'}", flush=True)


def _told(each: Answered) -> str:
    """Milliseconds behind the last sample of speech: taken to be over, understood, spoken, audible."""
    moments = (each.stopped, each.heard, each.spoke, each.sounded)
    return "/".join("-" if moment is None else f"{1000 * moment:.0f}" for moment in moments)
