"""The key files: a full disk, and others who write at the same moment, cost no key."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from pathlib import Path

import pytest

from teddy_shared.clock import Chance, SystemChance
from teddy_shared.errors import ConfigError, KeyErased
from teddy_shared.seal import FileKeyRing, write_private
from tests.full_disk import no_room_above


class MeetingChance(SystemChance):
    """Whoever asks for bytes waits a moment for another to ask too: so both have read before one writes."""

    def __init__(self) -> None:
        super().__init__()
        self._meeting = threading.Barrier(2)

    def bytes(self, size: int) -> bytes:
        with suppress(threading.BrokenBarrierError):
            self._meeting.wait(timeout=0.2)
        return super().bytes(size)


class OvertakenChance(SystemChance):
    """Whoever first asks for bytes is overtaken by somebody else, if that is possible at all."""

    def __init__(self, overtake: Callable[[], Future[None]]) -> None:
        super().__init__()
        self._overtake: Callable[[], Future[None]] | None = overtake

    def bytes(self, size: int) -> bytes:
        if self._overtake is not None:
            overtaking, self._overtake = self._overtake(), None
            wait([overtaking], timeout=0.3)
        return super().bytes(size)


def ring_in(folder: Path, *, chance: Chance | None = None) -> FileKeyRing:
    return FileKeyRing(path=folder / "keys", master=folder / "master", chance=chance or SystemChance())


def at_once(works: Sequence[Callable[[], object]]) -> None:
    with ThreadPoolExecutor(len(works)) as threads:
        for done in [threads.submit(work) for work in works]:
            done.result()


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


# --- others at the same moment -----------------------------------------------------------------------


@pytest.mark.parametrize("rings", [1, 2], ids=["two threads", "two processes"])
def test_two_keys_that_are_made_at_once_are_both_kept(tmp_path: Path, rings: int) -> None:
    ring_in(tmp_path)  # so that the master key is there
    chance = MeetingChance()
    one, *others = (ring_in(tmp_path, chance=chance) for _ in range(rings))

    at_once([lambda: one.create("anna"), lambda: (others or [one])[0].create("otto")])

    assert len({ring_in(tmp_path).key(owner) for owner in ("anna", "otto")}) == 2


def test_a_key_that_is_erased_while_another_is_made_stays_erased(tmp_path: Path) -> None:
    ring_in(tmp_path).create("anna")
    chance = MeetingChance()
    maker, eraser = ring_in(tmp_path, chance=chance), ring_in(tmp_path, chance=chance)

    at_once([lambda: maker.create("otto"), lambda: eraser.erase("anna")])

    with pytest.raises(KeyErased):
        ring_in(tmp_path).key("anna")
    assert ring_in(tmp_path).key("otto")


def test_two_first_starts_at_once_agree_on_one_master_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as other:
        chance = OvertakenChance(lambda: other.submit(lambda: ring_in(tmp_path).create("anna")))
        ring_in(tmp_path, chance=chance).create("otto")

    assert len({ring_in(tmp_path).key(owner) for owner in ("anna", "otto")}) == 2


def test_what_a_power_cut_left_half_written_does_not_keep_an_erased_key(tmp_path: Path) -> None:
    ring = ring_in(tmp_path)
    ring.create("anna")
    (tmp_path / "keys.left.new").write_bytes((tmp_path / "keys").read_bytes())

    ring.erase("anna")

    assert not list(tmp_path.glob("*.new"))


def test_a_key_that_is_there_needs_no_disk_that_takes_anything(tmp_path: Path) -> None:
    ring_in(tmp_path).create("anna")
    names = sorted(tmp_path.iterdir())

    with no_room_above(0):
        ring_in(tmp_path).create("anna")

    assert sorted(tmp_path.iterdir()) == names
