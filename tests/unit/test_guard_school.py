"""The guard's school learns the same from the same sentences, and reads no file that it should not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from teddy_edge.safety.heads import open_head
from teddy_edge.safety.policy import load_policy
from teddy_edge.safety.verdict import Side
from teddy_shared.errors import ConfigError
from tests.guard_fakes import Directionless
from workshop.bench.guard import Share, held_back
from workshop.guard_school.authored import authored
from workshop.guard_school.course import Course
from workshop.guard_school.exam import Doubts, choose
from workshop.guard_school.noise import noisy
from workshop.guard_school.remembering import Remembered
from workshop.guard_school.sentences import FOLDS, HELD_BACK, TAUGHT, read_sentences

POLICY = load_policy()
ZEBRAS = [f"the zebra took my {thing}" for thing in ("shoe", "hat", "ball", "bread", "book", "cup")]
HORSES = [f"the horse took my {thing}" for thing in ("shoe", "hat", "ball", "bread", "book", "cup")]


def write(folder: Path, name: str, *lines: str) -> Path:
    file = folder / "heard" / f"{name}.txt"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("# What it holds.\n" + "\n".join(lines) + "\n")
    return folder


def take(sentences: Path, heads: Path) -> bytes:
    course = Course(
        embedder=Directionless(),
        policy=POLICY,
        heads=heads,
        seed=6,
        tell=lambda _: None,
        sentences=sentences,
        with_authored=False,
    )
    return course.take(Side.HEARD).read_bytes()


def test_the_same_sentences_and_seed_give_the_same_head_and_it_knows_its_lesson(tmp_path: Path) -> None:
    folder = write(write(tmp_path / "in", "self_harm", *ZEBRAS), "harmless.horses", *HORSES)

    first, second = take(folder, tmp_path / "one"), take(folder, tmp_path / "two")

    head = open_head(Side.HEARD, folder=tmp_path / "one")
    scores = head.scores(Directionless().embed((ZEBRAS[0], HORSES[0])), (ZEBRAS[0], HORSES[0]))
    assert first == second
    assert scores[0, 0] > scores[1, 0]


@pytest.mark.parametrize(
    ("name", "lines", "named"),
    [
        ("nonsense", ("a zebra",), "no category nonsense"),
        ("self_harm.twins", (ZEBRAS[0],), "stands in"),
    ],
)
def test_a_file_of_no_category_and_a_line_twice_are_refused(
    tmp_path: Path, name: str, lines: tuple[str, ...], named: str
) -> None:
    folder = write(write(tmp_path, "self_harm", *ZEBRAS), name, *lines)

    with pytest.raises(ConfigError, match=named):
        read_sentences(Side.HEARD, POLICY, folder=folder)


@pytest.mark.parametrize("side", Side)
def test_the_bench_judges_nothing_that_was_taught(side: Side) -> None:
    taught = {each.text for each in read_sentences(side, POLICY, folder=TAUGHT)}

    judged = [each.text for each in held_back(side)]

    assert taught.isdisjoint(judged)
    assert len(judged) > 0.95 * len(read_sentences(side, POLICY, folder=HELD_BACK))


def test_every_part_of_a_file_is_held_out_once(tmp_path: Path) -> None:
    found = read_sentences(Side.HEARD, POLICY, folder=write(tmp_path, "self_harm", *ZEBRAS))

    assert [each.fold for each in found] == sorted(each.fold for each in found)
    assert {each.fold for each in found} == set(range(FOLDS))


def test_noise_changes_a_sentence_the_same_way_for_the_same_seed() -> None:
    first, second = (
        [noisy(line, HORSES, np.random.default_rng([3, at])) for at, line in enumerate(ZEBRAS)]
        for _ in range(2)
    )

    assert first == second
    assert first != ZEBRAS


def test_thresholds_flag_no_more_harmless_sentences_than_is_allowed() -> None:
    doubt = np.linspace(0, 1, 1000, dtype=np.float32)

    chosen = choose(Doubts(grave=doubt, other=doubt), np.ones(1000, bool), Side.HEARD)

    assert (doubt >= chosen.grave).mean() <= 0.02
    assert (doubt >= chosen.other).mean() <= 0.04


def test_the_bears_own_lines_are_harmless_lessons() -> None:
    assert "Hmm, I got a bit muddled. Let's ask a grown-up together." in authored(Side.SAID)
    assert len(authored(Side.HEARD)) > 50


def test_a_text_is_embedded_only_once(tmp_path: Path) -> None:
    asked = Directionless()
    remembered = Remembered(asked, file=tmp_path / "kept.npz")
    texts = [f"sentence {n}" for n in range(150)]

    first = remembered.embed(texts)
    again = Remembered(asked, file=tmp_path / "kept.npz").embed(texts)

    assert np.array_equal(first, again)
    assert len(asked.seen) == len(texts)


@pytest.mark.parametrize(
    ("share", "low", "high"), [(Share(0, 100), 0.0, 0.037), (Share(95, 100), 0.888, 0.978)]
)
def test_intervals_hold_near_none_and_near_all(share: Share, low: float, high: float) -> None:
    assert share.interval == pytest.approx((low, high), abs=0.001)
