"""What bear and cloud say to each other besides events: hello, acknowledgement, settings."""

from __future__ import annotations

from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from teddy_shared.ages import AgeBand
from teddy_shared.envelope import BearId, Lane, Name
from teddy_shared.errors import MalformedEvent
from teddy_shared.limits import UNLIMITED, Limits
from teddy_shared.purposes import Consent


class Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Online(Message):
    """Hello, retained on the status topic: where the bear stands. The cloud answers with its marks."""

    state: Literal["online"] = "online"
    boot: Name
    epoch: Name
    acked: dict[Lane, int]  # the highest number of each lane that the bear knows to be stored


class Offline(Message):
    """Goodbye, or the broker's last will when the bear vanished."""

    state: Literal["offline"] = "offline"
    boot: Name
    orderly: bool


class Ack(Message):
    """Everything up to `mark` is stored. Cumulative; may be lost or come twice."""

    epoch: Name
    lane: Lane
    mark: Annotated[int, Field(ge=0)]
    pause_ms: Annotated[int, Field(ge=0, le=600_000)] = 0


class SettingsDocument(Message):
    """What a family wishes, whole; retained by the broker, sealed for one bear."""

    version: Annotated[int, Field(ge=1)]  # the bear ignores a document that is not newer
    profile: Name | None = None
    age_band: AgeBand = AgeBand.MIDDLE
    volume: Annotated[float, Field(ge=0, le=1)] = 0.7  # share of the volume ceiling
    patience: Annotated[float, Field(ge=0, le=1)] = 0.3  # from answers quickly to waits long
    consent: Consent = frozenset()
    limits: Limits = UNLIMITED


class Question(Message):
    """The bear asks the cloud something, sealed under its link key. Answers carry the same id."""

    id: Name
    kind: str  # what sort of question, such as "chat"
    text: Annotated[str, Field(max_length=4096)] = ""
    deadline_ms: Annotated[int, Field(ge=0, le=120_000)]  # how long the bear waits


class Answer(Message):
    """One sentence of an answer. The last one may be empty."""

    id: Name
    index: Annotated[int, Field(ge=0)]
    text: Annotated[str, Field(max_length=4096)] = ""
    last: bool = False
    refused: str = ""  # why there is no answer, for the record; empty where there is one


def question_place(bear: BearId) -> bytes:
    """To which place the seal of a question is bound; its owner is the bear's link key, as of an answer's."""
    return f"ask/{bear}".encode()


def answer_place(bear: BearId) -> bytes:
    return f"res/{bear}".encode()


Status = Online | Offline
M = TypeVar("M", bound=Message)


def to_bytes(message: Message) -> bytes:
    return message.model_dump_json().encode()


def from_bytes(kind: type[M], data: bytes) -> M:
    """Raises MalformedEvent."""
    try:
        return kind.model_validate_json(data)
    except ValidationError as error:
        where = ".".join(map(str, error.errors()[0]["loc"]))
        name = kind.__name__
        raise MalformedEvent(data, f"not a {name}: {where or 'not even JSON'}") from None


def status_from_bytes(data: bytes) -> Status:
    """Raises MalformedEvent."""
    try:
        return from_bytes(Online, data)
    except MalformedEvent:
        return from_bytes(Offline, data)
