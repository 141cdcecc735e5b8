"""The bear's numbers in Prometheus' terms; the only door to its library."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, Protocol

from teddy_shared.envelope import Lane
from teddy_shared.events import TurnEnded

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry, Counter, Histogram

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
OTHER: Final = "other"
"""The label of what no list names: a label's values are a closed set, so nothing said can become one."""

STAGES: Final = frozenset(
    {
        *("pause", "hearing_ahead", "hearing", "journal", "answering", "guard", "voice_first", "mouth"),
        *("guard_rest", "voice_rest", "waiting"),
    }
)
OUTCOMES: Final = frozenset({"answered", "asked_back", "interrupted", "failed"})

SOUND_BUCKETS: Final = (
    0.05,
    0.1,
    0.15,
    0.2,
    0.25,
    0.3,
    0.35,
    0.4,
    0.5,
    0.6,
    0.8,
    1.0,
    1.5,
    2.0,
    3.0,
    5.0,
)  # seconds
STAGE_BUCKETS: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 1.0, 2.0, 5.0, 15.0)


class Kept(Protocol):
    """What the outbox holds; events by lane."""

    @property
    def used(self) -> int:
        """Bytes."""

    @property
    def waiting(self) -> Mapping[Lane, int]: ...

    @property
    def dropped(self) -> Mapping[Lane, int]: ...

    @property
    def reserve(self) -> bool: ...


class Metrics:
    """Fits the conversation's Meter. Made by `open_metrics`; `text` may be called from any thread."""

    def __init__(
        self,
        *,
        registry: CollectorRegistry,
        turns: Counter,
        lost: Counter,
        first_sound: Histogram,
        from_last_sample: Histogram,
        stage: Histogram,
        skills: frozenset[str],
        verdicts: frozenset[str],
    ) -> None:
        self._registry = registry
        self._turns = turns
        self._lost = lost
        self._first_sound = first_sound
        self._from_last_sample = from_last_sample
        self._stage = stage
        self._skills = skills
        self._verdicts = verdicts

    def ended(self, turn: TurnEnded) -> None:
        self._turns.labels(
            outcome=_one_of(OUTCOMES, turn.outcome),
            skill=_one_of(self._skills, turn.skill),
            verdict=_one_of(self._verdicts, turn.verdict),
        ).inc()
        for name, took in turn.stages_ms.items():
            self._stage.labels(stage=_one_of(STAGES, name)).observe(took / 1000)
        if turn.first_sound_ms is not None:
            self._first_sound.observe(turn.first_sound_ms / 1000)
        if turn.from_last_sample_ms is not None:
            self._from_last_sample.observe(turn.from_last_sample_ms / 1000)

    def lost(self, samples: int) -> None:
        self._lost.inc(samples)

    def text(self) -> bytes:
        """Everything as it stands now, in Prometheus' text format."""
        from prometheus_client import generate_latest

        return generate_latest(self._registry)


def open_metrics(
    *,
    skills: frozenset[str],
    verdicts: frozenset[str],
    kept: Callable[[], Kept],  # by the outbox; this and the next two are asked by any thread
    connected: Callable[[], bool],
    dropped: Callable[[], Mapping[str, int]],  # messages of the cloud, by a reason out of a fixed few
) -> Metrics:
    """Blocks: loads the library, which a bear that nobody watches over is spared (35 ms, 1 MB)."""
    from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics

    # Else each counter gets a second line, which says when it was first counted.
    disable_created_metrics()  # type: ignore[no-untyped-call]  # the library forgot its annotation
    registry = CollectorRegistry()
    for name, says, count in (
        ("teddy_outbox_waiting_events", "Events that the cloud has not acknowledged.", _waiting),
        ("teddy_outbox_dropped_events", "Of these, the ones that made room and are gone.", _dropped),
    ):
        of_lanes = Gauge(name, says, ["lane"], registry=registry)
        for lane in Lane:
            of_lanes.labels(lane=lane.name.lower()).set_function(_in_lane(kept, count, lane))
    Gauge("teddy_outbox_bytes", "What the outbox holds.", registry=registry).set_function(lambda: kept().used)
    Gauge(
        "teddy_outbox_reserve", "1 while room is kept free for safety alerts.", registry=registry
    ).set_function(lambda: kept().reserve)
    Gauge(
        "teddy_link_connected", "1 while the bear has a connection to its broker.", registry=registry
    ).set_function(connected)
    heard = Gauge(
        "teddy_link_dropped_messages",
        "Orders and answers of the cloud that were not taken since the start.",
        ["reason"],
        registry=registry,
    )
    for reason in dropped():
        heard.labels(reason=reason).set_function(_for_reason(dropped, reason))
    return Metrics(
        registry=registry,
        turns=Counter(
            "teddy_turns",
            "Turns of talk that have ended.",
            ["outcome", "skill", "verdict"],
            registry=registry,
        ),
        lost=Counter("teddy_samples_lost", "Samples that the ear was too late for.", registry=registry),
        first_sound=Histogram(
            "teddy_turn_first_sound_seconds",
            "From the end-of-turn decision to the first audible sample.",
            buckets=SOUND_BUCKETS,
            registry=registry,
        ),
        from_last_sample=Histogram(
            "teddy_turn_from_last_sample_seconds",
            "From the last sample of speech to the first audible sample.",
            buckets=SOUND_BUCKETS,
            registry=registry,
        ),
        stage=Histogram(
            "teddy_turn_stage_seconds",
            "Time in one stage of a turn.",
            ["stage"],
            buckets=STAGE_BUCKETS,
            registry=registry,
        ),
        skills=skills,
        verdicts=verdicts,
    )


def _waiting(kept: Kept) -> Mapping[Lane, int]:
    return kept.waiting


def _dropped(kept: Kept) -> Mapping[Lane, int]:
    return kept.dropped


def _in_lane(
    kept: Callable[[], Kept], count: Callable[[Kept], Mapping[Lane, int]], lane: Lane
) -> Callable[[], float]:
    return lambda: count(kept())[lane]


def _for_reason(dropped: Callable[[], Mapping[str, int]], reason: str) -> Callable[[], float]:
    return lambda: dropped()[reason]


def _one_of(known: frozenset[str], name: str) -> str:
    return name if name in known else OTHER
