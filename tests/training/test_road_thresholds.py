from pathlib import Path

from alpr_edge.vision.detector import OnnxDetector
from alpr_edge.vision.manifest import load_model
from alpr_edge.vision.reader import OnnxReader
from plate_training.road_thresholds import LEAST, SURE, TEXT, road_thresholds
from tests.scripts.benchmarks.benchmark_data import OTHER_ROW, PLATE_ROW, write_data
from tests.scripts.benchmarks.benchmark_data import TEXT as PLATE_TEXT
from tests.vision.models import detector_model, reader_model, write_models


def test_a_higher_score_for_what_shows_no_text_costs_the_plates_that_cannot_be_read(tmp_path: Path) -> None:
    doubtful = [[*PLATE_ROW[:-1], 0.65], [*OTHER_ROW[:-1], 0.65]]
    models = write_models(tmp_path / "models", detector_model(doubtful), reader_model(PLATE_TEXT, 0.3))
    detector = OnnxDetector(load_model(models, "detector", "default"), LEAST[0], 1)
    reader = OnnxReader(load_model(models, "reader", "default"), 1)
    rows = road_thresholds(detector, reader, write_data(tmp_path / "data"))
    assert len(rows) == len(LEAST) * len(SURE) * len(TEXT)
    by_sure = {sure: [row for row in rows if row.sure_min == sure] for sure in SURE}
    assert {(row.found_40px, row.false_a_photo) for row in by_sure[0.6]} == {(round(2 / 3, 4), 0.5)}
    assert {(row.found_40px, row.false_a_photo) for row in by_sure[0.7]} == {(0.0, 0.0)}
