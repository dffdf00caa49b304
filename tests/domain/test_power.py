from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_edge.domain.power import Phase, Power, PowerRule

RULE = PowerRule(off_after_s=10, on_after_s=1, grace_s=60, gone_s=30)
WATCHING, SHUTTING_DOWN, OFF = Phase.WATCHING, Phase.SHUTTING_DOWN, Phase.OFF


def phases(words: Sequence[bool | None], *, all_sent: bool = False) -> list[Phase]:
    """One step a second."""
    power = Power(RULE)
    return [power.step(second, ignition=word, all_sent=all_sent) for second, word in enumerate(words)]


def power_shutting_down(all_sent: bool = False) -> tuple[Power, int]:  # noqa: FBT002 - one flag
    power = Power(RULE)
    for second in range(11):
        power.step(second, ignition=False, all_sent=all_sent)
    assert power.phase is SHUTTING_DOWN
    return power, 11


def test_off_is_believed_after_its_delay() -> None:
    assert phases([True] + [False] * 12) == [WATCHING] * 11 + [SHUTTING_DOWN] * 2


@pytest.mark.parametrize("interruption", [True, None])
def test_a_break_begins_the_delay_anew(interruption: bool | None) -> None:
    assert set(phases([False] * 9 + [interruption] + [False] * 9)) == {WATCHING}


@given(st.lists(st.integers(min_value=1, max_value=9)))
def test_no_row_of_cranking_dips_is_off(dips: list[int]) -> None:
    words = [word for dip in dips for word in [*[False] * dip, True]]
    assert set(phases(words)) <= {WATCHING}


def test_what_cannot_be_told_is_never_off() -> None:
    assert set(phases([None] * 1000, all_sent=True)) == {WATCHING}


def test_it_stays_until_everything_is_sent() -> None:
    power, now = power_shutting_down()
    assert power.step(now, ignition=False, all_sent=False) is SHUTTING_DOWN
    assert power.step(now + 1, ignition=False, all_sent=True) is OFF


def test_it_stays_no_longer_than_its_grace() -> None:
    power, now = power_shutting_down()
    phases_seen = [power.step(now + second, ignition=False, all_sent=False) for second in range(61)]
    assert phases_seen.index(OFF) == 59  # sixty seconds after it parted


@pytest.mark.parametrize("word", [True, None])
def test_ignition_that_comes_back_calls_it_off(word: bool | None) -> None:
    power, now = power_shutting_down()
    assert power.step(now, ignition=word, all_sent=False) is SHUTTING_DOWN
    assert power.step(now + 1, ignition=word, all_sent=False) is WATCHING
    assert power.step(now + 2, ignition=False, all_sent=False) is WATCHING


def test_a_flicker_does_not_call_it_off() -> None:
    power, now = power_shutting_down()
    assert [power.step(now + s, ignition=s % 2 == 0, all_sent=False) for s in range(20)] == [SHUTTING_DOWN] * 20


def test_an_order_to_power_off_has_no_way_back_unless_the_power_stayed() -> None:
    power, now = power_shutting_down()
    assert power.step(now, ignition=False, all_sent=True) is OFF
    power.note_order(now)
    assert {power.step(now + second, ignition=True, all_sent=True) for second in range(30)} == {OFF}
    assert power.step(now + 30, ignition=True, all_sent=True) is OFF
    assert power.step(now + 31, ignition=True, all_sent=True) is WATCHING


def test_without_an_order_the_way_back_stays_open() -> None:
    power, now = power_shutting_down()
    power.step(now, ignition=False, all_sent=True)
    power.step(now + 1, ignition=True, all_sent=True)
    assert power.step(now + 2, ignition=True, all_sent=True) is WATCHING
