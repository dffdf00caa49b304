"""When a soak is clean: a unit that reads nothing, ends by itself or keeps something back is not."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from alpr_edge.department.db.engines.sqlite import DATABASE_NAME
from scripts.benchmarks.page.unit import PageUnit
from scripts.soak.accounts import PassCounts
from scripts.soak.campaign import SoakCampaign, SoakLog
from scripts.soak.causes import SoakParts
from scripts.soak.department.comparison import DeliveryFindings
from scripts.soak.faults import SoakFault
from scripts.soak.link import LinkRelay
from scripts.soak.result import READ_SHARE_MIN, SoakResult, result_of
from scripts.soak.scenes import Scenes
from scripts.soak.schedule import ScheduledFault
from scripts.soak.services import UnitServices
from scripts.soak.trials import FaultTrial
from scripts.soak.unit import SoakUnit

TRIAL = FaultTrial(ScheduledFault(SoakFault.SOUND_GONE, 0.0), 100.0, ended_s=112.0, told_s=101.0, healed_s=113.0)
GOOD = SoakResult(
    minutes=10.0,
    trials=[TRIAL],
    acknowledged=frozenset({"a", "b"}),
    lost=frozenset(),
    doubled=[],
    passes=PassCounts(passes=100, read=97, foreign=3),
    lives=[],
    failures=[],
    findings=["told and not brought: a camera's lens is dirty"],
)
BAD = {
    "of 100 vehicles 79 were read, fewer than 80%": replace(GOOD, passes=PassCounts(100, 79, 0)),
    "no read was stored": replace(GOOD, acknowledged=frozenset()),
    "ended by itself: run: Killed": replace(GOOD, failures=["ended by itself: run: Killed"]),
    "3 items still wait": replace(GOOD, failures=["3 items still wait"]),
}


def test_a_soak_that_read_and_lost_nothing_is_clean() -> None:
    assert GOOD.is_clean
    assert replace(GOOD, passes=PassCounts(100, round(100 * READ_SHARE_MIN), 0)).is_clean
    assert not any(line.startswith("not as it should be") for line in GOOD.lines(0.0))


@pytest.mark.parametrize("line", BAD)
def test_a_unit_that_reads_little_ends_by_itself_or_keeps_something_back_is_not(line: str) -> None:
    assert not BAD[line].is_clean
    assert f"not as it should be: {line}" in list(BAD[line].lines(0.0))


@pytest.mark.parametrize(
    "result",
    [
        replace(GOOD, lost=frozenset({"a"})),
        replace(GOOD, doubled=["a"]),
        replace(GOOD, trials=[replace(TRIAL, told_s=None)]),
        replace(GOOD, trials=[TRIAL, replace(TRIAL, healed_s=None)]),
    ],
    ids=["lost", "doubled", "not told", "not healed"],
)
def test_a_read_that_is_lost_or_doubled_and_a_fault_that_is_not_told_or_healed_are_not(result: SoakResult) -> None:
    assert not result.is_clean


def test_daemons_that_ended_and_what_is_left_are_failures_and_what_was_told_is_to_be_looked_at(tmp_path: Path) -> None:
    unit = SoakUnit(tmp_path, PageUnit(tmp_path / "unit.toml", tmp_path / "console.pem", 0, "", ""), 0)
    unit.department.mkdir()
    with closing(sqlite3.connect(unit.department / DATABASE_NAME)) as database:
        database.execute("CREATE TABLE reads (read_id, camera_id, plate, first_seen, last_seen, supersedes, unit_id)")
    services = UnitServices(tmp_path / "unit.toml", {}, lambda *_: None, unexpected_ends=["run: Killed"])
    scenes = cast("Scenes", SimpleNamespace(truths={}))  # no drive is rendered
    parts = SoakParts(unit, scenes, cast("LinkRelay", None), services, None, None)
    campaign = SoakCampaign(parts, SoakLog(), [], 60.0, print, uncaused={("blurred", "camera left"): [1.0]})
    result = result_of(campaign, [], ["3 items still wait"], ["1 of 4 pages heard nothing at the end"])
    assert result.failures == ["ended by itself: run: Killed", "3 items still wait"]
    assert [line.partition(",")[0] for line in result.findings] == [
        "told and not brought: blurred",
        "1 of 4 pages heard nothing at the end",
    ]
    assert not result.is_clean


def test_a_department_that_was_sent_nothing_proves_nothing() -> None:
    assert not DeliveryFindings().is_clean
    assert DeliveryFindings(items=7).is_clean
    assert not DeliveryFindings(items=7, corrupt=["a server ended by itself 1 times with an error"]).is_clean
