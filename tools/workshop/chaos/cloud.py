"""A role of the cloud as a process of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from teddy_cloud import app
from teddy_cloud.settings import Settings, load
from workshop.chaos.bear import log_to


@dataclass(frozen=True)
class Post:
    """Where a role works."""

    role: str
    worker: str
    broker: str
    store: str
    data: Path
    log: Path


Run = Callable[[Post], None]


def serve(post: Post) -> None:
    """For a process of its own, which is expected to be killed."""
    log_to(post.log)
    app.run(settings_of(post), ready=lambda _: None)


def settings_of(post: Post) -> Settings:
    return load(
        environment={},
        overrides={
            "broker": post.broker,
            "store": post.store,
            "data": post.data,
            "worker": post.worker,
            "roles": (post.role,),
        },
    )
