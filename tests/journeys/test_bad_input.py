"""What people get wrong ends in one clear line or a healed start: no traceback, and nothing lost."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import wave
from pathlib import Path

import numpy as np
import pytest

from teddy_edge.inference.models import ModelStore, default_cache
from tests.journeys.test_whole_way import clips
from tests.processes import ask, teddy


def write_wav(path: Path, pcm: np.ndarray, *, rate: int = 16_000, channels: int = 1) -> Path:
    with wave.open(str(path), "wb") as clip:
        clip.setnchannels(channels)
        clip.setsampwidth(2)
        clip.setframerate(rate)
        clip.writeframes(pcm.astype("<i2").tobytes())
    return path


def test_bad_clips_are_named_with_a_remedy_and_the_good_one_is_still_heard(
    tmp_path: Path, models: ModelStore
) -> None:
    second = np.ones(16_000, np.int16)
    truncated = write_wav(tmp_path / "truncated.wav", second)
    truncated.write_bytes(truncated.read_bytes()[:9000])
    bad = [
        write_wav(tmp_path / "rate.wav", second, rate=44_100),
        write_wav(tmp_path / "stereo.wav", second, channels=2),
        write_wav(tmp_path / "empty.wav", second[:0]),
        truncated,
        tmp_path / "absent.wav",
    ]

    code, out, errors = ask(["hear", "--json", *bad, *clips(1)])

    lines = [json.loads(line) for line in out.splitlines()]
    assert code == 2
    assert "Traceback" not in errors
    assert len(errors.splitlines()) == len(bad)
    assert [Path(line["clip"]).name for line in lines if "error" in line] == [path.name for path in bad]
    assert lines[-1]["heard"]
    assert lines[-1]["reply"]


def test_ten_minutes_of_noise_are_answered_by_silence(tmp_path: Path, models: ModelStore) -> None:
    noise = np.random.default_rng(5).normal(0, 2500, 600 * 16_000)

    # Half a minute of work on a slow machine.
    code, out, errors = ask(["hear", "--json", write_wav(tmp_path / "noise.wav", noise)], seconds=180)

    (line,) = [json.loads(line) for line in out.splitlines()]
    assert (code, errors) == (0, "")
    assert (line["heard"], line["reply"], line["events"]) == ("", "", [])


@pytest.fixture
def ruins(tmp_path: Path) -> Path:
    """A bear's data folder in which both databases are damaged."""
    data = tmp_path / "bear"
    data.mkdir()
    for name in ("state.db", "outbox.db"):
        (data / name).write_bytes(b"SQLite format 3\x00" + b"\xa5" * 9000)
    return data


async def test_a_bear_with_damaged_databases_and_no_broker_talks_and_keeps_its_events(
    tmp_path: Path, ruins: Path, models: ModelStore
) -> None:
    async with teddy(
        "bear", "run", "--data", ruins, "--json", "--clips", *clips(1), log=tmp_path / "log"
    ) as run:
        (turn,) = await run.turns(1)
        assert await run.end() == 0

    logged = await asyncio.to_thread((tmp_path / "log").read_text)
    set_aside = {name for name in await asyncio.to_thread(os.listdir, ruins) if "damaged" in name}
    assert turn["reply"]
    assert len(turn["events"]) == 2
    assert {name.split(".")[0] for name in set_aside} == {"state", "outbox"}
    assert "turn ended" in logged
    assert turn["heard"] not in logged
    assert "Traceback" not in logged


def test_a_damaged_model_is_named_with_the_command_that_mends_it(tmp_path: Path, models: ModelStore) -> None:
    cache = tmp_path / "models"
    shutil.copytree(default_cache(os.environ), cache)
    encoder = next(cache.glob("*encoder*"))
    encoder.write_bytes(encoder.read_bytes()[:5000])
    settings = tmp_path / "bear.toml"
    settings.write_text(f'[models]\ncache = "{cache}"\n')

    code, _, errors = ask(["hear", "--settings", settings, *clips(1)])

    assert code == 2
    assert "teddy models prepare" in errors
    assert "Traceback" not in errors


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("[sound]\nvolum = 0.5\n", "did you mean sound.volume"),
        ("[listening]\nage = 12\n", "listening.age"),
        ("[sound\n", "not a TOML file"),
    ],
)
def test_a_wrong_setting_is_named_with_its_file(tmp_path: Path, content: str, says: str) -> None:
    settings = tmp_path / "bear.toml"
    settings.write_text(content)

    code, _, errors = ask(["talk", "--settings", settings], given="hello\n")

    assert code == 2
    assert says in errors
    assert "Traceback" not in errors


def test_a_bear_without_a_microphone_says_what_to_do(tmp_path: Path) -> None:
    code, _, errors = ask(["bear", "run", "--data", tmp_path])

    assert code == 2
    assert "--clips" in errors


def test_a_wrong_provisioning_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "bear.toml"
    file.write_text('version = 1\nbear = "x"\nlink_key = "00"\n')

    code, _, errors = ask(["bear", "run", "--data", tmp_path, "--provision", file, "--clips", *clips(1)])

    assert code == 2
    assert "provision the bear again" in errors
    assert "Traceback" not in errors


def test_a_bear_that_nobody_provisioned_meets_no_broker(tmp_path: Path, models: ModelStore) -> None:
    code, _, errors = ask(
        ["bear", "run", "--data", tmp_path, "--broker", "mqtt://127.0.0.1:1", "--clips", *clips(1)]
    )

    assert code == 2
    assert "--provision" in errors
    assert "Traceback" not in errors


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        code, _, errors = ask(["cloud", "run", "--data", tmp_path, "--port", port])

    assert code == 2
    assert port in errors
    assert "Traceback" not in errors


def test_talking_by_keyboard_goes_through_guard_and_skills(tmp_path: Path) -> None:
    typed = "Hello Teddy\nTell me something about elephants\nI swallowed a battery\n"

    code, out, errors = ask(["talk", "--age", "5", "--json"], given=typed)

    lines = [json.loads(line) for line in out.splitlines()]
    assert (code, errors) == (0, "")
    assert [line["skill"] for line in lines] == ["company", "animals", "guard"]
    assert [line["alert"] for line in lines] == [False, False, True]
    assert all(line["reply"] for line in lines)
