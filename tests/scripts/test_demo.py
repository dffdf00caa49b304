"""The demo prints every read and hit, says when it was stopped, and writes nothing outside its own folder."""

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from alpr_edge.cli.drive import load_lines, read_lines
from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.simulation.truth import DriveTruth, VehicleTruth
from scripts.demo_report import hit_lines, sound_lines, truth_lines
from tests.scripts.demo_checkout import RUN_S_MAX, make_demo, running

ROOT = Path(__file__).parents[2]
WAIT_S_MAX = 300


def a_read(number: int, plate: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of many types
    read = {
        "read_id": f"r{number}",
        "plate": plate,
        "confidence": 0.9996,
        "alternatives": [],
        "first_frame": number,
        "last_frame": number + 4,
        "first_seen": f"2026-03-02T17:00:0{number}.000Z",
        "earlier_texts": [],
    }
    return read | more


def test_every_read_is_a_line_with_its_doubt_and_what_it_was_taken_for_at_first() -> None:
    second = {"plate": "30467W2", "confidence": 0.2081}
    reads = [
        a_read(1, "0WUW583", earlier_texts=[{"plate": "0VUV583", "confidence": 0.35, "frame_number": 5}]),
        a_read(0, "30467M2", confidence=0.7239, alternatives=[second]),
    ]
    _, *lines = read_lines(reads)
    assert lines == [
        "  2026-03-02 17:00:00  30467M2      72%       5  or 30467W2 (21%)",
        "  2026-03-02 17:00:01  0WUW583     100%       5  at first 0VUV583, until more frames said otherwise",
    ]
    assert read_lines([]) == ["No plate was read."]


def test_a_hit_says_what_sounded_and_why() -> None:
    hit = {
        "read_id": "unit-1:1",
        "plate": "0VUV583",
        "entry_plate": "0WUW583",
        "match_kind": "confusable",
        "entry_state": "NV",
        "vehicle": "white pickup",
        "seen": "2026-03-02T17:00:02.200Z",
        "tone": "high",
        "sounded": True,
        "silence": None,
        "withdrawn": False,
        "source": "drive",
        "phrase": "stolen plate; verify",
    }
    assert hit_lines([hit], []) == [
        "  2026-03-02 17:00:02  read 0VUV583, listed 0WUW583 (NV), a white pickup",
        "      high tone: stolen plate; verify",
    ]
    quiet = hit | {"sounded": False, "silence": "cooldown"}
    assert hit_lines([quiet], [])[1] == "      no tone (it sounded a moment ago): stolen plate; verify"
    late = hit | {"source": "later", "withdrawn": True}
    assert hit_lines([late], [])[1] == (
        "      high tone, withdrawn later, as its list went live with the car in view: stolen plate; verify"
    )
    first = hit | {"match_kind": "exact", "phrase": "stolen plate, confusable match; verify"}
    read = {"read_id": "unit-1:1", "earlier_texts": [{"plate": "0VUV583"}]}
    assert hit_lines([first], [read])[1] == (
        "      high tone while it was still read as 0VUV583: stolen plate, confusable match; verify"
    )


def test_a_simulated_drive_is_compared_with_its_truth() -> None:
    boxes = {3: Box(0, 0, 40, 20), 4: Box(0, 0, 61, 30)}
    vehicles = (
        VehicleTruth("OWUW583", "NV", "pickup", "stolen", boxes),
        VehicleTruth("7ABC123", "CA", "sedan", "stolen", boxes),
        VehicleTruth("8XYZ111", "CA", "sedan", "", boxes),
    )
    reads = [{"plate_canonical": plate} for plate in ("0WUW583", "8XYZ111", "8XYZ777")]
    hits = [{"entry_plate": "0WUW583", "source": "drive"}, {"entry_plate": "7LMN222", "source": "later"}]
    assert truth_lines(DriveTruth(10.0, 20, vehicles), reads, hits) == [
        "  compared with the truth of the simulation: 2 of 3 plates were read",
        "      missed 7ABC123 (CA), at most 61 pixels wide",
        "      read 8XYZ777, which is on no vehicle",
        "  1 of 2 plates of the hotlist made a hit, and 1 of the list that went live later",
        "      no hit for 7ABC123",
    ]


def test_files_of_a_drive_that_was_cut_short_are_read_as_far_as_they_go(tmp_path: Path) -> None:
    (tmp_path / "reads.jsonl").write_text('{"plate": "A"}\n{"plate": "B', encoding="utf-8")
    assert load_lines(tmp_path / "reads.jsonl") == [{"plate": "A"}]
    assert load_lines(tmp_path / "hits.jsonl") == []
    (tmp_path / "alerts.wav").write_bytes(b"RIFF")
    assert sound_lines(tmp_path / "alerts.wav") == sound_lines(tmp_path / "none.wav") == []


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    return make_demo(tmp_path)


@pytest.mark.slow
def test_a_drive_that_is_interrupted_shows_what_was_read_until_then(demo: Path) -> None:
    reads = demo.parents[1] / "out" / "demo" / "drive" / "reads.jsonl"
    with running(demo, "--source", "simulated", "--pace", "real") as process:
        end = time.monotonic() + WAIT_S_MAX
        while not load_lines(reads):
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < end, "nothing was read"
            time.sleep(0.1)
        os.killpg(process.pid, signal.SIGINT)
        output, errors = process.communicate(timeout=RUN_S_MAX)
    assert process.returncode not in {0, None}
    assert "  The drive was stopped before its end; this is what was read until then." in output, errors
    assert "No plate was on the hotlist" not in output
    assert load_lines(reads)[0]["plate"] in output
