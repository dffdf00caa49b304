import itertools
from dataclasses import replace

import cv2
import numpy as np
import pytest

from alpr_edge.domain.instants import Instant
from alpr_edge.domain.plates import canonical
from alpr_edge.settings import SimulatedCamera
from alpr_edge.simulation.camera import Pinhole
from alpr_edge.simulation.drive import Drive, Pose, Renderer, poses_at, visible_plates
from alpr_edge.simulation.scenario import SCENE_M, SCENE_S, STOP_M, Body, Kind, Motion, Vehicle, patrol
from alpr_edge.simulation.source import SimulatedSource
from alpr_edge.simulation.truth import VehicleTruth


@pytest.fixture(scope="module")
def drive() -> Drive:
    return Drive(seed=1)


def of_kind(drive: Drive, kind: Kind) -> list[VehicleTruth]:
    return [vehicle for vehicle in drive.truth.vehicles if vehicle.kind == kind]


def test_same_seed_gives_the_same_pixels_and_another_seed_other_plates() -> None:
    one, other = (list(Drive(3, seconds=0.5).frames()) for _ in range(2))
    assert len(one) == 5
    assert all(np.array_equal(a[1], b[1]) for a, b in zip(one, other, strict=True))
    assert {v.plate for v in Drive(3).vehicles}.isdisjoint(v.plate for v in Drive(4).vehicles)


def test_frames_are_pictures_nobody_can_write_to() -> None:
    for _, pixels, _ in Drive(1, seconds=0.2).frames():
        assert pixels.shape == (720, 1280, 3)
        assert pixels.dtype == np.uint8
        assert not pixels.flags.writeable
        assert pixels.std() > 20


@pytest.mark.parametrize("seed", range(12))
def test_no_plate_appears_twice(seed: int) -> None:
    plates = [canonical(vehicle.plate) for vehicle in Drive(seed, seconds=120).vehicles]
    assert len(plates) == len(set(plates)) > 30


@pytest.mark.parametrize("seed", range(12))
def test_default_drive_has_every_scenario(seed: int) -> None:
    drive = Drive(seed)
    kinds = {vehicle.kind for vehicle in drive.truth.vehicles}
    assert kinds == {"parked", "oncoming", "ahead", "overtaking"}
    assert 8 <= len(drive.truth.vehicles) <= 12
    descriptions = {vehicle.hotlist_description for vehicle in drive.truth.vehicles if len(vehicle.boxes) >= 10} - {""}
    assert descriptions == {"AMBER Alert", "Stolen Vehicle", "Stolen Plate"}


def test_stolen_car_at_the_kerb_stays_in_view_for_the_whole_stop(drive: Drive) -> None:
    [stolen] = [vehicle for vehicle in of_kind(drive, Kind.PARKED) if vehicle.hotlist_description == "Stolen Vehicle"]
    assert list(stolen.boxes) == list(range(stolen.first_frame, stolen.last_frame + 1))
    assert len(stolen.boxes) > 80


def test_stolen_car_is_in_view_for_the_whole_stop_whatever_bodies_stand_there() -> None:
    bodies = set()
    for seed in range(120):
        drive = Drive(seed)
        stolen = first_wanted(drive, "Stolen Vehicle")
        bodies.add((first_wanted(drive, "AMBER Alert").body, stolen.body))
        for second in np.arange(11.0, 16.01, 0.5).tolist():
            poses = poses_at(drive.vehicles, drive.patrol.at(second), 0.0, second)
            assert stolen in [vehicle for vehicle, _ in visible_plates(drive.camera, poses)], (seed, second)
    assert bodies == set(itertools.product(Body, Body))


def first_wanted(drive: Drive, description: str) -> Vehicle:
    reasons = [(vehicle, vehicle.hotlist_reason) for vehicle in drive.vehicles]
    return next(vehicle for vehicle, reason in reasons if reason and reason.description == description)


def test_plates_grow_on_approach(drive: Drive) -> None:
    for vehicle in of_kind(drive, Kind.PARKED) + of_kind(drive, Kind.ONCOMING):
        widths = [box.width_px for box in vehicle.boxes.values()]
        assert all(later >= earlier - 1e-3 for earlier, later in itertools.pairwise(widths))
    [ahead] = of_kind(drive, Kind.AHEAD)
    widths = [box.width_px for box in ahead.boxes.values()]
    assert min(widths) < 25
    assert max(widths) > 140


def test_truth_boxes_lie_in_the_frame(drive: Drive) -> None:
    for vehicle in drive.truth.vehicles:
        for box in vehicle.boxes.values():
            assert 0 <= box.left_px < box.right_px <= drive.camera.width_px
            assert 0 <= box.top_px < box.bottom_px <= drive.camera.height_px
            assert box.width_px / box.height_px == pytest.approx(305 / 152, rel=0.01)


