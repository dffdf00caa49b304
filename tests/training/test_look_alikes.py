import json
import subprocess
import sys
from pathlib import Path

import numpy as np

from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.voting import SERIAL_FORMATS
from plate_training.evaluation.look_alikes import RIDE, WIDTHS_PX, Outcome, by_group, looks

ROOT = Path(__file__).parents[2]


def serial_formats(facts: Path) -> str:
    script = ROOT / "models" / "training" / "serial_formats"
    command = [sys.executable, str(script), str(facts)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=True).stdout.strip()


def test_rows_of_the_table_come_from_the_fact_file(shared_data: Path) -> None:
    script, facts = ROOT / "models" / "training" / "serial_formats", shared_data / "plates" / "plates-us.json"
    done = subprocess.run(
        [sys.executable, str(script), str(facts)], capture_output=True, text=True, timeout=120, check=True
    )
    rows = json.loads("{" + done.stdout.rstrip().rstrip(",") + "}")
    assert rows == {name: row for name, row in SERIAL_FORMATS.items() if name.startswith("US-")}


def test_emblems_separators_and_personalised_plates_are_no_part_of_a_format(tmp_path: Path) -> None:
    patterns = [{"display_template": text} for text in ("AAA{lone_star}11-1M", "XXXXXXX", "1 AXX")]
    facts = tmp_path / "facts.json"
    facts.write_text(json.dumps([{"state": "TX", "serial_patterns": patterns}]), encoding="utf-8")
    script = ROOT / "models" / "training" / "serial_formats"
    done = subprocess.run(
        [sys.executable, str(script), str(facts)], capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout.strip() == '"US-TX": "AAA1111 1AXX",'


def test_a_plate_is_looked_at_as_it_is_and_as_a_poor_camera_sees_it() -> None:
    picture = np.arange(200 * 300 * 3, dtype=np.uint8).reshape(200, 300, 3)
    true, *poor = looks(picture, Box(50, 60, 250, 160), np.random.default_rng(1))
    assert np.array_equal(true, picture[60:160, 50:250])
    assert [look.shape[1] for look in poor] == list(WIDTHS_PX)


def test_the_ride_is_counted_apart() -> None:
    better = Outcome("road", clear=True, raw=(False, True), canonical=(True, True))
    worse = Outcome(RIDE, clear=False, raw=(True, False), canonical=(True, True))
    groups = by_group([better, worse])
    assert set(groups) == {"road", "all but the ride", RIDE}
    assert groups["all but the ride"]["true box, O apart"].only_b == 1
    assert groups[RIDE]["poor look, O apart"].only_a == 1
    assert groups[RIDE]["poor look, canonical"].both == 1
