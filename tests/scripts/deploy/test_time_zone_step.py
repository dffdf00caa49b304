"""Provisioning sets the computer's time zone where one is asked for, once, and takes it back."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from scripts.deploy.provision.clock import TimeZoneStep, time_zone_name
from scripts.deploy.provision.machine import ProvisioningError
from scripts.deploy.provision.steps import State, provision


@pytest.fixture
def zones(tmp_path: Path) -> Path:
    """A system's zones, of which none is set."""
    for name in ("Etc/UTC", "America/Los_Angeles", "America/Denver"):
        path = tmp_path / "zoneinfo" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"TZif2")
    return tmp_path / "zoneinfo"


def test_a_zone_is_set_once_and_stays_where_none_is_asked_for(zones: Path, tmp_path: Path) -> None:
    link = tmp_path / "localtime"
    assert time_zone_name(link, zones) == "Etc/UTC"
    step = TimeZoneStep("America/Los_Angeles", link, zones)
    (dry,) = provision([step], dry_run=True)
    assert (dry.state, dry.changes) == (State.WOULD_CHANGE, ["set the time zone to America/Los_Angeles"])
    assert not link.is_symlink()
    assert [outcome.state for outcome in provision([step], dry_run=False)] == [State.CHANGED]
    assert [outcome.state for outcome in provision([step], dry_run=False)] == [State.SAME]
    assert [outcome.state for outcome in provision([TimeZoneStep("", link, zones)], dry_run=False)] == [State.SAME]
    assert time_zone_name(link, zones) == "America/Los_Angeles"


def test_a_step_that_fails_later_gives_back_the_zone_of_before(zones: Path, tmp_path: Path) -> None:
    link = tmp_path / "localtime"
    link.symlink_to(zones / "America" / "Denver")
    with ExitStack() as undo:
        TimeZoneStep("America/Los_Angeles", link, zones).apply(undo)
        assert time_zone_name(link, zones) == "America/Los_Angeles"
    assert time_zone_name(link, zones) == "America/Denver"


@pytest.mark.parametrize("name", ["America/Los_Angles", "../../etc/passwd", "America", "PST8PDT; reboot"])
def test_what_is_no_zone_is_refused_before_anything_changes(zones: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(ProvisioningError, match="no time zone; they look like America/Los_Angeles"):
        TimeZoneStep(name, tmp_path / "localtime", zones)
