"""Gives a parser inputs that nobody meant it to get, and measures what they cost.

An input is right if the parser takes it, or refuses it by an error of its own. Anything else that it raises is a fault
of the parser. An input whose outcome was not seen before becomes a sample for further changes.
"""

import re
import resource
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from types import FrameType

from tests.fuzz.mutators import Mutator, splice

SAMPLES_MAX = 400
"""Most samples kept; then new ones take the places of others."""
ORIGINAL_SHARE = 0.5
"""Share of inputs made of the parser's own samples."""
SPLICED_SHARE = 0.1
"""Share of inputs made of two samples."""
CPU_S_MAX = 10.0
"""Most of processor time that one input may take; those of the slowest parser take a fiftieth of it."""


@dataclass(frozen=True, slots=True)
class Parser:
    """A parser of the product that is ready to be tried."""

    samples: tuple[bytes, ...]
    """Inputs that it takes, as the project renders them."""
    mutate: Mutator
    parse: Callable[[bytes], object]
    """Parses an input; what it returns is what came of it, in few words."""
    refusals: tuple[type[Exception], ...]
    """The errors by which it refuses an input."""


@dataclass(frozen=True, slots=True)
class Target:
    """What is fuzzed, and within which bounds."""

    open: Callable[[Path], AbstractContextManager[Parser]]
    """Makes it ready, with a folder of its own."""
    quick_inputs: int
    """How many inputs take about a second."""
    memory_mb_max: int = 64
    """Most by which the process may grow at any moment."""


@dataclass(slots=True)
class FuzzReport:
    """What came of a run."""

    inputs: int = 0
    refused: int = 0
    outcomes: set[str] = field(default_factory=set)
    slowest_s: float = 0.0
    """Processor time of the input that took longest."""
    slowest: bytes = b""
    memory_mb: float = 0.0
    """How far the process grew at its largest."""
    largest: bytes = b""
    """The input at which it did."""


class InputFaultError(Exception):
    """A parser fell over an input, which is in the text as Python writes it."""


def fuzz(
    parser: Parser, seed: int, goes_on: Callable[[int], bool], note: Callable[[bytes], None] = lambda _: None
) -> FuzzReport:
    """Try inputs.

    Args:
        parser: what is tried.
        seed: the seed of all changes.
        goes_on: says whether to go on, by the number of inputs so far.
        note: is told of each input before it is parsed.

    Raises:
        InputFaultError: the parser fell over an input, or took too long.
    """
    draw, report, samples = Random(seed), FuzzReport(), list(parser.samples)
    for sample in parser.samples:
        _try(parser, sample, report, note)
    report.inputs, report.slowest_s = 0, 0.0
    before_mb = reset_peak_memory()
    while goes_on(report.inputs):
        content = parser.mutate(draw, draw.choice(parser.samples if draw.random() < ORIGINAL_SHARE else samples))
        if draw.random() < SPLICED_SHARE:
            content = splice(draw, content, draw.choice(samples))
        is_new = _try(parser, content, report, note)
        if (grown_mb := peak_memory_mb() - before_mb) > report.memory_mb:
            report.memory_mb, report.largest = grown_mb, content
        if is_new:
            samples[draw.randrange(len(samples)) if len(samples) >= SAMPLES_MAX else len(samples) :] = [content]
    return report


def _try(parser: Parser, content: bytes, report: FuzzReport, note: Callable[[bytes], None]) -> bool:
    """Parse an input; returns whether it came to something new."""
    note(content)
    begun_s = time.process_time()
    try:
        outcome = str(parser.parse(content))
    except parser.refusals as error:
        report.refused += 1
        outcome = f"{type(error).__name__} {error}"
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a panic of a library in Rust is no Exception
        raise InputFaultError(f"{type(error).__name__}: {error}: over {content!r}") from error
    took_s = time.process_time() - begun_s
    if took_s > report.slowest_s:
        report.slowest_s, report.slowest = took_s, content
    report.inputs += 1
    kind = re.sub(r"\d+", "0", outcome)[:120]
    is_new = kind not in report.outcomes and len(report.outcomes) < 10 * SAMPLES_MAX
    report.outcomes |= {kind} if is_new else set()
    return is_new


@contextmanager
def bounded_time() -> Iterator[None]:
    """Within the block a parser that works on one input for too long is interrupted; main thread alone."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        del number, frame
        raise InputFaultError(f"took over {CPU_S_MAX:g} s of processor time")

    before = signal.signal(signal.SIGPROF, interrupt)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def begin_input() -> None:
    """Begin the time of an input."""
    signal.setitimer(signal.ITIMER_PROF, CPU_S_MAX)


def reset_peak_memory() -> float:
    """Let the kernel measure this process's largest size anew (proc(5), ``clear_refs``); returns its size now, MB."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return peak_memory_mb()


def peak_memory_mb() -> float:
    """This process's size at its largest, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
