"""Output that cannot go where it was sent ends in one line, or in silence where nobody is left to tell."""

import os
import subprocess
import sys
from pathlib import Path

COMMAND = [sys.executable, "-m", "alpr_edge", "models", "verify", "--json"]


def test_a_full_disk_is_one_line() -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(COMMAND, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert done.stderr == "alpr-edge: the output could not be written: no space left; give it another place\n"


def test_a_reader_that_went_away_is_silence() -> None:
    outlet, inlet = os.pipe()
    os.close(outlet)
    with os.fdopen(inlet, "wb") as pipe:
        done = subprocess.run(COMMAND, stdout=pipe, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (1, "")
