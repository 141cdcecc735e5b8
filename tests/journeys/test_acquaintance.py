"""What a child told one day is known the next, with real ears and voice; and gone at a word."""

from __future__ import annotations

from pathlib import Path

import pytest

from teddy_edge.conversation.children import Children
from teddy_edge.identity import Identity
from teddy_edge.link.wishes import DOCUMENT, LINK
from teddy_shared.envelope import ProfileId
from teddy_shared.messages import SettingsDocument
from tests.journeys.test_limits import say
from tests.journeys.test_talk_in_virtual_time import Home, VirtualParts, home, net, warm  # noqa: F401  # fixtures
from tests.speaking import Speaking

pytestmark = pytest.mark.virtual_time

CHILD = ProfileId("child-1")


async def name_kept(at: Home) -> str | None:
    return (await (await at.bear.parts.get(Children)).recall(CHILD)).name


async def test_a_name_outlives_a_restart_and_is_forgotten_at_a_word(
    warm: VirtualParts,  # noqa: F811
    speaking: Speaking,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    async with home(warm, tmp_path) as at:
        identity = await at.bear.parts.get(Identity)
        document = SettingsDocument(version=1, profile=CHILD)
        await at.bear.state.write(DOCUMENT, identity.bear, document, LINK)
        await at.bear.wishes.recall()
        await say(at, speaking, "My name is Emma.")
        told = await name_kept(at)
        events = [each.event.model_dump_json() for each in at.reports[0].events]
    async with home(warm, tmp_path) as at:
        await say(at, speaking, "What is my name?")
        asked = at.reports[0]
        await say(at, speaking, "Forget my name.")
        left = await name_kept(at)

    assert told
    assert told in asked.reply
    assert left is None
    logged = capsys.readouterr()
    assert not [said for said in (*events, logged.out, logged.err) if told in said]
