"""The faults of a soak: repeatable, at least one a minute, none in the last two, each with its time in the README."""

import re
from itertools import pairwise
from pathlib import Path

import pytest

from scripts.soak.causes import CAUSES
from scripts.soak.faults import CAMERA_FAULTS, SOAK_RULES, SoakFault
from scripts.soak.schedule import MINUTES_MIN, QUIET_MINUTES, RESTART_ROUNDS, SLOT_S, schedule
from scripts.soak.services import RESTART_S

ROOT = Path(__file__).parents[3]
CAMERAS = ("front", "left", "right")
FAULTS = tuple(SoakFault)


@pytest.mark.parametrize("minutes", [MINUTES_MIN, 5, 10, 61, 100])
@pytest.mark.parametrize("seed", range(5))
def test_a_fault_begins_in_every_minute_and_none_in_the_last_two(minutes: int, seed: int) -> None:
    faults = schedule(minutes, seed, FAULTS, CAMERAS)
    assert {int(each.at_s // 60) for each in faults} == set(range(minutes - QUIET_MINUTES))
    assert all(each.ends_s <= (minutes - QUIET_MINUTES) * 60 for each in faults)


def test_a_cause_is_over_before_the_next_begins_and_stays_for_longer_than_it_may_take_to_be_told() -> None:
    faults = schedule(100, 7, FAULTS, CAMERAS)
    assert all(before.ends_s < after.at_s for before, after in pairwise(faults))
    assert all(rule.lasts_s > rule.within_s for rule in SOAK_RULES.values())


def test_each_kind_comes_once_before_any_comes_twice_and_daemons_live_for_an_hour_between() -> None:
    faults = [each.fault for each in schedule(130, 3, FAULTS, CAMERAS)]
    ends_daemon = {fault for fault in FAULTS if SOAK_RULES[fault].daemon}
    assert len(ends_daemon) == 4
    first, others = faults[: len(FAULTS)], faults[len(FAULTS) :]
    assert set(first) == set(FAULTS)
    length = len(FAULTS) - len(ends_daemon)
    rounds = [set(others[at : at + length]) for at in range(0, (RESTART_ROUNDS - 1) * length, length)]
    assert rounds == [set(FAULTS) - ends_daemon] * (RESTART_ROUNDS - 1)
    again = others[len(rounds) * length :]
    assert set(again[: len(FAULTS)]) == set(FAULTS)


def test_the_same_seed_gives_the_same_faults_and_another_one_others() -> None:
    assert schedule(20, 5, FAULTS, CAMERAS) == schedule(20, 5, FAULTS, CAMERAS)
    assert schedule(20, 5, FAULTS, CAMERAS) != schedule(20, 6, FAULTS, CAMERAS)
    assert len(schedule(20, 5, FAULTS, CAMERAS)) == 18 * 60 / SLOT_S


def test_only_faults_that_are_at_hand_come_and_cameras_take_turns() -> None:
    faults = schedule(30, 1, CAMERA_FAULTS, CAMERAS)
    assert {each.fault for each in faults} == set(CAMERA_FAULTS)
    assert all(before.camera != after.camera for before, after in pairwise(faults))
    assert {each.camera for each in faults} == set(CAMERAS)
    assert {each.camera for each in schedule(30, 1, [SoakFault.LINK_CUT], CAMERAS)} == {""}


def test_each_fault_has_a_cause_and_a_rule_and_the_readme_has_its_times() -> None:
    assert set(CAUSES) == set(SOAK_RULES) == set(SoakFault)
    text = (ROOT / "scripts" / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([a-z' ]+) \| .+ \| (\d+) \| (\d+) \|$", text, flags=re.MULTILINE)
    assert rows == [(str(kind), f"{rule.within_s:g}", f"{rule.heals_s:g}") for kind, rule in SOAK_RULES.items()]


def test_daemons_are_started_again_after_the_waits_of_their_services() -> None:
    services = {"run": "alpr-edge", "uplink": "alpr-edge-uplink", "console": "alpr-edge-console"}
    for name, service in services.items():
        text = (ROOT / "systemd" / f"{service}.service").read_text(encoding="utf-8")
        assert f"RestartSec={RESTART_S[name]:g}\n" in text
