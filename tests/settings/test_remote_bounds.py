"""How far a department may set a number from afar: at both ends of each, and that none is forgotten."""

import math
from pathlib import Path

import pytest

from alpr_edge.domain.errors import SettingsError
from alpr_edge.settings import Settings, parse
from alpr_edge.settings.layers.remote_keys import REMOTE_BOUNDS, REMOTE_KEYS, check_remote_values, remote_faults
from alpr_edge.settings.schema import UNIT_FILE

REVIEWED = {"store.jpeg_quality", "store.scene_jpeg_quality"}
"""Numbers that do no harm at either end of the schema."""
FITTING: dict[str, dict[str, float]] = {
    "hotlist.amber_after_h": {"red_after_h": 72},
    "hotlist.red_after_h": {"amber_after_h": 1},
    "load.hot_c": {"cool_c": 50},
    "load.cool_c": {"hot_c": 90},
}
"""What has to stand beside a key at one of its ends."""


def kind_of(key: str) -> object:
    section, name = key.split(".")
    fields = UNIT_FILE.table_at((section,))
    assert fields is not None
    return fields.model_fields[name].annotation


def values(key: str, value: float) -> dict[str, dict[str, float]]:
    section, name = key.split(".")
    return {section: {**FITTING.get(key, {}), name: value}}


def test_every_number_is_bounded_or_was_reviewed() -> None:
    numbers = {key for key in REMOTE_KEYS if kind_of(key) in {int, float}}
    assert numbers == REMOTE_BOUNDS.keys() | REVIEWED
    assert not REMOTE_BOUNDS.keys() & REVIEWED


@pytest.mark.parametrize("key", REMOTE_BOUNDS)
def test_the_default_lies_within_and_the_schema_allows_both_ends(key: str) -> None:
    least, most = REMOTE_BOUNDS[key]
    section, name = key.split(".")
    assert least <= getattr(getattr(Settings(), section), name) <= most
    for value in (least, most):
        check_remote_values(values(key, value))


@pytest.mark.parametrize("key", REMOTE_BOUNDS)
def test_what_is_beyond_is_refused_in_a_line_that_names_the_bound(key: str) -> None:
    least, most = REMOTE_BOUNDS[key]
    is_whole = kind_of(key) is int
    for value, words in (
        (least - 1 if is_whole else math.nextafter(least, -math.inf), f"at least {least}"),
        (most + 1 if is_whole else math.nextafter(most, math.inf), f"at most {most}"),
    ):
        faults = remote_faults(values(key, value))
        assert [each for each in faults if each.startswith(f"{key}: ")] == [
            f"{key}: expected {words} where a department sets it from afar, not {faults[0].rpartition(' ')[2]}"
        ]


@pytest.mark.parametrize("sign", [1, -1])
def test_a_number_of_hundreds_of_digits_is_refused_in_a_line(sign: int) -> None:
    with pytest.raises(SettingsError) as caught:
        check_remote_values({"retention": {"acknowledged_days_max": sign * 10**400}})
    assert all(len(each) < 200 for each in caught.value.faults)
    assert caught.value.faults[0].endswith("not a number of more than 64 bits")


@pytest.mark.parametrize("value", [True, "30", None, math.nan, [1]])
def test_what_is_no_number_the_schema_refuses(value: object) -> None:
    with pytest.raises(SettingsError):
        check_remote_values({"retention": {"acknowledged_days_max": value}})


def test_the_cars_own_file_may_go_further() -> None:
    assert parse({"alerts": {"volume": 0.0}}, Path("/")).alerts.volume == 0.0
