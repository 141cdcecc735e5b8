"""What the MQTT library says to its log and to callbacks that nobody else asks: why a connection failed."""

from __future__ import annotations

import logging


class Overheard(logging.Handler):
    """Of one attempt to connect, and of the connection that came of it."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.error: OSError | None = None  # what the socket said when the connection was lost
        self.hung_up = False  # the other end closed
        self.sent_away: int | None = None  # why, where it said so
        self.let_in = False  # the broker accepted the greeting
        self.muted = False  # the broker took nothing of what was said last

    def logger(self) -> logging.Logger:
        """For the library. It is in no tree, so nobody else hears it."""
        logger = logging.Logger("teddy.link", logging.ERROR)  # below that, it is one line a packet
        logger.addHandler(self)
        return logger

    def emit(self, record: logging.LogRecord) -> None:
        arguments = record.args if isinstance(record.args, tuple) else ()
        self.error = next((each for each in arguments if isinstance(each, OSError)), self.error)
