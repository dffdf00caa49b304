"""Plates that went wrong elsewhere, rendered, read by the released models, and taken through to the tone.

*Green v. San Francisco* (751 F.3d 1039): the plate was 5SOW350, the list had 5SOW750. The Aurora stop: the same text in
another state. And what readers confuse: stacked characters, vanity words, O against 0, D against 0.
"""

import itertools
from collections.abc import Iterator
from dataclasses import replace

import cv2
import numpy as np
import pytest

from alpr_edge.app.factories import VisionModels, open_vision_models
from alpr_edge.app.pipeline.pipeline import decision_rule
from alpr_edge.app.pipeline.plate_states import state_function
from alpr_edge.domain.alerting import Alert, MatchContext, Tone, alert_of, gravity_of
from alpr_edge.domain.hits import Generation, Hit, HotlistEntry, MatchKind, Reason
from alpr_edge.domain.matching import MatchQuery, find_matches
from alpr_edge.domain.plates import canonical
from alpr_edge.domain.reads import PlateRead, ReadStage, ReadUpdate
from alpr_edge.domain.recognition.frames import Frame
from alpr_edge.domain.recognition.passes import Origin, Passes, PassParts
from alpr_edge.settings import DecisionSettings, VisionSettings
from alpr_edge.simulation.plates.renderer import BUILT_IN_DESIGNS, PlateDesign, render_plate
from tests.domain.readings import START
from tests.domain.shelf import Shelf

CALIFORNIA = next(design for design in BUILT_IN_DESIGNS if design.name == "red script")
STACKED = replace(CALIFORNIA, serial_templates=("A111",), stacked_letters="DV")
LOOKS = range(4)
FRAMES = 4
LARGE = Generation("list", 1, None, None, 5_000_000)


def shelf_of(plate: str, state: str = "CA") -> Shelf:
    """One entry of a large list."""
    return Shelf(HotlistEntry("list", canonical(plate), plate, state, Reason.STOLEN_VEHICLE), generation=LARGE)


@pytest.fixture(scope="module")
def models() -> VisionModels:
    return open_vision_models(VisionSettings())


def frames_of(text: str, design: PlateDesign, seed: int) -> Iterator[Frame]:
    """A car's tail that comes a little nearer, with its plate in the middle."""
    rng = np.random.default_rng(seed)
    plate = render_plate(text, design, rng).pixels
    for number in range(FRAMES):
        width = 150 + 6 * number
        size = width, round(width * plate.shape[0] / plate.shape[1])
        small = cv2.resize(plate, size, interpolation=cv2.INTER_AREA)
        pixels = np.full((720, 1280, 3), (70, 60, 55), np.uint8)
        cv2.rectangle(pixels, (380, 250), (900, 560), (45, 40, 120), -1)
        cv2.rectangle(pixels, (400, 270), (880, 340), (30, 25, 20), -1)
        left, top = 640 - size[0] // 2, 440 - size[1] // 2
        pixels[top : top + size[1], left : left + size[0]] = small
        grain = rng.normal(0, 4, pixels.shape)
        soft = np.clip(cv2.GaussianBlur(pixels, (0, 0), 0.7) + grain, 0, 255).astype(np.uint8)
        yield Frame("front", number, START.shift(number * 66), soft)


def reads_of(models: VisionModels, text: str, design: PlateDesign, seed: int) -> list[PlateRead]:
    """Every read the pass came to, with each of its texts as it was decided."""
    rule = decision_rule(DecisionSettings())
    ids, parts = map(str, itertools.count()), PassParts(state_of=state_function(models.states))
    passes = Passes(Origin("u", "front", ()), rule, 1500, lambda _: None, ids.__next__, parts)
    events: list[ReadUpdate] = []
    for frame in frames_of(text, design, seed):
        events += passes.step(frame, models.recogniser.recognise(frame))
    events += passes.close(START.shift(1000))
    return [event.read for event in events if event.stage is not ReadStage.CLOSED]


