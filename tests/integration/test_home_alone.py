"""One bear lives in a data folder: a second one is told so, and harms nothing of the first."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from teddy_edge.container.foundation import Foundation
from teddy_edge.container.parts import Parts, open_parts
from teddy_edge.outbox.entry import NO_TURN
from teddy_edge.outbox.store import Outbox
from teddy_edge.settings import Settings
from teddy_shared.envelope import Lane
from teddy_shared.errors import ConfigError
from teddy_shared.events import TurnBegun
from teddy_shared.state.sqlite import SqliteStore


def bear_in(data: Path, *warm: type) -> AbstractAsyncContextManager[Parts]:
    """All of a bear that keeps something, without models."""
    return open_parts(Foundation(), context={Settings: Settings(data=data)}, warm=warm)


@pytest.mark.parametrize("part", [Outbox, SqliteStore])
async def test_a_second_bear_in_the_same_folder_is_refused_with_a_remedy(tmp_path: Path, part: type) -> None:
    async with bear_in(tmp_path, Outbox) as first:
        outbox = await first.get(Outbox)
        with pytest.raises(ConfigError, match=r"another bear lives in .*: stop it, or choose another --data"):
            async with bear_in(tmp_path, part):
                pass

        await outbox.append(TurnBegun(speech_ms=1), NO_TURN)

        assert len(await outbox.pending(Lane.INTERACTION, 0)) == 1


async def test_when_a_bear_has_ended_the_next_one_may_live_there(tmp_path: Path) -> None:
    for _ in range(2):
        async with bear_in(tmp_path, Outbox):
            pass


async def test_two_bears_with_folders_of_their_own_leave_each_other_alone(tmp_path: Path) -> None:
    async with bear_in(tmp_path / "one", Outbox), bear_in(tmp_path / "two", Outbox):
        pass


@pytest.fixture
def something_in_the_way(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_text("in the way")
    return path


async def test_a_folder_in_which_no_bear_can_live_is_said_plainly(something_in_the_way: Path) -> None:
    with pytest.raises(ConfigError, match="cannot live in"):
        async with bear_in(something_in_the_way / "bear", Outbox):
            pass
