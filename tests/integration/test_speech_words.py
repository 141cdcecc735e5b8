"""The voice says every word as hibari alone would."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from hibari.g2p import G2P

from teddy_edge.inference.models import ModelStore
from teddy_edge.inference.session import open_session
from teddy_edge.inference.voice_conversion import ALL, FREQUENT, GOLD, SILVER, TAGS, WEIGHTS
from teddy_edge.inference.word_table import WordTable, open_words
from teddy_edge.speech.hibari import phonemes_of

SENTENCES = (
    "Hello there, little bear!",
    "I read the book that you read yesterday; we live near a live band.",
    "Dr. Smith's 3 elephants weigh 10,500 pounds and cost $9.99 at 10:30.",
    "Teddyish snorfblats WOKE up in the U.S. and used to record records.",
    "'Merica isn't in the lexicon, but it's \u201cquoted\u201d \u2013 the IPA & NASA aren't.",
    "An a.m. walk: half-hearted, re-done, well-being; goodnight, Zoë.",
    "",
)


def read(models: ModelStore, name: str) -> dict[str, Any]:
    with gzip.open(models.path(name), "rt", encoding="utf-8") as file:
        content: dict[str, Any] = json.load(file)
    return content


@pytest.fixture(scope="module")
def table(models: ModelStore) -> WordTable:
    return open_words(models.path("voice-words"))


@pytest.mark.parametrize(("space", "name"), [(GOLD, "voice-lexicon-gold"), (SILVER, "voice-lexicon-silver")])
def test_every_word_of_the_dictionaries_is_in_the_table(
    models: ModelStore, table: WordTable, space: str, name: str
) -> None:
    words = read(models, name)

    assert len(words) > 90_000
    assert all(table.get(space, word) == phonemes for word, phonemes in words.items())
    assert not any(table.get(space, f"{word}\u00a0") for word in words)


def test_the_whole_tagger_is_in_the_table(models: ModelStore, table: WordTable) -> None:
    tagger = read(models, "voice-tagger")

    assert table.get(ALL, "tags") == tagger["tags"]
    assert all(table.get(TAGS, word) == tag for word, tag in tagger["tagdict"].items())
    assert all(table.get(WEIGHTS, sign) == weights for sign, weights in tagger["weights"].items())
    assert all(table.get(FREQUENT, word) for word in tagger["vocab"])


def test_sentences_have_the_phonemes_that_hibari_alone_gives_them(
    models: ModelStore, table: WordTable
) -> None:
    alone = G2P()

    ours = phonemes_of(table, open_session(models.path("voice-unknown-words")))

    assert [ours(sentence) for sentence in SENTENCES] == [alone(sentence) for sentence in SENTENCES]
