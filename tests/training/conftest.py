from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.scripts.benchmarks.benchmark_data import PLATE, write_photo, write_rows

# What is tested there cannot be imported without the extra ``train``, which whoever trains has.
collect_ignore = [] if find_spec("torch") else ["test_resize.py", "test_run.py"]

RIDES = "dayride_type1_001", "dayride_type1_002", "nightride_type3_001"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A photo for each set, each with the same plate in the same place."""
    folder = tmp_path / "data"
    truth = ["a.jpg", PLATE.left_px, PLATE.top_px, PLATE.width_px, PLATE.height_px, "8ABC123"]
    for name in ("us", "eu", "br"):
        header = ["image", "left_px", "top_px", "width_px", "height_px", "plate"]
        write_rows(folder / "benchmark" / name / "truth.csv", [header, truth])
        write_photo(folder / "benchmark" / name / "a.jpg")
    sides = [f"{side}_px" for side in ("left", "top", "right", "bottom")]
    frames = [[f"{name}.jpg", name, 1, 200, 200, 300, 240] for name in RIDES]
    write_rows(folder / "dashcam" / "boxes.csv", [["image", "ride", "second", *sides], *frames])
    for name in RIDES:
        write_photo(folder / "dashcam" / f"{name}.jpg")
    write_photo(folder / "negatives" / "n.jpg")
    return folder
