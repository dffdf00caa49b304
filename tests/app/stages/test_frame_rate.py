"""A hot machine takes fewer frames: kernel files, stage, a camera that plays a recording."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from alpr_edge.app.cameras import Camera
from alpr_edge.app.stages.frame_rate import FrameRateStage
from alpr_edge.app.unit_faults import FaultKind
from alpr_edge.domain.load.frame_rate import FramePacer, MachineSigns
from alpr_edge.power.machine_files import MachineFiles
from alpr_edge.runtime.clock import SystemClock
from alpr_edge.settings import FolderCamera
from alpr_edge.settings.load import LoadSettings
from tests.app.rig import write_frames

HOT = MachineSigns(84.0)


@pytest.fixture
def machine(tmp_path: Path) -> Callable[[float], Path]:
    """Writes the kernel's file of a temperature."""

    def write(temperature_c: float) -> Path:
        zone = tmp_path / "sys" / "class" / "thermal" / "thermal_zone0"
        zone.mkdir(parents=True, exist_ok=True)
        (zone / "type").write_text("cpu-thermal\n")
        (zone / "temp").write_text(f"{round(temperature_c * 1000)}\n")
        return tmp_path / "sys"

    return write


def stage_of(pacer: FramePacer, settings: LoadSettings | None = None) -> FrameRateStage:
    return FrameRateStage(settings or LoadSettings(), lambda: HOT, {"front": pacer})


def test_health_says_how_far_the_rate_is_lowered_and_why() -> None:
    pacer = FramePacer()
    stage = stage_of(pacer)
    assert stage.faults() == []
    stage.step(HOT, 0)
    assert [(fault.kind, fault.text) for fault in stage.faults()] == [
        (FaultKind.FRAME_RATE, "cameras at most at 15 frames a second: processor at 84 C")
    ]
    for second in range(30):
        stage.step(HOT, float(second))
    assert [fault.kind for fault in stage.faults()] == [FaultKind.FRAME_RATE_LEAST]
    assert stage.figures() == {
        "temperature_c": 84.0,
        "throttled": False,
        "low_voltage": False,
        "fps_max": 5.0,
        "frames_left_out": {"front": 0},
    }
    assert pacer.fps_max == 5.0


def test_a_unit_that_shall_keep_its_rate_does_and_still_tells_its_temperature() -> None:
    pacer = FramePacer()
    stage = stage_of(pacer, LoadSettings(lower_frame_rate=False))
    stage.step(HOT, 0)
    assert (pacer.fps_max, stage.faults(), stage.figures()["temperature_c"]) == (None, [], 84.0)


def test_a_camera_of_a_hot_machine_gives_fewer_frames_and_the_others_count_as_left_out(
    machine: Callable[[float], Path], tmp_path: Path
) -> None:
    halt = threading.Event()
    folder = write_frames(tmp_path / "frames", range(5))
    camera = Camera(FolderCamera(kind="folder", path=folder, fps=50), SystemClock(), halt.wait)
    stage = FrameRateStage(LoadSettings(), MachineFiles(machine(85.0)).read, {"front": camera.pacer})
    thread = threading.Thread(target=stage.run, args=(lambda: None, halt))
    thread.start()
    frames = camera.frames(lambda: None)
    try:
        assert waits(lambda: camera.pacer.fps_max is not None, frames)
        before = camera.pacer.left_out_count
        taken = [next(frames) for _ in range(10)]
        left_out = camera.pacer.left_out_count - before
    finally:
        halt.set()
        thread.join()
    numbers = [frame.number for frame in taken]
    assert left_out >= numbers[-1] - numbers[0] - 9 - 1
    assert numbers[-1] - numbers[0] > 9, "frames between them were left out"
    assert [fault.text.rpartition(": ")[2] for fault in stage.faults()] == ["processor at 85 C"]


def waits(condition: Callable[[], bool], frames: Iterator[object]) -> bool:
    """Take frames until the condition holds, for a minute at most."""
    until_s = time.monotonic() + 60
    while not condition() and time.monotonic() < until_s:
        next(frames)
    return condition()
