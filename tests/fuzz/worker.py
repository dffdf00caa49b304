"""Fuzzes one parser in a process of its own, so that a crash of native code ends no test and its input is known.

    python -m tests.fuzz.worker NAME SECONDS SEED FOLDER

The last line of its output is a report as JSON. The input that is being parsed lies in FOLDER/input, those that
took the most time and memory in FOLDER/slowest and FOLDER/largest.
"""

import json
import logging
import mmap
import sys
import time
from pathlib import Path

import structlog

from tests.fuzz.fuzz_run import FuzzReport, Parser, begin_input, bounded_time, fuzz
from tests.fuzz.mutators import BYTES_MAX
from tests.fuzz.registry import TARGETS

INPUT, SLOWEST, LARGEST = "input", "slowest", "largest"
_SIZE_BYTES = 8


class InputNote:
    """Keeps the present input in a file that outlives the process.

    Args:
        folder: where it lies.
    """

    def __init__(self, folder: Path) -> None:
        path = folder / INPUT
        path.write_bytes(bytes(_SIZE_BYTES + 2 * BYTES_MAX))
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), 0)

    def note(self, content: bytes) -> None:
        """Keep an input, and begin its time."""
        kept = content[: 2 * BYTES_MAX]
        self._map[: _SIZE_BYTES + len(kept)] = len(kept).to_bytes(_SIZE_BYTES, "little") + kept
        begin_input()


def noted_input(folder: Path) -> bytes:
    """The input that a process left."""
    path = folder / INPUT
    content = path.read_bytes() if path.exists() else b""
    return content[_SIZE_BYTES : _SIZE_BYTES + int.from_bytes(content[:_SIZE_BYTES], "little")]


def report_line(report: FuzzReport) -> str:
    """A report for a test: one line of JSON."""
    return json.dumps(
        {
            "inputs": report.inputs,
            "refused": report.refused,
            "outcomes": len(report.outcomes),
            "slowest_ms": round(report.slowest_s * 1000, 1),
            "slowest_bytes": len(report.slowest),
            "memory_mb": round(report.memory_mb, 1),
        }
    )


def run(parser: Parser, seconds: float, seed: int, folder: Path) -> FuzzReport:
    """Fuzz for so many seconds."""
    end_s, input_note = time.monotonic() + seconds, InputNote(folder)
    with bounded_time():
        return fuzz(parser, seed, lambda _: time.monotonic() < end_s, input_note.note)


def main(name: str, seconds: str, seed: str, folder: str) -> None:
    """Fuzz one parser."""
    logging.disable()
    path = Path(folder)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with TARGETS[name].open(path) as parser:
        report = run(parser, float(seconds), int(seed), path)
    (path / SLOWEST).write_bytes(report.slowest)
    (path / LARGEST).write_bytes(report.largest)
    print(report_line(report))  # noqa: T201 - what the test reads


if __name__ == "__main__":
    main(*sys.argv[1:])
