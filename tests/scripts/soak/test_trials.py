"""When a fault counts as told and as healed, by the health of daemons as they write it."""

from typing import Any

import pytest

from alpr_edge.app.unit_faults import FaultKind
from alpr_edge.runtime.health import Health
from alpr_edge.services.unit_health.daemons import CONSOLE, RUN, UPLINK
from alpr_edge.uplink.uploader import Link
from scripts.soak.faults import SOAK_RULES, SoakFault
from scripts.soak.schedule import ScheduledFault
from scripts.soak.signs import UnitSigns
from scripts.soak.trials import FaultTrial


def signs(*faults: tuple[FaultKind, str], link: Link = Link.UP, away: str = "", logged: str = "") -> UnitSigns:
    figures: dict[str, dict[str, Any]] = {
        RUN: {"faults": [{"kind": kind.value, "subject": subject} for kind, subject in faults], "frames": 7},
        UPLINK: {"link": link, "waiting": 3},
        CONSOLE: {},
    }
    told = {
        name: None if name == away else Health(name, ready=True, troubles=(), figures=each)
        for name, each in figures.items()
    }
    return UnitSigns(told, frozenset({logged} - {""}))


WELL = signs()
CASES: dict[SoakFault, UnitSigns] = {
    SoakFault.CAMERA_GONE: signs((FaultKind.CAMERA, "camera left")),
    SoakFault.DISK_SLOW: signs((FaultKind.DISK_SLOW, "disk")),
    SoakFault.LINK_CUT: signs(link=Link.DOWN),
    SoakFault.RUN_KILLED: signs(away=RUN),
    SoakFault.PAGE_KILLED: signs((FaultKind.PAGE_DOWN, "page"), away=CONSOLE),
    SoakFault.MODEL_DAMAGED: signs(away=RUN, logged=SOAK_RULES[SoakFault.MODEL_DAMAGED].log_text),
}


def trial_of(fault: SoakFault) -> FaultTrial:
    return FaultTrial(ScheduledFault(fault, 0.0, "left" if fault is SoakFault.CAMERA_GONE else ""), began_s=100.0)


@pytest.mark.parametrize("fault", CASES)
def test_a_fault_is_told_in_time_and_healed_once_nothing_of_it_stands(fault: SoakFault) -> None:
    trial, rule = trial_of(fault), SOAK_RULES[fault]
    trial.look(WELL, 100.1)
    assert (trial.told_s, trial.healed_s) == (None, None)
    trial.look(CASES[fault], 100.0 + rule.within_s)
    assert trial.is_told_in_time
    trial.ended_s = 120.0
    trial.look(CASES[fault], 121.0)
    assert not trial.is_healed_in_time, "it still stands"
    trial.look(WELL, 120.0 + rule.heals_s)
    assert trial.is_healed_in_time
    assert trial.line(40.0).startswith("  1:00  ")


@pytest.mark.parametrize("fault", CASES)
def test_what_is_told_or_healed_late_or_never_counts_as_neither(fault: SoakFault) -> None:
    late, never, rule = trial_of(fault), trial_of(fault), SOAK_RULES[fault]
    late.look(CASES[fault], 100.1 + rule.within_s)
    late.ended_s = never.ended_s = 130.0
    for trial in (late, never):
        trial.look(WELL, 130.1 + rule.heals_s)
        assert (trial.is_told_in_time, trial.is_healed_in_time) == (False, False)
    assert "LATE" in late.line(0.0)
    assert "NOT told" in never.line(0.0)


def test_a_fault_of_another_camera_does_not_tell_of_this_one() -> None:
    trial = trial_of(SoakFault.CAMERA_GONE)
    trial.look(signs((FaultKind.CAMERA, "camera front"), (FaultKind.CAMERA_COVERED, "camera left")), 101.0)
    assert trial.told_s is None


def test_signs_say_in_words_what_is_wrong() -> None:
    assert WELL.words() == ""
    assert WELL.all_run
    assert (WELL.waiting, WELL.frames) == (3, 7)
    bad = signs((FaultKind.CAMERA, "camera left"), link=Link.DOWN, away=CONSOLE)
    assert bad.words() == "console does not run; the link is not up; a camera gives no pictures (camera left)"
    assert not bad.all_run
