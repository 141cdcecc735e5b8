"""Settings from TOML files and the environment into one frozen model, with errors that name the place."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from teddy_shared.errors import ConfigError

S = TypeVar("S", bound=BaseModel)


def load(
    model: type[S],
    *,
    files: Iterable[Path] = (),
    environment: Mapping[str, str] | None = None,
    prefix: str,
    overrides: Mapping[str, Any] | None = None,
) -> S:
    """Later sources win: files in order, then `PREFIX_SECTION__KEY` variables, then overrides.

    Raises ConfigError naming the source, the key and, where it is unknown, the nearest known one.
    """
    merged: dict[str, Any] = {}
    for file in files:
        _merge(merged, _read(file), model, str(file))
    for name, text in (environment or {}).items():
        if name.startswith(f"{prefix}_"):
            path = name.removeprefix(f"{prefix}_").lower().split("__")
            _merge(merged, _nest(path, text), model, f"the variable {name}")
    for dotted, value in (overrides or {}).items():
        if value is not None:
            _merge(merged, _nest(dotted.split("."), value), model, "the command line")
    try:
        return model.model_validate(merged)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        raise ConfigError(f"setting {key}: {first['msg'].removeprefix('Value error, ')}") from None


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text())
    except FileNotFoundError:
        raise ConfigError(f"there is no settings file {file}") from None
    except OSError as error:
        raise ConfigError(f"cannot read the settings file {file}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file} is not a TOML file: {error}") from None


def _nest(path: list[str], value: Any) -> dict[str, Any]:
    for key in reversed(path):
        value = {key: value}
    return value  # type: ignore[no-any-return]  # a path has at least one part


def _merge(
    into: dict[str, Any], new: Mapping[str, Any], model: type[BaseModel], source: str, at: str = ""
) -> None:
    for key, value in new.items():
        field = model.model_fields.get(key)
        if field is None:
            near = difflib.get_close_matches(key, model.model_fields, n=1, cutoff=0.5)
            hint = f"did you mean {at}{near[0]}?" if near else f"known: {', '.join(model.model_fields)}"
            raise ConfigError(f"{source} has an unknown setting {at}{key}; {hint}")
        section = _section(field.annotation)
        if section is not None and isinstance(value, Mapping):
            inside = into.setdefault(key, {})
            if not isinstance(inside, dict):
                raise ConfigError(f"{source} has settings of {at}{key}, which was given as a single value")
            _merge(inside, value, section, source, f"{at}{key}.")
        else:
            into[key] = value


def _section(annotation: Any) -> type[BaseModel] | None:
    for candidate in (annotation, *get_args(annotation)):
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            return candidate
    return None
