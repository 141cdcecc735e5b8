"""Laws of what both sides stand on: seals, backoff, settings, ages, consent."""

from __future__ import annotations

import gc
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field

from teddy_shared.ages import AgeBand
from teddy_shared.backoff import delays
from teddy_shared.clock import SeededChance, SystemChance, SystemClock
from teddy_shared.configuration import load
from teddy_shared.errors import ConfigError, KeyErased, SealError
from teddy_shared.purposes import NOTHING_GRANTED, Purpose, allows
from teddy_shared.seal import ChaChaSeal, FileKeyRing, KeyRing, MemoryKeyRing, OwnerSeal

# --- seals ---------------------------------------------------------------------------------------------


def seal(seed: int = 1, *owners: str) -> ChaChaSeal:
    ring = MemoryKeyRing(chance=SeededChance(seed))
    for owner in owners or ("anna",):
        ring.create(owner)
    return ChaChaSeal(keys=ring, chance=SeededChance(seed + 1))


@given(plain=st.binary(max_size=500), place=st.binary(max_size=50))
def test_what_was_sealed_opens_in_its_place_and_does_not_show_before(plain: bytes, place: bytes) -> None:
    each = seal()

    sealed = each.seal("anna", plain, place)

    assert each.open("anna", sealed, place) == plain
    assert len(plain) < 8 or plain not in sealed
    assert each.seal("anna", plain, place) != sealed


@given(
    plain=st.binary(max_size=50),
    place=st.binary(max_size=20),
    elsewhere=st.binary(max_size=20),
    data=st.data(),
)
def test_altered_moved_or_foreign_bytes_do_not_open(
    plain: bytes, place: bytes, elsewhere: bytes, data: st.DataObject
) -> None:
    each = seal(1, "anna", "otto")
    sealed = bytearray(each.seal("anna", plain, place))
    if elsewhere != place:
        with pytest.raises(SealError):
            each.open("anna", bytes(sealed), elsewhere)
    with pytest.raises(SealError):
        each.open("otto", bytes(sealed), place)
    with pytest.raises(SealError):
        each.open("anna", bytes(sealed[: data.draw(st.integers(0, len(sealed) - 1))]), place)
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(SealError):
        each.open("anna", bytes(sealed), place)


@given(pieces=st.lists(st.tuples(st.binary(max_size=50), st.binary(max_size=20)), max_size=5))
def test_many_that_are_sealed_in_one_go_open_each_in_its_place(pieces: list[tuple[bytes, bytes]]) -> None:
    each = seal()

    sealed = each.seal_all("anna", pieces)

    assert [each.open("anna", one, place) for one, (_, place) in zip(sealed, pieces, strict=True)] == [
        plain for plain, _ in pieces
    ]
    assert len({one[:12] for one in sealed}) == len(pieces)


def test_what_was_made_of_a_key_goes_with_it() -> None:
    ring = MemoryKeyRing(chance=SeededChance(1))
    ring.create("anna")
    each = ChaChaSeal(keys=ring, chance=SeededChance(2))
    sealed = each.seal("anna", b"words", b"here")

    ring.erase("anna")

    with pytest.raises(KeyErased):
        each.open("anna", sealed, b"here")
    with pytest.raises(KeyErased):
        each.seal("anna", b"words", b"here")
    ring.create("anna")
    with pytest.raises(SealError):
        each.open("anna", sealed, b"here")


def test_what_was_made_of_a_key_does_not_stay_in_memory_without_it() -> None:
    ring = MemoryKeyRing(chance=SeededChance(1))
    ring.create("anna")
    each = ChaChaSeal(keys=ring, chance=SeededChance(2))
    key = ring.key("anna")
    made = each.at_hand(["anna"])
    assert made is not None
    assert made["anna"].is_under(key)

    ring.erase("anna")
    made = each.at_hand(["anna"])

    assert made == {}
    assert not any(isinstance(thing, OwnerSeal) and thing.is_under(key) for thing in gc.get_objects())


