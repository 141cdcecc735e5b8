"""One look at every part. A look that breaks is a finding too, and the others go on."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

from teddy_edge.health.checks import CHECKS, Check
from teddy_edge.health.finding import Finding, wrong
from teddy_edge.health.patient import Patient
from teddy_shared.errors import TeddyError

PATIENCE: Final = 10.0  # seconds for one part


async def examine(
    patient: Patient, checks: Mapping[str, Check] = CHECKS, *, patience: float = PATIENCE
) -> dict[str, Finding]:
    """By the name of the part, in their order."""
    return {part: await _look(check, patient, patience) for part, check in checks.items()}


async def _look(check: Check, patient: Patient, patience: float) -> Finding:
    try:
        async with asyncio.timeout(patience):
            return await check(patient)
    except TimeoutError:
        return wrong(
            f"nothing came of {patience:g} s of looking", "ask again; if it stays so, this part hangs"
        )
    except TeddyError as error:  # what it foresaw says itself what to do
        return wrong(str(error), "do what it says, then ask again")
    except Exception as error:  # a barrier: a broken look must not hide what the other parts are like
        return wrong(
            f"the look at it broke ({type(error).__name__}: {error})", "tell whoever made this software"
        )
