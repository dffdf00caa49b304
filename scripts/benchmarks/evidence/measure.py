"""How long the evidence of a large case takes to be exported and verified, and how much memory its export.

``evidence.export_s`` is the whole command, ``alpr-edge evidence export`` as a process of its own, from its start to its
end: 10,000 reads, each with a picture of the plate and one of the street, some of them hits. What lies on the medium
was read back and booked by then. ``evidence.export_memory_mb`` is the most resident memory of that process (VmHWM).
``evidence.verify_s`` is ``alpr-edge evidence verify`` of the same package, by every digest, signature and proof in it.
The medium is a folder on the disk of ``TMPDIR``: how fast a stick is written is the stick's.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from alpr_edge.domain.errors import AlprEdgeError
from scripts.benchmarks.evidence import redaction
from scripts.benchmarks.evidence.case_unit import CASE, PICTURE_BYTES, write_case
from scripts.benchmarks.figures import figure
from scripts.benchmarks.path.processes import memory_mib

PARTS = ("package", "redaction")
READS = 10_000
POLL_S = 0.05
SECONDS_MAX = 3600.0


@dataclass(frozen=True, slots=True)
class CommandRun:
    """What a command took."""

    seconds: float
    cpu_s: float
    """The processor's time, which other programs prolong little."""
    memory_mib: float
    """Its most resident memory."""
    output: str


def run(parts: tuple[str, ...], reads: int, models: Path) -> None:
    """Measure the parts, and print each figure."""
    if "redaction" in parts:
        redaction.run(models)
    if "package" in parts:
        _measure_package(reads)


def _measure_package(reads: int) -> None:
    with tempfile.TemporaryDirectory(prefix="bench-evidence-") as name:
        folder = Path(name)
        settings = write_case(folder / "unit", reads)
        medium = folder / "medium"
        medium.mkdir()
        words = ("--purpose", "criminal_investigation", "--offense", "robbery", "--settings", str(settings), "--json")
        exported = _command("evidence", "export", CASE, "--to", str(medium), *words)
        told = json.loads(exported.output)
        if told["reads"] != reads:
            raise AlprEdgeError(f"{told['reads']} of {reads} reads were exported")
        facts = {
            "cpu_s": round(exported.cpu_s, 1),
            "reads": reads,
            "pictures": told["pictures"],
            "bytes": told["bytes"],
            "picture_bytes": PICTURE_BYTES,
        }
        figure("evidence.export_s", exported.seconds, "s", {"target": 120}, **facts)
        figure("evidence.export_memory_mb", exported.memory_mib, "MiB", {"target": 300}, reads=reads)
        secret = folder / "passphrase"
        secret.write_text(told["passphrase"], encoding="ascii")
        verified = _command(
            "evidence", "verify", told["file"], "--passphrase-file", str(secret), "--json", codes=(0, 1)
        )
        verdict = json.loads(verified.output)
        if verdict.get("faults"):
            raise AlprEdgeError(f"the package does not verify: {verdict['faults'][0]}")
        facts = {"cpu_s": round(verified.cpu_s, 1), "memory_mib": round(verified.memory_mib, 1)}
        figure("evidence.verify_s", verified.seconds, "s", reads=reads, **facts)


def _command(*words: str, codes: tuple[int, ...] = (0,)) -> CommandRun:
    """Run a command of the product, and watch its memory."""
    program = Path(sys.executable).with_name("alpr-edge")
    began, peak_mib, before_s = time.monotonic(), 0.0, _children_s()
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen([program, *words], stdout=output, stderr=subprocess.DEVNULL)  # noqa: S603 - ours
        while process.poll() is None:
            peak_mib = max(peak_mib, memory_mib(process.pid))
            if time.monotonic() - began > SECONDS_MAX:
                process.kill()
            time.sleep(POLL_S)
        seconds = time.monotonic() - began
        output.seek(0)
        text = output.read()
    if process.returncode not in codes:
        raise AlprEdgeError(f"alpr-edge {words[0]} {words[1]} ended with {process.returncode}: {text[-300:]}")
    return CommandRun(seconds, _children_s() - before_s, peak_mib, text)


def _children_s() -> float:
    """The processor's time of all commands that ended, those that they started among them."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
