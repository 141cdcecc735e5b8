"""The heads that are shipped: whole, made as their manifests say, and they know their phrases."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from teddy_edge.audio.samples import EAR_RATE, Pcm
from teddy_edge.inference.fingerprints import sha256_of
from teddy_edge.inference.models import ModelStore
from teddy_edge.waking.features import open_features
from teddy_edge.waking.head import HEADS, WAKE, open_head, read_manifest
from teddy_edge.waking.spotter import Spotter, StopHeard, Watch, Woke
from tests.words_heard import flite
from workshop.waking_school.hearing_at_once import open_hearing_at_once

SHIPPED = sorted(each.stem for each in HEADS.glob("*.toml"))
BIGGEST = 700_000  # bytes


@pytest.fixture(scope="module")
def calls(models: ModelStore, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[type]]:
    """What the bear's own spotter makes of each sentence, freshly spoken."""
    folder = tmp_path_factory.mktemp("spoken")
    watches = [Watch(open_head(each), Woke if each == WAKE else StopHeard) for each in SHIPPED]
    spotter = Spotter(features=open_features(models), watches=watches)
    told = {}
    for text in (
        "hey teddy!",
        "what is the weather like today",
        "my brother ate an apple in the garden",
        "stop!",
    ):
        spotter.reset()
        told[text] = [type(each) for each in spotter.hear(with_silence(flite(text, folder)))]
    return told


def with_silence(pcm: Pcm) -> Pcm:
    silence = np.zeros(EAR_RATE, np.int16)
    return np.concatenate([silence, pcm, silence])


@pytest.mark.parametrize("name", SHIPPED)
def test_a_head_is_the_one_that_its_manifest_describes_and_small(name: str) -> None:
    manifest, network = read_manifest(HEADS / f"{name}.toml"), HEADS / f"{name}.onnx"

    assert manifest.sha256 == sha256_of(network)
    assert network.stat().st_size < BIGGEST
    assert {"command", "engines", "networks"} <= manifest.trained.keys()
    assert manifest.measured


def test_the_head_of_waking_is_shipped() -> None:
    assert WAKE in SHIPPED


def test_the_name_wakes_and_ordinary_sentences_do_not(calls: dict[str, list[type]]) -> None:
    assert Woke in calls["hey teddy!"]
    assert calls["what is the weather like today"] == []
    assert calls["my brother ate an apple in the garden"] == []


def test_the_school_hears_exactly_what_the_bear_hears(models: ModelStore, tmp_path: Path) -> None:
    sound = np.random.default_rng(1).normal(scale=3000, size=3 * EAR_RATE)
    sound[EAR_RATE : 2 * EAR_RATE] /= 1000  # the loudest of a step is looked for in each step alone
    pcm = sound.astype(np.int16)

    at_once = open_hearing_at_once(models, folder=tmp_path).embeddings(pcm)

    assert np.allclose(at_once, np.stack(open_features(models).hear(pcm)), atol=1e-3)
