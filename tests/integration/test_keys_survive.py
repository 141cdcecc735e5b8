"""The key files: a full disk, and others who write at the same moment, cost no key."""

from __future__ import annotations

from pathlib import Path

import pytest

from teddy_shared.clock import SystemChance
from teddy_shared.errors import ConfigError, KeyErased
from teddy_shared.seal import FileKeyRing, write_private
from tests.full_disk import no_room_above


def ring_in(folder: Path) -> FileKeyRing:
    return FileKeyRing(path=folder / "keys", master=folder / "master", chance=SystemChance())


# --- a full disk -------------------------------------------------------------------------------------


def test_a_write_that_is_cut_short_leaves_the_old_file_and_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_private(path, b"old")

    with no_room_above(5000), pytest.raises(ConfigError, match=r"cannot write .*file.*make room"):
        write_private(path, b"new" * 5000)

    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_key_for_which_there_is_no_room_is_refused_and_the_others_stay(tmp_path: Path) -> None:
    ring = ring_in(tmp_path)
    ring.create("anna")
    key = ring.key("anna")

    with no_room_above(60), pytest.raises(ConfigError, match="make room"):
        ring.create("otto")

    for each in (ring, ring_in(tmp_path)):
        assert each.key("anna") == key
        with pytest.raises(KeyErased):
            each.key("otto")


def test_a_folder_that_cannot_be_made_is_said_plainly(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(ConfigError, match="cannot write"):
        write_private(tmp_path / "file" / "keys", b"")
