"""What an author adds to the product's stories, jokes, facts and songs: files of their own, checked alike."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from teddy_edge.conversation.skills.content import PRODUCT, Content
from teddy_edge.conversation.skills.joke_book import JokeRow, RiddleRow
from teddy_edge.conversation.skills.knowledge import TopicRow
from teddy_edge.conversation.skills.lines import Name
from teddy_edge.conversation.skills.songs import SongRow
from teddy_edge.conversation.skills.story_book import StoryRow
from teddy_edge.safety.authored import Authored, parse_authored
from teddy_shared.errors import ConfigError

# To which file of the product the tables of an author's file belong; a file with scenes is a story.
JOINS: Final = {"joke": "jokes.toml", "riddle": "jokes.toml", "topic": "nature.toml", "song": "songs.toml"}


class AuthorsFile(Authored):
    """What an author may bring, but for stories."""

    joke: tuple[JokeRow, ...] = ()
    riddle: tuple[RiddleRow, ...] = ()
    topic: tuple[TopicRow, ...] = ()
    song: dict[Name, SongRow] = {}  # noqa: RUF012  # pydantic copies it


def authors_content(files: Mapping[str, bytes]) -> Content:
    """What an author adds, by the names of the files. Raises ConfigError naming the file and the place."""
    added: dict[str, bytes] = {}
    tales: dict[str, bytes] = {}
    for name, data in files.items():
        table = parse_authors(data, name)
        if isinstance(table, StoryRow):
            if (story := Path(name).stem) in tales:
                raise ConfigError(f"{name}: there are two stories {story}")
            tales[story] = data
        else:
            into = {JOINS[key] for key in table.model_fields_set}
            if len(into) != 1:
                raise ConfigError(f"{name}: holds no joke, riddle, topic or song alone; one kind in a file")
            (file,) = into
            added[file] = added.get(file, b"") + b"\n" + data
    return Content(added, tales)


def parse_authors(data: bytes, name: str) -> StoryRow | AuthorsFile:
    """One file of an author. Raises BadlyAuthored with every fault."""
    try:
        is_story = "scene" in tomllib.loads(data.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        is_story = False  # the parser tells
    if is_story:
        return parse_authored(StoryRow, data, name)
    return parse_authored(AuthorsFile, data, name)


def load_content(folder: Path | None) -> Content:
    """The product's, with the files of a folder; blocks. Raises ConfigError."""
    if folder is None:
        return PRODUCT
    if not folder.is_dir():
        raise ConfigError(f"{folder} is no folder: `teddy content new` makes one")
    return authors_content({str(file): file.read_bytes() for file in sorted(folder.rglob("*.toml"))})
