"""Templates and static files, read once at the start, so that no request touches the disk."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from importlib.resources import files
from typing import Final

import jinja2

from teddy_cloud.web import words
from teddy_shared.errors import PartMissing

_TYPES: Final = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}

# Served from the installed package: no third-party asset lies in the repository.
_HTMX: Final = {
    "htmx.js": "django_htmx/static/django_htmx/htmx-2.min.js",
    "htmx-sse.js": "django_htmx/static/django_htmx/ext/hx-sse-2.min.js",
}


@dataclass(frozen=True, slots=True)
class Asset:
    content: bytes
    type: str
    tag: str  # changes with the content


class Pages:
    """Renders pages, and knows the files that they name."""

    def __init__(self, *, templates: dict[str, str], assets: dict[str, Asset]) -> None:
        self.assets = assets
        self._environment = jinja2.Environment(
            loader=jinja2.DictLoader(templates),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals.update(
            asset=self._address, words=words, purposes=words.PURPOSES, round=round
        )

    def render(self, template: str, **values: object) -> str:
        return self._environment.get_template(template).render(**values)

    def _address(self, name: str) -> str:
        return f"/static/{name}?{self.assets[name].tag}"


def load_pages() -> Pages:
    """Read everything from the packages. Blocks, so call it before serving. Raises PartMissing."""
    room = files("teddy_cloud.web")
    templates = {
        each.name: each.read_text() for each in room.joinpath("templates").iterdir() if each.is_file()
    }
    assets = {
        each.name: _asset(each.name, each.read_bytes())
        for each in room.joinpath("static").iterdir()
        if each.is_file()
    }
    return Pages(templates=templates, assets=assets | _htmx())


def _htmx() -> dict[str, Asset]:
    remedy = "pip install --no-deps 'django-htmx>=1.21'"
    try:
        package = distribution("django-htmx")  # located, not imported: its code demands Django
    except PackageNotFoundError:
        raise PartMissing("the package django-htmx with the page's scripts", remedy) from None
    found = {}
    for name, path in _HTMX.items():
        try:
            content = package.locate_file(path).read_bytes()  # type: ignore[attr-defined]  # a Path
        except OSError:
            raise PartMissing(f"{path} of the package django-htmx", remedy) from None
        found[name] = _asset(name, content)
    return found


def _asset(name: str, content: bytes) -> Asset:
    tag = hashlib.sha256(content).hexdigest()[:12]
    return Asset(content, _TYPES.get(name.rpartition(".")[2], "application/octet-stream"), tag)
