"""What a whole drive must become, with models that know the truth and blur it: no weights, no rendering."""

import itertools
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from alpr_edge.domain.instants import Instant
from alpr_edge.domain.plates import canonical
from alpr_edge.domain.positioning import position_at
from alpr_edge.domain.reads import PlateRead, ReadStage, ReadUpdate
from alpr_edge.domain.recognition.decision_rule import DecisionRule
from alpr_edge.domain.recognition.frames import Frame
from alpr_edge.domain.recognition.passes import Origin, Passes
from alpr_edge.position.log_source import LogSource
from alpr_edge.settings import Settings
from alpr_edge.simulation.drive import Drive
from alpr_edge.simulation.source import write_companions
from alpr_edge.vision.recogniser import Recogniser
from tests.simulation.truth_models import TruthDetector, TruthReader

START = Instant("drive", 0)
SETTINGS = Settings()


def reads_of(drive: Drive, nmea: Path) -> tuple[list[PlateRead], list[ReadUpdate]]:
    """The last state of every read, and every decision."""
    fixes = list(LogSource(nmea, START).fixes())
    decision = SETTINGS.decision
    rule = DecisionRule(
        readings_max=decision.readings_max,
        age_ms_max=decision.timeout_ms,
        confidence_min=decision.confidence_min,
        characters_min=decision.characters_min,
        detection_best_min=decision.detection_best_min,
    )
    passes = Passes(
        Origin("unit-1", "front", ("truth",)),
        rule,
        decision.pass_gap_ms,
        lambda at: position_at(fixes, at, SETTINGS.position.fix_age_ms_max),
        map(str, itertools.count()).__next__,
    )
    recogniser = Recogniser(TruthDetector(drive.truth), TruthReader(drive.truth))
    pixels = np.random.default_rng(1).integers(0, 255, (720, 1280, 3), np.uint8)
    events = []
    for number in range(drive.length):
        frame = Frame("front", number, START.shift(number * 1000 / drive.fps), pixels)
        events += passes.step(frame, recogniser.recognise(frame))
    events += passes.close(START.shift(drive.seconds * 1000))
    decisions = [event for event in events if event.stage is ReadStage.DECIDED]
    last = {event.read.read_id: event.read for event in events}
    return list(last.values()), decisions


@pytest.mark.parametrize("seed", range(1, 6))
def test_every_vehicle_becomes_one_right_read(tmp_path: Path, seed: int) -> None:
    drive = Drive(seed)
    reads, _ = reads_of(drive, write_companions(tmp_path, drive).nmea)
    counts = Counter(read.plate for read in reads)
    clear = [canonical(v.plate) for v in drive.truth.vehicles if max(b.width_px for b in v.boxes.values()) > 40]
    assert {plate: counts[plate] for plate in clear} == dict.fromkeys(clear, 1)
    wanted_plates = {canonical(v.plate) for v in drive.vehicles if v.hotlist_reason}
    assert {plate for plate in counts if plate in wanted_plates} == wanted_plates & set(clear)


def test_parked_stolen_car_is_one_read_that_lasts_and_sounds_at_once(tmp_path: Path) -> None:
    drive = Drive(1)
    reads, decisions = reads_of(drive, write_companions(tmp_path, drive).nmea)
    [stolen] = [vehicle for vehicle in drive.truth.vehicles if vehicle.hotlist_description == "Stolen Vehicle"]
    [read] = [read for read in reads if read.plate == canonical(stolen.plate)]
    assert read.last_frame - read.first_frame > 80
    [event] = [event for event in decisions if event.read.read_id == read.read_id]
    assert event.at.ms_since(event.read.first_seen) <= 1000


def test_read_without_a_near_fix_has_no_position(tmp_path: Path) -> None:
    drive = Drive(1)
    reads, _ = reads_of(drive, write_companions(tmp_path, drive).nmea)
    with_place = [read for read in reads if read.position is not None]
    without = [read for read in reads if read.position is None]
    assert len(with_place) > len(without) > 0
    assert all(abs(read.position.lat_deg - 37.6391) < 1e-3 for read in with_place if read.position)
