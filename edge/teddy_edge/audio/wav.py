"""WAV files in place of the microphone and the speaker: one door to the format."""

from __future__ import annotations

import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import numpy as np

from teddy_edge.audio.samples import EAR_RATE, MOUTH_RATE, Pcm
from teddy_edge.errors import BadClip
from teddy_shared.errors import ConfigError

LONGEST: Final = 60 * 60 * EAR_RATE  # samples; an hour of clip is a mistake, not a talk
UNKNOWN: Final = 0x7FFF_F000 // 2  # samples from which a header means "until the end": a recorder in a pipe


def read_clip(path: Path) -> Pcm:
    """int16 [n], 16 kHz mono. Raises BadClip with what to do about it."""
    try:
        with wave.open(str(path), "rb") as clip:
            rate, channels, width = clip.getframerate(), clip.getnchannels(), clip.getsampwidth()
            if (rate, channels, width) != (EAR_RATE, 1, 2):
                raise BadClip(
                    path,
                    f"{rate} Hz, {channels} channel{'s' * (channels != 1)}, {8 * width} bits; "
                    f"the bear hears 16000 Hz, one channel, 16 bits. "
                    f"Convert it: sox {path.name} -r 16000 -c 1 -b 16 converted.wav",
                )
            promised = clip.getnframes()
            data = clip.readframes(min(promised, LONGEST))
    except FileNotFoundError:
        raise BadClip(path, "there is no such file") from None
    except IsADirectoryError:
        raise BadClip(path, "that is a folder; name the WAV files in it") from None
    except (wave.Error, EOFError, RuntimeError):  # a bare RuntimeError where a chunk ends before its size
        raise BadClip(
            path, "not a PCM WAV file, or its header is cut off; record or convert it again"
        ) from None
    except OSError as error:
        raise BadClip(path, f"cannot be read ({error.strerror})") from None
    pcm = np.frombuffer(data[: len(data) // 2 * 2], "<i2").astype(np.int16)
    if len(pcm) == 0:
        raise BadClip(path, "there is no sound in it")
    if len(pcm) < promised < UNKNOWN:
        there, whole = len(pcm) / EAR_RATE, promised / EAR_RATE
        raise BadClip(
            path,
            "longer than an hour; cut it in pieces"
            if promised > LONGEST
            else f"cut off: {there:.1f} s of {whole:.1f} s are there; copy or record it again",
        )
    return pcm


class WavWriter:
    """Writes what the bear says. Never what it hears: a child's voice is not written to disk.

    Raises ConfigError where the file cannot be written, at any step: a disk fills up in the middle.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._told():
            # Opened here, since a Wave_write that could not open its file complains when it is collected.
            self._file = path.open("wb")
        self._wave = wave.open(self._file, "wb")  # noqa: SIM115  # closed by close(), its owner's block
        self._wave.setnchannels(1)
        self._wave.setsampwidth(2)
        self._wave.setframerate(MOUTH_RATE)

    def write(self, pcm: Pcm) -> None:
        with self._told():
            self._wave.writeframesraw(pcm.astype("<i2").tobytes())

    def close(self) -> None:
        with self._told(), self._file:
            self._wave.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise ConfigError(f"cannot write {self._path}: {error.strerror}") from None
