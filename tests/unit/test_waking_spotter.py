"""Spotting: a head's probabilities become one piece of news each time its phrase is said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from teddy_edge.audio.samples import EAR_RATE, Pcm
from teddy_edge.waking.features import STEP
from teddy_edge.waking.head import open_head
from teddy_edge.waking.second_look import SURE
from teddy_edge.waking.spotter import Spotted, Spotter, StopHeard, Watch, Woke
from teddy_shared.errors import ConfigError, PartMissing
from tests.waking_fakes import LoudnessFeatures, write_head

LOUD, QUIET, MIDDLING = 30_000, 100, 20_000


def spotter(folder: Path, **manifest: float) -> Spotter:
    write_head(folder, "loud", **manifest)  # type: ignore[arg-type]  # hits is whole where it is given
    return Spotter(features=LoudnessFeatures(), watches=[Watch(open_head("loud", folder=folder), Woke)])


def sound(*steps: tuple[int, int]) -> Pcm:
    """So many steps of 80 ms, each so loud."""
    return np.concatenate([np.full(count * STEP, level, np.int16) for count, level in steps])


def told(spotter: Spotter, pcm: Pcm) -> list[int]:
    return [each.at for each in spotter.hear(pcm)]


def test_a_phrase_is_told_once_however_many_looks_see_it(tmp_path: Path) -> None:
    assert told(spotter(tmp_path), sound((5, QUIET), (40, LOUD), (5, QUIET))) == [6 * STEP]


def test_a_phrase_that_is_said_again_is_told_again(tmp_path: Path) -> None:
    twice = sound((5, QUIET), (3, LOUD), (20, QUIET), (3, LOUD))

    assert told(spotter(tmp_path), twice) == [6 * STEP, 29 * STEP]


def test_a_probability_that_wavers_does_not_tell_twice(tmp_path: Path) -> None:
    wavering = sound((5, QUIET), (2, LOUD), (1, QUIET), (2, LOUD))

    assert told(spotter(tmp_path), wavering) == [6 * STEP]


def test_a_phrase_that_the_head_becomes_sure_of_is_told_once_more(tmp_path: Path) -> None:
    unsure = 15_250  # a fifth
    ears = spotter(tmp_path, threshold=0.1)

    growing = [
        (each.at, each.score >= SURE) for each in ears.hear(sound((3, unsure), (5, LOUD), (3, unsure)))
    ]
    ears.reset()
    fading = [(each.at, each.score >= SURE) for each in ears.hear(sound((3, LOUD), (5, unsure)))]

    assert growing == [(STEP, False), (4 * STEP, True)]
    assert fading == [(STEP, True)]


def test_a_head_that_wants_hits_in_a_row_is_given_them(tmp_path: Path) -> None:
    wanting = spotter(tmp_path, hits=3)

    assert told(wanting, sound((2, LOUD), (1, QUIET), (3, LOUD))) == [6 * STEP]


def test_the_score_is_what_the_head_said(tmp_path: Path) -> None:
    (woke,) = spotter(tmp_path).hear(sound((1, MIDDLING)))

    assert woke.score == pytest.approx(1 / (1 + np.exp(20 - 40 * MIDDLING / 32768)), abs=1e-3)


def test_after_a_reset_indices_count_from_there_and_nothing_is_remembered(tmp_path: Path) -> None:
    ears = spotter(tmp_path)
    ears.hear(sound((3, LOUD)))
    ears.hear(np.full(100, LOUD, np.int16))

    ears.reset(50 * EAR_RATE)

    assert told(ears, sound((2, QUIET), (1, LOUD))) == [50 * EAR_RATE + 3 * STEP]


def test_each_head_tells_its_own_news(tmp_path: Path) -> None:
    for name, threshold in (("name", 0.5), ("stop", 0.999)):
        write_head(tmp_path, name, threshold=threshold)
    watches = [
        Watch(open_head("name", folder=tmp_path), Woke),
        Watch(open_head("stop", folder=tmp_path), StopHeard),
    ]
    ears = Spotter(features=LoudnessFeatures(), watches=watches)

    kinds: list[type[Spotted]] = [type(each) for each in ears.hear(sound((1, MIDDLING), (1, LOUD)))]

    assert kinds == [Woke, StopHeard]


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    levels=st.lists(st.sampled_from([QUIET, MIDDLING, LOUD]), max_size=30),
    cuts=st.lists(st.integers(0, 30 * STEP)),
)
def test_chunks_of_any_size_give_the_same_news(tmp_path: Path, levels: list[int], cuts: list[int]) -> None:
    ears = spotter(tmp_path, hits=2)
    pcm = sound((0, 0), *((1, level) for level in levels))
    whole = ears.hear(pcm)

    ears.reset()
    pieces = [each for piece in np.split(pcm, sorted(cuts)) for each in ears.hear(piece)]

    assert pieces == whole


def test_a_head_that_its_manifest_does_not_describe_is_refused(tmp_path: Path) -> None:
    path = write_head(tmp_path, "loud")
    path.write_bytes(path.read_bytes() + b"\0")

    with pytest.raises(ConfigError, match=r"not the head that loud.toml describes"):
        open_head("loud", folder=tmp_path)


@pytest.mark.parametrize("absent", ["loud.onnx", "loud.toml"])
def test_an_absent_head_says_what_to_do(tmp_path: Path, absent: str) -> None:
    write_head(tmp_path, "loud")
    (tmp_path / absent).unlink()

    with pytest.raises(PartMissing, match=r"reinstall Teddy"):
        open_head("loud", folder=tmp_path)


@pytest.mark.parametrize(
    "text", ["", "not TOML at all", 'phrase = "x"', 'phrase = "x"\nthreshold = "no"\nsha256 = ""']
)
def test_a_manifest_that_says_too_little_is_refused(tmp_path: Path, text: str) -> None:
    write_head(tmp_path, "loud").with_suffix(".toml").write_text(text)

    with pytest.raises(ConfigError, match=r"loud\.toml"):
        open_head("loud", folder=tmp_path)


def test_a_manifest_keeps_how_its_head_was_made_and_what_it_showed(tmp_path: Path) -> None:
    write_head(tmp_path, "loud")

    manifest = open_head("loud", folder=tmp_path).manifest

    assert (manifest.trained, manifest.measured) == ({"by": "the tests"}, {"recall": 1.0})
