"""What is measured."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from dishka import Provider, Scope, provide

from teddy_edge.conversation.meter import BESIDE_SKILLS, BESIDE_VERDICTS, Meter, NoMeter
from teddy_edge.conversation.skills.chooser import Chooser
from teddy_edge.link.broker import BrokerLink
from teddy_edge.link.orders import Orders
from teddy_edge.link.questions import Answers, Dropped
from teddy_edge.outbox.store import Outbox
from teddy_edge.safety.verdict import Decision
from teddy_edge.settings import Settings
from teddy_edge.telemetry.endpoint import Endpoint, open_endpoint
from teddy_edge.telemetry.metrics import CONTENT_TYPE, Metrics, open_metrics


class Telemetry(Provider):
    """What is measured, if a port for it is set."""

    scope = Scope.APP

    @provide
    async def metrics(
        self,
        settings: Settings,
        chooser: Chooser,
        outbox: Outbox,
        orders: Orders,
        answers: Answers,
        link: BrokerLink | None,
    ) -> Metrics | None:
        if settings.metrics.port is None:
            return None

        def dropped() -> dict[str, int]:
            of_answers = {f"answer_{each.value}": answers.dropped[each] for each in Dropped}
            return {"order": orders.ignored, **of_answers}

        return await asyncio.to_thread(
            open_metrics,
            skills=BESIDE_SKILLS.union(chooser.names),
            verdicts=frozenset(each.value for each in Decision) | BESIDE_VERDICTS,
            kept=outbox.condition,
            connected=lambda: link is not None and link.connected,
            dropped=dropped,
        )

    @provide
    def meter(self, metrics: Metrics | None) -> Meter:
        return metrics or NoMeter()

    @provide
    def endpoint(self, settings: Settings, metrics: Metrics | None) -> Iterator[Endpoint | None]:
        if settings.metrics.port is None or metrics is None:
            yield None
            return
        with open_endpoint(
            port=settings.metrics.port, text=metrics.text, content_type=CONTENT_TYPE
        ) as endpoint:
            yield endpoint
