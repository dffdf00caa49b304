"""That the script for the Pi's camera refuses a checkout that its preloaded library cannot lie in."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("name", ["my checkout", "a:b"])
def test_a_checkout_whose_path_the_loader_would_take_apart_is_refused_in_a_line(name: str, tmp_path: Path) -> None:
    checkout = tmp_path / name
    (checkout / "scripts").mkdir(parents=True)
    for script in ("prove-camera", "_help"):
        shutil.copy(ROOT / "scripts" / script, checkout / "scripts")
    command = ["bash", str(checkout / "scripts" / "prove-camera")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"prove-camera: {checkout}: LD_PRELOAD takes no path with a space or a colon; move the checkout to another "
        "folder\n"
    )
    assert [path.name for path in checkout.iterdir()] == ["scripts"]
