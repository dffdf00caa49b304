"""The unit files, as systemd reads them."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

UNITS = sorted((Path(__file__).parents[1] / "systemd").glob("*.service"))


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_systemd_has_nothing_to_say(unit: Path, tmp_path: Path, require_tool: Callable[[str], str]) -> None:
    """``systemd-analyze verify`` exits 0 on many a fault: it must print nothing."""
    analyze = require_tool("systemd-analyze")
    copy = tmp_path / unit.name
    # The software lies elsewhere in a checkout; a program that exists stands in for it.
    copy.write_text(
        unit.read_text(encoding="utf-8").replace("/opt/alpr-edge/.venv/bin/alpr-edge", shutil.which("true") or "")
    )
    for other in UNITS:
        if other != unit:
            shutil.copy(other, tmp_path)
    done = subprocess.run([analyze, "verify", str(copy)], capture_output=True, text=True, timeout=60, check=False)
    others = [line for line in (done.stdout + done.stderr).splitlines() if "is not executable" not in line]
    assert others == []
    assert done.returncode == 0


def test_what_a_unit_needs_is_said() -> None:
    texts = {unit.name: unit.read_text(encoding="utf-8") for unit in UNITS}
    assert set(texts) == {"alpr-edge.service", "alpr-edge-uplink.service"}
    for text in texts.values():
        assert "Type=notify" in text
        assert "StateDirectoryMode=0700" in text
    assert "alpr-edge-lists" not in texts["alpr-edge-uplink.service"]