def test_truth_box_holds_the_plates_own_pixels() -> None:
    """The sharp edges of a plate's print are inside of its box, and the car's smooth paint is around it."""
    drive = Drive(seed=1, seconds=13.0)
    *_, (number, pixels, plates) = drive.frames()
    assert number == 129
    grey = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
    edges = np.abs(cv2.Sobel(cv2.GaussianBlur(grey, (3, 3), 0), cv2.CV_32F, 1, 0))
    assert len(plates) == 2
    for _, box in plates:
        left, top, right, bottom = box.within(1280, 720)
        inside = edges[top:bottom, left:right].mean()
        around = edges[top - 6 : bottom + 6, left - 6 : right + 6].sum() - edges[top:bottom, left:right].sum()
        ring_px = (bottom - top + 12) * (right - left + 12) - (bottom - top) * (right - left)
        assert inside > 3 * around / ring_px


def test_plate_behind_a_nearer_car_is_not_in_the_truth() -> None:
    drive = Drive(seed=1)
    camera, behind = drive.camera, replace(pose_of(drive, 0), ahead_m=16.0, x_m=0.0)
    before = replace(pose_of(drive, 1), ahead_m=6.0)
    for x_m, count in ((0.0, 1), (1.7, 2)):
        assert len(list(visible_plates(camera, [behind, replace(before, x_m=x_m)]))) == count


@pytest.mark.parametrize("body", Body)
def test_truth_leaves_out_the_plates_that_the_picture_hides_and_no_others(body: Body) -> None:
    """A parked car is drawn alone and behind another: of its plate, the pixels that differ are hidden."""
    drive = Drive(seed=1)
    renderer, behind = Renderer(drive.camera, 1), replace(pose_of(drive, 0), x_m=2.6, ahead_m=9.8)
    [(_, box)] = visible_plates(drive.camera, [behind])
    left, top, right, bottom = box.within(1280, 720)
    alone = renderer.render(0, 0.0, [behind])
    before = replace(pose_of(drive, 1), vehicle=replace(drive.vehicles[1], body=body), ahead_m=3.9)
    outcomes = set()
    for x_m in (0.0, 0.1, 0.3, 1.9, 2.6, 3.0, 3.4):
        poses = [behind, replace(before, x_m=x_m)]
        differs = (renderer.render(0, 0.0, poses) != alone).any(axis=2)[top:bottom, left:right]
        is_seen = behind.vehicle in [vehicle for vehicle, _ in visible_plates(drive.camera, poses)]
        assert is_seen == (differs.mean() < 0.1), x_m
        outcomes.add(is_seen)
    assert outcomes == {True, False}


def pose_of(drive: Drive, index: int) -> Pose:
    return Pose(drive.vehicles[index], 0.0, 10.0, 0.0)


def test_truth_of_the_frames_is_the_truth_of_the_drive() -> None:
    drive = Drive(seed=2, seconds=1.0)
    for number, _, plates in drive.frames():
        assert [(v.plate, box) for v, box in plates] == [(v.plate, b) for v, b in drive.truth.in_frame(number)]


def test_long_drive_has_vehicles_to_its_end() -> None:
    drive = Drive(seed=1, seconds=600)
    assert drive.truth.frames == drive.length == 6000
    assert max(vehicle.last_frame for vehicle in drive.truth.vehicles) > 5900


def test_source_stamps_frames_from_its_start() -> None:
    start = Instant("boot", 7_000_000_000)
    source = SimulatedSource(SimulatedCamera(kind="simulated", id="left", seed=5, seconds=0.4), start)
    frames = list(source.frames())
    assert [frame.number for frame in frames] == list(range(source.length())) == [0, 1, 2, 3]
    assert [frame.captured_at.ms_since(start) for frame in frames] == [0, 100, 200, 300]
    assert {frame.camera_id for frame in frames} == {"left"}
    assert np.array_equal(next(source.frames()).pixels, frames[0].pixels)


def test_patrol_car_stops_and_goes_on() -> None:
    car = patrol(60)
    assert car.at(0) == 0
    assert car.at(13) == car.at(16) == STOP_M
    assert car.speed(13) == 0
    assert car.at(SCENE_S) == pytest.approx(SCENE_M)
    assert car.at(SCENE_S + 13) == pytest.approx(SCENE_M + STOP_M)


def test_motion_is_the_integral_of_its_speed() -> None:
    motion = Motion(5.0, ((1.0, 0.0), (3.0, 8.0), (4.0, 8.0)))
    assert motion.at(1) == 5
    assert motion.at(2) == 5 + 2
    assert motion.at(3) == 5 + 8
    assert motion.at(6) == 5 + 8 + 8 + 16
    assert Motion(0.0, ((4.0, -3.0),)).at(2) == 6


def test_pinhole_puts_the_far_road_on_the_horizon() -> None:
    camera = Pinhole()
    [near, far] = camera.project([(0.0, 0.0, 4.0), (0.0, 0.0, 1e6)])
    assert near[1] > far[1]
    assert far == pytest.approx((camera.vanishing_x_px, camera.horizon_px), abs=0.01)
