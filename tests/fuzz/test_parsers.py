"""No input makes a parser of the product fall over, take long or grow: it is taken, or refused by an error of its own.

By themselves these tests try some hundred inputs of a fixed seed. ``pytest -m slow tests/fuzz`` tries each parser for
ten minutes (``--fuzz-seconds``) with a seed of its own, and prints how many inputs that were.
"""

import json
import logging
import secrets
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import structlog

from tests.conftest import ROOT
from tests.fuzz.fuzz_run import fuzz
from tests.fuzz.registry import TARGETS
from tests.fuzz.worker import noted_input

SEED = 462
OPENING_S_MAX = 300.0
"""Longest that a worker takes besides its inputs."""
TOOLS = {"time-stamps": "openssl"}
"""Programs that render a parser's samples."""
EVERY = pytest.mark.parametrize("name", TARGETS)


@pytest.fixture
def silent_logs() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


@EVERY
@pytest.mark.filterwarnings("ignore")  # libraries warn of what they read, and then it is judged
@pytest.mark.usefixtures("silent_logs")
def test_some_inputs(name: str, tmp_path: Path, require_tool: Callable[[str], str]) -> None:
    target = TARGETS[name]
    if name in TOOLS:
        require_tool(TOOLS[name])
    with target.open(tmp_path) as parser:
        report = fuzz(parser, SEED, lambda count: count < target.quick_inputs)
    assert report.inputs == target.quick_inputs
    assert len(report.outcomes) > 1, "all inputs came to the same"
    assert report.memory_mb <= target.memory_mb_max


@pytest.mark.slow
@EVERY
def test_minutes_of_inputs(
    name: str, tmp_path: Path, pytestconfig: pytest.Config, capsys: pytest.CaptureFixture[str]
) -> None:
    seconds, seed = float(pytestconfig.getoption("--fuzz-seconds")), secrets.randbits(32)
    words = ("-W", "ignore", "-m", "tests.fuzz.worker", name, f"{seconds}", f"{seed}", str(tmp_path))
    try:
        done = subprocess.run(
            [sys.executable, *words],
            cwd=ROOT,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=seconds + OPENING_S_MAX,
        )
    except subprocess.TimeoutExpired:
        pytest.fail(f"seed {seed}: does not return over {noted_input(tmp_path)!r}")
    assert done.returncode == 0, f"seed {seed}, {noted_input(tmp_path)!r}: {done.stderr[-2000:]}"
    line = done.stdout.splitlines()[-1]
    with capsys.disabled():
        print(f"\nfuzz {name}, seed {seed}, {seconds:g} s: {line}")  # noqa: T201 - the figures
    report = json.loads(line)
    assert report["inputs"] > TARGETS[name].quick_inputs
    assert report["memory_mb"] <= TARGETS[name].memory_mb_max
