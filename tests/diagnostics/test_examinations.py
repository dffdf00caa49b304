"""What an examination says of a receiver without a place, and of a camera whose pictures are not as they are set."""

from pathlib import Path

import numpy as np
import pytest

from alpr_edge.app.fault_advice import told_faults
from alpr_edge.app.unit_faults import Fault, FaultKind
from alpr_edge.diagnostics.camera import check_camera, check_running_mode, check_size
from alpr_edge.diagnostics.context import CheckContext
from alpr_edge.diagnostics.devices import LISTEN_S, _check_without_fix, check_place_and_time
from alpr_edge.domain.diagnostics.checks import Grade
from alpr_edge.position.sentence_merger import SentenceTally
from alpr_edge.position.serial_source import UNINTELLIGIBLE_MS_MAX
from alpr_edge.runtime.clock import SystemClock
from alpr_edge.runtime.health import Health, write_health
from alpr_edge.settings import PositionSettings, V4l2Camera, VideoCamera, load
from alpr_edge.store.unit_store import open_store
from tests.units import write_unit

RECEIVER = PositionSettings(device="/dev/alpr-gps", baud=9600)
CAMERA = V4l2Camera(kind="v4l2")


def test_a_receiver_is_heard_for_longer_than_it_takes_to_know_that_it_speaks_no_nmea() -> None:
    assert LISTEN_S * 1000 >= UNINTELLIGIBLE_MS_MAX + 1000


@pytest.mark.parametrize(
    ("tally", "grade", "todo"),
    [
        (SentenceTally(), Grade.RED, "position.baud"),
        (SentenceTally(sentences=18), Grade.RED, "RMC and GGA"),
        (SentenceTally(sentences=36, place_sentences=36), Grade.AMBER, "open sky"),
    ],
)
def test_a_receiver_without_a_fix_is_told_from_one_that_is_not_understood(
    tally: SentenceTally, grade: Grade, todo: str
) -> None:
    check = _check_without_fix(RECEIVER, tally)
    assert (check.grade, todo in check.todo) == (grade, True)


def context_with(folder: Path, *faults: Fault, more: str = "") -> CheckContext:
    """A unit that runs and tells of these faults."""
    settings = load(write_unit(folder, "car-7", "", more=more or f'[position]\ndevice = "{folder}/tty"\n'))
    (folder / "tty").touch()
    with open_store(settings, migrate=True):
        pass
    figures = {"has_fix": False, "faults": told_faults(faults)}
    texts = tuple(fault.text for fault in faults)
    write_health(settings.unit.runtime_directory, Health("run", ready=True, troubles=texts, figures=figures))
    return CheckContext(settings, SystemClock(), running=True, skip=frozenset({"clock", "camera"}))


@pytest.mark.parametrize(
    ("kind", "grade", "todo"),
    [
        (FaultKind.RECEIVER_NO_FIX, Grade.AMBER, "open sky"),
        (FaultKind.RECEIVER_NO_SENTENCES, Grade.RED, "RMC and GGA"),
        (FaultKind.RECEIVER, Grade.RED, "cable"),
    ],
)
def test_a_running_unit_says_why_its_receiver_gives_no_place(
    tmp_path: Path, kind: FaultKind, grade: Grade, todo: str
) -> None:
    (check,) = check_place_and_time(context_with(tmp_path, Fault(kind, "position", "position: something")))
    assert (check.grade, check.finding, todo in check.todo) == (grade, "something", True)


@pytest.mark.parametrize(
    ("kinds", "grade"),
    [
        ((FaultKind.POSITION_AWAITED,), Grade.AMBER),
        ((FaultKind.POSITION_UNKNOWN,), Grade.RED),
        ((FaultKind.RECEIVER_NO_FIX, FaultKind.POSITION_UNKNOWN), Grade.RED),
    ],
)
def test_a_running_unit_that_reads_nothing_without_a_fix_is_no_unit_that_works(
    tmp_path: Path, kinds: tuple[FaultKind, ...], grade: Grade
) -> None:
    faults = [Fault(kind, "position", f"position: {kind}") for kind in kinds]
    (check,) = check_place_and_time(context_with(tmp_path, *faults))
    assert (check.grade, "open sky" in check.todo) == (grade, True)


@pytest.mark.parametrize(("choice", "grade"), [("collect", Grade.AMBER), ("drop", Grade.RED)])
def test_a_unit_without_a_receiver_reads_nothing_where_frames_without_a_position_are_dropped(
    tmp_path: Path, choice: str, grade: Grade
) -> None:
    area = '[[capture.no_collection_areas]]\nname = "clinic-1"\ncentre = [37.0, -121.0]\nradius_m = 300.0\n'
    context = context_with(tmp_path, more=f'[capture]\nposition_unknown = "{choice}"\n{area}')
    (check,) = check_place_and_time(context)
    assert (check.grade, "position.device" in check.todo) == (grade, True)


def test_a_camera_that_gives_less_than_is_set_is_looked_at_further(tmp_path: Path) -> None:
    fault = Fault(FaultKind.CAMERA_MODE, "camera front", "camera front: gives 10 pictures a second instead of 30")
    context = context_with(tmp_path, fault)
    health = context.health()
    assert health is not None
    (mode,) = check_running_mode(health, "camera front")
    assert (mode.grade, mode.finding) == (Grade.AMBER, "gives 10 pictures a second instead of 30")
    assert check_running_mode(health, "camera rear") == []
    assert [check.grade for check in check_camera(context, CAMERA)] == [Grade.AMBER], "no plate was read yet"
    gone = context_with(tmp_path, fault, Fault(FaultKind.CAMERA, "camera front", "camera front: was unplugged"))
    (check,) = check_camera(gone, CAMERA)
    assert (check.grade, check.finding) == (Grade.RED, "was unplugged")


def test_the_size_of_pictures_is_compared_with_the_settings() -> None:
    small, whole = np.zeros((480, 640, 3), np.uint8), np.zeros((720, 1280, 3), np.uint8)
    (check,) = check_size(CAMERA, small)
    assert (check.grade, "instead of 1280x720" in check.finding) == (Grade.AMBER, True)
    (check,) = check_size(CAMERA, whole)
    assert check.grade is Grade.GREEN
    assert check_size(VideoCamera(kind="video", path=Path("drive.mp4")), small) == []
