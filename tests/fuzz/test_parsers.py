"""No input makes a parser of the product fall over, take long or grow: it is taken, or refused by an error of its own.

By themselves these tests try some hundred inputs of a fixed seed. ``pytest -m slow tests/fuzz`` tries each parser for
ten minutes (``--fuzz-seconds``) with a seed of its own, and the summary says how many inputs that were; each is also a
line of JSON in the file that ``--fuzz-report`` names, a parser that fell over one without a number.
"""

import json
import logging
import secrets
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import structlog

from alpr_edge.store.requests.page_requests import WAITING_MAX
from tests.conftest import FUZZ_PROPERTY, ROOT
from tests.fuzz.fuzz_line import FuzzLine
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
def test_a_page_answers_more_requests_than_may_wait(silent_logs: None, tmp_path: Path) -> None:
    del silent_logs
    with TARGETS["console"].open(tmp_path) as parser:
        mute = next(sample for sample in parser.samples if sample.startswith(b"POST /mute "))
        answers = {str(parser.parse(mute)) for _ in range(WAITING_MAX + 1)}
    assert len(answers) == 1
    assert answers.pop().startswith("303 ")


@pytest.mark.slow
@EVERY
def test_minutes_of_inputs(
    name: str, tmp_path: Path, pytestconfig: pytest.Config, record_property: Callable[[str, object], None]
) -> None:
    seconds, seed = float(pytestconfig.getoption("--fuzz-seconds")), secrets.randbits(32)
    line = FuzzLine(name, seconds, seed)
    try:
        line = replace(line, figures=_run_worker(line, tmp_path))
    finally:
        record_property(FUZZ_PROPERTY, line.text)
        if path := pytestconfig.getoption("--fuzz-report"):
            line.append_to(Path(path))
    assert line.figures["inputs"] > TARGETS[name].quick_inputs
    assert line.figures["memory_mb"] <= TARGETS[name].memory_mb_max


def _run_worker(line: FuzzLine, folder: Path) -> dict[str, float]:
    """Fuzz a parser in a process of its own; returns what its worker reports."""
    words = ("-W", "ignore", "-m", "tests.fuzz.worker", line.name, f"{line.seconds}", f"{line.seed}", str(folder))
    try:
        done = subprocess.run(
            [sys.executable, *words],
            cwd=ROOT,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=line.seconds + OPENING_S_MAX,
        )
    except subprocess.TimeoutExpired:
        pytest.fail(f"seed {line.seed}: does not return over {noted_input(folder)!r}")
    assert done.returncode == 0, f"seed {line.seed}, {noted_input(folder)!r}: {done.stderr[-2000:]}"
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures
