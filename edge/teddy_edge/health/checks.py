"""Every part that a doctor looks at, in the order in which they are told.

To add one: write a function that takes the patient and gives a finding, in a module named for the
part, and put it in the list. What it raises is caught and told; it has ten seconds, and changes nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from teddy_edge.health import (
    clock,
    connection,
    crashes,
    databases,
    echo,
    guarding,
    models,
    papers,
    place,
    sound,
    waking,
)
from teddy_edge.health.finding import Finding
from teddy_edge.health.patient import Patient

Check = Callable[[Patient], Awaitable[Finding]]

CHECKS: Final[Mapping[str, Check]] = {
    "settings": papers.settings,
    "provisioning": papers.provisioning,
    "certificate": papers.certificate,
    "clock": clock.clock,
    "folder": place.folder,
    "space": place.space,
    "keys": place.keys,
    "outbox": databases.outbox,
    "state": databases.state,
    "models": models.models,
    "profile": models.profile,
    "guard": guarding.guard,
    "sound": sound.sound,
    "waking": waking.waking,
    "crashes": crashes.crashes,
    "echo": echo.echo,
    "broker": connection.broker,
    "link": connection.link,
}
