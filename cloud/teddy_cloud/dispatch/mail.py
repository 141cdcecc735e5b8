"""What bears say to dispatch: that they are there, and what they ask."""

from __future__ import annotations

from typing import Final

from teddy_cloud.dispatch.answers import Answers
from teddy_cloud.dispatch.orders import OrderDispatch
from teddy_cloud.dispatch.post import Post
from teddy_shared import messages, topics
from teddy_shared.errors import MalformedEvent
from teddy_shared.logs import log
from teddy_shared.messages import Online

# Hellos come live only: those that the broker keeps say nothing of who came just now, and when the
# broker itself has come, everything that is open is sent anyway.
SUBSCRIPTIONS: Final = (topics.EVERY_STATUS, topics.EVERY_QUESTION)

_log = log("dispatch")


class Mail:
    """Hands on what arrives; `run` ends by being cancelled."""

    def __init__(self, *, post: Post, orders: OrderDispatch, answers: Answers) -> None:
        self._post = post
        self._orders = orders
        self._answers = answers

    async def run(self) -> None:
        async for message in self._post.messages():
            self._take(message.topic, message.payload)

    def _take(self, topic: str, payload: bytes) -> None:
        try:
            address = topics.parse(topic)
            match address.what:
                case "status" if payload:  # empty: the retained one was taken away
                    if isinstance(messages.status_from_bytes(payload), Online):
                        self._orders.hello(address.bear)
                case "ask":
                    self._answers.take(address.bear, payload)
        except MalformedEvent as error:
            _log.warning("unreadable message", topic=topic, size=len(payload), reason=str(error))
