"""A table of words on disk answers as the dictionary in memory that it was made of."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teddy_edge.inference.word_table import Words, open_words, write_words
from teddy_shared.errors import ConfigError

KEYS = st.text(max_size=6)
VALUES = st.one_of(st.text(max_size=8), st.dictionaries(st.text(max_size=3), st.floats(allow_nan=False)))
SPACES = st.dictionaries(st.sampled_from(("gold", "silver")), st.dictionaries(KEYS, VALUES, max_size=20))


@given(SPACES, st.lists(KEYS))
def test_every_word_has_its_value_and_no_other_word_has_one(
    spaces: dict[str, dict[str, object]], strangers: list[str]
) -> None:
    with TemporaryDirectory() as folder:
        write_words(Path(folder, "words"), spaces)
        table = open_words(Path(folder, "words"))

    for name in ("gold", "silver"):
        words, expected = Words(table, name), spaces.get(name, {})
        for key in (*expected, *strangers):
            assert words.get(key) == expected.get(key)
            assert (key in words) == (key in expected)


def test_the_same_words_give_the_same_bytes(tmp_path: Path) -> None:
    spaces = {"gold": {"bear": "bɛɹ", "a\tb\n": "x"}, "tag": {"bear": "NN"}}

    for name in ("one", "other"):
        write_words(tmp_path / name, spaces)

    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()


def test_a_word_is_not_found_within_another_one(tmp_path: Path) -> None:
    write_words(tmp_path / "words", {"gold": {'x"gold:bear': "bɛɹ"}})

    assert open_words(tmp_path / "words").get("gold", "bear") is None


def test_letters_that_cannot_be_written_are_no_word(tmp_path: Path) -> None:
    write_words(tmp_path / "words", {"gold": {"bear": "bɛɹ"}})

    assert open_words(tmp_path / "words").get("gold", "\ud800") is None


@pytest.mark.parametrize("content", [b"", b"something else altogether"])
def test_a_file_that_is_no_table_is_a_clear_word(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "words").write_bytes(content)

    with pytest.raises(ConfigError, match="teddy models prepare"):
        open_words(tmp_path / "words")


def test_a_missing_table_is_a_clear_word(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="teddy models prepare"):
        open_words(tmp_path / "words")
