"""A recording that does not fit is refused with words that tell what to do."""

from __future__ import annotations

import io
import wave
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from teddy_edge.audio.wav import WavWriter, read_clip
from teddy_edge.errors import BadClip
from teddy_shared.errors import ConfigError


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


def a_wav_with_a_list() -> bytes:
    """40 samples, and a LIST chunk before them as editors write it."""
    whole = io.BytesIO()
    with wave.open(whole, "wb") as clip:
        clip.setnchannels(1)
        clip.setsampwidth(2)
        clip.setframerate(16000)
        clip.writeframes(bytes(80))
    made = whole.getvalue()
    return made[:36] + b"LIST\x06\x00\x00\x00INFO\x00\x00" + made[36:]


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(changes=[], kept=46)  # ends within the LIST chunk
@example(changes=[(16, 255)], kept=100)  # a format chunk with a size that is too large
@given(
    changes=st.lists(st.tuples(st.integers(0, 60), st.integers(0, 255)), max_size=4),
    kept=st.integers(0, 150),
)
def test_any_damage_gives_samples_or_a_clear_refusal(
    tmp_path: Path, changes: Sequence[tuple[int, int]], kept: int
) -> None:
    damaged = bytearray(a_wav_with_a_list())
    for at, byte in changes:
        damaged[at] = byte
    path = tmp_path / "damaged.wav"
    path.write_bytes(damaged[:kept])

    try:
        assert len(read_clip(path))
    except BadClip as refused:
        assert str(refused).startswith("damaged.wav: ")


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


def test_a_folder_in_the_place_of_a_file_to_write_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "said.wav"
    folder.mkdir()

    with pytest.raises(ConfigError, match=r"said\.wav: Is a directory"):
        WavWriter(folder)


def test_a_disk_that_fills_up_is_named_while_writing_and_when_closing(tmp_path: Path) -> None:
    full = tmp_path / "full.wav"
    full.symlink_to("/dev/full")
    writer = WavWriter(full)

    with pytest.raises(ConfigError, match=r"full\.wav: No space left"):
        writer.write(np.ones(24000, np.int16))
    with pytest.raises(ConfigError, match=r"full\.wav: No space left"):
        writer.close()
