"""Whether a board can be set up from the locks by wheels alone."""

from __future__ import annotations

import pytest

from workshop.wheels import Wheel, chosen, offered_in, problems, read_lock

ONE, TWO, THREE = ("a" * 64, "b" * 64, "c" * 64)
LOCK = f"""\
plain==1.0 \\
    --hash=sha256:{ONE}
fast-one==2.1 ; python_full_version < '3.13' and platform_machine == 'aarch64' \\
    --hash=sha256:{TWO} \\
    --hash=sha256:{THREE}
for-windows==3.0 ; sys_platform == 'win32' \\
    --hash=sha256:{ONE}
"""
PLAIN = Wheel("plain-1.0-py3-none-any.whl", ONE)
FAST = Wheel("fast_one-2.1-cp311-cp311-manylinux_2_28_aarch64.whl", TWO)


def test_a_lock_whose_every_requirement_has_its_wheel_is_well() -> None:
    assert list(problems(read_lock(LOCK), [PLAIN, FAST])) == []


@pytest.mark.parametrize(
    "other",
    [
        Wheel("fast_one-2.1-cp311-cp311-manylinux_2_28_x86_64.whl", TWO),
        Wheel("fast_one-2.1-cp312-cp312-manylinux_2_28_aarch64.whl", TWO),
        Wheel("fast_one-2.1-cp311-cp311-manylinux_2_38_aarch64.whl", TWO),
        Wheel("fast_one-2.0-cp311-cp311-manylinux_2_28_aarch64.whl", TWO),
    ],
)
def test_a_wheel_for_another_machine_python_system_or_release_does_not_count(other: Wheel) -> None:
    (problem,) = problems(read_lock(LOCK), [PLAIN, other])

    assert "no wheel of fast-one==2.1 on aarch64 with CPython 3.11" in problem


def test_a_wheel_that_is_not_the_locked_one_is_told() -> None:
    (problem,) = problems(read_lock(LOCK), [PLAIN, Wheel(FAST.file, ONE)])

    assert "not the one that is locked" in problem


def test_a_requirement_that_every_board_has_is_looked_for_on_each() -> None:
    found = list(problems(read_lock(LOCK), [FAST]))

    assert [each.split("CPython ")[1][:4] for each in found] == ["3.11", "3.13"]


def test_of_what_an_index_offers_only_names_are_kept_and_only_of_what_a_board_can_use() -> None:
    pylock = {
        "packages": [
            {"wheels": [{"url": f"https://a.host/x/{PLAIN.file}", "hashes": {"sha256": ONE}}]},
            {
                "wheels": [
                    {"name": FAST.file, "hashes": {"sha256": TWO}},
                    {"name": "fast_one-2.1-cp311-cp311-win_amd64.whl", "hashes": {"sha256": THREE}},
                ]
            },
            {},
        ]
    }

    assert chosen(list(read_lock(LOCK)), list(offered_in(pylock))) == [FAST, PLAIN]
