"""The sentence model points the same way for what means the same, and as its packaged form does."""

from __future__ import annotations

import numpy as np
import pytest

from teddy_edge.inference.meaning import LONGEST, WIDTH, Meaning, open_meaning
from teddy_edge.inference.models import ModelStore
from teddy_edge.inference.session import open_session

SENTENCES = ("do you know any jokes", "what do tigers have for dinner", "i can't sleep", "um")


@pytest.fixture(scope="module")
def meaning(models: ModelStore) -> Meaning:
    return open_meaning(models)


def test_what_means_the_same_is_alike_and_what_does_not_is_not(meaning: Meaning) -> None:
    funny, joke, lion, meat = meaning.embed(
        [
            "i want to hear something funny",
            "tell me a joke",
            "what do lions have for dinner",
            "lions eat meat",
        ]
    )

    assert min(funny @ joke, lion @ meat) > 0.5
    assert max(funny @ lion, joke @ meat) < 0.3


def test_every_direction_has_length_one_whatever_the_sentence(meaning: Meaning) -> None:
    found = meaning.embed([*SENTENCES, "", "!?", "\N{TEDDY BEAR}", "why " * 10 * LONGEST])

    assert found.shape == (len(SENTENCES) + 4, WIDTH)
    assert np.linalg.norm(found, axis=1) == pytest.approx(1, abs=1e-4)
    assert meaning.embed([]).shape == (0, WIDTH)


def test_converted_it_points_where_the_packaged_model_points(models: ModelStore, meaning: Meaning) -> None:
    packaged = open_session(models.path("minilm-packaged"))
    for sentence, ours in zip(SENTENCES, meaning.embed(SENTENCES), strict=True):
        tokens = np.array([meaning.tokens(sentence)], np.int64)
        feeds = {"input_ids": tokens, "attention_mask": np.ones_like(tokens)}
        (hidden,) = packaged.run({**feeds, "token_type_ids": np.zeros_like(tokens)})
        theirs = hidden[0].mean(axis=0)

        assert ours @ theirs / np.linalg.norm(theirs) > 0.95
