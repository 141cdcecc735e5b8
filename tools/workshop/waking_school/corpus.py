"""What the engines said, kept on disk between runs, since speaking takes longer than learning."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from teddy_edge.audio.samples import EAR_RATE, Pcm
from workshop.waking_school.engines import TAUGHT, Engine
from workshop.waking_school.music import music
from workshop.waking_school.phrases import Phrase
from workshop.waking_school.rooms import Surroundings, babble
from workshop.waking_school.sentences import sentence
from workshop.waking_school.waves import at_loudness, to_pcm

SAID: Final = "said"
NEAR: Final = "near"
SPEECH: Final = "speech"
MUSIC: Final = "music"
BABBLE: Final = "babble"
PIECES: Final = 40  # of music
CROWDS: Final = 8  # around the voices of each engine
BAND: Final = "band"

_PIECE: Final = 20.0  # seconds

_SHORTEST: Final = EAR_RATE // 8  # samples: less is an engine that swallowed the word
_TOGETHER: Final = 60  # texts that one worker says before it comes back

CLIPS: Final = {  # engine: clips of (the phrase, near phrases, sentences); as many as its voices are worth
    "espeak": (800, 1700, 500),
    "flite": (260, 440, 180),
    "festival": (140, 220, 90),
    "hibari": (140, 300, 180),
    "piper": (150, 220, 70),
}


@dataclass(frozen=True, slots=True)
class Clips:
    """Many clips of one engine and one kind."""

    engine: str
    kind: str
    pcm: tuple[Pcm, ...]

    @property
    def seconds(self) -> float:
        return sum(len(each) for each in self.pcm) / EAR_RATE


def texts(phrase: Phrase, kind: str, count: int, rng: np.random.Generator) -> list[str]:
    """What is said: each way of the phrase and each near phrase about as often as another."""
    if kind == SPEECH:
        return [sentence(rng, phrase.forbidden) for _ in range(count)]
    written = phrase.said if kind == SAID else phrase.near
    rounds = -(-count // len(written))
    return [str(each) for each in np.concatenate([rng.permutation(written) for _ in range(rounds)])[:count]]


def spoken(
    phrase: Phrase,
    *,
    folder: Path,
    workers: Executor,
    seed: int,
    tell: Callable[[str], None],
    share: float = 1.0,
) -> Iterator[Clips]:
    """All that training hears of one phrase, in clean voices, and the crowds and music around them."""
    for engine, counts in CLIPS.items():
        for kind, count in zip((SAID, NEAR, SPEECH), counts, strict=True):
            # Ordinary speech serves both heads.
            head = "any" if kind == SPEECH else phrase.head
            file = file_of(folder, head, engine, kind)
            rng = np.random.default_rng([seed, zlib.crc32(file.stem.encode())])
            lines = texts(phrase, kind, round(count * share), rng)
            jobs = [lines[at : at + _TOGETHER] for at in range(0, len(lines), _TOGETHER)]
            yield _kept_or_made(Clips(engine, kind, ()), file, workers, _say, engine, jobs, seed, tell)
        speech = file_of(folder, "any", engine, SPEECH)
        crowds = [2] * max(1, round(CROWDS * share / 2))
        yield _kept_or_made(
            Clips(engine, BABBLE, ()),
            file_of(folder, "any", engine, BABBLE),
            workers,
            _crowd,
            speech,
            crowds,
            seed,
            tell,
        )
    pieces = [2] * max(1, round(PIECES * share / 2))
    file = file_of(folder, "any", BAND, MUSIC)
    yield _kept_or_made(Clips(BAND, MUSIC, ()), file, workers, _play, BAND, pieces, seed, tell)


def around(folder: Path, engine: str) -> Surroundings:
    """What sounds beside the voices of an engine: its own people, and the band."""
    names = ((engine, SPEECH), (BAND, MUSIC), (engine, BABBLE))
    return Surroundings(*(kept(file_of(folder, "any", each, kind)) for each, kind in names))


def file_of(folder: Path, head: str, engine: str, kind: str) -> Path:
    return folder / f"{head}-{engine}-{kind}.npz"


def _kept_or_made(
    clips: Clips,
    file: Path,
    workers: Executor,
    make: Callable[..., list[Pcm]],
    what: object,
    jobs: Sequence[object],
    seed: int,
    tell: Callable[[str], None],
) -> Clips:
    if not file.exists():
        seeds = [[seed, zlib.crc32(file.stem.encode()), number] for number in range(len(jobs))]
        done = [workers.submit(make, what, job, each) for job, each in zip(jobs, seeds, strict=True)]
        keep(file, [pcm for each in done for pcm in each.result()])
    made = Clips(clips.engine, clips.kind, tuple(kept(file)))
    tell(f"{file.stem}: {len(made.pcm)} clips, {made.seconds / 60:.0f} min")
    return made


def _say(engine: str, lines: Sequence[str], seed: Sequence[int]) -> list[Pcm]:
    speaker = _opened.get(engine)
    if speaker is None:
        speaker = _opened[engine] = TAUGHT[engine]()
    said = (to_pcm(wave) for wave in speaker.say(lines, np.random.default_rng(seed)))
    return [pcm for pcm in said if len(pcm) >= _SHORTEST]


def _play(_band: str, pieces: int, seed: Sequence[int]) -> list[Pcm]:
    rng = np.random.default_rng(seed)
    return [to_pcm(at_loudness(music(_PIECE, rng), -23)) for _ in range(pieces)]


def _crowd(speech: Path, pieces: int, seed: Sequence[int]) -> list[Pcm]:
    rng, clips = np.random.default_rng(seed), kept(speech)
    length = round(_PIECE * EAR_RATE)
    return [
        to_pcm(at_loudness(babble(length, rng, clips, int(rng.integers(2, 9))), -23)) for _ in range(pieces)
    ]


_opened: dict[str, Engine] = {}  # in a worker: engines that are already loaded


def keep(file: Path, clips: Sequence[Pcm]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    half = file.with_suffix(".half.npz")
    np.savez(half, samples=np.concatenate(clips), lengths=np.array([len(each) for each in clips]))
    half.replace(file)


def kept(file: Path) -> list[Pcm]:
    with np.load(file) as stored:
        ends = np.cumsum(stored["lengths"])
        return np.split(stored["samples"], ends[:-1])
