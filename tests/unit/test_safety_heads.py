"""The heads that are shipped fit together, and one that does not is refused with the remedy."""

from __future__ import annotations

import shutil
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from teddy_edge.inference.meaning import WIDTH
from teddy_edge.safety.heads import HEADS, open_head
from teddy_edge.safety.policy import load_policy
from teddy_edge.safety.verdict import Side
from teddy_shared.errors import ConfigError, PartMissing

MOST = 1_000_000  # bytes of all heads together
DIRECTIONS = np.eye(2, WIDTH, dtype=np.float32)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(HEADS, tmp_path / "heads"))


@pytest.mark.parametrize("side", Side)
def test_the_heads_of_this_release_open_and_their_scores_are_shares(side: Side) -> None:
    head = open_head(side)

    scores = head.scores(DIRECTIONS, ["why do cats purr", "hello"])

    assert scores.shape == (2, len(head.manifest.categories) + 1)
    assert np.allclose(scores.sum(axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("side", Side)
def test_the_policy_knows_every_category_of_the_heads(side: Side) -> None:
    assert set(open_head(side).manifest.categories) <= set(load_policy().categories)


def test_all_heads_together_are_small() -> None:
    assert sum(file.stat().st_size for file in HEADS.iterdir()) <= MOST


@pytest.mark.parametrize("gone", ["heard.npz", "heard.toml"])
def test_an_absent_file_is_named_with_the_remedy(folder: Path, gone: str) -> None:
    (folder / gone).unlink()

    with pytest.raises(PartMissing, match=f"{gone}.*reinstall Teddy"):
        open_head(Side.HEARD, folder=folder)


def test_a_damaged_head_is_refused(folder: Path) -> None:
    file = folder / "said.npz"
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)

    with pytest.raises(ConfigError, match=r"not the head that said\.toml describes"):
        open_head(Side.SAID, folder=folder)


def test_the_head_of_the_other_side_is_refused(folder: Path) -> None:
    (folder / "said.npz").replace(folder / "heard.npz")

    with pytest.raises(ConfigError, match="not the head"):
        open_head(Side.HEARD, folder=folder)


@pytest.mark.parametrize("data", [b"", b"no archive", b"PK\x03\x04"])
def test_bytes_that_are_no_head_are_refused_even_with_their_digest(folder: Path, data: bytes) -> None:
    (folder / "heard.npz").write_bytes(data)
    _with_digest(folder, data)

    with pytest.raises(ConfigError, match="is no head"):
        open_head(Side.HEARD, folder=folder)


def test_a_head_of_other_columns_is_refused(folder: Path) -> None:
    manifest = folder / "heard.toml"
    manifest.write_text(manifest.read_text().replace('categories = ["', 'categories = ["another", "'))

    with pytest.raises(ConfigError, match="another shape"):
        open_head(Side.HEARD, folder=folder)


@pytest.mark.parametrize("text", ["", "][", 'categories = ["a"]', "\xff"])
def test_a_manifest_that_says_too_little_is_refused(folder: Path, text: str) -> None:
    (folder / "heard.toml").write_text(text, "latin-1")

    with pytest.raises(ConfigError, match="reinstall Teddy"):
        open_head(Side.HEARD, folder=folder)


def _with_digest(folder: Path, data: bytes) -> None:
    manifest = folder / "heard.toml"
    old = open_head(Side.HEARD).manifest.sha256
    manifest.write_text(manifest.read_text().replace(old, sha256(data).hexdigest()))
