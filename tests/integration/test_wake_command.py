"""`teddy wake`: which clips call the bear by its name."""

from __future__ import annotations

import json
import wave
from pathlib import Path

import numpy as np
import pytest

from teddy_edge.audio.samples import EAR_RATE, Pcm
from teddy_edge.inference.models import ModelStore
from teddy_edge.waking.features import open_features
from teddy_shared.cli import main
from tests.speaking import Speaking
from tests.waking_fakes import learn_head

OTHERS = ("What does the cow say?", "Put the book on the table.", "My mother is a doctor.")


@pytest.fixture(scope="module")
def heads(models: ModelStore, speaking: Speaking, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("heads")
    calls = [speaking.child(call) for call in ("Hey Teddy!", "Hey, Teddy?")]
    others = [speaking.child(other) for other in OTHERS]
    learn_head(folder, "hey_teddy", yes=calls, no=others, features=open_features(models))
    return folder


def write_wav(path: Path, pcm: Pcm, *, rate: int = EAR_RATE, channels: int = 1) -> Path:
    with wave.open(str(path), "wb") as clip:
        clip.setnchannels(channels)
        clip.setsampwidth(2)
        clip.setframerate(rate)
        clip.writeframes(pcm.astype("<i2").tobytes())
    return path


def test_each_clip_is_told_with_its_score_and_whether_the_bear_woke(
    heads: Path, speaking: Speaking, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sentences = ("Hey Teddy, tell me a joke.", OTHERS[1], "Hey Freddy, come here.")
    clips = [write_wav(tmp_path / f"{n}.wav", speaking.child(each)) for n, each in enumerate(sentences)]

    code = main(["wake", "--json", "--heads", str(heads), *map(str, clips)])

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert code == 0
    assert [line.keys() for line in lines] == [{"clip", "score", "woken"}] * 3
    assert [line["clip"] for line in lines] == [str(clip) for clip in clips]
    assert [line["woken"] for line in lines] == [True, False, False]
    # The head takes Freddy for Teddy; the words that were understood do not.
    assert [line["score"] > 0.9 for line in lines] == [True, False, True]


def test_bad_clips_are_named_with_a_remedy_and_the_good_one_is_still_judged(
    heads: Path, speaking: Speaking, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    second = np.ones(EAR_RATE, np.int16)
    bad = [
        write_wav(tmp_path / "rate.wav", second, rate=44_100),
        write_wav(tmp_path / "stereo.wav", second, channels=2),
        write_wav(tmp_path / "empty.wav", second[:0]),
        tmp_path / "absent.wav",
    ]
    short = write_wav(tmp_path / "short.wav", second[:50])

    code = main(["wake", "--json", "--heads", str(heads), *map(str, [*bad, short])])

    told = capsys.readouterr()
    lines = [json.loads(line) for line in told.out.splitlines()]
    assert code == 2
    assert len(told.err.splitlines()) == len(bad)
    assert [Path(line["clip"]).name for line in lines if "error" in line] == [path.name for path in bad]
    assert lines[-1]["woken"] is False


def test_without_a_head_the_remedy_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["wake", "--heads", str(tmp_path), str(tmp_path / "any.wav")])

    assert code == 2
    assert "train the head again" in capsys.readouterr().err
