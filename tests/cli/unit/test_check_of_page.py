"""``unit check`` looks at the page for officers: its service, its certificate, its port."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from typer.testing import CliRunner

from alpr_edge.cli import app
from alpr_edge.diagnostics.context import CheckContext
from alpr_edge.diagnostics.page import check_page, check_time_zone
from alpr_edge.domain.diagnostics.checks import GROUPS, Check, Grade
from alpr_edge.runtime.clock import SystemClock
from alpr_edge.runtime.health import write_health
from alpr_edge.settings import Settings
from tests.console.page_rig import PageRig, write_certificate
from tests.services.unit_health.health_reports import CONSOLE


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageRig]:
    rig = PageRig(tmp_path_factory.mktemp("checked"))
    with rig.serving():
        yield rig


@pytest.fixture
def link(tmp_path: Path) -> Path:
    """What systemd makes where the service is enabled."""
    link = tmp_path / "alpr-edge-console.service"
    link.symlink_to("/dev/null")
    return link


@pytest.fixture
def unit(rig: PageRig) -> Settings:
    console = rig.staff.unit.console.model_copy(update={"port": rig.port, "certificate_file": rig.certificate})
    return rig.staff.unit.model_copy(update={"console": console})


def checks(unit: Settings, link: Path) -> dict[str, Check]:
    context = CheckContext(unit, SystemClock())
    return {check.name: check for check in check_page(context, link)}


def test_a_page_that_serves_is_looked_at(unit: Settings, link: Path) -> None:
    write_health(unit.unit.runtime_directory, CONSOLE)
    found = checks(unit, link)
    grades = {name: check.grade for name, check in found.items()}
    times = grades.pop("page times")
    assert grades == {"page service": Grade.GREEN, "page certificate": Grade.RED, "page port": Grade.GREEN}
    assert times is check_time_zone(datetime.now(UTC).astimezone()).grade
    assert (found["page certificate"].finding, found["page port"].finding) == (
        "1.0 days",
        f"127.0.0.1 port {unit.console.port} answers",
    )


def test_what_is_wrong_is_named(unit: Settings, link: Path, tmp_path: Path) -> None:
    other = unit.console.model_copy(update={"certificate_file": write_certificate(tmp_path)})
    found = checks(unit.model_copy(update={"console": other}), link)
    assert (found["page port"].grade, "another certificate" in found["page port"].finding) == (Grade.AMBER, True)
    closed = unit.console.model_copy(update={"port": 9})
    found = checks(unit.model_copy(update={"console": closed}), link)
    assert (found["page port"].grade, "does not answer" in found["page port"].finding) == (Grade.RED, True)
    runtime = unit.unit.model_copy(update={"runtime_directory": tmp_path})
    found = checks(unit.model_copy(update={"unit": runtime}), link)
    assert (found["page service"].grade, found["page service"].finding) == (Grade.RED, "does not run")


def test_a_page_without_a_certificate_and_a_car_without_a_page(unit: Settings, link: Path, tmp_path: Path) -> None:
    gone = unit.model_copy(
        update={
            "unit": unit.unit.model_copy(update={"runtime_directory": tmp_path}),
            "console": unit.console.model_copy(update={"certificate_file": tmp_path / "none.pem"}),
        }
    )
    (waits,) = checks(gone, link).values()
    assert (waits.grade, "has no certificate" in waits.finding) == (Grade.AMBER, True)
    (unused,) = checks(gone, tmp_path / "none").values()
    assert (unused.grade, unused.finding) == (Grade.GREEN, "not in use on this unit")


def test_the_command_has_its_line(rig: PageRig) -> None:
    skip = ",".join(name for name in GROUPS if name != "page")
    settings = str(rig.staff.unit.unit.data_directory.parent / "alpr-edge.toml")
    done = CliRunner().invoke(app, ["unit", "check", "--json", "--skip", skip, "--settings", settings])
    found = [check["name"] for check in json.loads(done.stdout)["checks"] if check["verdict"] != "skipped"]
    assert found
    assert all(name.startswith("page") for name in found)


def test_a_page_in_utc_is_told_of_and_a_zone_is_named() -> None:
    noon = datetime(2026, 7, 1, 12, tzinfo=UTC)
    unset = check_time_zone(noon)
    assert (unset.grade, "UTC, now 12:00" in unset.finding) == (Grade.AMBER, True)
    assert "timedatectl set-timezone" in unset.todo
    pacific = check_time_zone(noon.astimezone(timezone(timedelta(hours=-7), "PDT")))
    assert (pacific.grade, "PDT, now 05:00" in pacific.finding) == (Grade.GREEN, True)
    assert check_time_zone(noon.astimezone(timezone(timedelta(0), "GMT"))).grade is Grade.GREEN
