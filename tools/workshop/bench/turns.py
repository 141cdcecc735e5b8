"""Children who pause within a sentence: how often they are cut off, how long the bear waits at the end."""

from __future__ import annotations

import argparse
import asyncio
import shutil
import statistics
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from teddy_edge.conversation.hearing_ahead import Recogniser
from teddy_edge.ear.ear import Ear
from teddy_edge.ear.endpointing import Endpointing
from teddy_edge.ear.gate import Gate
from teddy_edge.ear.silero import Silero, open_silero
from teddy_edge.inference.models import ModelStore
from teddy_edge.settings import read
from teddy_edge.speech.hibari import open_hibari
from teddy_edge.speech.opening import open_transcriber
from teddy_shared.ages import AgeBand
from teddy_shared.clock import SeededChance
from workshop.hearing import from_debian
from workshop.measuring import Figure, Options
from workshop.turns.ending import Ended, listen
from workshop.turns.pausing import Spoken, all_spoken, read_sentences, voices

HELD_BACK: Final = Path(__file__).with_name("turns_heldback.toml")
TUNING: Final = Path(__file__).parent.parent / "turns" / "tuning.toml"

CUT_OFF_MOST: Final = 0.05  # of the sentences, in every age band
WAIT_MOST: Final = {AgeBand.LITTLE: 1200, AgeBand.MIDDLE: 900, AgeBand.BIG: 700}  # ms, half of the sentences
_NAMES: Final = {AgeBand.LITTLE: "3", AgeBand.MIDDLE: "5", AgeBand.BIG: "8"}  # by the youngest


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--voices", type=int, default=2, metavar="N", help="voices a sentence is said in (2)")
    parser.add_argument("--seed", type=int, default=1, help="of the pauses (1)")
    parser.add_argument(
        "--sentences",
        type=Path,
        default=HELD_BACK,
        metavar="FILE",
        help="others than those held back, in the same form",
    )
    parser.add_argument("--tuning", action="store_true", help="those that the bear may be tuned on")
    parser.add_argument("--show", action="store_true", help="every sentence, and what became of it")


def run(options: Options) -> Sequence[Figure]:
    """Takes some three minutes; `rounds` has no say."""
    own = options.own
    for program in ("flite", "espeak-ng"):
        if shutil.which(program) is None:
            from_debian.install(program)
    store = ModelStore(read().models.cache)
    store.prepare(lambda line: print(line, file=sys.stderr, flush=True))
    sentences = read_sentences(TUNING if own.tuning else own.sentences)
    said = list(all_spoken(sentences, voices(open_hibari(store)), own.voices, SeededChance(own.seed)))
    net, recogniser = open_silero(store), open_transcriber(store)
    ended = asyncio.run(_listen_to_all(said, net, recogniser, show=own.show))
    return [*_figures(ended), *_yardsticks(ended)]


async def _listen_to_all(
    said: Sequence[Spoken], net: Silero, recogniser: Recogniser, *, show: bool
) -> list[Ended]:
    ended = []
    for spoken in said:
        each = await listen(_ear(net, Endpointing(spoken.sentence.band)), recogniser, spoken)
        if show or each.cut_off:
            _show(each)
        ended.append(each)
    return ended


def _ear(net: Silero, endpointing: Endpointing) -> Ear:
    net.reset()
    return Ear(gate=Gate(), net=net, endpointing=endpointing)


def _figures(ended: Sequence[Ended]) -> Iterator[Figure]:
    shares = {band: _share_cut_off(_of(band, ended)) for band in WAIT_MOST}
    yield Figure("sentences", len(ended), "sentences")
    yield Figure("cut_off_share", max(shares.values()), "of 1, worst band", bar=CUT_OFF_MOST)
    for band, most in WAIT_MOST.items():
        yield Figure(f"cut_off_share_{_NAMES[band]}", shares[band], "of 1", bar=CUT_OFF_MOST)
        yield Figure(f"added_wait_{_NAMES[band]}_ms", _wait(_of(band, ended)), "ms, p50", bar=most)
    whole = [each for each in ended if not each.cut_off]
    yield Figure("heard_ahead_share", statistics.fmean(each.heard_ahead for each in whole), "of 1")


def _yardsticks(ended: Sequence[Ended]) -> Iterator[Figure]:
    """What would be cut off by waiting as long, whatever was said."""
    for band in WAIT_MOST:
        of_band = _of(band, ended)
        wait = _wait(of_band) / 1000
        cut = [any(pause >= wait for pause in each.spoken.pauses) for each in of_band]
        yield Figure(f"same_wait_always_cut_off_share_{_NAMES[band]}", statistics.fmean(cut), "of 1")


def _of(band: AgeBand, ended: Sequence[Ended]) -> list[Ended]:
    return [each for each in ended if each.spoken.sentence.band is band]


def _share_cut_off(ended: Sequence[Ended]) -> float:
    return statistics.fmean(each.cut_off for each in ended)


def _wait(ended: Sequence[Ended]) -> float:
    """Milliseconds, the middle one of those that were not cut off."""
    return 1000 * statistics.median(each.wait for each in ended if not each.cut_off)


def _show(each: Ended) -> None:
    spoken = each.spoken
    pauses = [f" |{pause:.1f}| " for pause in spoken.pauses] + [""]
    words = "".join(piece + pause for piece, pause in zip(spoken.sentence.pieces, pauses, strict=True))
    became = "cut off" if each.cut_off else f"{each.wait:.2f} s"
    print(f"{became:8} {spoken.sentence.band:7} {spoken.voice:13} {words}  heard: {each.heard}", flush=True)
