"""What is wrong in an authored file, in words that its author can act on. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError

_SENTENCES: Final = (
    "must be whole sentences that can be spoken: begin with a capital letter, end with . ! or ?, "
    "and have only letters and , ; : ' - in between"
)
_KINDS: Final = {
    "string_type": "must be text in quotes",
    "bool_type": "must be true or false",
    "tuple_type": "must be a list in [ ]",
    "dict_type": "must be a table",
    "model_type": "must be a table",
    "dict_attributes_type": "must be a table",
}


def complaints(error: ValidationError, model: type[BaseModel]) -> tuple[str, ...]:
    """One for each fault: its place, and what to do there."""
    return tuple(_complaint(each, model) for each in error.errors())


def _complaint(error: Mapping[str, Any], model: type[BaseModel]) -> str:
    *above, key = error["loc"] or ("the file",)
    place = ".".join(str(each + 1 if isinstance(each, int) else each) for each in (*above, key))
    match error["type"]:
        case "extra_forbidden":
            return f"{place}: there is no such key here{_nearest(str(key), _known(model, above))}"
        case "missing":
            return f"{place}: is missing"
        case "string_pattern_mismatch" if error["ctx"]["pattern"].endswith("[.!?]$"):
            return f"{place}: {_SENTENCES}"
        case "string_pattern_mismatch":
            return f"{place}: must have the form {error['ctx']['pattern']}"
        case "string_too_long":
            return f"{place}: is too long; at most {error['ctx']['max_length']} letters"
        case "string_too_short":
            return f"{place}: is too short; at least {error['ctx']['min_length']} letters"
        case "too_short":
            return f"{place}: has too few; at least {error['ctx']['min_length']}"
        case "enum":
            return f"{place}: must be one of {error['ctx']['expected']}"
        case kind:
            return f"{place}: {_KINDS.get(kind, error['msg'])}"


def _nearest(key: str, known: tuple[str, ...]) -> str:
    if near := get_close_matches(key, known, n=1):
        return f"; the nearest known is {near[0]}"
    return f"; known here: {', '.join(known)}" if known else ""


def _known(model: type[BaseModel], place: list[str | int]) -> tuple[str, ...]:
    """The keys of the table at a place; none where that is no table of fixed keys."""
    found: type[BaseModel] | None = model
    for key in place:
        if isinstance(key, int) or found is None:
            continue  # a row of a list has the list's kind
        field = found.model_fields.get(key)
        if field is None:
            continue  # a name that the author chose, within a table of such
        found = next(_models(field.annotation), None)
    return tuple(found.model_fields) if found else ()


def _models(annotation: object) -> Iterator[type[BaseModel]]:
    """The tables within "a list of", "a table by name of", "or nothing"."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inside in get_args(annotation):
        yield from _models(inside)
