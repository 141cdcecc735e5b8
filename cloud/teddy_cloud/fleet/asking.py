"""What a family may want done and want to know, through the buses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Final

from pydantic import Field, TypeAdapter

from teddy_cloud.bus.callers import Caller, Standing
from teddy_cloud.bus.commands import Command, Handler, handles
from teddy_cloud.bus.queries import Answerer, Query, answers
from teddy_cloud.fleet.fleet import Fleet
from teddy_cloud.fleet.household import Bear
from teddy_shared.ages import AgeBand
from teddy_shared.envelope import BearId, FamilyId, Name
from teddy_shared.limits import Limits
from teddy_shared.messages import SettingsDocument
from teddy_shared.purposes import Consent

Share = Annotated[float, Field(ge=0, le=1)]

OPERATORS: Final = frozenset({Standing.OPERATOR})


class WishSettings(Command[int]):
    """The bear shall sound, wait and tell as this family wishes. Gives the document's version."""

    name: ClassVar[str] = "settings.wish"
    result: ClassVar[TypeAdapter[Any]] = TypeAdapter(int)

    volume: Share
    patience: Share
    consent: Consent
    limits: Limits | None = None  # none where they stay as they are


class Adopt(Command[Bear]):
    """The bear shall belong to this family."""

    name: ClassVar[str] = "bear.adopt"
    allowed: ClassVar[frozenset[Standing]] = OPERATORS
    result: ClassVar[TypeAdapter[Any]] = TypeAdapter(Bear)

    family: Name
    age_band: AgeBand
    consent: Consent


class Revoke(Command[None]):
    """Nothing shall be taken from this bear any more."""

    name: ClassVar[str] = "bear.revoke"
    allowed: ClassVar[frozenset[Standing]] = OPERATORS
    result: ClassVar[TypeAdapter[Any]] = TypeAdapter(None)


class Readmit(Command[None]):
    """The bear shall have papers again."""

    name: ClassVar[str] = "bear.readmit"
    allowed: ClassVar[frozenset[Standing]] = OPERATORS
    result: ClassVar[TypeAdapter[Any]] = TypeAdapter(None)


@dataclass(frozen=True)
class SettingsOfBear(Query[SettingsDocument]):
    """Not from a read model: what was wished a moment ago is there at once."""

    name: ClassVar[str] = "bear.settings"
    cached: ClassVar[bool] = False


def handlers(fleet: Fleet) -> Sequence[Handler]:
    async def wish(command: WishSettings, _: Caller) -> int:
        document = await fleet.wish(
            await fleet.family_of(BearId(command.bear)),
            BearId(command.bear),
            volume=command.volume,
            patience=command.patience,
            consent=command.consent,
            limits=command.limits,
        )
        return document.version

    async def adopt(command: Adopt, _: Caller) -> Bear:
        return await fleet.adopt(
            family=FamilyId(command.family),
            bear=BearId(command.bear),
            age_band=command.age_band,
            consent=command.consent,
        )

    async def revoke(command: Revoke, _: Caller) -> None:
        await fleet.shut_out(BearId(command.bear))

    async def readmit(command: Readmit, _: Caller) -> None:
        await fleet.readmit(BearId(command.bear))

    return (
        handles(WishSettings, wish),
        handles(Adopt, adopt),
        handles(Revoke, revoke),
        handles(Readmit, readmit),
    )


def answerers(fleet: Fleet) -> Sequence[Answerer]:
    async def settings(query: SettingsOfBear) -> SettingsDocument:
        return await fleet.settings(await fleet.family_of(query.bear), query.bear)

    return (answers(SettingsOfBear, settings),)
