"""A running unit in an area in which nothing is collected, or that knows no place: it reads and stores nothing."""

import signal
from pathlib import Path
from typing import Any

from alpr_edge.app.unit_faults import FaultKind
from alpr_edge.settings import load
from alpr_edge.store.unit_store import open_store
from tests.app.rig import daemon, edge, wait_for_health, write_frames, write_settings
from tests.cli.unit.fit_unit import Receiver
from tests.staff import Staff

FRAMES_MIN = 20
AREA = """
[[capture.no_collection_areas]]
name = "clinic-1"
centre = [37.0, -121.0]
radius_m = 300.0
"""
AROUND_RECEIVER = """
[[capture.no_collection_areas]]
name = "clinic-1"
centre = [37.64, -121.0]
radius_m = 5000.0
"""


def unit_with(folder: Path, more: str) -> Path:
    """Settings of a unit that sees three cars, with more tables."""
    settings = write_settings(folder, write_frames(folder / "frames", range(3)))
    with settings.open("a", encoding="utf-8") as file:
        file.write(more)
    return settings


def drop_notes(settings: Path) -> list[str]:
    """What the access log says of frames that were dropped."""
    return [record.note for record in Staff(settings).records() if record.action == "drop_frames"]


HORN = "event=tone.sounded tone=trouble"


def import_list(settings: Path) -> None:
    """Give a unit a list, without which none is ready."""
    path = settings.parent / "list.csv"
    path.write_text("plate,state,reason\n9ZZZ999,CA,stolen_vehicle\n", encoding="utf-8")
    words = "hotlist", "import", str(path), "--source", "doj", "--format", "generic-csv", "--settings", str(settings)
    assert edge(*words).exit_code == 0


def fault_kinds(health: dict[str, Any]) -> set[str]:
    return {fault["kind"] for fault in health["figures"].get("faults", ())}


def test_a_unit_without_a_fix_that_drops_what_it_cannot_place_horns_and_is_not_ready(tmp_path: Path) -> None:
    more = f'[capture]\nposition_unknown = "drop"\n{AROUND_RECEIVER}[position]\ndevice = "{tmp_path}/tty"\n'
    settings = unit_with(tmp_path, f"{more}fix_age_ms_max = 3000\n")
    import_list(settings)
    with daemon("run", "--settings", str(settings)) as run:
        wait_for_health(tmp_path, lambda health: FaultKind.POSITION_AWAITED.value in fault_kinds(health))
        run.wait_for(HORN)
        health = wait_for_health(tmp_path, lambda health: FaultKind.POSITION_UNKNOWN.value in fault_kinds(health))
        assert any("no plate is read" in line for line in health["troubles"])
        assert not health["working"]
        assert not run.having("event=unit.ready")
        with Receiver(tmp_path / "tty"):
            run.wait_for("event=unit.ready")
            health = wait_for_health(
                tmp_path, lambda health: "clinic-1, front" in health["figures"]["frames_not_collected"]
            )
            assert health["figures"]["cameras_not_collecting"] == ["front"]
            assert not fault_kinds(health) & {FaultKind.POSITION_AWAITED.value, FaultKind.POSITION_UNKNOWN.value}
        assert run.end(signal.SIGTERM) == 0
    assert run.count(HORN) == 1


def test_a_unit_that_drops_what_it_cannot_place_reads_and_stores_nothing(tmp_path: Path) -> None:
    settings = unit_with(tmp_path, f'[capture]\nposition_unknown = "drop"\n{AREA}')
    with daemon("run", "--settings", str(settings)) as run:
        health = wait_for_health(
            tmp_path, lambda health: sum(health["figures"].get("frames_not_collected", {}).values()) > FRAMES_MIN
        )
        figures = health["figures"]
        assert (figures["frames"], figures["cameras_not_collecting"]) == (0, ["front"])
        assert run.end(signal.SIGTERM) == 0
    with open_store(load(settings), migrate=False) as store:
        assert store.reads.counts().reads == 0
    (note,) = drop_notes(settings)
    assert note.startswith("position-unknown: camera front ")


def test_a_unit_whose_receiver_is_in_an_area_reads_nothing_there(tmp_path: Path) -> None:
    settings = unit_with(tmp_path, f'[position]\ndevice = "{tmp_path}/tty"\n{AROUND_RECEIVER}')
    with Receiver(tmp_path / "tty"), daemon("run", "--settings", str(settings)) as run:
        health = wait_for_health(
            tmp_path,
            lambda health: health["figures"].get("frames_not_collected", {}).get("clinic-1, front", 0) > FRAMES_MIN,
        )
        assert set(health["figures"]["frames_not_collected"]) == {"clinic-1, front"}
        wait_for_health(tmp_path, lambda health: health["figures"]["cameras_not_collecting"] == ["front"])
        assert run.end(signal.SIGTERM) == 0
    (note,) = drop_notes(settings)
    assert note.startswith("clinic-1: camera front ")
