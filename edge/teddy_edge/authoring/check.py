"""Everything that is asked of authored files, in one place."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from teddy_edge.authoring.answers import unanswerable
from teddy_edge.authoring.documents import Document, product_documents
from teddy_edge.authoring.findings import Finding
from teddy_edge.authoring.guarding import refusals
from teddy_edge.authoring.promised import promised
from teddy_edge.authoring.sameness import repeated
from teddy_edge.authoring.schema import schema_faults, story_of
from teddy_edge.authoring.spoken import SpokenLine, spoken_lines
from teddy_edge.authoring.walking import Walker, overlaps
from teddy_edge.authoring.wording import Lexicon, guessed_words, wording_faults
from teddy_edge.conversation.skills.authors import authors_content
from teddy_edge.conversation.skills.chooser import load_chooser
from teddy_edge.safety.guard import Guard
from teddy_shared.errors import ConfigError

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Checked:
    files: int
    lines: int
    findings: tuple[Finding, ...]
    guessed: tuple[str, ...] = ()  # words that the voice reads by their letters


def check(
    documents: Sequence[Document],
    *,
    guard: Guard,
    lexicon: Lexicon | None = None,
    progress: Progress = lambda _: None,
) -> Checked:
    """Of an author's files their own faults alone, though the product's stand beside them; blocks."""
    findings = [fault for document in documents for fault in schema_faults(document)]
    broken = {fault.file for fault in findings}
    lines = [line for document in documents for line in spoken_lines(document)]
    progress(f"{len(documents)} files, {len(lines)} lines")
    for line in lines:
        findings += wording_faults(line)
    findings += _repeated(documents, lines)
    for document in documents:
        findings += unanswerable(document)
    if all(document.ours for document in documents):
        findings += promised(documents)
    findings += _walked([each for each in documents if each.name not in broken], progress)
    findings += asyncio.run(refusals(guard, lines, _every_hundredth(len(lines), progress)))
    guessed = guessed_words(lines, lexicon) if lexicon else ()
    return Checked(len(documents), len(lines), tuple(findings), guessed)


def _repeated(documents: Sequence[Document], lines: Sequence[SpokenLine]) -> Iterator[Finding]:
    """What an author says that stands in a file of the product is the author's to change."""
    beside: Sequence[SpokenLine] = ()
    if not all(document.ours for document in documents):
        beside = [line for document in product_documents() for line in spoken_lines(document)]
    names = {document.name for document in documents}
    return (fault for fault in repeated((*beside, *lines)) if fault.file in names)


def _walked(documents: Sequence[Document], progress: Progress) -> Iterator[Finding]:
    stories = [document for document in documents if document.is_story]
    try:
        content = authors_content({each.name: each.data for each in documents if not each.ours})
        walker = Walker(chooser=load_chooser(content))
    except ConfigError as error:
        name = next((each.name for each in documents if not each.ours), "")
        yield Finding(name, "", "schema", str(error), "give it another name, or mend what stands there")
        return
    for at, document in enumerate(stories, 1):
        progress(f"story {at} of {len(stories)}: {document.stem}")
        yield from overlaps(document.name, document.table())
        yield from walker.faults(story_of(document), document.name)


def _every_hundredth(of: int, progress: Progress) -> Callable[[int], None]:
    def tell(done: int) -> None:
        if done % 100 == 0:
            progress(f"the guard has heard {done} of {of} lines")

    return tell
