"""Structured logs on standard error. Ids, counts and rule names; never a child's words."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import structlog
from structlog.typing import FilteringBoundLogger

Form = Literal["lines", "json"]


def configure(*, form: Form = "lines", level: str = "info") -> None:
    """Call once in a process. What `bound` holds joins every line."""
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)


def log(room: str) -> FilteringBoundLogger:
    """The logger of a room, such as `log("outbox")`."""
    return structlog.get_logger(room=room)  # type: ignore[no-any-return]  # structlog's own is Any


@contextmanager
def bound(**ids: str) -> Iterator[None]:
    """Every line that is written inside carries these ids, those of rooms that are called too.

    They follow into tasks and `asyncio.to_thread`; a bare executor runs in an empty context.
    """
    with structlog.contextvars.bound_contextvars(**ids):
        yield