def alert_for(read: PlateRead, shelf: Shelf) -> tuple[Alert | None, set[MatchKind]]:
    matches = find_matches(MatchQuery(read.plate, read.state, alternatives=read.alternatives), shelf)
    context = MatchContext(doubtful=not read.certain)
    hits = [Hit("hit", read.read_id, one.entry, LARGE, None, one.kind, one.state_match, START) for one in matches]
    gravest = max(hits, key=lambda hit: gravity_of(hit, context), default=None)
    return None if gravest is None else alert_of(gravest, context), {hit.kind for hit in hits}


@pytest.mark.parametrize(
    ("plate_text", "entry_text", "design"),
    [
        ("5SOW350", "5SOW750", CALIFORNIA),
        ("5SOW750", "5SOW350", CALIFORNIA),
        ("7ABD123", "7AB0123", CALIFORNIA),
        ("7AB0123", "7ABD123", CALIFORNIA),
        ("ILLINI", "1LL1N1", CALIFORNIA),
        ("BOSS", "8OSS", CALIFORNIA),
        ("SUNNY5", "5UNNY5", CALIFORNIA),
        ("G026", "6026", STACKED),
        ("G026", "DVG026", STACKED),
    ],
)
def test_another_plate_s_entry_never_has_the_full_tone(
    models: VisionModels, plate_text: str, entry_text: str, design: PlateDesign
) -> None:
    for seed in LOOKS:
        for read in reads_of(models, plate_text, design, seed):
            alert, kinds = alert_for(read, shelf_of(entry_text))
            assert MatchKind.EXACT not in kinds or not read.certain, (seed, read.plate, read.confidence)
            assert alert is None or alert.tone is Tone.POSSIBLE
            assert alert is None or "compare the characters" in alert.phrase


@pytest.mark.parametrize(
    ("plate_text", "entry_text", "design"),
    [
        ("5SOW350", "5SOW350", CALIFORNIA),
        ("5SOW350", "5S0W350", CALIFORNIA),
        ("4RHD902", "4RHD902", CALIFORNIA),
        ("OCEAN", "0CEAN", CALIFORNIA),
        ("7KDX482", "7KDX482", replace(STACKED, serial_templates=("1AAA111",))),
    ],
)
def test_its_own_entry_has_the_full_tone_most_of_the_time(
    models: VisionModels, plate_text: str, entry_text: str, design: PlateDesign
) -> None:
    tones = []
    for seed in LOOKS:
        alerts = [alert_for(read, shelf_of(entry_text))[0] for read in reads_of(models, plate_text, design, seed)]
        tones.append(any(alert is not None and alert.tone is Tone.HIGH for alert in alerts))
    assert sum(tones) >= len(tones) / 2, tones


def test_a_stack_taken_for_a_character_is_never_certain(models: VisionModels) -> None:
    for seed in LOOKS:
        for read in reads_of(models, "G026", STACKED, seed):
            assert read.plate == "G026" or not read.certain, (seed, read.plate, read.confidence)


def test_the_same_text_in_another_state_is_possible_only(models: VisionModels) -> None:
    """The unit reads the state of the plate by itself."""
    for seed in LOOKS:
        (read,) = reads_of(models, "4RHD902", CALIFORNIA, seed)
        assert (read.plate, read.state) == ("4RHD902", "CA")
        alert, kinds = alert_for(replace(read, confidence=1.0), shelf_of("4RHD902", state="AZ"))
        assert alert is not None
        assert kinds == {MatchKind.EXACT}
        assert alert.tone is Tone.POSSIBLE
        assert "other state" in alert.phrase
        alert, _ = alert_for(replace(read, confidence=1.0), shelf_of("4RHD902", state="CA"))
        assert alert is not None
        assert alert.tone is Tone.HIGH
        assert "state" not in alert.phrase


def test_a_state_that_was_not_read_is_said(models: VisionModels) -> None:
    reads = reads_of(models, "4RHD902", CALIFORNIA, 1)
    alert, _ = alert_for(replace(reads[0], confidence=1.0, state=None), shelf_of("4RHD902", state="AZ"))
    assert alert is not None
    assert "state unknown" in alert.phrase