class KeyRingContract:
    """Run over each key ring."""

    def test_a_key_stays_when_it_is_made_again(self, ring: KeyRing) -> None:
        ring.create("anna")
        key = ring.key("anna")

        ring.create("anna")

        assert ring.key("anna") == key
        assert len(key) == 32

    def test_each_owner_has_a_key_of_its_own(self, ring: KeyRing) -> None:
        ring.create("anna")
        ring.create("otto")

        assert ring.key("anna") != ring.key("otto")

    def test_an_erased_key_is_gone_and_a_new_one_is_another(self, ring: KeyRing) -> None:
        ring.create("anna")
        key = ring.key("anna")

        ring.erase("anna")

        with pytest.raises(KeyErased):
            ring.key("anna")
        ring.create("anna")
        assert ring.key("anna") != key

    def test_many_keys_are_made_in_one_go_and_those_there_stay(
        self, ring: MemoryKeyRing | FileKeyRing
    ) -> None:
        ring.create("anna")
        key = ring.key("anna")

        ring.create_all(["anna", "otto", "mia"])

        assert ring.key("anna") == key
        assert len({ring.key(owner) for owner in ("anna", "otto", "mia")}) == 3

    def test_a_key_that_was_asked_for_is_at_hand(self, ring: KeyRing) -> None:
        ring.create("anna")
        key = ring.key("anna")

        assert ring.at_hand() == {"anna": key}

    def test_a_key_that_was_never_made_cannot_be_had_or_hurt(self, ring: KeyRing) -> None:
        ring.erase("nobody")

        with pytest.raises(KeyErased):
            ring.key("nobody")


class TestMemoryKeyRing(KeyRingContract):
    @pytest.fixture
    def ring(self) -> KeyRing:
        return MemoryKeyRing(chance=SeededChance(1))


class TestFileKeyRing(KeyRingContract):
    @pytest.fixture
    def ring(self, tmp_path: Path) -> KeyRing:
        return file_ring(tmp_path)

    def test_keys_are_not_at_hand_after_another_process_changed_them(self, tmp_path: Path) -> None:
        first, second = file_ring(tmp_path), file_ring(tmp_path)
        before = first.at_hand()
        first.create("anna")
        first.create("otto")
        key = first.key("otto")

        second.erase("anna")

        assert before is None
        assert first.at_hand() is None
        with pytest.raises(KeyErased):
            first.key("anna")
        assert first.at_hand() == {"otto": key}

    def test_keys_outlive_the_process_and_are_seen_by_another(self, tmp_path: Path) -> None:
        first, second = file_ring(tmp_path), file_ring(tmp_path)
        first.create("anna")

        assert second.key("anna") == first.key("anna")
        second.erase("anna")
        with pytest.raises(KeyErased):
            first.key("anna")

    def test_the_files_are_for_their_user_alone_and_hold_no_key_in_the_clear(self, tmp_path: Path) -> None:
        ring = file_ring(tmp_path)
        ring.create("anna")

        assert {(tmp_path / name).stat().st_mode & 0o777 for name in ("keys", "master")} == {0o600}
        assert ring.key("anna").hex() not in (tmp_path / "keys").read_text()

    @pytest.mark.parametrize("damage", [b"", b"not json", b"[]", b'{"anna": "zz"}', b'{"anna": "00"}'])
    def test_a_damaged_key_file_is_said_plainly(self, tmp_path: Path, damage: bytes) -> None:
        file_ring(tmp_path).create("anna")
        (tmp_path / "keys").write_bytes(damage)

        with pytest.raises(ConfigError, match="key file"):
            file_ring(tmp_path).key("anna")

    def test_the_keys_do_not_open_with_another_master(self, tmp_path: Path) -> None:
        file_ring(tmp_path).create("anna")
        (tmp_path / "master").write_bytes(b"x" * 32)

        with pytest.raises(ConfigError, match="does not open"):
            file_ring(tmp_path).key("anna")

    def test_a_master_key_of_the_wrong_length_is_said_plainly(self, tmp_path: Path) -> None:
        (tmp_path / "master").write_bytes(b"short")

        with pytest.raises(ConfigError, match="5 bytes, not 32"):
            file_ring(tmp_path)


def file_ring(folder: Path) -> FileKeyRing:
    return FileKeyRing(path=folder / "keys", master=folder / "master", chance=SystemChance())


# --- backoff -------------------------------------------------------------------------------------------


@given(
    seed=st.integers(0, 1000),
    first=st.floats(0.01, 10),
    factor=st.floats(1, 1000),
    count=st.integers(1, 60),
)
def test_every_wait_is_positive_and_below_a_ceiling_that_doubles(
    seed: int, first: float, factor: float, count: int
) -> None:
    most = first * factor
    waits = list(islice(delays(SeededChance(seed), first=first, most=most), count))

    for number, wait in enumerate(waits):
        assert 0 < wait <= min(most, first * 2**number) * 1.000001


def test_two_bears_do_not_come_back_together() -> None:
    one, other = (list(islice(delays(SeededChance(seed)), 10)) for seed in (1, 2))

    assert all(abs(a - b) > 0.001 for a, b in zip(one, other, strict=True))


# --- settings ------------------------------------------------------------------------------------------


class Sound(BaseModel):
    model_config = ConfigDict(frozen=True)
    rate: int = 16_000
    device: str = "default"


class Settings(BaseModel):
    model_config = ConfigDict(frozen=True)
    name: str = "teddy"
    volume: float = Field(default=0.5, ge=0, le=1)
    sound: Sound = Sound()


