"""A recording that does not fit is refused with words that tell what to do."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

from teddy_edge.audio.wav import WavWriter, read_clip
from teddy_edge.errors import BadClip


def write_wav(path: Path, pcm: np.ndarray, rate: int = 16000, channels: int = 1, width: int = 2) -> Path:
    with wave.open(str(path), "wb") as clip:
        clip.setnchannels(channels)
        clip.setsampwidth(width)
        clip.setframerate(rate)
        clip.writeframes(pcm.astype("<i2").tobytes())
    return path


def test_a_clip_comes_back_bit_for_bit(tmp_path: Path) -> None:
    pcm = np.arange(-800, 800, dtype=np.int16)

    assert np.array_equal(read_clip(write_wav(tmp_path / "a.wav", pcm)), pcm)


@pytest.mark.parametrize(
    ("rate", "channels", "says"), [(44100, 1, "44100 Hz"), (16000, 2, "2 channels"), (8000, 1, "sox")]
)
def test_another_format_is_refused_with_the_remedy(
    tmp_path: Path, rate: int, channels: int, says: str
) -> None:
    path = write_wav(tmp_path / "odd.wav", np.zeros(1600, np.int16), rate, channels)

    with pytest.raises(BadClip, match=says):
        read_clip(path)


def test_an_empty_clip_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadClip, match="no sound"):
        read_clip(write_wav(tmp_path / "empty.wav", np.zeros(0, np.int16)))


@pytest.mark.parametrize("kept", [0, 10, 43, 44, 45, 1000])
def test_a_truncated_clip_is_refused(tmp_path: Path, kept: int) -> None:
    path = write_wav(tmp_path / "cut.wav", np.ones(1600, np.int16))
    path.write_bytes(path.read_bytes()[:kept])

    with pytest.raises(BadClip):
        read_clip(path)


@pytest.mark.parametrize("content", [b"", b"hello", b"\x00" * 5000, b"RIFF\xff\xff\xff\xffWAVE"])
def test_other_bytes_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "not.wav"
    path.write_bytes(content)

    with pytest.raises(BadClip, match="not a PCM WAV"):
        read_clip(path)


def test_a_missing_clip_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadClip, match="no such file"):
        read_clip(tmp_path / "gone.wav")
    with pytest.raises(BadClip, match="folder"):
        read_clip(tmp_path)


def test_what_the_bear_says_can_be_written_and_played_elsewhere(tmp_path: Path) -> None:
    writer = WavWriter(tmp_path / "said.wav")
    writer.write(np.ones(240, np.int16))
    writer.close()

    with wave.open(str(tmp_path / "said.wav"), "rb") as said:
        assert (said.getframerate(), said.getnchannels(), said.getnframes()) == (24000, 1, 240)
