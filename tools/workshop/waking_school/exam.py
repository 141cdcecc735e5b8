"""What a head is examined with, unheard in training: another engine's voices, people, other music."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from teddy_edge.audio.samples import EAR_RATE, Pcm
from workshop.hearing import sounds
from workshop.waking_school.corpus import keep, kept
from workshop.waking_school.engines import Kokoro
from workshop.waking_school.phrases import HEY_TEDDY, STOP, Phrase
from workshop.waking_school.rooms import Random, babble, coloured, hum, over, white
from workshop.waking_school.scenes import Throat
from workshop.waking_school.sentences import sentence
from workshop.waking_school.waves import Wave, at_loudness, loudness, to_pcm, to_wave

SEED: Final = 91  # another one than training's
RATIO: Final = 10.0  # decibels from the voice down to the noise
NOISES: Final = ("white", "music", "babble")
CHILDREN: Final = (1.0, 1.15, 1.3)  # times as high: a grown voice, and two children's

SAID: Final[Mapping[str, tuple[str, ...]]] = {
    "hey_teddy": ("hey teddy", "hey teddy!", "hey, teddy", "hey teddy?", "Hey Teddy."),
    "stop": ("stop", "stop!", "Stop.", "stop it", "please stop"),
}
NEAR: Final[Mapping[str, tuple[str, ...]]] = {
    "hey_teddy": (
        "hey daddy", "hey terry", "teddy", "hey eddy", "steady", "hey freddy", "hey betty",
        "hey ready", "ready steady go",
        "hey ted", "my teddy", "the teddy bear", "hey kitty", "hey buddy", "hey there",
        "hey tell me", "already", "hey lady",
        "hey Jenny", "they're ready", "head teacher", "hey tommy", "hey Siri", "okay daddy",
        "play with teddy", "hey",
        "hey did he", "heavy", "hey tidy up", "hey today", "a daddy", "eighty", "stay steady",
        "hey penny", "say ready",
        "hey study", "hey mummy", "hey telly", "hey baby", "spaghetti",
    ),
    "stop": (
        "top", "shop", "hop", "pop", "step", "stuff", "stock", "star", "start", "store", "stomp",
        "drop", "spot", "swap",
        "soap", "stick", "stamp", "stone", "story", "sleep", "strap", "up", "lollipop",
        "at the top", "on the shop",
        "sit up", "set up", "stand up", "step up", "star light", "dog", "hot", "sock", "stack",
        "stab", "stay", "snap",
        "chop", "teddy", "hello",
    ),
}  # fmt: skip

_LEAD: Final = 1.2  # seconds before
_TAIL: Final = 1.0  # and behind the words
_SENTENCES: Final = 10  # of the other engine
_ROUNDS: Final = {"said": 5, "near": 1}


@dataclass(frozen=True, slots=True)
class Voices:
    """Clean clips of the engine that training never heard."""

    said: Sequence[Pcm]
    near: Sequence[tuple[str, Pcm]]
    speech: Sequence[Pcm]


def voices(phrase: Phrase, *, folder: Path, workers: Executor, tell: Callable[[str], None]) -> Voices:
    """Spoken once and kept, since this engine takes twice as long as its speech lasts."""
    texts = {
        "said": SAID[phrase.head] * _ROUNDS["said"],
        "near": NEAR[phrase.head] * _ROUNDS["near"],
    }
    rng = np.random.default_rng(SEED)
    apart = {"speech": [sentence(rng, (*HEY_TEDDY.forbidden, *STOP.forbidden)) for _ in range(_SENTENCES)]}
    clips = {
        kind: _spoken(folder / f"exam-{phrase.head}-{kind}.npz", list(lines), folder, workers, tell)
        for kind, lines in texts.items()
    }
    speech = _spoken(folder / "exam-speech.npz", apart["speech"], folder, workers, tell)
    return Voices(clips["said"], list(zip(texts["near"], clips["near"], strict=True)), speech)


def _spoken(
    file: Path, lines: Sequence[str], folder: Path, workers: Executor, tell: Callable[[str], None]
) -> list[Pcm]:
    if not file.exists():
        tell(f"{file.stem}: {len(lines)} clips are spoken, once")
        jobs = [workers.submit(_say, folder, lines[at : at + 4], SEED + at) for at in range(0, len(lines), 4)]
        keep(file, [pcm for job in jobs for pcm in job.result()])
    return kept(file)


def _say(folder: Path, lines: Sequence[str], seed: int) -> list[Pcm]:
    if "kokoro" not in _opened:
        _opened["kokoro"] = Kokoro(folder=folder)
    return [to_pcm(wave) for wave in _opened["kokoro"].say(lines, np.random.default_rng(seed))]


_opened: dict[str, Kokoro] = {}  # in a worker


def clean(clip: Pcm, pitch: float, rng: Random) -> Pcm:
    """Near the bear in a quiet room."""
    return to_pcm(_with_floor(_placed(clip, pitch), rng))


def noisy(clip: Pcm, pitch: float, noise: str, crowd: Sequence[Pcm], rng: Random) -> Pcm:
    """The same beside a noise that is ten decibels softer."""
    words = _placed(clip, pitch)
    beside = over(words, _noise(noise, len(words), crowd, rng), RATIO, voice=loudness(words))
    return to_pcm(_with_floor(beside, rng))


def _placed(clip: Pcm, pitch: float) -> Wave:
    words = at_loudness(Throat(pitch, 1.0).say(clip), -22)
    return np.concatenate(
        [np.zeros(round(_LEAD * EAR_RATE)), words, np.zeros(round(_TAIL * EAR_RATE))]
    ).astype(np.float32)


def _with_floor(wave: Wave, rng: Random) -> Wave:
    return np.asarray(wave + coloured(len(wave), rng, 0.4) * 0.0003, np.float32)


def _noise(name: str, length: int, crowd: Sequence[Pcm], rng: Random) -> Wave:
    match name:
        case "white":
            return white(length, rng)
        case "music":
            return _music(length, rng)
        case _:
            return babble(length, rng, crowd, 6)


def _music(length: int, rng: Random) -> Wave:
    """The bench's own band, from anywhere in its piece; training hears another."""
    piece = to_wave(sounds.music(length / EAR_RATE + 4, seed=int(rng.integers(1 << 30))))
    at = int(rng.integers(4 * EAR_RATE))
    return piece[at : at + length]