def settings(folder: Path, *texts: str, **more: Any) -> Settings:
    files = []
    for number, text in enumerate(texts):
        files.append(folder / f"{number}.toml")
        files[-1].write_text(text)
    return load(Settings, files=files, prefix="TEDDY", **more)


def test_later_sources_win_key_by_key(tmp_path: Path) -> None:
    found = settings(
        tmp_path,
        'name = "one"\n[sound]\nrate = 1\ndevice = "one"',
        "[sound]\nrate = 2",
        environment={"TEDDY_SOUND__RATE": "3", "TEDDY_VOLUME": "0.25", "OTHER_NAME": "x"},
        overrides={"sound.rate": 4, "name": None},
    )

    assert found == Settings(name="one", volume=0.25, sound=Sound(rate=4, device="one"))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("volum = 1", "0.toml has an unknown setting volum; did you mean volume?"),
        ("[sound]\nrat = 1", "unknown setting sound.rat; did you mean sound.rate?"),
        ("zzz = 1", "known: name, volume, sound"),
        ("volume = 2", "setting volume: "),
        ('[sound]\nrate = "fast"', "setting sound.rate: "),
        ("not toml", "0.toml is not a TOML file"),
        ("sound = 3", "setting sound: "),
    ],
)
def test_a_wrong_setting_is_named_with_its_place(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        settings(tmp_path, text)

    assert says in str(caught.value)


def test_a_section_that_was_given_as_a_value_is_named_too(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="sound"):
        settings(tmp_path, "sound = 3", environment={"TEDDY_SOUND__RATE": "3"})


def test_an_unknown_variable_or_option_is_named_with_its_source() -> None:
    with pytest.raises(ConfigError, match="the variable TEDDY_NAM "):
        load(Settings, environment={"TEDDY_NAM": "x"}, prefix="TEDDY")
    with pytest.raises(ConfigError, match="the command line "):
        load(Settings, overrides={"sound.rats": 1}, prefix="TEDDY")


def test_a_settings_file_that_is_missing_or_no_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no settings file .*missing\.toml"):
        load(Settings, files=[tmp_path / "missing.toml"], prefix="TEDDY")
    with pytest.raises(ConfigError, match=str(tmp_path)):
        load(Settings, files=[tmp_path], prefix="TEDDY")


def test_a_settings_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")

    with pytest.raises(ConfigError, match="not a TOML file"):
        load(Settings, files=[tmp_path / "binary.toml"], prefix="TEDDY")


@given(name=st.text(min_size=1, max_size=30).filter(lambda text: text not in Settings.model_fields))
def test_no_unknown_key_passes(name: str) -> None:
    with pytest.raises(ConfigError):
        load(Settings, overrides={name: 1}, prefix="TEDDY")


# --- ages and consent ----------------------------------------------------------------------------------


@given(st.integers(-5, 120))
def test_every_child_from_three_to_ten_has_one_band_and_nobody_else_has(years: int) -> None:
    if not 3 <= years <= 10:
        with pytest.raises(ConfigError, match="3 to 10"):
            AgeBand.of(years)
        return
    youngest, oldest = AgeBand.of(years).value.split("-")
    assert int(youngest) <= years <= int(oldest)


@given(consent=st.frozensets(st.sampled_from(Purpose)), purpose=st.sampled_from(Purpose))
def test_a_purpose_travels_only_when_granted_or_when_it_says_nothing_of_a_child(
    consent: frozenset[Purpose], purpose: Purpose
) -> None:
    assert allows(consent, purpose) == (purpose in consent or purpose is Purpose.DEVICE)


def test_nothing_is_granted_until_it_is() -> None:
    assert [purpose for purpose in Purpose if allows(NOTHING_GRANTED, purpose)] == [Purpose.DEVICE]


# --- clocks and chance ---------------------------------------------------------------------------------


def test_chance_with_a_seed_repeats_itself_and_the_kernels_does_not() -> None:
    assert SeededChance(1).token() == SeededChance(1).token()
    assert SystemChance().token() != SystemChance().token()
    for chance in (SeededChance(1), SystemChance()):
        assert len(chance.bytes(7)) == 7
        assert len(chance.token(4)) == 8
        assert all(0 <= chance.below(3) < 3 for _ in range(50))
        assert all(1.0 <= chance.between(1.0, 2.0) <= 2.0 for _ in range(50))


def test_the_clock_knows_whether_it_was_set_from_outside(tmp_path: Path) -> None:
    flag = tmp_path / "synchronised"
    clock = SystemClock(synchronised_flag=flag)

    assert not clock.synchronised()
    flag.touch()
    assert clock.synchronised()
    assert clock.monotonic() <= clock.monotonic()
