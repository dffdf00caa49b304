"""The health of a unit in one value: which part is how, by what the daemons say."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alpr_edge.app.unit_faults import Fault, FaultKind
from alpr_edge.domain.diagnostics.unit_parts import PartHealth, PartState, UnitHealth, UnitPart
from alpr_edge.domain.instants import rfc3339
from alpr_edge.runtime.health import Health, write_health
from alpr_edge.services.unit_health.daemons import due_daemons, is_page_due
from alpr_edge.services.unit_health.overview import health_of, unit_health
from alpr_edge.settings import Settings, parse
from tests.services.unit_health.health_reports import CONSOLE, RUN, UPLINK, with_faults, with_figures

SETTINGS = {
    "unit": {"id": "car-7"},
    "camera": [{"kind": "v4l2", "id": "front", "device": "/dev/video0"}],
    "position": {"device": "/dev/alpr-gps"},
    "uplink": {"url": "https://dept.example"},
}


def settings(**changes: object) -> Settings:
    return parse(SETTINGS | changes, Path("/"))


def look(
    run: Health | None = RUN, uplink: Health | None = UPLINK, console: Health | None = CONSOLE, **changes: object
) -> UnitHealth:
    return health_of(settings(**changes), {"run": run, "uplink": uplink, "console": console})


def part(health: UnitHealth, name: str) -> PartHealth:
    (found,) = (part for part in health.parts if part.name == name)
    return found


def brief(health: UnitHealth) -> dict[str, tuple[str, str]]:
    """The parts that are not well."""
    return {part.name: (part.state.value, part.words) for part in health.bad_parts}


def test_a_unit_that_works_is_well_in_every_part() -> None:
    health = look()
    assert (health.state, health.bad_parts, health.unit_id) == (PartState.WELL, (), "car-7")
    assert {each.part for each in health.parts} == set(UnitPart)
    assert [part(health, name).finding for name in ("list doj", "disk", "roster", "queue")] == [
        "12,000 entries, 2.5 h old",
        "41% used, 20.5 GB free",
        "valid for 20 more days",
        "3 items wait for the department",
    ]
    assert part(health, "certificates").finding == "the unit's expires in 60 days; the page's expires in 90 days"


def test_a_list_of_which_lines_went_nowhere_asks_for_attention() -> None:
    figures = {"entries": 12, "age_s": 9000, "is_dated": False, "left_out": "3 of 90 lines rejected"}
    health = look(with_figures(RUN, lists={"doj": figures}))
    assert brief(health) == {"list doj": ("attention", "skipped lines")}
    words = "12 entries, 2.5 h old since import: the list has no issue date; its last feed: 3 of 90 lines rejected"
    assert part(health, "list doj").finding == words
    told = with_figures(RUN, lists={"doj": figures | {"is_dated": True, "left_out": ""}})
    assert part(look(told), "list doj").finding == "12 entries, 2.5 h old"


@pytest.mark.parametrize(
    ("health", "bad"),
    [
        (look(with_figures(RUN, has_fix=False)), {"receiver": ("attention", "no fix")}),
        (
            look(with_figures(RUN, cameras_not_collecting=["front"])),
            {"camera front": ("attention", "reads nothing here")},
        ),
        (look(with_figures(RUN, utc_source="rtc")), {"clock": ("attention", "not confirmed")}),
        (look(with_figures(RUN, computer_clock_confirmed=False)), {"clock": ("attention", "not set")}),
        (look(with_figures(RUN, roster_until=None)), {"roster": ("attention", "none")}),
        (look(replace(RUN, ready=False)), {"storage": ("fault", "no read is stored")}),
        (look(replace(RUN, working=False)), {"plate reader": ("attention", "starting")}),
        (look(replace(RUN, warnings=("models: x",))), {"plate reader": ("attention", "has a warning")}),
        (look(uplink=with_figures(UPLINK, link="down")), {"link": ("attention", "no link")}),
        (look(uplink=with_figures(UPLINK, link="unauthorised")), {"link": ("fault", "not accepted")}),
        (look(uplink=replace(UPLINK, troubles=("list x is not fetched",))), {"link": ("attention", "partly failing")}),
        (look(uplink=None), {"link": ("fault", "not running")}),
        (look(uplink=with_figures(UPLINK, quarantined=2)), {"queue": ("attention", "2 set aside")}),
        (
            look(uplink=with_figures(UPLINK, certificate_days_left=12.0)),
            {"certificates": ("attention", "unit expires in 12 days")},
        ),
        (look(uplink=with_figures(UPLINK, certificate_days_left=-1.0)), {"certificates": ("fault", "unit expired")}),
        (
            look(uplink=with_figures(UPLINK, certificate_warnings=["it is not renewed"])),
            {"certificates": ("attention", "has a warning")},
        ),
        (
            look(console=with_figures(CONSOLE, certificate_until=rfc3339(datetime.now(UTC) + timedelta(days=3)))),
            {"certificates": ("fault", "page expires in 3 days")},
        ),
        (look(console=None), {"page": ("fault", "not running")}),
        (look(console=replace(CONSOLE, troubles=("hits: not live: x",))), {"page": ("fault", "not live")}),
        (look(console=replace(CONSOLE, warnings=("the page: x",))), {"page": ("attention", "has a warning")}),
        (look(alerts={"player": "none"}), {"sound": ("attention", "off")}),
        (look(with_figures(RUN, muted_minutes_left=12)), {"sound": ("attention", "muted")}),
    ],
)
def test_one_thing_at_a_time(health: UnitHealth, bad: dict[str, tuple[str, str]]) -> None:
    assert brief(health) == bad
    assert all(part.todo.endswith(".") for part in health.bad_parts)


def test_what_the_settings_leave_out_is_no_fault_but_is_said() -> None:
    health = health_of(settings(position={"device": ""}, uplink={"url": ""}), {"run": RUN})
    assert brief(health) == {}
    assert part(health, "receiver").finding == "not configured: reads have no location"
    assert part(health, "link").finding == "the settings name no department: nothing is sent"


def test_a_reader_that_does_not_run_says_so_and_nothing_else_is_guessed() -> None:
    health = look(run=None)
    assert brief(health) == {"plate reader": ("fault", "not running")}
    unknown = {each.name for each in health.parts if each.state is PartState.UNKNOWN}
    assert {"camera front", "receiver", "clock", "sound", "lists", "storage", "disk", "roster"} <= unknown


def test_after_the_ignition_nothing_is_read_and_that_is_seen() -> None:
    text = "the ignition is off: no plate is read"
    health = look(
        Health("run", ready=True, troubles=(text,), figures={"power": "parting", "faults": []}, working=False)
    )
    assert brief(health) == {"plate reader": ("attention", "ignition off")}
    assert part(health, "plate reader").finding == text


def test_faults_stand_at_their_part_and_take_the_ready_note_away() -> None:
    camera = Fault(FaultKind.CAMERA, "camera front", "camera front: no picture for 5 s")
    old = Fault(FaultKind.LIST_AMBER, "doj", "list doj is amber: older than 24 h")
    refused = Fault(FaultKind.FEED_REFUSED, "list doj", "list doj: its last feed was refused")
    health = look(with_faults(camera, old, refused))
    assert brief(health) == {
        "plate reader": ("fault", "not ready"),
        "camera front": ("fault", "no pictures"),
        "list doj": ("attention", "old"),
    }
    assert [each.state for each in health.bad_parts] == [PartState.FAULT, PartState.FAULT, PartState.ATTENTION]
    assert "no picture for 5 s" in part(health, "plate reader").finding
    assert part(health, "camera front").finding == "no picture for 5 s"
    assert part(health, "list doj").finding == "list doj is amber: older than 24 h; its last feed was refused"
    assert "Bring the car to its link;" in part(health, "list doj").todo


@pytest.mark.parametrize("kind", FaultKind)
def test_no_line_of_a_daemon_is_lost(kind: FaultKind) -> None:
    """Whatever it is, it is seen at some part, which is not well."""
    health = look(with_faults(Fault(kind, "something", "something: happened to it")))
    assert any("happened to it" in part.finding and part.is_bad for part in health.parts)


def test_lines_of_a_release_before_are_seen_as_well() -> None:
    old = Health("run", ready=True, troubles=("camera front: gone",), figures={"has_fix": True}, working=False)
    health = look(old)
    assert "camera front: gone" in part(health, "plate reader").finding
    assert part(health, "lists").state is PartState.UNKNOWN


def test_the_page_is_due_where_it_is_enabled_and_can_be_served_or_was_started(tmp_path: Path) -> None:
    link, certificate = tmp_path / "link", tmp_path / "console.pem"
    unit = settings(
        unit={"id": "car-7", "runtime_directory": str(tmp_path)}, console={"certificate_file": str(certificate)}
    )
    assert not is_page_due(unit, link)
    certificate.touch()
    assert not is_page_due(unit, link), "every unit gets a certificate"
    link.symlink_to("/dev/null")
    assert [daemon.name for daemon in due_daemons(unit, link)] == ["run", "uplink", "console"]
    certificate.unlink()
    assert not is_page_due(unit, link), "its department has no domain"
    write_health(tmp_path, CONSOLE)
    assert is_page_due(unit, link)
    write_health(tmp_path, replace(CONSOLE, ready=False))
    assert not is_page_due(unit, link), "it was stopped in order"


def test_it_reads_what_the_daemons_wrote(tmp_path: Path) -> None:
    unit = settings(unit={"id": "car-7", "runtime_directory": str(tmp_path)})
    assert brief(unit_health(unit, tmp_path / "none")) == {
        "plate reader": ("fault", "not running"),
        "link": ("fault", "not running"),
    }
    for health in (RUN, UPLINK, CONSOLE):
        write_health(tmp_path, health)
    assert unit_health(unit, tmp_path / "none").state is PartState.WELL