def hour(kind: str, number: int, crowd: Sequence[Pcm], people: Sequence[Pcm]) -> Pcm:
    """A piece of six minutes of one kind in which nobody says the phrase; another one for each number."""
    rng = np.random.default_rng([SEED, number, len(kind)])
    length = 360 * EAR_RATE
    match kind:
        case "speech":
            wave = _talk(people if number % 2 else crowd, length, rng)
        case "babble":
            wave = babble(length, rng, [*crowd, *people], int(rng.integers(3, 9)))
        case "music":
            wave = _music(length, rng)
        case _:
            wave = (white, lambda n, r: coloured(n, r, 0.5), lambda n, r: coloured(n, r, 1.0), hum)[
                number % 4
            ](length, rng)
    return to_pcm(_with_floor(at_loudness(wave, float(rng.uniform(-36, -16))), rng))


def _talk(clips: Sequence[Pcm], length: int, rng: Random) -> Wave:
    parts: list[Wave] = []
    done = 0
    while done < length:
        throat = Throat(float(rng.uniform(0.9, 1.4)), float(rng.uniform(0.8, 1.25)))
        clip = clips[int(rng.integers(len(clips)))][: 20 * EAR_RATE]
        parts += [at_loudness(throat.say(clip), float(rng.uniform(-26, -18)))]
        parts += [np.zeros(round(rng.uniform(0.1, 1.0) * EAR_RATE), np.float32)]
        done += len(parts[-1]) + len(parts[-2])
    return np.concatenate(parts)[:length]
