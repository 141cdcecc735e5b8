"""`teddy content`: checks what the bear says, and begins new stories, jokes, riddles, facts and songs."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from textwrap import wrap
from typing import Final

from teddy_edge.authoring.check import Checked, check
from teddy_edge.authoring.documents import documents_at, product_documents
from teddy_edge.authoring.findings import Finding
from teddy_edge.authoring.guarding import load_patient_guard
from teddy_edge.authoring.starting import KINDS, start
from teddy_edge.authoring.voice_words import load_voice_words
from teddy_edge.authoring.wording import Lexicon
from teddy_edge.inference.models import ModelStore
from teddy_edge.settings import read
from teddy_shared import logs
from teddy_shared.cli import Command
from teddy_shared.errors import ConfigError, PartMissing

FOLDER: Final = Path("content")


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    checking = actions.add_parser(
        "check", help="is it fit to be told, and can every story be walked to its end"
    )
    checking.add_argument(
        "paths",
        type=Path,
        nargs="*",
        metavar="PATH",
        help="files and folders of yours; the product's unless told",
    )
    checking.add_argument("--json", action="store_true", help="one JSON object")
    checking.set_defaults(act=_check)
    new = actions.add_parser("new", help="begin a file")
    new.add_argument("kind", choices=KINDS, metavar="KIND", help=", ".join(KINDS))
    new.add_argument("name", metavar="NAME", help="small letters and _; it becomes NAME.toml")
    new.add_argument("--into", type=Path, default=FOLDER, metavar="FOLDER", help=f"where it goes ({FOLDER})")
    new.set_defaults(act=_new)


def run(arguments: argparse.Namespace) -> int:
    logs.configure(level="error")  # what the guard holds back stands in the table
    code: int = arguments.act(arguments)
    return code


def _check(arguments: argparse.Namespace) -> int:
    documents = documents_at(arguments.paths) if arguments.paths else product_documents()
    checked = check(documents, guard=load_patient_guard(), lexicon=_lexicon(), progress=_tell)
    if arguments.json:
        found = [finding.as_json() for finding in checked.findings]
        counts = {"files": checked.files, "lines": checked.lines}
        print(json.dumps({**counts, "findings": found, "guessed_words": checked.guessed}))
    else:
        print(_table(checked))
    return 1 if checked.findings else 0


def _new(arguments: argparse.Namespace) -> int:
    file = start(arguments.kind, arguments.name, arguments.into)
    print(f"{file} is begun. Write in it, then:")
    print(f"    teddy content check {arguments.into}")
    print(f"    teddy talk --content {arguments.into}")
    return 0


def _lexicon() -> Lexicon | None:
    try:
        return load_voice_words(ModelStore(read().models.cache))
    except (PartMissing, ConfigError) as error:
        _tell(f"whether the voice can say every word is not looked at: {error}")
        return None


def _tell(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


def _table(checked: Checked) -> str:
    rows = _rows(checked.findings)
    if checked.guessed:
        listed = ", ".join(checked.guessed)
        rows += ["the voice reads these words by their letters; listen to them once:", *wrap(listed, 96)]
    return "\n".join((*rows, "", _summary(checked)))


def _rows(findings: Sequence[Finding]) -> list[str]:
    """A file, and under it each place, what is wrong there, and what to do."""
    rows: list[str] = []
    file = None
    for finding in sorted(findings, key=lambda each: each.file):
        if finding.file != file:
            file = finding.file
            rows.append(f"{file}")
        rows.append(f"  {finding.place or 'as a whole'}: {finding.fault}")
        rows.append(f"      {finding.remedy}")
    return rows


def _summary(checked: Checked) -> str:
    if not (many := len(checked.findings)):
        return f"All is well: {checked.files} files, {checked.lines} lines."
    return f"{many} thing{'s' if many > 1 else ''} to mend in {checked.files} files, {checked.lines} lines."


command = Command(
    help="check what the bear says, or begin a story, a joke, a riddle, a fact or a song",
    description=(
        "`check` looks at every authored line: whether it can be read, followed by the children who hear it, "
        "spoken by the voice and passed by the guard, and walks every path of every story. `new` begins a "
        "file of your own; docs/CONTENT.md tells how to write it."
    ),
    configure=configure,
    run=run,
)
